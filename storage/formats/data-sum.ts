/** The sum by which the archive knows a frame's data again. */
import { endianness } from 'node:os';

const WORD = 2 ** 32;
/** So many words' bytes add up to less than 2^16. */
const BLOCK_WORDS = 256;

/**
 * The 32-bit ones' complement sum of `bytes`, filled with zeros to a multiple of four, as big-endian words (FITS 4.0, section 4.4.2.7 and
 * appendix J). Words are read as the machine has them and their four bytes added up apart, two in one operation.
 */
export function dataSumOf(bytes: Uint8Array): number {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
  const count = Math.floor(aligned.byteLength / 4);
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, count);
  const sums: [number, number, number, number] = [0, 0, 0, 0];
  for (let from = 0; from < count; from += BLOCK_WORDS) {
    const to = Math.min(count, from + BLOCK_WORDS);
    let even = 0;
    let odd = 0;
    for (let i = from; i < to; i++) {
      const word = words[i] as number;
      even = (even + (word & 0x00ff_00ff)) | 0;
      odd = (odd + ((word >>> 8) & 0x00ff_00ff)) | 0;
    }
    sums[0] += even & 0xffff;
    sums[1] += odd & 0xffff;
    sums[2] += even >>> 16;
    sums[3] += odd >>> 16;
  }
  if (endianness() === 'BE') sums.reverse();
  for (let i = 4 * count; i < aligned.byteLength; i++) sums[(i % 4) as 0 | 1 | 2 | 3] += aligned[i] as number;
  const total = sums.reduce((sum, bytesSum) => folded(sum * 256 + bytesSum), 0);
  return folded(total);
}

/** 2^32 counts as 1. */
function folded(sum: number): number {
  let rest = sum;
  while (rest >= WORD) rest = (rest % WORD) + Math.floor(rest / WORD);
  return rest;
}
