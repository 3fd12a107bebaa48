/**
 * Reads FITS files as far as the archive writes them: the HDUs of a file with their cards, and 16-bit images, plain or
 * Rice-compressed. Also of a file that a crash cut short: what is whole is listed.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { riceDecode } from '#pipeline/kernels/rice.js';
import { StorageError } from '../errors.js';
import { BLOCK_BYTES, CARD_BYTES, padToBlock } from './cards.js';
import { DESCRIPTOR_BYTES } from './hdu-layout.js';

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

/** Of Rice code with blocks of 32. */
const MOST_PIXELS_A_BYTE = 64;

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
      const hdu = readHdu(fd, offset);
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

/**
 * The pixels of an image of 16 bits with BZERO 32768, plain or compressed as the archive does it, row by row. Throws
 * `storage.fits-broken` for any other HDU and for one whose data are damaged.
 */
export function readPixels(file: string, hdu: FitsHdu): Uint16Array {
  const compressed = hdu.cards.get('ZIMAGE') === true;
  if (hdu.cards.get(compressed ? 'ZBITPIX' : 'BITPIX') !== 16 || hdu.cards.get('BZERO') !== 32768)
    throw broken('not an unsigned 16-bit image');
  const fd = openSync(file, 'r');
  try {
    const bytes = readAt(fd, hdu.offset + hdu.headerBytes, hdu.dataBytes);
    if (bytes.byteLength < hdu.dataBytes) throw broken(`${file} ends within its pixels`);
    return compressed ? decompress(hdu, bytes) : plainPixels(bytes);
  } finally {
    closeSync(fd);
  }
}

function plainPixels(bytes: Buffer): Uint16Array {
  const pixels = new Uint16Array(bytes.byteLength / 2);
  for (let i = 0; i < pixels.length; i++) pixels[i] = bytes.readUInt16BE(2 * i) ^ 0x8000;
  return pixels;
}

/** A table of rows, each one 1PB descriptor of a tile that is a row of the image. */
function decompress({ cards }: FitsHdu, bytes: Buffer): Uint16Array {
  const width = integer(cards, 'ZNAXIS1', 1, 2 ** 31);
  const height = integer(cards, 'ZNAXIS2', 1, 2 ** 31);
  const known =
    cards.get('ZCMPTYPE') === 'RICE_1' &&
    cards.get('ZVAL1') === 32 &&
    cards.get('ZVAL2') === 2 &&
    cards.get('ZNAXIS') === 2;
  const rowTiles = cards.get('ZTILE1') === width && cards.get('ZTILE2') === 1;
  if (!known || !rowTiles || cards.get('NAXIS1') !== DESCRIPTOR_BYTES || cards.get('NAXIS2') !== height) {
    throw broken('a compressed image of another kind than rows of RICE_1 with blocks of 32');
  }
  const heap = DESCRIPTOR_BYTES * height;
  if (heap > bytes.byteLength) throw broken(`a table of ${height} rows in ${bytes.byteLength} bytes`);
  // 32 equal pixels take four bits, none take less: no memory for an image that the code cannot hold.
  if (width * height > MOST_PIXELS_A_BYTE * bytes.byteLength) {
    throw broken(`${width} x ${height} pixels in ${bytes.byteLength} bytes`);
  }
  const pixels = new Uint16Array(width * height);
  for (let row = 0; row < height; row++) {
    const length = bytes.readInt32BE(DESCRIPTOR_BYTES * row);
    const offset = heap + bytes.readInt32BE(DESCRIPTOR_BYTES * row + 4);
    if (length < 0 || offset < heap || offset + length > bytes.byteLength) {
      throw broken(`the code of row ${row} stands outside of its table`);
    }
    try {
      riceDecode(bytes, offset, length, width, 0x8000, pixels, row * width);
    } catch (cause) {
      throw new StorageError('storage.fits-broken', `row ${row} is damaged: ${(cause as Error).message}`, { cause });
    }
  }
  return pixels;
}
