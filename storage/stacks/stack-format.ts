/**
 * What a finished stack becomes: one file whose planes the frame workers write where they will stand, and small ones beside it.
 * Live recording and export make the same bytes of the same frames.
 */
import type { StackMode } from '#pipeline/kernels/stack.js';
import type { FrameRecord } from '../frame-record.js';

export interface StackedFrame {
  readonly record: FrameRecord;
  /** Its index in the stack, as MAXFRAME has it. */
  readonly place: number;
  /** Sum of all its pixels, ADU as the stack counts them. */
  readonly sum: bigint;
}

export interface FinishedStack {
  /** Count of stacks of the session, from 1. */
  readonly number: number;
  /** In order, at least one. */
  readonly frames: readonly StackedFrame[];
  /** Ones' complement sums of the planes' bytes, each from its first one on. */
  readonly planeSums: readonly number[];
}

export interface StackFile {
  /** Relative to the session's folder. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface StackFormat {
  /** As the index names it. */
  readonly name: 'stack' | 'ff';
  readonly mode: StackMode;
  readonly width: number;
  readonly height: number;
  /** Frames that a stack has room for. */
  readonly frames: number;
  /** First bytes in the stack's file of maximum, frame of maximum, average, deviation. */
  readonly planeOffsets: readonly number[];
  /** Bytes of the stack's file with `frames` frames in it. */
  totalBytes(frames: number): number;
  /** The place of `record` in a stack that begins with `first` and holds `before` frames already; beyond `frames`: it belongs to the next. */
  placeOf(record: FrameRecord, first: FrameRecord, before: number): number;
  /**
   * Completes the stack's file in `bytes`, whose planes are there. Returns the files in the order in which they are to be
   * written: the stack's own is the last one.
   */
  files(bytes: Uint8Array, stack: FinishedStack): readonly StackFile[];
}

/** Whether some of the frame's bytes never came: they count as zero. */
export function isIncomplete({ missing, packetsMissing }: FrameRecord): boolean {
  return missing.length > 0 || packetsMissing > 0;
}
