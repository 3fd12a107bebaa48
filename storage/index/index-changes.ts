/** What the writer tells the index, in the order it happened. Plain data between threads. */
import type { EventRecord, FrameRecord, GapRecord } from '../frame-record.js';
import type { CameraDescription, SessionDescription } from '../segments/recorder-types.js';

/** Where a frame's HDU stands, of a segment by its number in the session. */
export interface FramePlace {
  readonly segment: number;
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly headerBytes: number;
}

/** One change of the index. A batch of them is one transaction. */
export type IndexChange =
  | {
      readonly kind: 'session';
      readonly session: SessionDescription;
      readonly folder: string;
      readonly maxBytes: number | null;
    }
  | { readonly kind: 'camera'; readonly camera: CameraDescription }
  | { readonly kind: 'segment-opened'; readonly number: number; readonly file: string; readonly cameraId: string }
  | { readonly kind: 'frame'; readonly record: FrameRecord; readonly place: FramePlace }
  | { readonly kind: 'gap'; readonly gap: GapRecord; readonly cameraId: string | null }
  | { readonly kind: 'event'; readonly event: EventRecord; readonly cameraId: string | null }
  | { readonly kind: 'segment-durable'; readonly number: number; readonly durableBytes: number }
  | { readonly kind: 'segment-closed'; readonly number: number; readonly bytes: number }
  /** Its file was removed by someone else while it was written. */
  | { readonly kind: 'segment-removed'; readonly number: number }
  /** Retention: `file` is about to be unlinked. */
  | { readonly kind: 'segment-expired'; readonly file: string }
  | { readonly kind: 'session-ended'; readonly endedUtcNs: bigint };
