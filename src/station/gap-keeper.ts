/**
 * Turns what is missing between two frames into gap rows. A gap waits for the frame behind it, so that its row can say
 * from when to when; neighbours of one cause become one row.
 */
import type { FrameRecord, GapCause, GapRecord } from '#storage/frame-record.js';

interface OpenGap {
  cause: GapCause;
  firstBlock: bigint | null;
  lastBlock: bigint | null;
  frames: number;
  detail: string;
}

export class GapKeeper {
  readonly #write: (gap: GapRecord) => void;
  #open: OpenGap[] = [];
  #previous: FrameRecord | null = null;

  constructor(write: (gap: GapRecord) => void) {
    this.#write = write;
  }

  /** `frames` frames from `firstBlock` on are not there. */
  add(cause: GapCause, firstBlock: bigint | null, frames: number, detail: string): void {
    const last = this.#open.at(-1);
    const lastBlock = firstBlock === null ? null : firstBlock + BigInt(Math.max(frames, 1)) - 1n;
    if (last?.cause === cause && last.lastBlock !== null && firstBlock === last.lastBlock + 1n) {
      last.lastBlock = lastBlock;
      last.frames += frames;
    } else {
      this.#open.push({ cause, firstBlock, lastBlock, frames, detail });
    }
  }

  /** A frame that came, in order. */
  frame(record: FrameRecord): void {
    this.#flush(record.time.startUtcNs);
    this.#previous = record;
  }

  /** No frame follows: writes what is open. */
  end(): void {
    this.#flush(null);
  }

  #flush(toUtcNs: bigint | null): void {
    for (const gap of this.#open) this.#write({ ...gap, fromUtcNs: this.#previous?.time.startUtcNs ?? null, toUtcNs });
    this.#open = [];
  }
}
