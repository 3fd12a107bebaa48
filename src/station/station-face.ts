/**
 * A running station as its faces see it (page, HTTP API, control socket). All of it is answered by the main thread or asked of the
 * acquisition thread; nothing of it can hold the frame path up.
 */
import type { EventEmitter } from 'node:events';
import type { Preview } from '#pipeline/stages/preview-board.js';
import type { SetControlsAnswer, SetControlsRequest, StationControls } from './control-request.js';
import type { MarkAnswer, MarkRequest } from './mark-request.js';
import type { LogLevel, Telemetry } from './messages.js';
import type { CameraState, Gap, Message, StartSession } from './station-state.js';

/** A rectangle of a frame, in its pixels. */
export interface PixelRegion {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Pixels of a region at most: all that the largest screens show. Reading them takes some milliseconds, in which the ring takes what comes. */
export const MOST_REGION_PIXELS = 2 ** 23;

/** True pixels of a frame, unpacked, row by row. */
export interface RegionPixels extends PixelRegion {
  readonly frameNumber: number;
  readonly startUtcNs: bigint;
  readonly bitDepth: number;
  readonly pixels: Uint16Array;
}

export interface StationEvents {
  /** A camera's state, some times a second each. */
  camera: [CameraState];
  message: [Message];
  gap: [Gap];
  /** A session began or ended. */
  sessions: [];
  /** There is another preview of camera `camera`; previews that come while one is told of are not told of. */
  preview: [camera: number];
  /** What a terminal shows: a message with its camera in front where there are several, and all that a session counts. */
  log: [LogLevel, string];
  telemetry: [Telemetry];
}

export interface StationFace extends Pick<EventEmitter<StationEvents>, 'on' | 'off'> {
  readonly id: string;
  readonly name: string;
  readonly site: { readonly latitudeDeg: number; readonly longitudeDeg: number; readonly heightM: number } | null;
  /** The newest state of each camera. */
  readonly cameras: readonly CameraState[];
  /** The newest messages and gaps, oldest first, a bounded number of them. */
  readonly messages: readonly Message[];
  readonly gaps: readonly Gap[];
  /** The newest preview of a camera; null where there is none. */
  preview(camera: number): Preview | null;
  /** Counts previews: another number, another preview. */
  previewCount(camera: number): number;
  /** Somebody is ready for another preview: one is made of the camera's next frame. Where nobody asks, they come seldom. */
  askPreview(camera: number): void;
  /**
   * Pixels of the newest frame, as it is recorded (of binned sums of more than 16 bits the upper 16); at most 4 million. @throws AppulseError `station.no-camera`, `station.no-frame`, UsageError
   * `usage.region`
   */
  pixels(camera: number, region: PixelRegion): Promise<RegionPixels>;
  /**
   * Begins to record; of several cameras those that do not record yet. Returns the sessions. @throws AppulseError `station.recording`,
   * `station.camera-away`, `station.no-camera`
   */
  startSession(request: StartSession): Promise<readonly string[]>;
  /** Ends what is recorded; the cameras go on streaming. @throws AppulseError `station.not-recording` */
  stopSession(camera: number | null): Promise<readonly string[]>;
  mark(request: MarkRequest): Promise<readonly MarkAnswer[]>;
  controls(): Promise<readonly StationControls[]>;
  setControls(request: SetControlsRequest): Promise<SetControlsAnswer>;
}
