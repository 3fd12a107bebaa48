/** Where decoded frames go. */
import type { FrameRow } from '../index/rows.js';
import type { DecodedBatch } from './decode-pool.js';
import type { Product } from './decode-task.js';

export interface SinkResult {
  readonly files: number;
  readonly bytes: number;
}

/** Whether a run before was stopped, and what its last checkpoint said; null: it came to none. */
export interface SinkStart {
  readonly resumed: boolean;
  readonly state: unknown;
}

export interface ExportSink {
  /** What the workers make; null: the sink takes rows only. */
  readonly product: Product | null;
  /** Bytes so far, for the display. */
  readonly bytes: number;
  /** Takes the frames of a batch that have no error, in order. */
  write(batch: DecodedBatch): Promise<void>;
  /** Brings what was written until it is called to the disk; more may be written meanwhile. Returns the `SinkStart.state` to go on from here: plain data; null: it cannot go on from here. */
  checkpoint(): Promise<unknown>;
  /** Completes the target; `written` gives the rows of all its frames in order, as often as it is asked. */
  finish(written: () => Iterable<FrameRow>): Promise<SinkResult>;
  /** Lets go of files; what is not finished stays as it is. */
  close(): Promise<void>;
}
