/**
 * Binning of 2 x 2, 3 x 3 or 4 x 4 pixels. Sums of 16 pixels of 16 bits take 20 bits and are kept in 32, those that fit in 16;
 * means are rounded down. Columns and rows that fill no box are dropped.
 */
import { nativeAddon } from '#pipeline/native/addon.js';
import { KernelError } from './kernel-error.js';

export type BinFactor = 2 | 3 | 4;
export type BinBy = 'sum' | 'mean';

/**
 * Bins `rows` rows of `width` pixels from `pixels[first]` on into `out`, floor(rows / factor) rows of floor(width / factor)
 * values. Means go to a Uint16Array; sums too, where the caller knows that they fit. `scratch`: at least `width` values.
 * @throws KernelError `kernel.size`
 */
export function bin16(
  pixels: Uint16Array,
  first: number,
  width: number,
  rows: number,
  factor: BinFactor,
  by: BinBy,
  out: Uint32Array | Uint16Array,
  scratch: Uint32Array,
): void {
  const fits = first >= 0 && width >= 0 && rows >= 0 && first + width * rows <= pixels.length;
  const boxes = Math.floor(width / factor) * Math.floor(rows / factor);
  if (
    !fits ||
    ![2, 3, 4].includes(factor) ||
    (by === 'mean' && out instanceof Uint32Array) ||
    out.length < boxes ||
    scratch.length < width
  ) {
    throw new KernelError('kernel.size', `${width} x ${rows} pixels binned ${factor} x ${factor} do not fit`, {
      pixels: pixels.length,
      out: out.length,
      scratch: scratch.length,
    });
  }
  const native = nativeAddon();
  if (native === null) bin16Reference(pixels, first, width, rows, factor, by, out);
  else native.bin16(pixels, first, width, rows, factor, by === 'mean', out, scratch);
}

/** The specification of `bin16`, and its fallback. */
export function bin16Reference(
  pixels: Uint16Array,
  first: number,
  width: number,
  rows: number,
  factor: BinFactor,
  by: BinBy,
  out: Uint32Array | Uint16Array,
): void {
  const columns = Math.floor(width / factor);
  for (let y = 0; y < Math.floor(rows / factor); y++) {
    for (let x = 0; x < columns; x++) {
      let sum = 0;
      for (let k = 0; k < factor * factor; k++) {
        const row = y * factor + Math.floor(k / factor);
        sum += pixels[first + row * width + x * factor + (k % factor)] as number;
      }
      out[y * columns + x] = by === 'sum' ? sum : Math.floor(sum / factor ** 2);
    }
  }
}

/** `values[i] >> shift` for `i` below `count`, 65535 where it is more: the histogram's and the preview's view of 32 bits. @throws KernelError `kernel.size` */
export function shiftTo16(values: Uint32Array, count: number, shift: number, out: Uint16Array): void {
  if (!(count >= 0 && shift >= 0 && shift <= 31) || count > values.length || count > out.length) {
    throw new KernelError('kernel.size', `${count} values shifted by ${shift} do not fit`, { values: values.length });
  }
  const native = nativeAddon();
  if (native === null) shiftTo16Reference(values, count, shift, out);
  else native.shiftTo16(values, count, shift, out);
}

/** The specification of `shiftTo16`, and its fallback. */
export function shiftTo16Reference(values: Uint32Array, count: number, shift: number, out: Uint16Array): void {
  for (let i = 0; i < count; i++) out[i] = Math.min((values[i] as number) >>> shift, 65_535);
}
