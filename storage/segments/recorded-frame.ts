import type { RecordedFrame } from './recorder-types.js';

/** Bytes of a frame's HDU. */
export function lengthOf({ parts }: Pick<RecordedFrame, 'parts'>): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}
