/**
 * A camera that is reached through its maker's library. A driver (qhy/, toupcam/) has this face; it runs alone in a thread of
 * its own (sdk-thread.ts), which is the only one that calls the library, so its calls may block. The bridge serves it as a GigE
 * Vision device; the in-process way takes its frames straight into the ring.
 */
import type { ShutterModel } from '#gps/rows/shutter.js';
import type { PixelFormat } from '#pipeline/wire/pixel-formats.js';
import type { CameraIdentity } from '../camera.js';
import type { Control, ControlValue } from '../controls.js';

/** One camera that a library finds. `uri` opens it: `qhy:ID`, `toupcam:SERIAL`. */
export interface FoundSdkCamera {
  readonly uri: string;
  readonly vendor: string;
  readonly model: string;
  readonly serial: string;
  /** Why it cannot be opened now, such as another program that has it; null where it can, or where that is not known. */
  readonly unavailable: string | null;
}

export interface Sensor {
  /** Columns and rows of the raw image, overscan and optical black included. */
  readonly width: number;
  readonly height: number;
  readonly pixelWidthUm: number;
  readonly pixelHeightUm: number;
  readonly adcBits: number;
  readonly color: boolean;
}

/** Chunks behind a frame of the bridge: the image itself, and what the library told beside it. */
export const SDK_IMAGE_CHUNK_ID = 0x4150_5450;
export const SDK_INFO_CHUNK_ID = 0x4150_5449;

/** What frames look like now. See CameraMode for what the words mean. */
export interface SdkMode {
  readonly width: number;
  readonly height: number;
  readonly offsetX: number;
  readonly offsetY: number;
  readonly pixelFormat: PixelFormat;
  /** See `CameraMode`. */
  readonly largestValue?: number | null;
  /** Rows and columns of the sensor that the camera or its library adds up to one. */
  readonly binningX: number;
  readonly binningY: number;
  /** Memory that one frame needs: libraries write more than a frame's bytes. */
  readonly bufferBytes: number;
  /** Frames a second that are to be expected; null where nothing is known. */
  readonly frameRate: number | null;
  readonly exposureNs: bigint;
  readonly shutter: ShutterModel;
  /** Whether the maker's GPS header stands in the first pixels. */
  readonly gpsHeader: boolean;
  readonly readMode: string | null;
  /** Bytes of what the library tells beside each frame, which follow it as a chunk; 0: none. Toupcam: 104. */
  readonly infoBytes: number;
}

/** What a start is to give. `burst` where the camera has it: frames `first` + 1 to `end` - 1 of each burst. */
export type StreamRequest =
  | { readonly kind: 'live' }
  | { readonly kind: 'single'; readonly frames: number }
  | { readonly kind: 'burst'; readonly start: number; readonly end: number; readonly bursts: number };

/** Memory for one frame, shared between threads. */
export interface FrameSlot {
  readonly index: number;
  /** `SdkMode.bufferBytes` and `infoBytes` at least; starts on a page. */
  readonly bytes: Uint8Array;
}

/** A frame that stands in its slot: pixels from the slot's first byte on. */
export interface SdkFrame {
  /** Bytes of its pixels. */
  readonly pixelBytes: number;
  readonly width: number;
  readonly height: number;
  /** The library's own count of frames, where it has one: gaps in it are frames that were lost. */
  readonly sequence: number | null;
  /** Host clock (CLOCK_REALTIME) when the library handed it over, ns since 1970. */
  readonly arrivedUtcNs: bigint;
  /** What the library told beside it (`SdkMode.infoBytes`), or null. */
  readonly info: Uint8Array | null;
}

/** What happens to a camera. Words are for people: what it is, and what to do. */
export type SdkEvent =
  | { readonly kind: 'message'; readonly level: 'info' | 'warning' | 'error'; readonly text: string }
  /** The camera is gone; nothing but `close` may be called. */
  | { readonly kind: 'lost'; readonly reason: string }
  /** Controls that have changed by themselves: temperature, availability, what an automatic has set. */
  | { readonly kind: 'controls'; readonly controls: readonly Control[] }
  /** Frames that the camera or its library has lost, where the count is known by other means than `SdkFrame.sequence`. */
  | { readonly kind: 'frames-lost'; readonly frames: number; readonly cause: string; readonly atEnd?: boolean };

/** Where frames go. May be called from callbacks of the driver's own thread only. */
export interface FrameSink {
  /** A free slot; null when all are in use: the frame must be left in the library, or taken into memory of one's own and lost. */
  take(): FrameSlot | null;
  /** Hands a filled slot on. */
  put(slot: FrameSlot, frame: SdkFrame): void;
  /** Gives a slot back that was not filled. */
  giveBack(slot: FrameSlot): void;
  event(event: SdkEvent): void;
}

/** An open camera. Methods are called one at a time; each throws SdkError where the library refuses. */
export interface SdkCamera {
  readonly identity: CameraIdentity;
  readonly sensor: Sensor;
  /** Versions of library, firmware, FPGA, card and the like, by name. */
  readonly versions: Readonly<Record<string, string>>;
  controls(): readonly Control[];
  /**
   * Sets a control whose value has been checked (`controlValueOf`), and returns those that have changed by it. What cannot be set
   * while streaming is called when no stream runs.
   */
  set(name: string, value: ControlValue): Promise<readonly Control[]>;
  mode(): SdkMode;
  /** Begins a stream: frames go to `sink` until `stop`, or until as many as were asked for are there (`ended` resolves). */
  start(request: StreamRequest, sink: FrameSink): Promise<{ readonly ended: Promise<void> }>;
  /** Ends the stream. Nothing is put when it has resolved. */
  stop(): Promise<void>;
  /** Reads what changes by itself; called about once a second. */
  poll(): Promise<readonly Control[]>;
  /** Does not throw. */
  close(): Promise<void>;
}

/** What opens a driver: the scheme of its URIs is its name. */
export interface SdkDriver {
  readonly scheme: 'qhy' | 'toupcam';
  /** What the library finds; throws SdkError where there is no library. Blocks for seconds. */
  find(options: SdkOptions): Promise<readonly FoundSdkCamera[]>;
  /** Opens the camera that has `id` (what follows the scheme in the URI). `event` is told what happens outside of streams. */
  open(id: string, options: SdkOptions, event: (event: SdkEvent) => void): Promise<SdkCamera>;
}

export interface SdkOptions {
  /** Path of the maker's library; null: from the environment or the system. */
  readonly library: string | null;
}
