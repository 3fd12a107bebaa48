/** What a frame's pixels become when they are recorded: as they are, or binned. */
import type { BinBy, BinFactor } from '#pipeline/kernels/bin.js';
import { type PixelFormat, planesOf } from '#pipeline/wire/pixel-formats.js';

/** Boxes of `factor` x `factor` pixels that become one; 1: none. */
export interface Binning {
  readonly factor: 1 | BinFactor;
  readonly by: BinBy;
}

export const NO_BINNING: Binning = { factor: 1, by: 'sum' };

export interface RecordedShape {
  readonly width: number;
  readonly height: number;
  /** Significant bits. */
  readonly bitDepth: number;
  /** The largest value there can be: of sums less than what `bitDepth` bits hold. */
  readonly largest: number;
  /** Bytes of a sample: the fewest of 1, 2 and 4 that hold it; 4 where it came in 32 bits. */
  readonly sampleBytes: 1 | 2 | 4;
  /** Samples of a pixel. */
  readonly planes: 1 | 3;
}

/**
 * Columns and rows that fill no box are dropped; where a frame holds no box at all, width or height is 0. `largestValue`: the
 * largest value that a pixel can have, where the format has room for more; null: what its bits hold.
 */
export function recordedShape(
  { bitDepth, bitsPerPixel, rgb }: Pick<PixelFormat, 'bitDepth' | 'bitsPerPixel' | 'rgb'>,
  width: number,
  height: number,
  { factor, by }: Binning,
  largestValue: number | null = null,
): RecordedShape {
  const largest = (largestValue ?? 2 ** bitDepth - 1) * (by === 'sum' ? factor ** 2 : 1);
  const bits = Math.ceil(Math.log2(largest + 1));
  return {
    width: Math.floor(width / factor),
    height: Math.floor(height / factor),
    bitDepth: bits,
    largest,
    sampleBytes: bitsPerPixel === 32 || bits > 16 ? 4 : bits > 8 ? 2 : 1,
    planes: planesOf({ rgb }),
  };
}
