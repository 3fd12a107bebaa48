/** Messages between a recorder's client and its writer thread. */
import type { MessagePort } from 'node:worker_threads';
import type { FormatName } from '../formats/recording-format.js';
import type { EventRecord, FrameRecord, GapRecord } from '../frame-record.js';
import type { MarkDescription, StackDescription } from '../index/index-changes.js';
import type { Retained } from '../retention/retained-segments.js';
import type { RetentionPolicy } from '../retention/retention-policy.js';
import type { SerStamp } from '../ser/ser-stamp.js';
import type { CameraDescription, SessionDescription } from '../session-record.js';
import type { RecordBuffersHandle } from './record-buffers.js';
import type { RecordedFrame, RecorderStatus } from './recorder-types.js';
import type { WriterFault } from './writer-faults.js';

/** What a session's writer is told once. */
export interface WriterSettings {
  readonly dataFolder: string;
  /** Relative to the data folder; exists. */
  readonly folder: string;
  readonly session: SessionDescription;
  readonly format: FormatName;
  readonly serStamp?: SerStamp;
  readonly segmentBytes: number;
  readonly policy: RetentionPolicy;
  readonly longitudeDeg: number | null;
  readonly preRollNs: bigint | null;
  /** What the camera's earlier sessions left; null where the policy removes nothing. */
  readonly retained: Pick<Retained, 'segments' | 'marks'> | null;
  readonly floorBytes: number;
  readonly segmentsBefore: number;
  /** Only tests give any. */
  readonly faults?: readonly WriterFault[];
}

export interface WriterThreadData extends WriterSettings {
  readonly buffers: RecordBuffersHandle;
  readonly handsBack: boolean;
  readonly indexPort: MessagePort;
}

export type ToWriter =
  | { readonly kind: 'append'; readonly frame: RecordedFrame }
  | { readonly kind: 'gap'; readonly gap: GapRecord }
  | { readonly kind: 'event'; readonly event: EventRecord }
  | { readonly kind: 'mark'; readonly mark: MarkDescription }
  /** Its file is relative to the session's folder. */
  | { readonly kind: 'stack'; readonly stack: StackDescription }
  | { readonly kind: 'unrecorded'; readonly record: FrameRecord; readonly why: string }
  | { readonly kind: 'camera'; readonly camera: CameraDescription; readonly buffers: RecordBuffersHandle | null }
  | { readonly kind: 'keep-failing' }
  | { readonly kind: 'index-died' }
  | { readonly kind: 'close' };

export type FromWriter =
  | { readonly kind: 'ready' }
  | { readonly kind: 'written'; readonly buffers: readonly number[]; readonly status: RecorderStatus }
  | {
      readonly kind: 'handed-back';
      readonly frames: readonly RecordedFrame[];
      readonly why: string;
      readonly status: RecorderStatus;
    }
  | { readonly kind: 'status'; readonly status: RecorderStatus }
  | { readonly kind: 'warning'; readonly message: string }
  | { readonly kind: 'closed'; readonly status: RecorderStatus };
