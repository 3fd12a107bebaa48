/** What every reader of times gives: a frame at a time, so that a file of any size stays cheap. */
import type { FoundTime } from '#gps/found/found-time.js';

export interface TimedFrame {
  /** FRAMENO where the file has it, else the place in the file, from 1. */
  readonly frame: number;
  /** Best first; empty where the frame has none. Two of them are those of two clocks. */
  readonly times: readonly FoundTime[];
  /** Why there is none. */
  readonly reasons: readonly string[];
}

/** Frames in the order of the file; returns what is to be said of the file as a whole. */
export type TimedFrames = Generator<TimedFrame, readonly string[]>;
