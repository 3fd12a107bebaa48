/**
 * Which pixels of a source (a preview, or true pixels) make a column or row of the canvas, and by which shares: one of them from 1:1 on;
 * below, a tent as wide as two pixels of the canvas or of the source, whichever is wider, so that nothing is left out and no stairs are seen.
 * Reckoned once for both painters: on a GPU the rounding of places between two pixels would be its own.
 */

/** A source along one axis, within the frame. */
export interface SourceAxis {
  /** Column of the frame where it begins, and how many columns of the frame it covers. */
  readonly from: number;
  readonly covers: number;
  /** Its own pixels. */
  readonly pixels: number;
}

export interface Sampling {
  /** The same for all places. */
  readonly taps: number;
  /** The first pixel of each place of the canvas, with `taps` from there on; -1 where the source is not. */
  readonly first: Int32Array;
  /** Heights of the tent, 0 to 1, `taps` a place; what a pixel counts is its share of their sum. 0 for what is outside of the source. */
  readonly shares: Float32Array;
}

/** A tap counts as under a pixel of the canvas, and not merely beside it, from this height on. */
export const UNDER = 0.5;

/**
 * Of a canvas of `length`, whose first place shows column `left` of the frame, `scale` places a column; `frameLength`: columns of the
 * frame, beyond which nothing is shown.
 */
export function samplingOf(
  left: number,
  scale: number,
  length: number,
  frameLength: number,
  { from, covers, pixels }: SourceAxis,
): Sampling {
  const reach = scale >= 1 ? 0 : Math.max(1, pixels / covers / scale);
  const taps = scale >= 1 ? 1 : Math.floor(2 * reach) + 1;
  const first = new Int32Array(length).fill(-1);
  const shares = new Float32Array(length * taps);
  for (let place = 0; place < length; place++) {
    const at = left + (place + 0.5) / scale;
    const column = Math.floor(at);
    if (column < 0 || column >= frameLength || column < from || column >= from + covers) continue;
    if (scale >= 1) {
      // Boxes begin at floor(i * covers / pixels).
      first[place] = Math.floor(((column - from + 1) * pixels - 1) / covers);
      shares[place] = 1;
      continue;
    }
    const middle = ((at - from) * pixels) / covers - 0.5;
    const begin = Math.max(0, Math.ceil(middle - reach));
    first[place] = begin;
    for (let tap = 0; tap < taps && begin + tap < pixels; tap++) {
      shares[place * taps + tap] = Math.max(0, 1 - Math.abs(begin + tap - middle) / reach);
    }
  }
  return { taps, first, shares };
}
