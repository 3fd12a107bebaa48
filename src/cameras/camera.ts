/**
 * A camera as the station uses it, whatever stands behind it. Everything a stream needs is read when the camera is opened;
 * it runs in the camera's own thread.
 */
import type { FrameCounting } from '#gps/judge/frame-account.js';
import type { ShutterModel } from '#gps/rows/shutter.js';
import type { Receiver } from '#pipeline/receive/receiver.js';
import type { RingHandle } from '#pipeline/ring/ring.js';
import type { PixelFormat } from '#pipeline/wire/pixel-formats.js';
import type { FrameType } from '#storage/frame-record.js';
import type { CameraEvent } from './camera-events.js';
import type { CameraControls } from './controls.js';
import type { RecordedTimes } from './replay/recorded-times.js';

/** Who the camera is; vendor, model and serial identify it across sessions. */
export interface CameraIdentity {
  readonly vendor: string;
  readonly model: string;
  readonly serial: string;
  readonly version: string;
}

/** A time stamp among the chunks of a frame: which chunk, and which of its bytes. */
export interface TimestampChunk {
  readonly id: number;
  readonly offset: number;
  readonly bytes: number;
  readonly byteOrder: 'big' | 'little';
}

/** What its frames look like and when they are exposed. */
export interface CameraMode {
  readonly width: number;
  readonly height: number;
  readonly offsetX: number;
  readonly offsetY: number;
  readonly pixelFormat: PixelFormat;
  /** The largest value of a pixel of 32 bits, as sums of binned pixels have it; left out or null: what the format's bits hold. */
  readonly largestValue?: number | null;
  /** Most payload bytes of a frame. */
  readonly payloadBytes: number;
  /** Frames a second as set; null where the camera does not say. */
  readonly frameRate: number | null;
  /** Frames come when they are triggered: silence is no fault. Left out: they come by themselves. */
  readonly triggered?: boolean;
  readonly exposureNs: bigint;
  readonly shutter: ShutterModel;
  /** Whether a GPS header stands in the first pixels; null where the camera does not say. */
  readonly gpsHeader: boolean | null;
  readonly gain: number | null;
  /** Black level as the camera names it. */
  readonly offset: number | null;
  readonly sensorTemperatureC: number | null;
  readonly filter: string | null;
  /** Rows of the sensor that the camera adds up to one. */
  readonly binning: number;
  /** Columns of the sensor that it adds up to one. */
  readonly binningX: number;
  readonly rowDirection: 'top-down' | 'bottom-up';
  /** The camera says that PTP (IEEE 1588) holds its clock. */
  readonly ptpLocked: boolean;
  /** Null where frames bring no chunk with a time stamp. */
  readonly timestampChunk: TimestampChunk | null;
  /** How the sensor is read, as the camera names it; null where it does not say. */
  readonly readoutMode: string | null;
  /** Frames come through a maker's library, which may hold each back for some frame periods; left out: they do not. */
  readonly throughLibrary?: boolean;
  /** What is known of the camera's own count of frames; left out: nothing special. */
  readonly counting?: FrameCounting;
  /** What the frames are, where the camera knows; left out or null: as the settings say. */
  readonly frameType?: FrameType | null;
}

/** Where and how its stream comes. */
export interface StreamSource {
  readonly deviceAddress: string;
  readonly gvcpPort: number;
  readonly localAddress: string;
  readonly tickFrequencyHz: bigint;
  readonly supportsResend: boolean;
  readonly extendedIds: boolean;
  /** Data bytes of a full payload packet. */
  readonly packetDataBytes: number;
  /** Bits a second of the camera's own link; left out or null where it does not tell. */
  readonly linkBitsPerSecond?: number | null;
}

/** The camera's features by name, for what only some cameras have. Errors are those of the camera's kind. */
export interface CameraFeatures {
  has(name: string): boolean;
  integer(name: string): Promise<bigint>;
  set(name: string, value: bigint | number | string): Promise<void>;
}

export interface StreamCamera {
  readonly uri: string;
  readonly identity: CameraIdentity;
  readonly mode: CameraMode;
  readonly source: StreamSource;
  readonly features: CameraFeatures;
  /** What can be set, declared; empty where the camera has nothing to set. */
  readonly controls: CameraControls;
  /** Settles with the reason when the camera does not answer any more. Never rejects. */
  readonly lost: Promise<string>;
  /** Of a replay: the times that its frames were recorded with. Left out: frames are timed as they come. */
  readonly recordedTimes?: RecordedTimes;
  /** Of a replay: settles when its last frame is out. */
  readonly played?: Promise<void>;
  /** The exposure that the camera is set to now; null where it does not tell or does not answer. Does not throw. */
  exposureNs(): Promise<bigint | null>;
  /** Whether PTP holds its clock now; null where it does not answer. Does not throw. */
  ptpLocked(): Promise<boolean | null>;
  /** Ticks between two packets, before `start`; what the camera made of it. Left out: its packets are not on a network. */
  setPacketDelay?(ticks: number): Promise<number>;
  /**
   * Of a camera whose frames do not come over a network: fills the ring after `start`, and calls `onReady` when something is in its
   * queue. Left out: a receiver takes its packets.
   */
  receive?(ring: RingHandle, onReady: () => void): Promise<Receiver>;
  /** The same open camera with its mode as it is set now. Left out where nothing can be set. @throws as opening does */
  reread?(): Promise<StreamCamera>;
  /** Streams to `port` at `source.localAddress`. */
  start(port: number): Promise<void>;
  /** Asks for no further frame; the one under way is still sent. Does not throw on a camera that is gone. */
  stopAcquisition(): Promise<void>;
  /** Ends the stream and keeps the camera: what shapes frames can be set, and `start` streams again. */
  stopStream?(): Promise<void>;
  /** Ends the stream, gives control back, ends helper processes. Does not throw. */
  close(): Promise<void>;
}

/** How cameras behind a maker's library are reached. */
export interface SdkSettings {
  /** Paths of the libraries; null: from the environment, else the system's. */
  readonly qhyLibrary: string | null;
  readonly toupcamLibrary: string | null;
  /** Stand-ins of the libraries instead of them. */
  readonly doubles: boolean;
  /** In this process instead of behind a bridge in a process of its own. */
  readonly inProcess: boolean;
}

export interface OpenCameraOptions {
  /** Largest packet to ask for, IP header included. */
  readonly packetSize: number;
  /** Features to set before the stream starts, by name. */
  readonly features: Readonly<Record<string, string | number | boolean>>;
  /** PTP switched on, and waited for, or off before the stream; left out or null: as the camera is set. */
  readonly ptp?: boolean | null;
  /**
   * Sets the controls as they are to be, before `features` and before anything is read. Returns the names of features that are not to
   * be set, because it knows better.
   */
  readonly restore?: (identity: CameraIdentity, controls: CameraControls) => Promise<ReadonlySet<string>>;
  /** Frames one by one, in the camera's own mode for that, where it has one. Left out: a stream. */
  readonly singleFrames?: boolean;
  /** Whether the station's own native receiver takes the stream. */
  readonly nativeReceiver: boolean;
  /** Left out: libraries from the environment or the system, behind a bridge. */
  readonly sdk?: SdkSettings;
  readonly log: (level: 'info' | 'warning', message: string) => void;
  /** What happens to the camera, as long as it is open; left out: goes into `log`. */
  readonly event?: (event: CameraEvent) => void;
}
