/** Frames that are shown and measured, and not recorded: what a station does between two sessions. */
import { statfs } from 'node:fs';
import { AppulseError } from '#gps/errors.js';
import { GAP_CAUSES, type GapCause, type GapRecord } from '#storage/frame-record.js';
import { RecordBuffers } from '#storage/segments/record-buffers.js';
import type { FrameKeeping, KeepingParts } from './frame-keeping.js';
import type { FrameResult } from './frame-task.js';
import { GapKeeper } from './gap-keeper.js';
import type { SessionReport } from './session-report.js';

/** How often is looked how much the disk has free. */
const LOOK_MS = 5_000;

export class Watching implements FrameKeeping {
  readonly recorder = null;
  readonly opened: KeepingParts;
  readonly #report: SessionReport;
  readonly #dataFolder: string;
  readonly #gaps: GapKeeper;
  readonly #onGap: (gap: GapRecord) => void;
  #freeBytes: number | null = null;
  #lookedMs = Number.NEGATIVE_INFINITY;

  constructor(report: SessionReport, dataFolder: string, onGap: (gap: GapRecord) => void) {
    this.#report = report;
    this.#dataFolder = dataFolder;
    this.#onGap = onGap;
    this.#gaps = new GapKeeper(onGap);
    // Streams are handed record buffers, of which a frame that is not recorded takes none.
    const buffers = RecordBuffers.create({ bufferBytes: 1, count: 1 });
    this.opened = { recorder: null, journal: null, buffers, startedUtcNs: BigInt(Date.now()) * 1_000_000n };
  }

  get freeBytes(): number | null {
    const now = performance.now();
    if (now - this.#lookedMs >= LOOK_MS) {
      this.#lookedMs = now;
      statfs(this.#dataFolder, (error, disk) => {
        this.#freeBytes = error === null ? disk.bavail * disk.bsize : null;
      });
    }
    return this.#freeBytes;
  }

  async open(): Promise<void> {}

  async changeCamera(): Promise<void> {}

  frame({ record, complete }: FrameResult): void {
    this.#report.frame(record, complete);
    this.#gaps.frame(record);
  }

  gap(cause: GapCause, firstBlock: bigint | null, frames: number, detail: string): void {
    this.#gaps.add(cause, firstBlock, frames, detail);
    if (GAP_CAUSES[cause] === 'lost') this.#report.lost += frames;
    else this.#report.received += frames;
  }

  gapFound(gap: GapRecord): void {
    this.#report.lost += gap.frames;
    this.#onGap(gap);
  }

  event(): void {}

  look(): void {}

  mark(): never {
    throw new AppulseError(
      'station.not-recording',
      'no session is recorded, so that there is nothing to keep: start one with appulse sessions start',
    );
  }

  end(): void {
    this.#gaps.end();
  }

  async close(): Promise<void> {}
}
