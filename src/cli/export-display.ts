/** How far an export is: one line that changes on a terminal, NDJSON lines with `--json`. On standard error. */
import { createLogUpdate } from 'log-update';
import { formatSeconds, formatSize } from '#src/config/units.js';
import type { ExportProgress } from '#storage/export/export-types.js';
import { withoutControls } from './terminal-text.js';

const JSON_MS = 1_000;

export class ExportDisplay {
  readonly #json: boolean;
  readonly #line = process.stderr.isTTY ? createLogUpdate(process.stderr) : null;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(json: boolean) {
    this.#json = json;
  }

  progress(progress: ExportProgress): void {
    const { frames, total, bytes, framesPerSecond, secondsLeft } = progress;
    if (this.#json) {
      const now = performance.now();
      if (now - this.#toldMs < JSON_MS && frames < total) return;
      this.#toldMs = now;
      process.stderr.write(`${JSON.stringify({ frames, total, bytes, framesPerSecond, secondsLeft })}\n`);
      return;
    }
    const left = secondsLeft === null ? '' : `, ${formatSeconds(secondsLeft)} left`;
    const percent = total === 0 ? 100 : Math.floor((100 * frames) / total);
    this.#line?.(
      `${frames} of ${total} frames (${percent} %), ${framesPerSecond.toFixed(0)} frames/s, ${formatSize(bytes)}${left}`,
    );
  }

  warning(message: string): void {
    this.#line?.clear();
    process.stderr.write(`warning: ${withoutControls(message)}\n`);
  }

  end(): void {
    this.#line?.done();
  }
}
