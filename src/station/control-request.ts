/** What a running station is asked about the controls of its cameras, and what it answers. Plain data: it crosses threads and sockets. */
import type { CameraIdentity } from '#src/cameras/camera.js';
import type { Control } from '#src/cameras/controls.js';
import type { AppliedControls, WantedControl } from '#src/cameras/set-controls.js';

/** A camera of the station and its controls now. */
export interface StationControls {
  /** Its number, from 0. */
  readonly camera: number;
  readonly uri: string;
  /** Null while it is not open. */
  readonly identity: CameraIdentity | null;
  readonly controls: readonly Control[];
  /** Why they cannot be told now; null where they are. */
  readonly unavailable: string | null;
}

export interface SetControlsRequest {
  /** Number of the camera, from 0. */
  readonly camera: number;
  readonly set: readonly WantedControl[];
  /** False: all or none, and what is refused is an error. True: those that the camera takes. */
  readonly whatGoes: boolean;
  /** Whether values are kept for the next time that the camera is opened. */
  readonly keep: boolean;
}

export interface SetControlsAnswer extends AppliedControls {
  /** Whether the stream was ended and begun again for it. */
  readonly interrupted: boolean;
}
