/**
 * RICE_1 compression (FITS 4.0, section 10.4.1) of 8, 16 and 32-bit values, blocks of 32, a row a tile: bit for bit what cfitsio
 * makes. A row's code is its first value as it is, then block by block the differences, folded to numbers without sign and
 * split into low bits and a run of zeros.
 *
 * Values are coded as two's complement. `flip` is turned over in each value first: 0x8000 for uint16 pixels that FITS holds
 * as int16 with BZERO = 32768, else 0.
 */
import { nativeAddon } from '#pipeline/native/addon.js';
import { KernelError } from './kernel-error.js';
import { decodeRow, encodeRow, RICE_BLOCK, riceFormat } from './rice-code.js';

export type RiceValues = Uint8Array | Uint16Array | Uint32Array | Int32Array;

/** Memory that the caller reads next: a hint, by which it comes into the cache while rows are coded. Beyond `bytes`: no hint. */
export interface ReadNext {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly length: number;
}

/** The most bytes that the code of a row takes, with 8 behind it that the encoder may overwrite. */
export function riceBound(width: number, bytesPerPixel: number): number {
  const bits = Math.ceil(width / RICE_BLOCK) * riceFormat(bytesPerPixel).select + width * bytesPerPixel * 8;
  return bytesPerPixel + Math.ceil(bits / 8) + 8;
}

/**
 * Codes `rows` rows of `width` values from `values[first]` on, one after the other without a gap, into `out` from byte
 * `outOffset` on, where riceBound * rows bytes must be free; each row's length goes to `rowBytes[rowBytesOffset + row]`.
 * Returns the bytes of all rows. @throws KernelError `kernel.size`
 */
export function riceEncode(
  values: RiceValues,
  first: number,
  width: number,
  rows: number,
  flip: number,
  out: Uint8Array,
  outOffset: number,
  rowBytes: Uint32Array,
  rowBytesOffset: number,
  next: ReadNext | null = null,
): number {
  const free = out.length - outOffset;
  const fits = width >= 1 && rows >= 0 && first >= 0 && first + width * rows <= values.length && outOffset >= 0;
  const told = rowBytesOffset >= 0 && rowBytesOffset + rows <= rowBytes.length;
  if (!fits || !told || free < rows * riceBound(width, values.BYTES_PER_ELEMENT)) {
    throw new KernelError('kernel.size', `Rice code of ${rows} rows of ${width} values does not fit`, {
      values: values.length,
      first,
      free,
      rowBytes: rowBytes.length,
    });
  }
  checkFlip(values, flip);
  const native = nativeAddon();
  return native === null
    ? riceEncodeReference(values, first, width, rows, flip, out, outOffset, rowBytes, rowBytesOffset)
    : native.riceEncode(
        values,
        first,
        width,
        rows,
        flip,
        out,
        outOffset,
        rowBytes,
        rowBytesOffset,
        next?.bytes ?? null,
        next?.offset ?? 0,
        next?.length ?? 0,
      );
}

/** Only where all values or none have their highest bit turned over are the differences those of the values. */
export function checkFlip(values: RiceValues, flip: number): void {
  const highest = 2 ** (values.BYTES_PER_ELEMENT * 8 - 1);
  if (flip === 0 || flip === highest) return;
  throw new KernelError('kernel.flip', `Rice code turns over the highest bit (${highest}) or none, not ${flip}`, {});
}

/** The specification of `riceEncode`, and its fallback. */
export function riceEncodeReference(
  values: RiceValues,
  first: number,
  width: number,
  rows: number,
  flip: number,
  out: Uint8Array,
  outOffset: number,
  rowBytes: Uint32Array,
  rowBytesOffset: number,
): number {
  let bytes = 0;
  for (let row = 0; row < rows; row++) {
    const from = first + row * width;
    const length = encodeRow(values.subarray(from, from + width), flip, out, outOffset + bytes);
    rowBytes[rowBytesOffset + row] = length;
    bytes += length;
  }
  return bytes;
}

/** `riceEncode` of uint16 pixels. @throws KernelError `kernel.size` */
export function riceEncode16(
  pixels: Uint16Array,
  first: number,
  width: number,
  rows: number,
  flip: 0 | 0x8000,
  out: Uint8Array,
  outOffset: number,
  rowBytes: Uint32Array,
  rowBytesOffset: number,
  next: ReadNext | null = null,
): number {
  return riceEncode(pixels, first, width, rows, flip, out, outOffset, rowBytes, rowBytesOffset, next);
}

/**
 * Decodes one row of `width` values from `length` bytes at `offset` into `out[outOffset ..]`; the kind of `out` says how
 * many bits a value has. @throws KernelError `kernel.size`, `kernel.rice` for a code that ends early or stands for no value
 */
export function riceDecode(
  code: Uint8Array,
  offset: number,
  length: number,
  width: number,
  flip: number,
  out: RiceValues,
  outOffset: number,
): void {
  const inside = offset >= 0 && length >= 0 && offset + length <= code.length;
  if (!inside || width < 0 || outOffset < 0 || outOffset + width > out.length) {
    throw new KernelError('kernel.size', `a Rice row of ${width} values from ${length} bytes does not fit`, {
      code: code.length,
      offset,
      out: out.length,
    });
  }
  checkFlip(out, flip);
  const native = nativeAddon();
  const whole =
    native === null
      ? riceDecodeReference(code, offset, length, width, flip, out, outOffset)
      : native.riceDecode(code, offset, length, width, flip, out, outOffset);
  if (!whole) throw new KernelError('kernel.rice', `${length} bytes are no Rice code of ${width} values`, { offset });
}

/** The specification of `riceDecode`, and its fallback; false for a broken code. */
export function riceDecodeReference(
  code: Uint8Array,
  offset: number,
  length: number,
  width: number,
  flip: number,
  out: RiceValues,
  outOffset: number,
): boolean {
  return decodeRow(code.subarray(offset, offset + length), flip, out.subarray(outOffset, outOffset + width));
}
