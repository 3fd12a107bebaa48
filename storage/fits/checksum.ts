/** DATASUM and CHECKSUM of an HDU (FITS 4.0, section 4.4.2.7 and appendix J). */
import { addOnesSums, onesSum } from '#pipeline/kernels/ones-sum.js';
import type { CardWriter } from './cards.js';

/** Text of the value in a card: behind the keyword, `= ` and a quote. */
const VALUE_OFFSET = 11;
const ZEROS = '0'.repeat(16);

/** Writes both cards, of which CHECKSUM waits for `sealHeader`. Returns where its card stands. */
export function writeSumCards(out: CardWriter, dataSum: number): number {
  out.card('DATASUM', String(dataSum), 'sum of the data');
  const at = out.bytes;
  out.card('CHECKSUM', ZEROS, 'makes the sum of the HDU -0');
  return at;
}

/** Takes the value out of the CHECKSUM card at `at` again, for a header that changed. */
export function clearChecksum(target: Uint8Array, at: number): void {
  target.fill(0x30, at + VALUE_OFFSET, at + VALUE_OFFSET + ZEROS.length);
}

/** Puts the value into the CHECKSUM card at `at` of a finished header, whose data have the sum `dataSum`. */
export function sealHeader(target: Uint8Array, headerBytes: number, at: number, dataSum: number): void {
  const sum = addOnesSums(onesSum(target, 0, headerBytes), dataSum);
  const text = checksumText(~sum >>> 0);
  for (let i = 0; i < text.length; i++) target[at + VALUE_OFFSET + i] = text.charCodeAt(i);
}

/** Punctuation between the digits and the letters of ASCII, which the encoding avoids. */
const isPunctuation = (code: number): boolean => (code > 0x39 && code < 0x41) || (code > 0x5a && code < 0x61);

/** 16 digits and letters that add `value` to the sum of the zeros in their place. */
function checksumText(value: number): string {
  const codes = new Uint8Array(16);
  for (let byte = 0; byte < 4; byte++) {
    const rest = (value >>> (24 - 8 * byte)) & 0xff;
    const parts = [0, 0, 0, 0].map((_, i) => 0x30 + (rest >> 2) + (i === 0 ? rest & 3 : 0));
    while (parts.some(isPunctuation)) {
      for (const [a, b] of [
        [0, 1],
        [2, 3],
      ] as const) {
        const pair = [parts[a] ?? 0, parts[b] ?? 0] as const;
        if (!pair.some(isPunctuation)) continue;
        parts[a] = pair[0] + 1;
        parts[b] = pair[1] - 1;
      }
    }
    // The value begins in the fourth byte of a word, so the text is turned by one.
    for (const [i, code] of parts.entries()) codes[(4 * i + byte + 1) % 16] = code;
  }
  return String.fromCharCode(...codes);
}
