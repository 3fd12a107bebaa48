import { closeSync, openSync, writeSync } from 'node:fs';
import { AppulseError } from '#gps/errors.js';
import type { ClockFrame } from './clockwork.js';

/** What was really sent of a frame, and when it was exposed. */
export interface SentFrame {
  /** Unwrapped: with 16-bit ids 65536 follows 65535 (the wire shows 1). Null: the exposure never got a block. */
  readonly block: bigint | null;
  readonly frame: Pick<ClockFrame, 'frame' | 'sequence' | 'truth'>;
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

  write({ block, frame: { frame, sequence, truth }, packetsWithheld, faults }: SentFrame): void {
    this.#lines.push(
      JSON.stringify({
        block: block === null ? null : String(block),
        frame,
        sequence,
        startUtcNs: String(truth.startUtcNs),
        endUtcNs: String(truth.endUtcNs),
        row0EndUtcNs: String(truth.endUtcNs),
        exposureNs: String(truth.exposureNs),
        leapSecond: truth.leapSecond,
        packetsWithheld,
        faults,
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
