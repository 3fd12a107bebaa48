/** What the archive knows of a session, its station and its cameras. */
import type { Site } from './frame-record.js';

/** A camera as the archive knows it. `id` is unique across stations and stays the same for the same device. */
export interface CameraDescription {
  readonly id: string;
  readonly name: string;
  readonly uri: string;
  readonly vendor: string;
  readonly model: string;
  readonly serial: string;
}

/** A station as the archive knows it. `id` is unique across stations. */
export interface StationDescription {
  readonly id: string;
  readonly name: string;
  readonly site: Site | null;
}

export interface SessionDescription {
  /** UUIDv7, see `newSessionId`. */
  readonly id: string;
  readonly startedUtcNs: bigint;
  readonly station: StationDescription;
  readonly camera: CameraDescription;
  /** Program and version, as `appulse 0.1.0`. */
  readonly software: string;
  readonly observer: string | null;
  readonly telescope: string | null;
  /** What is observed. */
  readonly object: string | null;
  /** What the session is called. */
  readonly name: string | null;
  /** Name of the place. */
  readonly site: string | null;
  readonly notes: string | null;
}
