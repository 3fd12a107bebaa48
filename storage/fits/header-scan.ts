/**
 * The headers of any FITS file, read for their times: leniently, because a program that writes one bad card still wrote a time,
 * and the numbers as their text. `reader.ts` is for the archive's own files.
 */
import type { Keywords, KeywordValue } from '#gps/found/keyword-values.js';
import { type FileBytes, printable } from '../times/file-bytes.js';
import { BLOCK_BYTES, CARD_BYTES, padToBlock } from './cards.js';

export interface ScannedHdu {
  /** Where its header begins in the file. */
  readonly offset: number;
  readonly dataOffset: number;
  /** As the header has it, not as the file does. */
  readonly dataBytes: number;
  readonly keywords: Keywords;
}

/** Longer headers are taken for a broken file. */
const HEADER_LIMIT = 1000 * BLOCK_BYTES;

/** The value of columns 11 to 80; null for one that is none. Integers and reals stay text unless a double holds them whole. */
function cardValue(text: string): KeywordValue {
  const trimmed = text.trimStart();
  if (trimmed.startsWith("'")) {
    const match = /^'((?:[^']|'')*)'/.exec(trimmed);
    return match === null
      ? null
      : printable(match[1] ?? '')
          .replaceAll("''", "'")
          .trimEnd();
  }
  const value = printable(trimmed.split('/')[0] ?? '').trim();
  if (value === '') return null;
  if (value === 'T' || value === 'F') return value === 'T';
  const integer = /^[+-]?\d{1,15}$/.test(value) ? Number(value) : null;
  return integer ?? value;
}

/** The number of an axis or count; null where it is none of 0 to 2^40. */
function count(keywords: Keywords, name: string, missing: number | null): number | null {
  if (!keywords.has(name)) return missing;
  const value = keywords.get(name);
  return typeof value === 'number' && value >= 0 && value <= 2 ** 40 ? value : null;
}

/** Bytes of the data behind a header; text says what makes them unknown. */
function dataBytesOf(keywords: Keywords): number | string {
  const bitpix = keywords.get('BITPIX');
  if (typeof bitpix !== 'number' || ![8, 16, 32, 64].includes(Math.abs(bitpix))) return `BITPIX is ${bitpix}`;
  const axes = count(keywords, 'NAXIS', null);
  if (axes === null || axes > 999) return `NAXIS is ${keywords.get('NAXIS')}`;
  let elements = axes === 0 ? 0 : 1;
  for (let axis = 1; axis <= axes; axis++) {
    const length = count(keywords, `NAXIS${axis}`, null);
    if (length === null) return `NAXIS${axis} is ${keywords.get(`NAXIS${axis}`)}`;
    // Random groups (NAXIS1 = 0) hold no image of a camera.
    elements *= length;
  }
  const heap = count(keywords, 'PCOUNT', 0);
  const groups = count(keywords, 'GCOUNT', 1);
  if (heap === null || groups === null) return 'PCOUNT or GCOUNT is no count';
  const bytes = (Math.abs(bitpix) / 8) * groups * (heap + elements);
  return Number.isSafeInteger(padToBlock(bytes)) ? bytes : 'it has more data than a file can hold';
}

/**
 * The HDUs of a FITS file in order, also one whose data the file no longer holds. Returns what is behind the last one: text
 * where it is anything to speak of. Throws `storage.times-broken` where the first header is none, or one is damaged.
 */
export function* scanHeaders(bytes: FileBytes): Generator<ScannedHdu, string | null> {
  for (let offset = 0; ; ) {
    if (offset > 0 && bytes.left(offset) === 0) return null;
    const hdu = readHeader(bytes, offset);
    if (typeof hdu === 'string') {
      if (offset === 0) throw bytes.broken(0, hdu);
      return `byte ${offset}: ${hdu}; the frames before it are whole`;
    }
    yield hdu;
    const next = hdu.dataOffset + padToBlock(hdu.dataBytes);
    if (next > bytes.size) {
      const missing = hdu.dataOffset + hdu.dataBytes - bytes.size;
      return missing > 0 ? `the file ends ${missing} bytes before the end of its last pixels` : null;
    }
    offset = next;
  }
}

/** One header; text where there is none. Throws for one whose data cannot be found the end of. */
function readHeader(bytes: FileBytes, offset: number): ScannedHdu | string {
  const keywords = new Map<string, KeywordValue>();
  for (let at = 0; at < HEADER_LIMIT; at += BLOCK_BYTES) {
    const text = bytes.upTo(offset + at, BLOCK_BYTES).toString('latin1');
    if (at === 0 && !/^(SIMPLE {2}=|XTENSION=)/.test(text)) return 'no FITS header begins here';
    for (let card = 0; card + CARD_BYTES <= text.length; card += CARD_BYTES) {
      const keyword = text
        .slice(card, card + 8)
        .trimEnd()
        .toUpperCase();
      if (keyword === 'END') {
        const dataBytes = dataBytesOf(keywords);
        if (typeof dataBytes === 'string')
          throw bytes.broken(offset, `the size of the data is not known: ${dataBytes}`);
        return { offset, dataOffset: offset + at + BLOCK_BYTES, dataBytes, keywords };
      }
      if (text.slice(card + 8, card + 10) !== '= ' || keywords.has(keyword)) continue;
      const value = cardValue(text.slice(card + 10, card + CARD_BYTES));
      if (value !== null) keywords.set(keyword, value);
    }
    if (text.length < BLOCK_BYTES) return 'the file ends within a header';
  }
  return `a header without END in ${HEADER_LIMIT} bytes`;
}
