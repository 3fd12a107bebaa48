/** A camera as the station's faces are told of it (station-state.ts). */
import type { StreamCamera } from '#src/cameras/camera.js';
import type { Settings } from '#src/config/settings.js';
import { recordedShapeOf } from './capture-state.js';
import type { Telemetry } from './messages.js';
import type { CameraState, Clock } from './station-state.js';

export interface CameraParts {
  readonly telemetry: Telemetry;
  /** Null until it is open. */
  readonly camera: StreamCamera | null;
  /** Of the camera that is named. */
  readonly uri: string;
  readonly settings: Settings;
  /** The session that is recorded; null while none is. */
  readonly session: string | null;
  readonly freeBytes: number | null;
  /** 0 to 1. */
  readonly workerLoad: number;
  readonly clock: Clock | null;
}

export function stateOfCamera({ telemetry, camera, uri, settings, session, ...parts }: CameraParts): CameraState {
  const shape = camera === null ? null : recordedShapeOf(camera.mode, settings);
  const { number, state, framesPerSecond, gigabitsPerSecond, ringFill, frames, times, packets } = telemetry;
  const { diskBytesPerSecond, diskFails, diskWarning, secondsLeft, seconds, marks, outages } = telemetry;
  return {
    camera: number,
    uri: camera?.uri ?? uri,
    model: camera?.identity.model ?? '',
    serial: camera?.identity.serial ?? '',
    state,
    session,
    width: shape?.width ?? 0,
    height: shape?.height ?? 0,
    pixelFormat: camera?.mode.pixelFormat.name ?? '',
    bitDepth: shape?.bitDepth ?? 0,
    framesPerSecond,
    gigabitsPerSecond,
    ringFill,
    workerLoad: parts.workerLoad,
    frames,
    times,
    packetsResent: packets.resent,
    diskBytesPerSecond,
    freeBytes: parts.freeBytes,
    diskFails,
    diskWarning,
    secondsLeft,
    seconds,
    marks,
    outages,
    waitsForTrigger: session !== null && settings['recording.trigger'],
    clock: parts.clock,
  };
}
