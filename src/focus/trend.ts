/** Whether a focus gets better, from the widths that were measured one after the other: smaller is better. */
import { medianOf } from './background.js';

export type Trend = 'better' | 'worse' | 'steady';

/** Widths whose median counts as one: a single one is moved by the air. */
const TOGETHER = 5;
/** Share of the width below which nothing is said. */
const TELLING_SHARE = 0.02;

/** The newest last. Null while there are too few to compare. */
export function trendOf(widths: readonly number[]): Trend | null {
  if (widths.length < TOGETHER + 2) return null;
  const now = medianOf(widths.slice(-TOGETHER));
  const before = medianOf(widths.slice(-2 * TOGETHER, -TOGETHER));
  if (Math.abs(now - before) < TELLING_SHARE * before) return 'steady';
  return now < before ? 'better' : 'worse';
}

/** The smallest median of widths that follow each other, and the index of the one in their middle; null of none. */
export function bestOf(widths: readonly number[]): { readonly width: number; readonly index: number } | null {
  let best: { readonly width: number; readonly index: number } | null = null;
  const together = Math.min(TOGETHER, widths.length);
  if (together === 0) return null;
  for (let first = 0; first + together <= widths.length; first++) {
    const width = medianOf(widths.slice(first, first + together));
    if (best === null || width < best.width) best = { width, index: first + (together >> 1) };
  }
  return best;
}
