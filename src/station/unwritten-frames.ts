/**
 * Frames that the disk did not take, told as they happen: their rows are made where they are written (by block, and up to a minute
 * later); here they show in the recorder's counts.
 */
import type { GapRecord } from '#storage/frame-record.js';

/** A run that goes on is told piece by piece. */
const LONGEST_NS = 10_000_000_000n;

export class UnwrittenFrames {
  /** Frames that others have told of. */
  #known = 0;
  /** All that were told of here, and those of the run that is open. */
  #told = 0;
  #open = 0;
  #sinceUtcNs = 0n;

  /** A gap row told of frames that were not recorded. */
  known(frames: number): void {
    this.#known += frames;
  }

  /** `notRecorded`: by the recorder's count, at the host's time `utcNs`. Returns a run that is over; null: there is none. */
  look(notRecorded: number, utcNs: bigint): GapRecord | null {
    const open = Math.max(0, notRecorded - this.#known - this.#told);
    if (this.#open === 0) this.#sinceUtcNs = utcNs;
    const grows = open > this.#open;
    this.#open = open;
    if (open === 0 || (grows && utcNs - this.#sinceUtcNs < LONGEST_NS)) return null;
    this.#told += open;
    this.#open = 0;
    return {
      cause: 'disk',
      firstBlock: null,
      lastBlock: null,
      frames: open,
      fromUtcNs: this.#sinceUtcNs,
      toUtcNs: utcNs,
      detail: 'received, and not recorded: the disk did not take them',
    };
  }
}
