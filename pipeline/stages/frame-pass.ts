/**
 * One pass over a frame: tiles small enough to stay in the second-level cache are unpacked, measured and turned into FITS
 * bytes before the next tile is touched, so that memory is read once and written once.
 */
import { encodeFits16 } from '#pipeline/kernels/fits-pixels.js';
import { StatisticsAccumulator } from '#pipeline/kernels/statistics.js';
import { unpack16 } from '#pipeline/kernels/unpack.js';
import type { PixelFormat } from '#pipeline/wire/pixel-formats.js';

/** Pixels a tile: 128 kB of uint16, which leaves room for its packed source and its FITS bytes in a 1 MiB cache. */
export const TILE_PIXELS = 65_536;

export interface FrameStatistics {
  readonly min: number;
  readonly max: number;
  /** Mean in ADU. */
  readonly mean: number;
  /** Pixels at the highest value of the format. */
  readonly saturated: number;
}

export interface FramePassInput {
  /** The packed pixels, at least `payloadBytesOf(format, width, height)`. */
  readonly payload: Uint8Array;
  readonly format: PixelFormat;
  readonly width: number;
  readonly height: number;
  /** Rows at the top that statistics leave out: 1 where a GPS header spoils the first row. */
  readonly skipRows: number;
  /** Where the FITS pixels go, from byte `outOffset` on. */
  readonly out: Uint8Array;
  readonly outOffset: number;
  /** At least TILE_PIXELS, owned by the calling worker. */
  readonly scratch: Uint16Array;
}

/** Writes the FITS pixels of a frame and returns its statistics; null where every row was left out. */
export function framePass(input: FramePassInput): FrameStatistics | null {
  const { payload, format, out, scratch } = input;
  const pixels = input.width * input.height;
  const firstMeasured = Math.min(pixels, input.width * input.skipRows);
  const statistics = new StatisticsAccumulator(2 ** format.bitDepth - 1);
  for (let first = 0; first < pixels; first += TILE_PIXELS) {
    const count = Math.min(TILE_PIXELS, pixels - first);
    unpack16(payload, format, first, count, scratch);
    const skip = Math.min(count, Math.max(0, firstMeasured - first));
    if (skip < count) statistics.add(scratch, skip, count - skip);
    encodeFits16(scratch, count, out, input.outOffset + first * 2);
  }
  return statistics.result();
}
