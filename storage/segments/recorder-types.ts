/** What a recorder is given and what it answers. */
import type { FormatName } from '../formats/recording-format.js';
import type { EventRecord, FrameRecord, GapRecord } from '../frame-record.js';
import type { MarkDescription, StackDescription } from '../index/index-changes.js';
import type { RetentionPolicy } from '../retention/retention-policy.js';
import type { SerStamp } from '../ser/ser-stamp.js';
import type { CameraDescription, SessionDescription } from '../session-record.js';
import type { RecordBufferPool } from './record-buffer-pool.js';
import type { RecordBuffersHandle } from './record-buffers.js';
import type { WriterFault } from './writer-faults.js';

/** What limits a rolling archive besides its bytes. */
export interface RollingLimits extends Pick<RetentionPolicy, 'hours' | 'nights' | 'keep'> {
  /** Of the site, degrees east, for its nights; null: UTC. */
  readonly longitudeDeg: number | null;
  /** Frames wait on disk for a trigger: those of this long ago stay, whatever the limits say. Left out: no trigger is expected. */
  readonly preRollNs?: bigint;
}

export interface RecorderOptions {
  readonly dataFolder: string;
  readonly session: SessionDescription;
  readonly format: FormatName;
  /** Of SER: which instant a frame's stamp is; left out: the start. */
  readonly serStamp?: SerStamp;
  /** A segment is closed when the next frame would make it larger; at least one frame goes into each. */
  readonly segmentBytes: number;
  /** Rolling archive: pixels on disk of all sessions of the camera recorded so stay within this; null: no such limit. */
  readonly maxBytes: number | null;
  /** Its other limits (none). */
  readonly retention?: RollingLimits;
  /** What stays free of the file system: recording stops there, and goes on when there is more (what the index needs). */
  readonly floorBytes?: number;
  readonly buffers: RecordBuffersHandle;
  /** Where `buffers` are shared with another recorder. */
  readonly pool?: RecordBufferPool;
  /** Segments of the session that other recorders wrote: the first one here has the number behind them (0). */
  readonly segmentsBefore?: number;
  /**
   * Takes frames that cannot be written, in order, with the reason, and all that are appended behind them; their buffers are the
   * taker's. Without it they are given up, and writing is tried again.
   */
  readonly onHandedBack?: (frames: readonly RecordedFrame[], why: string) => void;
  /** Faults of the disk, for tests. */
  readonly faults?: readonly WriterFault[];
  /** Record buffers `indices` were written (or given up) and are free again. */
  readonly onWritten?: (indices: readonly number[]) => void;
  /** A failure, once until it is over, and its end; for the log. */
  readonly onWarning?: (message: string) => void;
}

/** Bytes of a record buffer. */
export interface BufferPart {
  readonly offset: number;
  readonly length: number;
}

/** A finished frame in record buffer `buffer`: its parts in file order, together a multiple of the format's blocks. */
export interface RecordedFrame {
  readonly buffer: number;
  readonly parts: readonly BufferPart[];
  /** Bytes of the header in it, see `FrameLayout`. */
  readonly headerBytes: number;
  /** See `FramePlace`. */
  readonly dataSum: number | null;
  readonly record: FrameRecord;
}

/** Counts are of the session so far, cumulative, whatever retention removed. */
export interface RecorderStatus {
  /** write() returned for them, and their segment was not removed by someone else. */
  readonly framesRecorded: number;
  /** Their rows are committed. */
  readonly framesIndexed: number;
  /** Recorded frames with missing bytes. */
  readonly framesIncomplete: number;
  /** Received frames that were not written, or whose segment was removed, with a gap row of a cause that is `not-recorded`. */
  readonly notRecorded: number;
  /** Bytes written to segments. */
  readonly bytes: number;
  readonly segments: number;
  readonly diskBytesPerSecond: number;
  /** Bytes free on the data folder's file system; null until first asked. */
  readonly freeBytes: number | null;
  /** Bytes of them that stay: for the index, or as the floor. */
  readonly reserveBytes: number;
  /** True while writing fails, and once the index's file is gone. */
  readonly failing: boolean;
}

export interface Recorder {
  /** Session folder and index, absolute paths. */
  readonly folder: string;
  readonly indexFile: string;
  /** A free record buffer's index, or null when all are in use. The caller fills it, then appends or releases it. */
  acquire(): number | null;
  /** Gives back an acquired buffer that will not be appended. */
  release(buffer: number): void;
  /** Hands a filled buffer over; it comes back by itself. Frames are written in the order of these calls. */
  append(frame: RecordedFrame): void;
  gap(gap: GapRecord): void;
  event(event: EventRecord): void;
  /** A span of time that no retention removes, of the camera that records now. */
  mark(mark: MarkDescription): void;
  /**
   * A stack's file is whole beside the segments. Here its `file` is relative to the session's folder: that which `folder` was when
   * the file was begun.
   */
  stack(stack: StackDescription, folder: string): void;
  /** A frame that was received and will not be written, because the disk does not keep up: told in gap rows of cause `disk`. */
  unrecorded(record: FrameRecord, why: string): void;
  /**
   * Frames after this call belong to `camera` and go to a new segment. `buffers` replace the record buffers, where its
   * frames need larger ones: resolves when the old ones are all written; nothing may be acquired until then.
   */
  changeCamera(camera: CameraDescription, buffers: RecordBuffersHandle | null): Promise<void>;
  status(): RecorderStatus;
  /** Whether a file of `bytes` may be written beside the segments, so that the disk's reserve stays. */
  hasRoom(bytes: number): boolean;
  /** Resolves when everything appended is written, synced, renamed and indexed, with the final counts. */
  close(): Promise<RecorderStatus>;
}
