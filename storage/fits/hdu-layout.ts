/**
 * Where the bytes of a frame's HDU stand, in the record buffer and in the file. The header has a fixed number of blocks, so
 * the place of the pixels is known before the header's values are; Rice code has no fixed length, so each row band is coded
 * to a place of its own, and the file takes the bands one behind the other.
 */
import { riceBound } from '#pipeline/kernels/rice.js';
import type { SampleBytes } from '../frame-record.js';
import { BLOCK_BYTES } from './cards.js';

/** `fits`: a Rice-compressed image in a binary table (FITS 4.0, section 10.1); `fits-raw`: an image extension. */
export type HduFormat = 'fits' | 'fits-raw';

/** Blocks of a frame's header: 216 cards, of which some 180 are used at most by everything but long names and missing ranges. */
const HEADER_BLOCKS = 6;
/** A row of the table: length and offset of its code in the heap, two 32-bit integers. */
export const DESCRIPTOR_BYTES = 8;

export interface HduLayout {
  readonly headerBytes: number;
  /** Where the code or the pixels begin: behind the header and, compressed, the table of the rows. */
  readonly dataOffset: number;
  /** Bytes kept for a row's code or pixels: row `n` is written at or before `dataOffset + n * rowBound`. */
  readonly rowBound: number;
  /** What a record buffer must hold. */
  readonly bufferBytes: number;
}

/** The layout of the HDU of a frame of `width` x `height` pixels in `planes` planes. */
export function layoutFrameHdu(
  width: number,
  height: number,
  format: HduFormat,
  sampleBytes: SampleBytes = 2,
  planes: 1 | 3 = 1,
): HduLayout {
  const headerBytes = HEADER_BLOCKS * BLOCK_BYTES;
  const dataOffset = headerBytes + (format === 'fits' ? DESCRIPTOR_BYTES * height * planes : 0);
  const rowBound = format === 'fits' ? riceBound(width, sampleBytes) : sampleBytes * width;
  return { headerBytes, dataOffset, rowBound, bufferBytes: dataOffset + rowBound * height * planes + BLOCK_BYTES };
}
