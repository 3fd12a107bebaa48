/** The identifier of a camera: the same device has the same one on every station. */
import { v5 as uuidOfName } from 'uuid';
import type { CameraIdentity } from './camera.js';

const NAMESPACE = '5f0a5c0e-2a44-4f0c-9d3a-9c5f0d7c7b1e';

export function cameraId({ vendor, model, serial }: Pick<CameraIdentity, 'vendor' | 'model' | 'serial'>): string {
  return uuidOfName([vendor, model, serial].join('\u0000'), NAMESPACE);
}
