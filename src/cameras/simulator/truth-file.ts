import { closeSync, openSync, writeSync } from 'node:fs';
import { AppulseError } from '#gps/errors.js';
import type { FrameInstants } from './frame-schedule.js';

/** What was really sent of a frame, and when it was exposed. */
export interface FrameTruth {
  /** Unwrapped: with 16-bit ids 65536 follows 65535 (the wire shows 1). */
  readonly block: bigint;
  readonly sequence: number;
  readonly instants: FrameInstants;
  /** Packet ids never sent intact in the first pass. */
  readonly packetsWithheld: readonly number[];
  readonly faults: readonly string[];
}

/** NDJSON of what the simulated camera did, one object a frame, in frame order. */
export class TruthFile {
  readonly #descriptor: number;
  #lines: string[] = [];
  readonly #timer: NodeJS.Timeout;

  /** Creates or empties `path`. Throws AppulseError `simulator.truth`. */
  constructor(path: string) {
    try {
      this.#descriptor = openSync(path, 'w');
    } catch (cause) {
      throw new AppulseError('simulator.truth', `the truth file ${path} cannot be written: ${String(cause)}`, {
        cause,
      });
    }
    this.#timer = setInterval(() => this.flush(), 100);
    this.#timer.unref();
  }

  write(frame: FrameTruth): void {
    this.#lines.push(
      JSON.stringify({
        block: String(frame.block),
        sequence: frame.sequence,
        startUtcNs: String(frame.instants.startUtcNs),
        endUtcNs: String(frame.instants.endUtcNs),
        row0EndUtcNs: String(frame.instants.endUtcNs),
        packetsWithheld: frame.packetsWithheld,
        faults: frame.faults,
      }),
    );
  }

  flush(): void {
    if (this.#lines.length === 0) return;
    writeSync(this.#descriptor, `${this.#lines.join('\n')}\n`);
    this.#lines = [];
  }

  close(): void {
    clearInterval(this.#timer);
    this.flush();
    closeSync(this.#descriptor);
  }
}
