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

/** A larger leap of the camera's count is a restart or a damaged header: how many frames it stands for is not known. */
const BELIEVABLE_JUMP = 10_000;

export class GapKeeper {
  readonly #write: (gap: GapRecord) => void;
  #open: OpenGap[] = [];
  #previous: FrameRecord | null = null;
  /** The newest frame of this stream that carried the camera's own count. */
  #counted: FrameRecord | null = null;

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

  /**
   * A frame that came, in order. Returns how many frames before it the camera itself lost: its own count went on further
   * than its block ids did. A count that fell back or leapt is a gap row of 0 frames, since their number is not known.
   */
  frame(record: FrameRecord): number {
    const jump = this.#sequenceJump(record);
    const lostInCamera = jump > 0 && jump < BELIEVABLE_JUMP ? jump : 0;
    if (jump !== 0) {
      const what = jump > 0 ? `went ${jump} further than the frames that came` : `fell back by ${-jump}`;
      this.add('camera', null, lostInCamera, `the camera's own frame count ${what}`);
    }
    this.#flush(record.time.startUtcNs);
    this.#previous = record;
    if (record.time.sequence !== null) this.#counted = record;
    return lostInCamera;
  }

  /** Another stream begins: its counts are not compared with those before, an open gap still ends at its first frame. */
  newStream(): void {
    this.#counted = null;
  }

  /** No frame follows: writes what is open. */
  end(): void {
    this.#flush(null);
  }

  /** How much further the camera's count went than the block ids did; 0 where either is not known. */
  #sequenceJump(record: FrameRecord): number {
    const before = this.#counted;
    if (before === null || before.time.sequence === null || record.time.sequence === null) return 0;
    return record.time.sequence - before.time.sequence - Number(record.blockId - before.blockId);
  }

  #flush(toUtcNs: bigint | null): void {
    for (const gap of this.#open) this.#write({ ...gap, fromUtcNs: this.#previous?.time.startUtcNs ?? null, toUtcNs });
    this.#open = [];
  }
}
