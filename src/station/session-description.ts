/** What the archive is told of a session's camera and place. */
import type { StreamCamera } from '#src/cameras/camera.js';
import { cameraId } from '#src/cameras/camera-id.js';
import type { Settings } from '#src/config/settings.js';
import { VERSION } from '#src/config/version.js';
import type { Site } from '#storage/frame-record.js';
import type { CameraDescription, SessionDescription } from '#storage/session-record.js';
import type { StreamContext } from './attached-stream.js';
import { binningOf, captureStateOf } from './capture-state.js';

/** A session as those who make its frames know it. */
export interface SessionIdentity {
  readonly id: string;
  readonly stationId: string;
}

export function describeCamera(camera: StreamCamera): CameraDescription {
  const { vendor, model, serial } = camera.identity;
  return { id: cameraId(camera.identity), name: model, uri: camera.uri, vendor, model, serial };
}

export function describeSession(
  { id, stationId }: SessionIdentity,
  camera: StreamCamera,
  settings: Settings,
  startedUtcNs: bigint,
): SessionDescription {
  return {
    id,
    startedUtcNs,
    station: { id: stationId, name: settings['station.name'], site: siteOf(settings) },
    camera: describeCamera(camera),
    software: `appulse ${VERSION}`,
    observer: settings['station.observer'],
    object: settings['recording.object'],
    telescope: settings['station.telescope'],
    name: settings['recording.name'],
    site: settings['site.name'],
    notes: settings['recording.notes'],
  };
}

/** What stays the same for all frames of one stream of `camera`. */
export function streamContextOf(
  { id, stationId }: SessionIdentity,
  camera: StreamCamera,
  settings: Settings,
): StreamContext {
  const { mode } = camera;
  const { id: cameraKey, name } = describeCamera(camera);
  return {
    sessionId: id,
    stationId,
    cameraId: cameraKey,
    cameraName: name,
    width: mode.width,
    height: mode.height,
    offsetX: mode.offsetX,
    offsetY: mode.offsetY,
    pixelFormat: mode.pixelFormat.code,
    largestValue: mode.largestValue ?? null,
    gpsHeader: mode.gpsHeader,
    ...captureStateOf(mode, settings),
    binning: binningOf(settings),
    site: siteOf(settings),
    format: settings['recording.format'],
  };
}

/** The site of the settings; null unless latitude and longitude are both given. */
export function siteOf(settings: Settings): Site | null {
  const { 'site.latitude': latitudeDeg, 'site.longitude': longitudeDeg, 'site.elevation': elevation } = settings;
  return latitudeDeg === null || longitudeDeg === null ? null : { latitudeDeg, longitudeDeg, heightM: elevation ?? 0 };
}
