/**
 * Binning of 2 x 2, 3 x 3 or 4 x 4 pixels. Sums of 16 pixels of 16 bits take 20 bits and are kept in 32; means are rounded
 * down. Columns and rows that fill no box are dropped.
 */
import { nativeAddon } from '#pipeline/native/addon.js';
import { KernelError } from './kernel-error.js';

export type BinFactor = 2 | 3 | 4;

/**
 * Bins `rows` rows of `width` pixels from `pixels[first]` on into `out`, floor(rows / factor) rows of floor(width / factor)
 * values: sums in a Uint32Array, means in a Uint16Array. `scratch`: at least `width` values. @throws KernelError `kernel.size`
 */
export function bin16(
  pixels: Uint16Array,
  first: number,
  width: number,
  rows: number,
  factor: BinFactor,
  out: Uint32Array | Uint16Array,
  scratch: Uint32Array,
): void {
  const fits = first >= 0 && width >= 0 && rows >= 0 && first + width * rows <= pixels.length;
  const boxes = Math.floor(width / factor) * Math.floor(rows / factor);
  if (!fits || ![2, 3, 4].includes(factor) || out.length < boxes || scratch.length < width) {
    throw new KernelError('kernel.size', `${width} x ${rows} pixels binned ${factor} x ${factor} do not fit`, {
      pixels: pixels.length,
      out: out.length,
      scratch: scratch.length,
    });
  }
  const native = nativeAddon();
  if (native === null) bin16Reference(pixels, first, width, rows, factor, out);
  else native.bin16(pixels, first, width, rows, factor, out, scratch);
}

/** The specification of `bin16`, and its fallback. */
export function bin16Reference(
  pixels: Uint16Array,
  first: number,
  width: number,
  rows: number,
  factor: BinFactor,
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
      out[y * columns + x] = out instanceof Uint32Array ? sum : Math.floor(sum / factor ** 2);
    }
  }
}
