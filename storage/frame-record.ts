/**
 * What the archive keeps of a frame besides its pixels, and of frames that it does not have. Plain data: it crosses
 * threads by structured clone.
 */
import type { FrameTime } from '#gps/frame-time.js';

/** A range of bytes of the camera's payload, before unpacking. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Statistics of a frame's pixels, in ADU. `saturated` counts pixels at the format's largest value. */
export interface FrameStatistics {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Standard deviation of the pixels. */
  readonly stddev: number;
  /** From the histogram; null where none was made. */
  readonly median: number | null;
  readonly saturated: number;
}

/** A place on Earth: WGS 84 degrees north, degrees east, metres above the ellipsoid. */
export interface Site {
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
  readonly heightM: number;
}

/** What the camera looked at. */
export const FRAME_TYPES = ['light', 'dark', 'bias', 'flat'] as const;
export type FrameType = (typeof FRAME_TYPES)[number];

/** How the camera was set and what stood before it; null where it does not say. */
export interface CaptureState {
  readonly frameType: FrameType;
  /** How the sensor is read, as the camera names it. */
  readonly readMode: string | null;
  /** Gain and black level as the camera names them. */
  readonly gain: number | null;
  readonly offset: number | null;
  /** Sensor pixels that the camera makes one of, columns and rows. */
  readonly binningX: number;
  readonly binningY: number;
  /** Pixels of the stream that this program added up to one, columns and rows alike; 1: none. */
  readonly softwareBinning: number;
  readonly sensorTemperatureC: number | null;
  readonly filter: string | null;
  readonly object: string | null;
  readonly observer: string | null;
  readonly telescope: string | null;
}

/** Bytes of a recorded sample, which has no sign. */
export type SampleBytes = 1 | 2 | 4;

export interface FrameRecord extends CaptureState {
  readonly sessionId: string;
  readonly stationId: string;
  readonly cameraId: string;
  /** Name for people, as INSTRUME. */
  readonly cameraName: string;
  /** Count of recorded frames of the session, from 1, never used twice (EXTVER of the HDU). */
  readonly frameNumber: number;
  /** The stream's block id, unwrapped. */
  readonly blockId: bigint;
  readonly time: FrameTime;
  /** Kernel receive time of the frame's first packet, nanoseconds since 1970 UTC. */
  readonly receivedNs: bigint;
  readonly width: number;
  readonly height: number;
  /** First column and row of the region on the sensor. */
  readonly offsetX: number;
  readonly offsetY: number;
  /** Significant bits of a pixel. */
  readonly bitDepth: number;
  /** Bytes of a recorded pixel: 1 for formats of 8 bits, 4 for sums of more than 16 bits. */
  readonly sampleBytes: SampleBytes;
  /** Pixel format of the stream by its PFNC name, as `Mono12p`. */
  readonly pixelFormat: string;
  /** Payload bytes that never came; they were zeroed before anything read the frame. Empty for a complete frame. */
  readonly missing: readonly ByteRange[];
  readonly packetsMissing: number;
  readonly packetsResent: number;
  readonly statistics: FrameStatistics | null;
  readonly site: Site | null;
}

/**
 * Why frames are not in the archive, and what that makes of them: `lost` were produced and not received (`control`: none was produced while
 * the stream stood still for a control that was set); `not-recorded`
 * were received, yet not written or taken away while recording (`untriggered`: no trigger wanted them);
 * `destroyed` did not survive a crash, whether they were recorded or still in hand.
 */
export const GAP_CAUSES = {
  'ring-full': 'lost',
  network: 'lost',
  camera: 'lost',
  'camera-lost': 'lost',
  failover: 'lost',
  control: 'lost',
  disk: 'not-recorded',
  worker: 'not-recorded',
  untriggered: 'not-recorded',
  crash: 'destroyed',
} as const;
export type GapCause = keyof typeof GAP_CAUSES;

/** What happened in a session that is neither a frame nor a gap; `data` is kept as JSON, whole numbers beyond 2^53 as text. */
export interface EventRecord {
  readonly kind: EventKind;
  readonly startUtcNs: bigint;
  readonly endUtcNs: bigint;
  readonly data: Readonly<Record<string, string | number | boolean | null>>;
}

/**
 * clock-state: the GPS receiver is in another state. clock-check: its second against the host's, once a minute. frame-finding: something about frames beyond their time. oscillator: what
 * the PPS shows of it, once a minute. host-clock: its state, when it changed. gpsd: what the second witness says, once a minute.
 * nmea: what the receiver's text behind the GPS header says, when it changed and once a minute.
 * calibration: what an LED calibration adds to the times from here on. controls: the values of a camera's controls when it was
 * opened, by name. control: one was set, and what the camera made of it. gpio: the GPIO mode that the operator states. camera: what
 * happened to it (connected, lost, under-voltage, temperature, trigger, message).
 */
export const EVENT_KINDS = [
  'clock-state',
  'clock-check',
  'frame-finding',
  'oscillator',
  'host-clock',
  'gpsd',
  'nmea',
  'calibration',
  'controls',
  'control',
  'gpio',
  'camera',
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** A run of frames that the archive does not have. `frames` is 0 where their number cannot be known (an outage). */
export interface GapRecord {
  readonly cause: GapCause;
  readonly firstBlock: bigint | null;
  readonly lastBlock: bigint | null;
  readonly frames: number;
  readonly fromUtcNs: bigint | null;
  readonly toUtcNs: bigint | null;
  /** For people: what happened. */
  readonly detail: string;
}

/** Where a frame's HDU stands, of a segment by its number in the session. */
export interface FramePlace {
  readonly segment: number;
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly headerBytes: number;
  /**
   * The ones' complement sum of its data as FITS makes it (DATASUM, FITS 4.0 section 4.4.2.7): of a FITS HDU's data, else of the
   * pixels' bytes in the file; null where none was made.
   */
  readonly dataSum: number | null;
}
