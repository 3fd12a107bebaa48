/** The sum by which the archive knows a frame's data again. */
import { endianness } from 'node:os';

const WORD = 2 ** 32;
/** So many words can be added up before a double rounds. */
const EXACT_WORDS = 2 ** 20;

/**
 * The 32-bit ones' complement sum of `bytes`, filled with zeros to a multiple of four, as big-endian words (FITS 4.0, section 4.4.2.7 and
 * appendix J). Where words are added as the machine has them, only the sum's own bytes come out in the machine's order.
 */
export function dataSumOf(bytes: Uint8Array): number {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const count = Math.floor(aligned.byteLength / 4);
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, count);
  let sum = 0;
  for (let from = 0; from < count; from += EXACT_WORDS) {
    const to = Math.min(count, from + EXACT_WORDS);
    for (let i = from; i < to; i++) sum += words[i] as number;
    sum = folded(sum);
  }
  const last = Buffer.alloc(4);
  last.set(aligned.subarray(4 * count));
  const native = endianness() === 'LE' ? swapped(sum) : sum;
  return folded(native + last.readUInt32BE(0));
}

/** 2^32 counts as 1. */
function folded(sum: number): number {
  let rest = sum;
  while (rest >= WORD) rest = (rest % WORD) + Math.floor(rest / WORD);
  return rest;
}

function swapped(word: number): number {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(word);
  return bytes.readUInt32BE(0);
}
