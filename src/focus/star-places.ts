/**
 * Where stars may be: local maxima of the smoothed image that stand five sigmas above the sky. Pixels that are bright alone are hot, and
 * taken out before; a maximum without a valley towards a brighter one is part of that.
 */
import type { SkySignal } from './background.js';

export interface StarPlace {
  readonly x: number;
  readonly y: number;
  /** Smoothed, above the sky. */
  readonly height: number;
}

const THRESHOLD_SIGMAS = 5;
/** What 1 2 1 in both directions leaves of the noise. */
const SMOOTHED_NOISE = 0.375;
const NEIGHBOURHOOD = 3;
const MOST_PLACES = 400;
/** A hot pixel's neighbours have next to nothing of it; those of a star of FWHM 1.5 have a quarter on average, and a third at most. */
const HOT_SIGMAS = 6;
const HOT_MEAN = 0.12;
const HOT_MOST = 0.3;
/** How deep a valley must be to part two stars. */
const VALLEY = 0.85;
const VALLEY_SIGMAS = 3;

/** The sky without hot pixels (they get the mean of their neighbours), and which they were. */
export function withoutHotPixels(sky: SkySignal): { readonly sky: SkySignal; readonly hot: ReadonlySet<number> } {
  const { width, height, signal, noise } = sky;
  const mended = signal.slice();
  const hot = new Set<number>();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const light = signal[at] as number;
      if (light < HOT_SIGMAS * noise) continue;
      const { mean, most } = around(sky, x, y);
      if (mean >= HOT_MEAN * light || most >= HOT_MOST * light + 2 * noise) continue;
      mended[at] = mean;
      hot.add(at);
    }
  }
  return { sky: { ...sky, signal: mended }, hot };
}

function around({ width, height, signal }: SkySignal, x: number, y: number) {
  let [sum, count, most] = [0, 0, Number.NEGATIVE_INFINITY];
  for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
    for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
      if (row === y && column === x) continue;
      const light = signal[row * width + column] as number;
      sum += light;
      count++;
      most = Math.max(most, light);
    }
  }
  return { mean: sum / count, most };
}

/** The brightest first. */
export function starPlaces(sky: SkySignal): StarPlace[] {
  const { width, height, noise } = sky;
  const smooth = smoothed(sky);
  const sigma = SMOOTHED_NOISE * noise;
  const found: StarPlace[] = [];
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const value = smooth[y * width + x] as number;
      if (value > THRESHOLD_SIGMAS * sigma && isHighest(smooth, width, height, x, y))
        found.push({ x, y, height: value });
    }
  }
  found.sort((a, b) => b.height - a.height);
  const kept: StarPlace[] = [];
  for (const place of found.slice(0, MOST_PLACES)) {
    if (kept.every((brighter) => isParted(smooth, width, brighter, place, sigma))) kept.push(place);
  }
  return kept;
}

function smoothed({ width, height, signal }: SkySignal): Float32Array {
  const across = new Float32Array(signal.length);
  const both = new Float32Array(signal.length);
  const value = (of: Float32Array, at: number): number => of[at] as number;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const [left, right] = [x > 0 ? at - 1 : at, x < width - 1 ? at + 1 : at];
      across[at] = (value(signal, left) + 2 * value(signal, at) + value(signal, right)) / 4;
    }
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const [above, below] = [y > 0 ? at - width : at, y < height - 1 ? at + width : at];
      both[at] = (value(across, above) + 2 * value(across, at) + value(across, below)) / 4;
    }
  }
  return both;
}

/** Of equal ones the first in reading order is the highest. */
function isHighest(smooth: Float32Array, width: number, height: number, x: number, y: number): boolean {
  const at = y * width + x;
  const value = smooth[at] as number;
  for (let row = Math.max(0, y - NEIGHBOURHOOD); row <= Math.min(height - 1, y + NEIGHBOURHOOD); row++) {
    for (let column = Math.max(0, x - NEIGHBOURHOOD); column <= Math.min(width - 1, x + NEIGHBOURHOOD); column++) {
      const other = row * width + column;
      const there = smooth[other] as number;
      if (there > value || (there === value && other < at)) return false;
    }
  }
  return true;
}

/** Whether there is a valley on the straight way between two maxima, seen from the lower one. */
function isParted(smooth: Float32Array, width: number, high: StarPlace, low: StarPlace, sigma: number): boolean {
  const distance = Math.hypot(high.x - low.x, high.y - low.y);
  if (distance > MOST_EXTENT) return true;
  const limit = Math.min(VALLEY * low.height, low.height - VALLEY_SIGMAS * sigma);
  for (let step = 1; step < distance; step++) {
    const share = step / distance;
    const x = Math.round(low.x + share * (high.x - low.x));
    const y = Math.round(low.y + share * (high.y - low.y));
    if ((smooth[y * width + x] as number) < limit) return true;
  }
  return false;
}

/** No star is looked for beyond it as part of another; in pixels of the (binned) image. */
const MOST_EXTENT = 40;
