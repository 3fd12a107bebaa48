/** The rows that questions to an index answer with, and the questions. Instants, block ids and keys are bigint. */
import type { Grade, TimeSource } from '#gps/frame-time.js';
import type { GapCause } from '../frame-record.js';
import type { FrameState, SegmentState, SessionState } from './schema.js';

export interface SessionRow {
  readonly id: string;
  readonly stationId: string;
  readonly folder: string;
  readonly state: SessionState;
  readonly startedUtcNs: bigint;
  readonly endedUtcNs: bigint | null;
  readonly maxBytes: number | null;
  readonly software: string;
  readonly observer: string | null;
  readonly object: string | null;
  readonly framesRecorded: number;
  readonly framesIncomplete: number;
  readonly framesLost: number;
  readonly framesNotRecorded: number;
  readonly framesDestroyed: number;
  readonly bytes: number;
}

export interface CameraRow {
  /** The identifier that frames and gaps have. */
  readonly id: string;
  readonly name: string;
  readonly uri: string;
  readonly vendor: string;
  readonly model: string;
  readonly serial: string;
}

export interface SegmentRow {
  readonly number: number;
  readonly file: string;
  readonly state: SegmentState;
  readonly cameraId: string;
  readonly frames: number;
  readonly bytes: number;
  readonly durableBytes: number;
}

export interface FrameRow {
  /** Rises with the order of writing; the cursor of a page. */
  readonly key: bigint;
  readonly sessionId: string;
  readonly cameraId: string;
  readonly number: number;
  readonly blockId: bigint;
  readonly sequence: number | null;
  readonly startUtcNs: bigint;
  readonly midUtcNs: bigint;
  readonly endUtcNs: bigint;
  readonly leapSecond: boolean;
  readonly exposureNs: bigint;
  readonly uncertaintyNs: bigint;
  readonly source: TimeSource;
  readonly grade: Grade;
  readonly flags: readonly string[];
  readonly receivedUtcNs: bigint;
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  readonly pixelFormat: string;
  readonly packetsMissing: number;
  readonly packetsResent: number;
  readonly bytesMissing: number;
  readonly aduMin: number | null;
  readonly aduMax: number | null;
  readonly aduMean: number | null;
  readonly aduStddev: number | null;
  readonly aduMedian: number | null;
  readonly saturated: number | null;
  /** Relative to the data folder; with `.part` behind it while the segment is not closed. */
  readonly file: string;
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly headerBytes: number;
  readonly state: FrameState;
}

export interface GapRow {
  readonly sessionId: string;
  readonly cameraId: string | null;
  readonly cause: GapCause;
  readonly firstBlock: bigint | null;
  readonly lastBlock: bigint | null;
  readonly frames: number;
  readonly fromUtcNs: bigint | null;
  readonly toUtcNs: bigint | null;
  readonly detail: string;
}

/** What happened in a session that is neither a frame nor a gap. */
export interface EventRow {
  /** Rises with the order of writing; the cursor of a page. */
  readonly key: bigint;
  readonly sessionId: string;
  readonly cameraId: string | null;
  readonly kind: string;
  readonly startUtcNs: bigint;
  readonly endUtcNs: bigint;
  /** As its kind has it. Whole numbers beyond 2^53 are text; what is no JSON object stands whole in `unreadable`. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** What a frame's row says of its time, for those who read millions of them. */
export interface FrameTimingRow {
  readonly key: bigint;
  readonly cameraId: string;
  readonly number: number;
  readonly blockId: bigint;
  readonly sequence: number | null;
  readonly startUtcNs: bigint;
  readonly leapSecond: boolean;
  readonly exposureNs: bigint;
  readonly uncertaintyNs: bigint;
  readonly source: TimeSource;
  readonly grade: Grade;
  /** Words with spaces between. */
  readonly flags: string;
  /** A crash or someone else took its pixels. */
  readonly missing: boolean;
}

/** What is left out is not asked for. Times are of the start of exposure: from, inclusive, to, exclusive. */
export interface FrameFilter {
  readonly sessionId?: string;
  readonly cameraId?: string;
  readonly fromUtcNs?: bigint;
  readonly toUtcNs?: bigint;
  readonly grade?: Grade;
  readonly state?: FrameState;
  /** Only frames with missing bytes. */
  readonly incomplete?: boolean;
}

/** A page: at most `limit` rows (1000) after the row `afterKey`, or before it with `newestFirst`. */
export interface Page {
  readonly limit?: number;
  readonly afterKey?: bigint;
  readonly newestFirst?: boolean;
}
