/** What a camera is called on the page: its model, and its number where the station has several, since two can be of one model. */
import type { CameraState } from '#src/station/station-state.js';
import { cameras } from './connection.js';

export function cameraName({ camera, model }: Pick<CameraState, 'camera' | 'model'>): string {
  return cameras.value.length > 1 ? `${camera + 1} ${model}` : model;
}
