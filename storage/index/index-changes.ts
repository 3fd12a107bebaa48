/** What the writer tells the index, in the order it happened. Plain data between threads. */
import type { FormatName } from '../formats/recording-format.js';
import type { EventRecord, FramePlace, FrameRecord, GapRecord } from '../frame-record.js';
import type { CameraDescription, SessionDescription } from '../session-record.js';

/** A file made from several frames, beside the segments. */
export interface StackDescription {
  /** Count of stacks of the session, from 1. */
  readonly number: number;
  /** Relative to the data folder. */
  readonly file: string;
  /** `ff`: as RMS has them. */
  readonly format: 'stack' | 'ff';
  readonly frames: number;
  readonly firstFrame: number;
  readonly lastFrame: number;
  readonly startUtcNs: bigint;
  readonly endUtcNs: bigint;
  readonly bytes: number;
}

/** A span of time whose frames no retention removes. */
export interface MarkDescription {
  readonly fromUtcNs: bigint;
  readonly toUtcNs: bigint;
  readonly cause: MarkCause;
  /** For people. */
  readonly detail: string;
  readonly madeUtcNs: bigint;
}

export const MARK_CAUSES = ['command', 'brightness', 'event'] as const;
export type MarkCause = (typeof MARK_CAUSES)[number];

/** The columns of a session that may be edited. */
export const SESSION_EDITS = ['name', 'observer', 'telescope', 'object', 'site', 'notes'] as const;

/** What may be set right about a session afterwards; what is left out stays. */
export type SessionEdit = { readonly [K in (typeof SESSION_EDITS)[number]]?: string | null };

/** One change of the index. A batch of them is one transaction. */
export type IndexChange =
  | {
      readonly kind: 'session';
      readonly session: SessionDescription;
      readonly folder: string;
      readonly maxBytes: number | null;
    }
  | { readonly kind: 'camera'; readonly camera: CameraDescription }
  | {
      readonly kind: 'segment-opened';
      readonly number: number;
      readonly file: string;
      readonly cameraId: string;
      readonly format: FormatName;
    }
  | { readonly kind: 'stack'; readonly stack: StackDescription; readonly cameraId: string }
  | { readonly kind: 'mark'; readonly mark: MarkDescription; readonly cameraId: string | null }
  | { readonly kind: 'session-edited'; readonly edit: SessionEdit }
  | { readonly kind: 'frame'; readonly record: FrameRecord; readonly place: FramePlace }
  | { readonly kind: 'gap'; readonly gap: GapRecord; readonly cameraId: string | null }
  | { readonly kind: 'event'; readonly event: EventRecord; readonly cameraId: string | null }
  | { readonly kind: 'segment-durable'; readonly number: number; readonly durableBytes: number }
  | { readonly kind: 'segment-closed'; readonly number: number; readonly bytes: number }
  /** Its file was removed by someone else while it was written. */
  | { readonly kind: 'segment-removed'; readonly number: number }
  /** Retention: `file` is about to be unlinked. */
  | { readonly kind: 'segment-expired'; readonly file: string }
  /** Retention: the stack's `file` is about to be unlinked. */
  | { readonly kind: 'stack-expired'; readonly file: string }
  | { readonly kind: 'session-ended'; readonly endedUtcNs: bigint };
