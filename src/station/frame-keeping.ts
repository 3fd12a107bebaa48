/** What becomes of a camera's frames: they are recorded (session-recording.ts), or only looked at (watching.ts). */
import type { StreamCamera } from '#src/cameras/camera.js';
import type { EventRecord, GapCause, GapRecord } from '#storage/frame-record.js';
import type { FrameJournal } from '#storage/segments/frame-journal.js';
import type { RecordBuffers } from '#storage/segments/record-buffers.js';
import type { Recorder } from '#storage/segments/recorder-types.js';
import type { FrameResult } from './frame-task.js';
import type { MarkRequest } from './mark-request.js';

/** What streams work with. */
export interface KeepingParts {
  /** Null: nothing is recorded. */
  readonly recorder: Recorder | null;
  readonly journal: FrameJournal | null;
  readonly buffers: RecordBuffers;
  readonly startedUtcNs: bigint;
}

export interface FrameKeeping {
  /** Null until it is open, and where nothing is recorded. */
  readonly recorder: Recorder | null;
  /** @throws AppulseError `station.not-recording` before it is open */
  readonly opened: KeepingParts;
  /** Bytes free where is recorded, or would be; null where that is not known. */
  readonly freeBytes: number | null;
  open(camera: StreamCamera): Promise<void>;
  /** Frames after this call are those of `camera`. */
  changeCamera(camera: StreamCamera): Promise<void>;
  /** A frame in block order; `buffer` holds it, null: it has none. */
  frame(result: FrameResult, buffer: number | null): void;
  gap(cause: GapCause, firstBlock: bigint | null, frames: number, detail: string): void;
  /** A gap that the clock has found. */
  gapFound(gap: GapRecord): void;
  event(event: EventRecord): void;
  /** Called some times a second: tells what has shown since. */
  look(): void;
  /** Keeps a span of time. @throws AppulseError `station.not-recording`, `station.mark-span` */
  mark(request: MarkRequest): { readonly fromUtcNs: bigint; readonly toUtcNs: bigint };
  /** No frame follows. */
  end(): void;
  /** Resolves when everything is on disk. Does not throw. */
  close(): Promise<void>;
}
