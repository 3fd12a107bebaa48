/** What a frame's pixels become when they are recorded: as they are, or binned. */
import type { BinBy, BinFactor } from '#pipeline/kernels/bin.js';
import type { PixelFormat } from '#pipeline/wire/pixel-formats.js';

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
  /** Bytes of a sample: the fewest of 1, 2 and 4 that hold it. */
  readonly sampleBytes: 1 | 2 | 4;
}

/** Columns and rows that fill no box are dropped; where a frame holds no box at all, width or height is 0. */
export function recordedShape(
  { bitDepth }: Pick<PixelFormat, 'bitDepth'>,
  width: number,
  height: number,
  { factor, by }: Binning,
): RecordedShape {
  const largest = (2 ** bitDepth - 1) * (by === 'sum' ? factor ** 2 : 1);
  const bits = Math.ceil(Math.log2(largest + 1));
  return {
    width: Math.floor(width / factor),
    height: Math.floor(height / factor),
    bitDepth: bits,
    largest,
    sampleBytes: bits <= 8 ? 1 : bits <= 16 ? 2 : 4,
  };
}
