/** What dark frames show: level, noise, hot pixels, and how those grow with the exposure. */
import { pixelLevel } from './pixel-level.js';

/** Standard deviations above the middle from which on a pixel is hot. */
const HOT = 8;
/** Hot pixels that are followed from the short to the long exposure. */
const MOST_FOLLOWED = 200_000;

/** One exposure, from two frames. */
export interface DarkStatistics {
  readonly exposureNs: bigint;
  /** The middle of the pixels. */
  readonly level: number;
  /** Noise from frame to frame, and of one frame's pixels among each other: equal where there is no fixed pattern. */
  readonly temporalSigma: number;
  readonly spatialSigma: number;
  /** Pixels that are hot in the first frame. */
  readonly hot: number;
  readonly hotShare: number;
  /** Brightness above the middle of the pixels that were hot at the shorter exposure, there and here; null: none were. */
  readonly followed: { readonly before: number; readonly here: number } | null;
}

export interface HotPixels {
  readonly places: Uint32Array;
  /** Mean brightness above the middle. */
  readonly excess: number;
}

/** `first` and `second`: two frames without their first row; `followed`: hot pixels of a shorter exposure. */
export function darkStatistics(
  exposureNs: bigint,
  first: Uint16Array,
  second: Uint16Array,
  followed: HotPixels | null,
): { readonly statistics: DarkStatistics; readonly hot: HotPixels } {
  const { level, sigma: spatialSigma } = pixelLevel(first);
  const step = Math.max(1, Math.floor(first.length / 20_000)) | 1;
  const differences = new Int32Array(Math.ceil(first.length / step));
  for (let i = 0; i < differences.length; i++)
    differences[i] = (first[i * step] as number) - (second[i * step] as number);
  const temporalSigma = pixelLevel(differences).sigma / Math.SQRT2;
  // Of eight bits, noise is less than a unit: a pixel two units up is none.
  const limit = level + Math.max(HOT * Math.max(temporalSigma, spatialSigma), 3);
  const places: number[] = [];
  let hot = 0;
  let excess = 0;
  for (let i = 0; i < first.length; i++) {
    const value = first[i] as number;
    if (value <= limit) continue;
    hot++;
    if (places.length >= MOST_FOLLOWED) continue;
    places.push(i);
    excess += value - level;
  }
  return {
    statistics: {
      exposureNs,
      level,
      temporalSigma,
      spatialSigma,
      hot,
      hotShare: hot / first.length,
      followed: followed === null || followed.places.length === 0 ? null : growth(first, level, followed),
    },
    hot: { places: Uint32Array.from(places), excess: places.length > 0 ? excess / places.length : 0 },
  };
}

function growth(pixels: Uint16Array, level: number, { places, excess }: HotPixels): { before: number; here: number } {
  let sum = 0;
  for (const place of places) sum += (pixels[place] as number) - level;
  return { before: excess, here: sum / places.length };
}
