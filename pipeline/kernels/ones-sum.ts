/**
 * The ones' complement sum of bytes taken as big-endian words of 32 bits, as FITS makes DATASUM and CHECKSUM of it (FITS 4.0,
 * appendix J). A carry out of the top comes back in at the bottom, so sums of parts add up to that of the whole; 0 only where
 * every byte is.
 */
import { nativeAddon } from '#pipeline/native/addon.js';
import { KernelError } from './kernel-error.js';

/** The sum of `length` bytes from `offset` on, filled with zeros to a multiple of four. @throws KernelError `kernel.size` */
export function onesSum(bytes: Uint8Array, offset: number, length: number): number {
  if (!(offset >= 0 && length >= 0) || offset + length > bytes.length) {
    throw new KernelError('kernel.size', 'a sum past the end of its bytes', { offset, length, bytes: bytes.length });
  }
  return nativeAddon()?.onesSum(bytes, offset, length) ?? onesSumReference(bytes, offset, length);
}

/** The specification of `onesSum`, and its fallback. */
export function onesSumReference(bytes: Uint8Array, offset: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) {
    sum += (bytes[offset + i] as number) * 2 ** (24 - 8 * (i % 4));
    if (sum > 0xffff_ffff) sum -= 0xffff_ffff;
  }
  return sum;
}

/** The sum of two parts of which each begins at a multiple of four. */
export function addOnesSums(a: number, b: number): number {
  const sum = a + b;
  return sum > 0xffff_ffff ? sum - 0xffff_ffff : sum;
}

/** The sum of a part that begins `before` bytes behind a multiple of four, by what it would be at one: each byte moves down a word. */
export function shiftOnesSum(sum: number, before: number): number {
  const bits = 8 * (before % 4);
  return bits === 0 ? sum : ((sum >>> bits) | (sum << (32 - bits))) >>> 0;
}
