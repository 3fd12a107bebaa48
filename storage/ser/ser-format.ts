/** SER version 3 as a format of recording: a segment is a SER file, a frame its pixels, and what SER cannot hold stands in the list beside it. */
import { StorageError } from '../errors.js';
import { dataSumOf } from '../formats/data-sum.js';
import type { FrameLayout, FrameShape, RecordingFormat } from '../formats/recording-format.js';
import { beginSer } from './ser-body.js';

/**
 * Frames in a segment: what is listed of 2^18 of them is some 400 MB, and their stamps are 2 MB. `FrameCount` would hold 2^31 - 1.
 */
const MOST_FRAMES = 2 ** 18;

/** Pixels and nothing else. Throws StorageError `storage.format-shape` for pixels of 32 bits. */
export function layoutSerFrame({ width, height, sampleBytes, planes = 1 }: FrameShape): FrameLayout {
  if (sampleBytes === 4) {
    throw new StorageError(
      'storage.format-shape',
      'SER holds pixels of at most 16 bits, and these have 32: take fits for them, or bin less',
    );
  }
  const rowBound = width * planes * sampleBytes;
  return { headerBytes: 0, dataOffset: 0, rowBound, bufferBytes: rowBound * height };
}

export const serFormat: RecordingFormat = {
  name: 'ser',
  extension: 'ser',
  encoding: 'little-endian',
  interleaved: true,
  blockBytes: 1,
  needsFrameList: true,
  mostFrames: MOST_FRAMES,
  layout: layoutSerFrame,
  // Rows follow each other without gaps, so the pixels are the first bytes of the buffer.
  writeFrame: (target, _record, { bytes, sum }) => ({
    tailBytes: 0,
    dataSum: sum ?? dataSumOf(target.subarray(0, bytes)),
  }),
  begin: beginSer,
};
