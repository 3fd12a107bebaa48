/** Frames that were received and could not be written, gathered into one gap row until it is told. */
import type { FrameRecord, GapRecord } from '../frame-record.js';

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

export class Unrecorded {
  #first: FrameRecord | null = null;
  #last: FrameRecord | null = null;
  #frames = 0;
  #why = '';

  get cameraId(): string | null {
    return this.#first?.cameraId ?? null;
  }

  add(record: FrameRecord, why: string): void {
    this.#first ??= record;
    this.#last = record;
    this.#frames++;
    this.#why = why;
  }

  /** The gap since the last call, or null. */
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
