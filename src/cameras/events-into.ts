import type { OpenCameraOptions } from './camera.js';
import type { CameraEvent } from './camera-events.js';

/** Where events of a camera go that is opened with such options: to who keeps them, else into the log as lines. */
export function eventsInto({ event, log }: Pick<OpenCameraOptions, 'event' | 'log'>): (event: CameraEvent) => void {
  return event ?? (({ level, text }) => log(level === 'info' ? 'info' : 'warning', text));
}
