/** The rows that questions to an index answer with. Instants, block ids and keys are bigint. */
import type { Grade, TimeSource } from '#gps/frame-time.js';
import type { FormatName } from '../formats/recording-format.js';
import type { FrameType, GapCause, SampleBytes, Site } from '../frame-record.js';
import type { MarkDescription, StackDescription } from './index-changes.js';
import type { FrameState, SegmentState, SessionState } from './schema.js';

export interface StationRow {
  readonly id: string;
  readonly name: string;
  readonly site: Site | null;
}

export interface SessionRow {
  readonly id: string;
  readonly stationId: string;
  readonly stationName: string;
  readonly folder: string;
  readonly state: SessionState;
  readonly startedUtcNs: bigint;
  readonly endedUtcNs: bigint | null;
  readonly maxBytes: number | null;
  readonly software: string;
  readonly name: string | null;
  readonly observer: string | null;
  readonly telescope: string | null;
  readonly object: string | null;
  /** Name of the place. */
  readonly site: string | null;
  readonly notes: string | null;
  /** Of its segments; empty while there are none. */
  readonly formats: readonly FormatName[];
  readonly cameraIds: readonly string[];
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
  readonly format: FormatName;
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
  /** First start and last end of exposure of any row; null in rows of older programs. */
  readonly spanStartUtcNs: bigint | null;
  readonly spanEndUtcNs: bigint | null;
  readonly frameType: FrameType;
  readonly sampleBytes: SampleBytes;
  /** Of its segment. */
  readonly format: FormatName;
  readonly readMode: string | null;
  readonly gain: number | null;
  readonly offset: number | null;
  readonly binningX: number;
  readonly binningY: number;
  readonly softwareBinning: number;
  readonly sensorTemperatureC: number | null;
  readonly filter: string | null;
  /** See `FramePlace.dataSum`. */
  readonly dataSum: number | null;
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

/** A file made from several frames. */
export interface StackRow extends StackDescription {
  readonly sessionId: string;
  readonly cameraId: string;
}

/** A span of time whose frames no retention removes. */
export interface MarkRow extends MarkDescription {
  readonly sessionId: string;
  /** Null: of all cameras. */
  readonly cameraId: string | null;
}

/** Gaps of one cause together. */
export interface GapSum {
  readonly cause: GapCause;
  readonly gaps: number;
  readonly frames: number;
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

/** A page: at most `limit` rows (1000) after the row `afterKey`, or before it with `newestFirst`. */
export interface Page {
  readonly limit?: number;
  readonly afterKey?: bigint;
  readonly newestFirst?: boolean;
}
