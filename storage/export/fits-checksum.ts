/** DATASUM and CHECKSUM of FITS (FITS 4.0, section 4.4.2.7 and appendix J): sums of 32-bit words with the carry brought round. */
import { CARD_BYTES, cardText } from '../fits/cards.js';

/** Words added before the carry is brought round: the sums of their bytes stay small integers. */
const RUN_WORDS = 1 << 20;

/** Two ones' complement sums as one. */
export function addSums(a: number, b: number): number {
  const sum = a + b;
  return sum > 0xffff_ffff ? sum - 0xffff_ffff : sum;
}

/** The sum of big-endian words of `bytes`, zero-filled to a multiple of four. */
export function onesComplementSum(bytes: Uint8Array): number {
  // Bytes that do not begin at a whole word are copied.
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const whole = aligned.byteLength >> 2;
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, whole);
  let sum = 0;
  for (let first = 0; first < whole; first += RUN_WORDS) {
    sum = addSums(sum, carriedRound(runSum(words, first, Math.min(whole, first + RUN_WORDS))));
  }
  let rest = 0;
  for (let i = whole * 4; i < aligned.byteLength; i++) rest += (aligned[i] as number) * 2 ** (24 - 8 * (i % 4));
  return addSums(sum, rest);
}

/** Words in memory order, little-endian: each byte is summed by its place, which costs less than turning the words over. */
function runSum(words: Uint32Array, first: number, end: number): number {
  let byte0 = 0;
  let byte1 = 0;
  let byte2 = 0;
  let byte3 = 0;
  for (let i = first; i < end; i++) {
    const word = words[i] as number;
    byte0 += word & 0xff;
    byte1 += (word >>> 8) & 0xff;
    byte2 += (word >>> 16) & 0xff;
    byte3 += word >>> 24;
  }
  return byte0 * 2 ** 24 + byte1 * 2 ** 16 + byte2 * 2 ** 8 + byte3;
}

/** The sum of bytes that begin `offset` bytes behind a whole word, of which `sum` is that of the same at a whole word. */
export function sumAt(sum: number, offset: number): number {
  const bits = 8 * (offset % 4);
  return bits === 0 ? sum : ((sum >>> bits) | (sum << (32 - bits))) >>> 0;
}

/** A sum of less than 2^53 as 32 bits, what is beyond them added below. */
function carriedRound(sum: number): number {
  let rest = sum;
  while (rest > 0xffff_ffff) rest = Math.floor(rest / 2 ** 32) + (rest >>> 0);
  return rest;
}

/** The 16 characters of CHECKSUM that make the whole HDU's sum -0, where it is `sum` with sixteen '0' in their place. */
function checksumText(sum: number): string {
  const value = ~sum >>> 0;
  const characters = new Array<string>(16);
  for (let byte = 0; byte < 4; byte++) {
    const whole = (value >>> (24 - 8 * byte)) & 0xff;
    const quarter = Math.floor(whole / 4) + 0x30;
    const four = [quarter + (whole % 4), quarter, quarter, quarter];
    // Pairs go apart by one until none is a sign of punctuation.
    for (const [a, b] of [
      [0, 1],
      [2, 3],
    ] as const) {
      while (isPunctuation(four[a] as number) || isPunctuation(four[b] as number)) {
        four[a] = (four[a] as number) + 1;
        four[b] = (four[b] as number) - 1;
      }
    }
    for (let i = 0; i < 4; i++) characters[4 * i + byte] = String.fromCharCode(four[i] as number);
  }
  const text = characters.join('');
  // The value stands in columns 12 on, so the characters are one byte off a whole word.
  return text.slice(15) + text.slice(0, 15);
}

const isPunctuation = (code: number): boolean => (code > 0x39 && code < 0x41) || (code > 0x5a && code < 0x61);

/** The cards of a header with DATASUM and CHECKSUM behind them, as whole blocks. `dataSum`: of the data behind it. */
export function headerWithChecksum(cards: readonly string[], dataSum: number): Buffer {
  const before = [...cards, cardText('DATASUM', String(dataSum), 'of the data')];
  const zero = cardText('CHECKSUM', '0'.repeat(16), 'of the HDU');
  const all = [...before, zero, 'END'.padEnd(CARD_BYTES)];
  const text = all.join('');
  const header = Buffer.from(text.padEnd(Math.ceil(text.length / 2880) * 2880), 'latin1');
  const sum = addSums(onesComplementSum(header), dataSum);
  header.write(cardText('CHECKSUM', checksumText(sum), 'of the HDU'), before.length * CARD_BYTES, 'latin1');
  return header;
}
