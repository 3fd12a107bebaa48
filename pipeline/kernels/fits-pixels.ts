/**
 * Pixels to what FITS holds (FITS 4.0, section 5.2.5): big-endian signed integers, lower by half their range: value - 32768 of 16
 * bits (BZERO = 32768), value - 2147483648 of 32 bits.
 */
import { nativeAddon } from '#pipeline/native/addon.js';
import { KernelError } from './kernel-error.js';

/** Writes `pixels[0 .. count - 1]` to `out` from byte `outOffset` on. @throws KernelError `kernel.size` */
export function encodeFits16(pixels: Uint16Array, count: number, out: Uint8Array, outOffset: number): void {
  if (count > pixels.length || outOffset + count * 2 > out.length) {
    throw new KernelError('kernel.size', 'FITS pixels past the end of the buffer', { count, outOffset });
  }
  const native = nativeAddon();
  if (native === null) encodeFits16Reference(pixels, count, out, outOffset);
  else native.encodeFits16(pixels, count, out, outOffset);
}

/** The specification of the native kernel, and its fallback. */
export function encodeFits16Reference(pixels: Uint16Array, count: number, out: Uint8Array, outOffset: number): void {
  for (let i = 0, at = outOffset; i < count; i++, at += 2) {
    const value = (pixels[i] as number) ^ 0x8000;
    out[at] = value >> 8;
    out[at + 1] = value & 0xff;
  }
}

/** Writes `pixels[0 .. count - 1]` of 32 bits to `out` from byte `outOffset` on. @throws KernelError `kernel.size` */
export function encodeFits32(pixels: Uint32Array, count: number, out: Uint8Array, outOffset: number): void {
  if (count > pixels.length || outOffset + count * 4 > out.length) {
    throw new KernelError('kernel.size', 'FITS pixels past the end of the buffer', { count, outOffset });
  }
  const native = nativeAddon();
  if (native === null) encodeFits32Reference(pixels, count, out, outOffset);
  else native.encodeFits32(pixels, count, out, outOffset);
}

/** The specification of the native kernel, and its fallback. */
export function encodeFits32Reference(pixels: Uint32Array, count: number, out: Uint8Array, outOffset: number): void {
  for (let i = 0, at = outOffset; i < count; i++, at += 4) {
    const value = (pixels[i] as number) ^ 0x8000_0000;
    for (let byte = 0; byte < 4; byte++) out[at + byte] = value >>> (24 - 8 * byte);
  }
}
