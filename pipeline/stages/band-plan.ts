/**
 * How a frame is cut: into row bands, each one task of a frame worker, and within a band into tiles of whole rows that stay
 * in the second-level cache. The cut depends on the frame's shape alone, never on how many workers there are, so that what
 * comes out is the same for any number of them.
 */
import { previewRowStart, previewShape } from '#pipeline/kernels/preview.js';

/** Pixels a tile holds at most: 256 kB of uint16, which leaves room for its packed source and its code in a 1 MiB cache. */
export const TILE_PIXELS = 131_072;
/** Pixels a band holds at least, where the frame has as many: some 15 ms of work, so that cameras take turns. */
export const BAND_PIXELS = 2 ** 23;

export interface Band {
  readonly firstRow: number;
  readonly rows: number;
  /** Of frames that are recorded as planes of colours: which of them; left out: the only one. */
  readonly plane?: number;
}

/** Rows of a tile: as many whole ones as TILE_PIXELS holds, at least one. */
export function tileRows(width: number): number {
  return Math.max(1, Math.floor(TILE_PIXELS / width));
}

/** Pixels of the largest tile: what a worker's scratch memory must hold. */
export function tilePixels(width: number): number {
  return tileRows(width) * width;
}

/**
 * The bands of a recorded frame of `width` x `height`, each pixel of which is worth `weight` pixels of work, in order. With a preview of `previewWidth` columns they begin where a row of
 * the preview begins, so that no two of them write to the same one; 0: there is none. `planes`: bands
 * of so many planes of the shape, one plane behind the other.
 */
export function planBands(width: number, height: number, previewWidth: number, weight = 1, planes: 1 | 3 = 1): Band[] {
  const wanted = Math.min(height, Math.max(1, Math.floor((width * height * weight) / BAND_PIXELS)));
  const shape = previewWidth === 0 ? null : previewShape(width, height, previewWidth);
  const starts = new Set<number>();
  for (let band = 0; band < wanted; band++) {
    if (shape === null) starts.add(Math.floor((band * height) / wanted));
    else starts.add(previewRowStart(height, shape.height, Math.floor((band * shape.height) / wanted)));
  }
  const firsts = [...starts].sort((a, b) => a - b);
  const bands = firsts.map((firstRow, i) => ({ firstRow, rows: (firsts[i + 1] ?? height) - firstRow }));
  return planes === 1 ? bands : [0, 1, 2].flatMap((plane) => bands.map((band) => ({ ...band, plane })));
}
