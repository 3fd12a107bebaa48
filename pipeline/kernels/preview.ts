/**
 * A frame reduced to a given width: of each box of pixels the mean, rounded down, and the maximum, in which a one-pixel
 * meteor survives. Boxes have exact boundaries: column x of the preview begins at floor(x * width / outWidth).
 */
import { nativeAddon } from '#pipeline/native/addon.js';
import { KernelError } from './kernel-error.js';

export interface PreviewShape {
  readonly width: number;
  readonly height: number;
}

/** The preview of a frame of `width` x `height`, `outWidth` columns wide, its proportions kept to the nearest row. */
export function previewShape(width: number, height: number, outWidth: number): PreviewShape {
  return { width: outWidth, height: Math.max(1, Math.min(height, Math.round((height * outWidth) / width))) };
}

/** The frame's row at which row `outRow` of a preview of `outHeight` rows begins. */
export function previewRowStart(height: number, outHeight: number, outRow: number): number {
  return Math.floor((outRow * height) / outHeight);
}

/** Scratch memory of a reducer: columns of the row of boxes that is under way. All zero between frames. */
export interface PreviewScratch {
  readonly sums: Uint32Array;
  readonly maxima: Uint16Array;
}

export function previewScratch(width: number): PreviewScratch {
  return { sums: new Uint32Array(width), maxima: new Uint16Array(width) };
}

/** Reduces rows as they come, from the top of a row of boxes on. */
export class PreviewReducer {
  readonly #width: number;
  readonly #height: number;
  readonly #shape: PreviewShape;
  readonly #mean: Uint16Array;
  readonly #maximum: Uint16Array;
  readonly #scratch: PreviewScratch;
  /** Row of the preview that is under way; -1 before the first. */
  #outRow = -1;

  /** `mean` and `maximum`: planes of the whole preview, of which the rows that are reduced here are written. */
  constructor(
    frame: { readonly width: number; readonly height: number; readonly outWidth: number },
    mean: Uint16Array,
    maximum: Uint16Array,
    scratch: PreviewScratch,
  ) {
    const { width, height, outWidth } = frame;
    this.#width = width;
    this.#height = height;
    this.#shape = previewShape(width, height, outWidth);
    this.#mean = mean;
    this.#maximum = maximum;
    this.#scratch = scratch;
    const pixels = this.#shape.width * this.#shape.height;
    const fits = outWidth >= 1 && outWidth <= width && mean.length >= pixels && maximum.length >= pixels;
    if (!fits || scratch.sums.length < width || scratch.maxima.length < width) {
      throw new KernelError('kernel.size', `a preview ${outWidth} wide of ${width} x ${height} does not fit`, {
        mean: mean.length,
        scratch: scratch.sums.length,
      });
    }
  }

  /**
   * Adds `rows` rows from `pixels[first]` on; the first of them is row `firstRow` of the frame. The very first must begin a
   * row of boxes, the others follow one another. @throws KernelError `kernel.size`, `kernel.order`
   */
  addRows(pixels: Uint16Array, first: number, firstRow: number, rows: number): void {
    const width = this.#width;
    if (first < 0 || first + rows * width > pixels.length || firstRow + rows > this.#height) {
      throw new KernelError('kernel.size', `rows ${firstRow}+${rows} of a frame of ${this.#height}`, { first });
    }
    if (this.#outRow < 0) this.#begin(firstRow);
    for (let row = firstRow; row < firstRow + rows; ) {
      const start = this.#start(this.#outRow);
      const end = this.#start(this.#outRow + 1);
      const until = Math.min(end, firstRow + rows);
      this.#fold(pixels, first + (row - firstRow) * width, until - row);
      row = until;
      if (row === end) this.#reduce(end - start);
    }
  }

  #start(outRow: number): number {
    return previewRowStart(this.#height, this.#shape.height, outRow);
  }

  #begin(firstRow: number): void {
    const outRow = Math.ceil((firstRow * this.#shape.height) / this.#height);
    if (this.#start(outRow) !== firstRow) {
      throw new KernelError('kernel.order', `row ${firstRow} does not begin a row of the preview`, {});
    }
    this.#outRow = outRow;
    this.#scratch.sums.fill(0);
    this.#scratch.maxima.fill(0);
  }

  #fold(pixels: Uint16Array, first: number, rows: number): void {
    const { sums, maxima } = this.#scratch;
    const native = nativeAddon();
    if (native === null) previewFoldReference(pixels, first, this.#width, rows, sums, maxima);
    else native.previewFold(pixels, first, this.#width, rows, sums, maxima);
  }

  #reduce(rows: number): void {
    const { sums, maxima } = this.#scratch;
    const { width } = this.#shape;
    const at = this.#outRow * width;
    const native = nativeAddon();
    if (native === null) previewReduceReference(sums, maxima, this.#width, rows, width, this.#mean, this.#maximum, at);
    else native.previewReduce(sums, maxima, this.#width, rows, width, this.#mean, this.#maximum, at);
    this.#outRow++;
  }
}

/** Adds rows to the sums and maxima of their columns: the specification of the native kernel, and its fallback. */
export function previewFoldReference(
  pixels: Uint16Array,
  first: number,
  width: number,
  rows: number,
  sums: Uint32Array,
  maxima: Uint16Array,
): void {
  for (let i = 0; i < rows * width; i++) {
    const value = pixels[first + i] as number;
    const x = i % width;
    sums[x] = (sums[x] as number) + value;
    if (value > (maxima[x] as number)) maxima[x] = value;
  }
}

/** Makes a row of the preview of columns summed over `rows` rows, and clears them. Specification and fallback. */
export function previewReduceReference(
  sums: Uint32Array,
  maxima: Uint16Array,
  width: number,
  rows: number,
  outWidth: number,
  mean: Uint16Array,
  maximum: Uint16Array,
  outOffset: number,
): void {
  for (let box = 0; box < outWidth; box++) {
    const start = Math.floor((box * width) / outWidth);
    const end = Math.floor(((box + 1) * width) / outWidth);
    let sum = 0;
    let most = 0;
    for (let x = start; x < end; x++) {
      sum += sums[x] as number;
      most = Math.max(most, maxima[x] as number);
    }
    mean[outOffset + box] = Math.floor(sum / ((end - start) * rows));
    maximum[outOffset + box] = most;
  }
  sums.fill(0, 0, width);
  maxima.fill(0, 0, width);
}
