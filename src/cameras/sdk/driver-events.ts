import { type CameraEvent, cameraEvent } from '../camera-events.js';
import type { SdkEvent } from './sdk-camera.js';

/** What a driver tells as an event of its camera. Null for what is told otherwise: the loss of the camera, and controls that have changed. */
export function cameraEventOf(event: SdkEvent): CameraEvent | null {
  if (event.kind === 'message') return cameraEvent(event.level, event.text);
  if (event.kind !== 'frames-lost') return null;
  const { frames, cause, atEnd = false } = event;
  const text = `${frames === 1 ? 'a frame was' : `${frames} frames were`} lost before the engine had them: ${cause}`;
  return { kind: 'message', level: 'warning', text, values: { frames }, ...(atEnd ? { lostFrames: frames } : {}) };
}

/** A burst or a number of frames is whole. */
export const STREAM_WHOLE: CameraEvent = {
  kind: 'message',
  level: 'info',
  text: 'the camera has given all frames that were asked for: none follows until the stream is begun again',
  streamWhole: true,
};
