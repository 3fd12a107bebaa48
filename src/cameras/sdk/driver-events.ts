/** What a driver tells, on its way to the log: as an event of the camera where somebody keeps those, else as a line. */
import type { OpenCameraOptions } from '../camera.js';
import { type CameraEvent, cameraEvent } from '../camera-events.js';
import type { SdkEvent } from './sdk-camera.js';

/** Null for what is told otherwise: the loss of the camera, and controls that have changed. */
export function cameraEventOf(event: SdkEvent): CameraEvent | null {
  if (event.kind === 'message') return cameraEvent(event.level, event.text);
  if (event.kind !== 'frames-lost') return null;
  const { frames, cause } = event;
  const text = `${frames === 1 ? 'a frame was' : `${frames} frames were`} lost before the engine had them: ${cause}`;
  return { kind: 'message', level: 'warning', text, values: { frames } };
}

/** Where events of a camera go that is opened with such options. */
export function eventsInto({ event, log }: Pick<OpenCameraOptions, 'event' | 'log'>): (event: CameraEvent) => void {
  return event ?? (({ level, text }) => log(level === 'info' ? 'info' : 'warning', text));
}
