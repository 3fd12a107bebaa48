/**
 * Reads FITS files as far as the archive writes them: the HDUs of a file with their cards, and images of 8, 16 and 32 bits,
 * plain or Rice-compressed. Also of a file that a crash cut short: what is whole is listed.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { StorageError } from '../errors.js';
import type { Pixels } from '../formats/segment-reader.js';
import { BLOCK_BYTES, CARD_BYTES, padToBlock } from './cards.js';
import { DESCRIPTOR_BYTES } from './hdu-layout.js';
import { decodeImage, type ImageHeader, type PixelArray } from './image-data.js';

export type FitsValue = string | number | bigint | boolean | null;

export interface FitsHdu {
  /** Where the header begins in the file. */
  readonly offset: number;
  readonly headerBytes: number;
  /** Of the data without padding. */
  readonly dataBytes: number;
  /** Header, data and padding. */
  readonly totalBytes: number;
  /** Cards by keyword, the first where one repeats. Integers beyond 2^53 are bigint. */
  readonly cards: ReadonlyMap<string, FitsValue>;
}

/** Headers longer than this are taken for a broken file. */
const HEADER_LIMIT = 1000 * BLOCK_BYTES;

/** The value of a card's columns 11 to 80. Throws `storage.fits-broken` for what is no value. */
function parseValue(text: string): FitsValue {
  const trimmed = text.trimStart();
  if (trimmed.startsWith("'")) {
    const match = /^'((?:[^']|'')*)'/.exec(trimmed);
    if (match === null) throw broken(`a string without end: ${text.trim()}`);
    return (match[1] ?? '').replaceAll("''", "'").trimEnd();
  }
  const value = (trimmed.split('/')[0] ?? '').trim();
  if (value === '') return null;
  if (value === 'T' || value === 'F') return value === 'T';
  if (/^[+-]?\d+$/.test(value)) {
    const integer = Number(value);
    return Number.isSafeInteger(integer) ? integer : BigInt(value);
  }
  const real = Number(value.replace(/[dD]/, 'E'));
  if (Number.isNaN(real)) throw broken(`a value that is none: ${value}`);
  return real;
}

function broken(what: string): StorageError {
  return new StorageError('storage.fits-broken', `this is not FITS as it should be: ${what}`);
}

/** What `read` gives of the HDU at `offset`; what is broken there is told with the file and the place. */
function readingOf<T>(file: string, offset: number, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof StorageError) || cause.message.includes(file)) throw cause;
    throw new StorageError(cause.code, `${file}, HDU at byte ${offset}: ${cause.message}`, {
      cause,
      context: { ...cause.context, file, offset },
    });
  }
}

/** The cards of one header; null while `text` holds no END. */
function parseCards(text: string): Map<string, FitsValue> | null {
  const cards = new Map<string, FitsValue>();
  for (let at = 0; at + CARD_BYTES <= text.length; at += CARD_BYTES) {
    const card = text.slice(at, at + CARD_BYTES);
    const keyword = card.slice(0, 8).trimEnd();
    if (keyword === 'END') return cards;
    if (card.slice(8, 10) === '= ' && !cards.has(keyword)) cards.set(keyword, parseValue(card.slice(10)));
  }
  return null;
}

/** The integer of a card; throws where it is none or outside its range. */
function integer(cards: ReadonlyMap<string, FitsValue>, keyword: string, least: number, most: number): number {
  const value = cards.get(keyword);
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    throw broken(`${keyword} is ${value}`);
  }
  return value;
}

function dataBytesOf(cards: ReadonlyMap<string, FitsValue>): number {
  const bits = Math.abs(integer(cards, 'BITPIX', -64, 64));
  if (![8, 16, 32, 64].includes(bits)) throw broken(`BITPIX is ${cards.get('BITPIX')}`);
  const axes = integer(cards, 'NAXIS', 0, 999);
  let elements = axes === 0 ? 0 : 1;
  for (let axis = 1; axis <= axes; axis++) elements *= integer(cards, `NAXIS${axis}`, 0, 2 ** 40);
  const isExtension = cards.has('XTENSION');
  const heap = isExtension ? integer(cards, 'PCOUNT', 0, 2 ** 40) : 0;
  const groups = isExtension ? integer(cards, 'GCOUNT', 1, 2 ** 31) : 1;
  const bytes = (bits / 8) * groups * (heap + elements);
  if (!Number.isSafeInteger(bytes)) throw broken('more data than a file can hold');
  return bytes;
}

/** Reads up to `length` bytes; fewer at the end of the file. */
function readAt(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let got = 0;
  while (got < length) {
    const read = readSync(fd, bytes, got, length - got, offset + got);
    if (read === 0) break;
    got += read;
  }
  return bytes.subarray(0, got);
}

/** One header at `offset`; null where the file ends before its END. */
function readHdu(fd: number, offset: number): FitsHdu | null {
  let text = '';
  for (let headerBytes = BLOCK_BYTES; headerBytes <= HEADER_LIMIT; headerBytes += BLOCK_BYTES) {
    const block = readAt(fd, offset + headerBytes - BLOCK_BYTES, BLOCK_BYTES);
    if (block.byteLength < BLOCK_BYTES) return null;
    text += block.toString('latin1');
    if (headerBytes === BLOCK_BYTES && !/^(SIMPLE|XTENSION)/.test(text)) return null;
    const cards = parseCards(text);
    if (cards === null) continue;
    const dataBytes = dataBytesOf(cards);
    return { offset, headerBytes, dataBytes, totalBytes: headerBytes + padToBlock(dataBytes), cards };
  }
  throw broken('a header without END');
}

/**
 * The HDUs of `file` that are whole, in order; `complete` says whether they are the whole file. Throws
 * `storage.fits-broken` for a file that is not FITS, and the system's errors.
 */
export function readHdus(file: string): { readonly hdus: FitsHdu[]; readonly complete: boolean } {
  const fd = openSync(file, 'r');
  try {
    const hdus: FitsHdu[] = [];
    for (let offset = 0; ; ) {
      const hdu = readingOf(file, offset, () => readHdu(fd, offset));
      const lastByte = hdu === null ? null : readAt(fd, offset + hdu.totalBytes - 1, 1);
      if (hdu === null || lastByte === null || lastByte.byteLength === 0) {
        if (offset === 0) throw broken(`${file} does not begin with an HDU`);
        return { hdus, complete: readAt(fd, offset, 1).byteLength === 0 };
      }
      hdus.push(hdu);
      offset += hdu.totalBytes;
    }
  } finally {
    closeSync(fd);
  }
}

/** What the header of a frame's HDU says of its image. Throws `storage.fits-broken` for images that the archive does not write. */
export function imageHeaderOf({ cards }: Pick<FitsHdu, 'cards'>): ImageHeader {
  const compressed = cards.get('ZIMAGE') === true;
  const key = (keyword: string) => (compressed ? `Z${keyword}` : keyword);
  const sampleBytes = ([1, 2, 4] as const).find((bytes) => 8 * bytes === cards.get(key('BITPIX')));
  const zero = sampleBytes === undefined || sampleBytes === 1 ? 0 : 2 ** (8 * sampleBytes - 1);
  if (sampleBytes === undefined || (cards.get('BZERO') ?? 0) !== zero)
    throw broken('not an unsigned 8, 16 or 32-bit image');
  const axes = cards.get(key('NAXIS'));
  const planes = axes === 3 && cards.get(key('NAXIS3')) === 3 ? 3 : 1;
  if (axes !== 2 && planes !== 3) throw broken('not an image of two axes, or of three planes');
  const width = integer(cards, key('NAXIS1'), 1, 2 ** 31);
  const height = integer(cards, key('NAXIS2'), 1, 2 ** 31);
  if (compressed) {
    const known = cards.get('ZCMPTYPE') === 'RICE_1' && cards.get('ZVAL1') === 32 && cards.get('ZVAL2') === sampleBytes;
    const rowTiles = cards.get('ZTILE1') === width && cards.get('ZTILE2') === 1 && (cards.get('ZTILE3') ?? 1) === 1;
    if (!known || !rowTiles || cards.get('NAXIS1') !== DESCRIPTOR_BYTES || cards.get('NAXIS2') !== height * planes) {
      throw broken('a compressed image of another kind than rows of RICE_1 with blocks of 32');
    }
  }
  return { width, height, planes, sampleBytes, compressed };
}

/** The cards of the first header of `file`. Throws as `readHduAt` does. */
export function readPrimaryCards(file: string): FitsHdu['cards'] {
  return readHduAt(file, 0).cards;
}

/** The HDU at byte `offset` of `file`. Throws `storage.fits-broken` where none stands whole there, and the system's errors. */
export function readHduAt(file: string, offset: number): FitsHdu {
  const fd = openSync(file, 'r');
  try {
    const hdu = readingOf(file, offset, () => readHdu(fd, offset));
    if (hdu === null) throw broken(`no HDU begins at byte ${offset} of ${file}`);
    return hdu;
  } finally {
    closeSync(fd);
  }
}

/**
 * The pixels of an unsigned image of 8, 16 or 32 bits, plain or compressed as the archive does it, row by row. Throws
 * `storage.fits-broken` for any other HDU and for one whose data are damaged.
 */
export function readPixels(file: string, hdu: FitsHdu): PixelArray {
  const image = readingOf(file, hdu.offset, () => imageHeaderOf(hdu));
  const fd = openSync(file, 'r');
  try {
    const bytes = readAt(fd, hdu.offset + hdu.headerBytes, hdu.dataBytes);
    if (bytes.byteLength < hdu.dataBytes) throw broken(`${file} ends within its pixels`);
    return readingOf(file, hdu.offset, () => decodeImage(bytes, image).data);
  } finally {
    closeSync(fd);
  }
}

/** An HDU out of its bytes, header first: its image, and its cards. `reuse` as `decodeImage`. Throws `storage.fits-broken`. */
export function decodeFrame(
  bytes: Uint8Array,
  reuse: PixelArray | null = null,
): Pixels & { readonly cards: ReadonlyMap<string, FitsValue> } {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const limit = Math.min(view.byteLength, HEADER_LIMIT);
  for (let at = 0; at + CARD_BYTES <= limit; at += CARD_BYTES) {
    if (view.toString('latin1', at, at + 8) !== 'END     ') continue;
    const cards = parseCards(view.toString('latin1', 0, at + CARD_BYTES)) ?? new Map<string, FitsValue>();
    const data = view.subarray(padToBlock(at + CARD_BYTES));
    return { ...decodeImage(data, imageHeaderOf({ cards }), reuse), cards };
  }
  throw broken('no whole header begins here');
}
