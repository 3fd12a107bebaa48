/**
 * Horizontal banding: how much the rows of frames differ in brightness beyond what the noise of their pixels makes, whether the bands
 * stand still (stacking does not take them away), and how many rows they are apart.
 */
import { medianOf, pixelLevel } from './pixel-level.js';
import { strongestPeriod } from './row-period.js';

/** Rows over which the sky's own slope is taken off; bands that are wider are not seen. */
const TREND_ROWS = 257;
/** Standard deviations of pixels from the middle that count: stars and hot pixels are no bands. */
const CLIP = 6;

/** The rows of one frame. */
export interface RowProfile {
  /** Mean of each row less the median of the rows about it. */
  readonly rows: Float64Array;
  /** Variance of a row's mean that the pixels' noise makes. */
  readonly noiseVariance: number;
  /** The middle of the frame's pixels. */
  readonly level: number;
}

export interface RowBanding {
  /** Standard deviation of rows beyond the pixels' noise, in the frame's units. */
  readonly bandingAdu: number;
  /** What could have been seen at least. */
  readonly limitAdu: number;
  /** The part that is the same in every frame. */
  readonly fixedAdu: number;
  /** Rows from band to band of the strongest fixed component; null where none stands out. */
  readonly periodRows: number | null;
}

/** `skip`: rows at the top that are no image, such as one with a GPS header. */
export function rowProfile(pixels: Uint16Array, width: number, height: number, skip: number): RowProfile {
  const { level, sigma } = pixelLevel(pixels.subarray(skip * width));
  const [low, high] = [level - CLIP * sigma, level + CLIP * sigma];
  const means = new Float64Array(height - skip);
  let variances = 0;
  for (let row = 0; row < means.length; row++) {
    let count = 0;
    let sum = 0;
    let squares = 0;
    const end = (skip + row + 1) * width;
    for (let i = end - width; i < end; i++) {
      const value = pixels[i] as number;
      if (value < low || value > high) continue;
      const off = value - level;
      count++;
      sum += off;
      squares += off * off;
    }
    const mean = count > 0 ? sum / count : 0;
    means[row] = mean;
    variances += count > 1 ? Math.max(0, squares / count - mean * mean) / count : 0;
  }
  return { rows: withoutTrend(means), noiseVariance: variances / means.length, level };
}

/** Of profiles of the same rows, from frames that were taken alike. */
export function rowBanding(profiles: readonly RowProfile[]): RowBanding {
  const frames = profiles.length;
  const rows = profiles[0]?.rows.length ?? 0;
  const mean = new Float64Array(rows);
  let single = 0;
  let noise = 0;
  for (const profile of profiles) {
    for (let row = 0; row < rows; row++) mean[row] = (mean[row] as number) + (profile.rows[row] as number) / frames;
    single += variance(profile.rows) / frames;
    noise += profile.noiseVariance / frames;
  }
  // Variance of one frame's rows is fixed + random, of the mean of n frames fixed + random / n.
  const fixed = frames > 1 ? (frames * variance(mean) - single) / (frames - 1) : 0;
  // Three times as uncertain as the variance of so many rows is by the pixels' noise alone.
  const limitAdu = Math.sqrt(3 * noise * Math.sqrt(2 / (rows * frames)));
  const fixedAdu = root(fixed);
  return {
    bandingAdu: root(single - noise),
    limitAdu,
    fixedAdu,
    periodRows: fixedAdu > limitAdu ? strongestPeriod(mean) : null,
  };
}

const root = (variance: number): number => Math.sqrt(Math.max(0, variance));

/** Rows that stand far out of all others, such as those of the optical black, are left out. */
function variance(rows: Float64Array): number {
  const spread = 1.4826 * medianOf(rows.map(Math.abs));
  let sum = 0;
  let count = 0;
  for (const row of rows) {
    if (Math.abs(row) > 8 * spread) continue;
    sum += row * row;
    count++;
  }
  return count > 0 ? sum / count : 0;
}

/** Medians of the rows about each: neither a slope nor the edge of an overscan bends them. */
function withoutTrend(means: Float64Array): Float64Array {
  const most = (TREND_ROWS - 1) / 2;
  return means.map((mean, i) => {
    const half = Math.min(most, i, means.length - 1 - i);
    return mean - medianOf(means.subarray(i - half, i + half + 1));
  });
}
