/**
 * How values become levels of grey: where black and white stand, and the curve between them. Pure numbers, shared by the page's two
 * painters and the MJPEG stream, so that all of them show the same picture.
 */

export const STRETCHES = ['auto', 'linear', 'asinh'] as const;
/** auto: the background at a dark grey, the faint lifted most (midtones curve); linear; asinh: bright stars keep their shapes. */
export type Stretch = (typeof STRETCHES)[number];

export type Curve = 'linear' | 'midtones' | 'asinh';

/** A way from values to levels. */
export interface Transfer {
  /** Values that are black and white, ADU; what is between them may be fractions. `white` is above `black`. */
  readonly black: number;
  readonly white: number;
  readonly curve: Curve;
  /** midtones: the share of the range that becomes half grey. asinh: how many times the linear part fits into the range. linear: not used. */
  readonly bend: number;
}

/** What a histogram tells of the sky, ADU. */
export interface Levels {
  readonly median: number;
  /** Of the noise below the median: stars do not widen it. */
  readonly sigma: number;
  /** Of the values that stand out, the one which 1 in 2000 exceeds. */
  readonly high: number;
}

/** Grey of the sky in the auto stretch, 0 to 1: dark, with room for its noise below. */
const SKY_GREY = 0.14;
/** How many sigma below the median black stands. */
const BLACK_SIGMAS = 2.8;
/** Bins where the pixels of a preview are counted: as many as a frame's histogram has. */
const OWN_BINS = 4_096;
const HIGH_SHARE = 1 - 1 / 2_000;
/** Share of a normal distribution below its median minus one sigma. */
const ONE_SIGMA_SHARE = 0.158_655;

/** The largest value of a depth. */
export function largestOf(bitDepth: number): number {
  return 2 ** bitDepth - 1;
}

/** Values that share a bin of a histogram of `bins` bins. */
export function binWidth(bitDepth: number, bins: number): number {
  return Math.max(1, 2 ** bitDepth / bins);
}

/** Counts `pixels` as the histogram of a frame does. */
export function histogramOf(pixels: Uint16Array, bitDepth: number, bins: number): Uint32Array {
  const shift = Math.max(0, bitDepth - Math.log2(bins));
  const counts = new Uint32Array(bins);
  for (const value of pixels) {
    const bin = Math.min(value >> shift, bins - 1);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

/** Null where nothing was counted. */
export function levelsOf(histogram: Uint32Array, bitDepth: number): Levels | null {
  let total = 0;
  for (const count of histogram) total += count;
  if (total === 0) return null;
  const width = binWidth(bitDepth, histogram.length);
  const median = quantile(histogram, total * 0.5, width);
  const low = quantile(histogram, total * ONE_SIGMA_SHARE, width);
  return { median, sigma: Math.max(median - low, width / 2), high: quantile(histogram, total * HIGH_SHARE, width) };
}

/**
 * Levels for the shown plane of a preview: those of the whole frame where there is a histogram of it and the plane is the mean. In a
 * maximum the sky is brighter than in any frame, so its own pixels are counted.
 */
export function levelsOfPlane(
  plane: 'mean' | 'maximum',
  pixels: Uint16Array,
  histogram: Uint32Array,
  bitDepth: number,
): Levels | null {
  const ofFrame = plane === 'mean' ? levelsOf(histogram, bitDepth) : null;
  return ofFrame ?? levelsOf(histogramOf(pixels, bitDepth, OWN_BINS), bitDepth);
}

/** The value that `count` of the pixels are below, within a bin by proportion: a value v stands for what is between v - 0.5 and v + 0.5. */
function quantile(histogram: Uint32Array, count: number, width: number): number {
  let before = 0;
  for (const [bin, here] of histogram.entries()) {
    if (here > 0 && before + here >= count) return (bin + (count - before) / here) * width - 0.5;
    before += here;
  }
  return histogram.length * width;
}

/** The transfer of a stretch for a picture with these levels; without levels the whole range, linear. */
export function transferOf(stretch: Stretch, levels: Levels | null, bitDepth: number): Transfer {
  const largest = largestOf(bitDepth);
  if (levels === null) return { black: 0, white: largest, curve: 'linear', bend: 1 };
  const { median, sigma, high } = levels;
  const black = Math.max(0, Math.min(median - BLACK_SIGMAS * sigma, largest - 1));
  if (stretch === 'linear') {
    const white = Math.min(largest, Math.max(high, median + 5 * sigma, black + 1));
    return { black, white, curve: 'linear', bend: 1 };
  }
  const range = largest - black;
  if (stretch === 'asinh') return { black, white: largest, curve: 'asinh', bend: Math.max(1, range / (2 * sigma)) };
  const sky = Math.min(0.999, Math.max((median - black) / range, 1 / (largest + 1)));
  return { black, white: largest, curve: 'midtones', bend: midtones(SKY_GREY, sky) };
}

/** The rational curve through (0, 0), (`middle`, 0.5) and (1, 1). It is its own answer to "which middle takes x to y": midtones(y, x). */
export function midtones(middle: number, x: number): number {
  return ((middle - 1) * x) / ((2 * middle - 1) * x - middle);
}

/** The level of grey of a value, 0 to 1. */
export function toneOf({ black, white, curve, bend }: Transfer, value: number): number {
  const x = Math.min(1, Math.max(0, (value - black) / (white - black)));
  if (curve === 'midtones') return midtones(bend, x);
  if (curve === 'asinh') return Math.asinh(bend * x) / Math.asinh(bend);
  return x;
}

/** Levels, 0 to 255, of all values of a depth. */
export function toneTable(transfer: Transfer, bitDepth: number): Uint8Array {
  return Uint8Array.from({ length: 2 ** bitDepth }, (_, value) => Math.round(255 * toneOf(transfer, value)));
}
