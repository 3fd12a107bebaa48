/** The sum by which the archive knows a frame's data again. */
import { onesSum } from '#pipeline/kernels/ones-sum.js';

/**
 * The 32-bit ones' complement sum of `bytes`, filled with zeros to a multiple of four, as big-endian words (FITS 4.0, section 4.4.2.7 and
 * appendix J).
 */
export function dataSumOf(bytes: Uint8Array): number {
  return onesSum(bytes, 0, bytes.byteLength);
}
