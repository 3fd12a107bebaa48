/** Option BINNING: pixels that are added up to one, and whether their sum or their mean is given. */

export interface Binning {
  /** Columns, and as many rows. */
  readonly factor: number;
  readonly mode: 'Sum' | 'Average';
}

const AVERAGE = 0x80;
const FACTOR_MASK = 0x3f;
export const LARGEST_BINNING = 8;

/**
 * Sums stop at the largest value that the depth holds. The sum that grows in depth (0x40) is not asked for: its depth would not be that
 * of the pixel format.
 */
export function binningCodeOf({ factor, mode }: Binning): number {
  if (factor === 1) return 1;
  return mode === 'Average' ? AVERAGE | factor : factor;
}

/** What a code read from the camera means; `mode` where nothing is binned. */
export function binningOf(code: number, mode: Binning['mode']): Binning {
  const factor = Math.max(1, code & FACTOR_MASK);
  if (factor === 1) return { factor, mode };
  return { factor, mode: (code & AVERAGE) !== 0 ? 'Average' : 'Sum' };
}

/** Rows or columns of an image: rounded down to an even number once it is binned. */
export function binnedSize(size: number, factor: number): number {
  return factor === 1 ? size : 2 * Math.floor(size / factor / 2);
}
