/** Frames that no trigger wanted, gathered into one gap row as long as they follow each other. */
import type { FrameRecord, GapRecord } from '#storage/frame-record.js';
import { OPEN_RUN_FRAMES } from '#storage/segments/frame-journal.js';

/** A run is told at the latest then, or when it has as many frames as the journal tells of after a crash. */
const LONGEST_MS = 600_000;

export class UntriggeredRun {
  readonly #tell: (gap: GapRecord) => void;
  #first: FrameRecord | null = null;
  #last: FrameRecord | null = null;
  #frames = 0;
  #sinceMs = 0;

  constructor(tell: (gap: GapRecord) => void) {
    this.#tell = tell;
  }

  add(record: FrameRecord, nowMs = performance.now()): void {
    const last = this.#last;
    const follows = last !== null && last.cameraId === record.cameraId && record.blockId - last.blockId === 1n;
    if (!follows || nowMs - this.#sinceMs > LONGEST_MS || this.#frames >= OPEN_RUN_FRAMES) this.end();
    if (this.#first === null) {
      this.#first = record;
      this.#sinceMs = nowMs;
    }
    this.#last = record;
    this.#frames++;
  }

  /** A wanted frame follows, or none. */
  end(): void {
    if (this.#first === null || this.#last === null) return;
    this.#tell({
      cause: 'untriggered',
      firstBlock: this.#first.blockId,
      lastBlock: this.#last.blockId,
      frames: this.#frames,
      fromUtcNs: this.#first.time.startUtcNs,
      toUtcNs: this.#last.time.endUtcNs,
      detail: 'no trigger wanted them',
    });
    this.#first = null;
    this.#last = null;
    this.#frames = 0;
  }
}
