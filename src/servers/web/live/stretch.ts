/**
 * How values become levels of grey: where black and white stand, and the curve between them. Pure numbers, shared by the page's two
 * painters, the pictures of the API and the MJPEG stream, so that all of them show the same picture.
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

/** A stretch, and the values that are black and white where these are not left to it. */
export interface StretchChoice {
  readonly stretch: Stretch;
  readonly black?: number | undefined;
  readonly white?: number | undefined;
}

/** What the shown pixels tell of the sky, ADU. */
export interface Levels {
  readonly median: number;
  /** Of the noise below the median, from its quartile: stars do not widen it. */
  readonly sigma: number;
  /** Of the values that stand out, the one which 1 in 2000 exceeds. */
  readonly high: number;
}

/** Grey of the sky in the auto stretch, 0 to 1: a dark sky that is told from black, with room for its noise below. */
const SKY_GREY = 0.2;
/** How many sigma below the median black stands. */
const BLACK_SIGMAS = 2.8;
const HIGH_SHARE = 1 - 1 / 2_000;
/** From the lower quartile of a normal distribution to its median, in sigma. */
const QUARTILE_SIGMAS = 0.674_49;
/** Levels that differ by less are shown alike: of sigma, and as a ratio. The noise of the levels themselves is not to be seen. */
const STEADY_SIGMAS = 0.25;
const STEADY_RATIO = 1.15;

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
  const quartile = quantile(histogram, total * 0.25, width);
  const sigma = Math.max((median - quartile) / QUARTILE_SIGMAS, width / 2);
  return { median, sigma, high: quantile(histogram, total * HIGH_SHARE, width) };
}

/** Levels of pixels as they are shown: a preview's noise is less than its frame's, and its stars are fainter. Null where there are none. */
export function levelsOfPixels(pixels: Uint16Array, bitDepth: number): Levels | null {
  return levelsOf(histogramOf(pixels, bitDepth, 2 ** bitDepth), bitDepth);
}

/** `before` where what is seen `now` is the same but for the noise of the levels themselves, so that a picture that stands still stays so. */
export function steadyLevels(before: Levels | null, now: Levels | null): Levels | null {
  if (before === null || now === null) return now;
  const isNear = (a: number, b: number) => a <= b * STEADY_RATIO && b <= a * STEADY_RATIO;
  const same =
    Math.abs(now.median - before.median) <= STEADY_SIGMAS * before.sigma &&
    isNear(now.sigma, before.sigma) &&
    isNear(now.high - now.median + now.sigma, before.high - before.median + before.sigma);
  return same ? before : now;
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
export function transferOf(choice: StretchChoice, levels: Levels | null, bitDepth: number): Transfer {
  const { stretch } = choice;
  const largest = largestOf(bitDepth);
  if (levels === null) return { ...limitsOf(choice, 0, largest), curve: 'linear', bend: 1 };
  const { median, sigma, high } = levels;
  const darkest = Math.max(0, Math.min(median - BLACK_SIGMAS * sigma, largest - 1));
  if (stretch === 'linear') {
    const brightest = Math.min(largest, Math.max(high, median + 5 * sigma, darkest + 1));
    return { ...limitsOf(choice, darkest, brightest), curve: 'linear', bend: 1 };
  }
  const { black, white } = limitsOf(choice, darkest, largest);
  const range = white - black;
  if (stretch === 'asinh') return { black, white, curve: 'asinh', bend: Math.max(1, range / (2 * sigma)) };
  const sky = Math.max((median - black) / range, 1 / (largest + 1));
  // A bright picture, such as one of the day, is not made darker.
  return { black, white, curve: 'midtones', bend: sky < SKY_GREY ? midtones(SKY_GREY, sky) : 0.5 };
}

/** Black and white as they were chosen, otherwise as given; white is above black. */
function limitsOf({ black, white }: StretchChoice, darkest: number, brightest: number) {
  const low = black ?? Math.min(darkest, (white ?? brightest) - 1);
  return { black: low, white: Math.max(low + 1, white ?? brightest) };
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
