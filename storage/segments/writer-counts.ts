/** What a session's writer has written and indexed, and how fast. */
import type { RecorderStatus } from './recorder-types.js';

export class WriterCounts {
  #framesRecorded = 0;
  #framesIncomplete = 0;
  #notRecorded = 0;
  /** Of frames; what segments begin with is not among them. */
  #frameBytes = 0;
  #framesIndexed = 0;
  #indexIsGone = false;
  #rate = { atMs: performance.now(), bytes: 0, perSecond: 0 };

  /** Whether the index's file was removed. */
  get indexIsGone(): boolean {
    return this.#indexIsGone;
  }

  /** Frames are in their file, `incomplete` of them with missing bytes. */
  written(frames: number, incomplete: number, bytes: number): void {
    this.#framesRecorded += frames;
    this.#framesIncomplete += incomplete;
    this.#frameBytes += bytes;
  }

  /** Frames that were written are gone again. */
  removed(frames: number, incomplete: number): void {
    this.#framesRecorded -= frames;
    this.#framesIncomplete -= incomplete;
  }

  notRecorded(frames: number): void {
    this.#notRecorded += frames;
  }

  /** Rows that the index committed, less those that it lost. */
  indexed(frames: number): void {
    this.#framesIndexed += frames;
  }

  /** The index's file was removed: no row is kept. */
  indexGone(): void {
    this.#indexIsGone = true;
    this.#framesIndexed = 0;
  }

  /** Since it was measured last. `startBytes`: what segments began with so far. */
  measureRate(startBytes: number): void {
    const nowMs = performance.now();
    const bytes = this.#frameBytes + startBytes;
    const perSecond = ((bytes - this.#rate.bytes) * 1_000) / Math.max(1, nowMs - this.#rate.atMs);
    this.#rate = { atMs: nowMs, bytes, perSecond };
  }

  /** `startBytes`: what segments began with so far. */
  status(startBytes: number): Omit<RecorderStatus, 'segments' | 'freeBytes' | 'reserveBytes' | 'failing'> {
    return {
      framesRecorded: this.#framesRecorded,
      framesIncomplete: this.#framesIncomplete,
      notRecorded: this.#notRecorded,
      framesIndexed: this.#framesIndexed,
      bytes: this.#frameBytes + startBytes,
      diskBytesPerSecond: this.#rate.perSecond,
    };
  }
}
