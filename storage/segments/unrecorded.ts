/** Frames that were received and could not be written, gathered into one gap row until it is told. */
import type { FrameRecord, GapRecord } from '../frame-record.js';
import { OPEN_RUN_FRAMES } from './frame-journal.js';

/** The gap row of `frames` frames from `first` to `last`. */
export function diskGap(first: FrameRecord, last: FrameRecord, frames: number, detail: string): GapRecord {
  return {
    cause: 'disk',
    firstBlock: first.blockId,
    lastBlock: last.blockId,
    frames,
    fromUtcNs: first.time.startUtcNs,
    toUtcNs: last.time.endUtcNs,
    detail,
  };
}

/** A row is told when no frame joined it for this long: the outage is over. */
const QUIET_MS = 2_000;
/** And within this of its first frame, however long the outage. */
const LONGEST_MS = 60_000;

export class Unrecorded {
  #first: FrameRecord | null = null;
  #last: FrameRecord | null = null;
  #frames = 0;
  #why = '';
  #sinceMs = 0;
  #latestMs = 0;

  /** Whether `record` follows the row that is open, or none is: a row names its first and last block, and lacks all between. */
  joins(record: FrameRecord): boolean {
    const last = this.#last;
    return last === null || (last.cameraId === record.cameraId && record.blockId - last.blockId === 1n);
  }

  add(record: FrameRecord, why: string, nowMs = performance.now()): void {
    this.#latestMs = nowMs;
    if (this.#first === null) this.#sinceMs = this.#latestMs;
    this.#first ??= record;
    this.#last = record;
    this.#frames++;
    this.#why = why;
  }

  /** Whether the row should be told now. */
  isDue(nowMs = performance.now()): boolean {
    const isLong = nowMs - this.#sinceMs > LONGEST_MS || this.#frames >= OPEN_RUN_FRAMES;
    return this.#first !== null && (nowMs - this.#latestMs > QUIET_MS || isLong);
  }

  /** The row that is open, which ends with this; null where none is. */
  take(): { gap: GapRecord; cameraId: string } | null {
    if (this.#first === null || this.#last === null) return null;
    const gap = diskGap(this.#first, this.#last, this.#frames, this.#why);
    const { cameraId } = this.#first;
    this.#first = null;
    this.#last = null;
    this.#frames = 0;
    return { gap, cameraId };
  }
}
