/** Which camera of the station a route is about, and its controls. */
import { AppulseError } from '#gps/errors.js';
import type { CameraIdentity } from '#src/cameras/camera.js';
import type { StationControls } from '#src/station/control-request.js';
import type { StationFace } from '#src/station/station-face.js';

export interface OpenControls extends StationControls {
  readonly identity: CameraIdentity;
}

/** @throws AppulseError `station.no-camera` */
export async function controlsOf(station: StationFace, camera: number): Promise<StationControls> {
  const found = (await station.controls()).find((each) => each.camera === camera);
  if (found !== undefined) return found;
  throw new AppulseError('station.no-camera', `there is no camera ${camera}: they are counted from 0`);
}

/** Those of a camera that is there. @throws AppulseError `station.no-camera`, `station.camera-away` */
export async function openControlsOf(station: StationFace, camera: number): Promise<OpenControls> {
  const found = await controlsOf(station, camera);
  const { uri, identity, unavailable } = found;
  if (identity !== null && unavailable === null) return { ...found, identity };
  throw new AppulseError('station.camera-away', `${uri}: ${unavailable ?? 'the camera is not open yet'}`);
}
