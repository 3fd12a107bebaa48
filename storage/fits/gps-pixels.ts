/**
 * The 44 bytes of a QHY GPS header out of the first pixels of a FITS image, in any of the packings of gps/header/header-packing.ts.
 * Only the first pixels are read, and the last row's where the image may be upside down.
 */

import { type Keywords, type KeywordValue, keywordNumber, keywordText } from '#gps/found/keyword-values.js';
import { findHeaderInPixels, HEADER_PIXELS, type PixelPacking } from '#gps/header/header-packing.js';
import { findNmeaBlock, NMEA_WINDOW_BYTES, type NmeaBlock } from '#gps/header/nmea-block.js';
import { QHY_HEADER_BYTES } from '#gps/header/qhy-header.js';
import { riceDecode } from '#pipeline/kernels/rice.js';
import type { FileBytes } from '../times/file-bytes.js';
import type { ScannedHdu } from './header-scan.js';

export interface PixelHeader {
  /** Null where there is something that would be a header but for `doubt`. */
  readonly bytes: Uint8Array | null;
  /** Where and how it was found, for people. */
  readonly where: string;
  readonly doubt: string | null;
}

/** Tiles with more pixels are not decoded to look for a header. */
const TILE_LIMIT = 1 << 18;
/** Rice code with blocks of 32 takes four bits for a block at least. */
const MOST_PIXELS_A_BYTE = 64;
const FIRST = 'first pixels';
const LAST_ROW = 'first pixels of the last row (the image is upside down)';

/** The header in the pixels of `hdu`; null where they hold none, are of another kind, or do not stand in the file. */
export function gpsHeaderInPixels(bytes: FileBytes, hdu: ScannedHdu): PixelHeader | null {
  const shape = shapeOf(hdu);
  if (shape === null) return null;
  const { isCompressed, width, height, bitpix } = shape;
  let doubted: PixelHeader | null = null;
  const rows = keywordText(hdu.keywords, 'ROWORDER') === 'BOTTOM-UP' ? [height - 1, 0] : [0];
  for (const row of rows) {
    const pixels = isCompressed
      ? firstOfTile(bytes, hdu, width, row, bitpix, HEADER_PIXELS)
      : firstOfRow(bytes, hdu, width, row, bitpix, Math.min(width, HEADER_PIXELS));
    if (pixels === null) continue;
    const found = findHeaderInPixels(pixels, bitpix);
    const place = row === 0 ? FIRST : LAST_ROW;
    if (found.packing !== null) {
      return { bytes: found.bytes, where: `${place}, ${wordsOf(found.packing, bitpix)}`, doubt: null };
    }
    if (found.nearly) doubted ??= { bytes: null, where: place, doubt: found.reason };
  }
  return doubted;
}

/** Of an image whose pixels can hold a camera's bytes; null of any other. */
function shapeOf({ keywords }: ScannedHdu) {
  const isCompressed = keywords.get('ZIMAGE') === true;
  const width = integerOf(keywords, isCompressed ? 'ZNAXIS1' : 'NAXIS1');
  const height = integerOf(keywords, isCompressed ? 'ZNAXIS2' : 'NAXIS2');
  const bitpix = integerOf(keywords, isCompressed ? 'ZBITPIX' : 'BITPIX');
  if (width < QHY_HEADER_BYTES / 2 || height < 1 || (bitpix !== 8 && bitpix !== 16)) return null;
  if ((keywordNumber(keywords, 'BSCALE') ?? '1').replace(/\.0*$/, '') !== '1') return null;
  return { isCompressed, width, height, bitpix } as const;
}

/** The NMEA block in the first pixels of `hdu`, which are bytes in the order of the camera's buffer. */
export function nmeaInPixels(bytes: FileBytes, hdu: ScannedHdu): NmeaBlock | null {
  const shape = shapeOf(hdu);
  if (shape === null) return null;
  const { isCompressed, width, height, bitpix } = shape;
  const most = (NMEA_WINDOW_BYTES * 8) / bitpix;
  const pixels = isCompressed
    ? firstOfTile(bytes, hdu, width, 0, bitpix, most)
    : firstOfRow(bytes, hdu, width, 0, bitpix, Math.min(most, width * height));
  if (pixels === null) return null;
  const single = Uint8Array.from(pixels);
  if (bitpix === 8) return findNmeaBlock(single);
  const pairs = new Uint8Array(2 * pixels.length);
  const view = new DataView(pairs.buffer);
  for (const [i, value] of pixels.entries()) view.setUint16(2 * i, value, true);
  return findNmeaBlock(pairs) ?? (pixels.every((value) => value < 256) ? findNmeaBlock(single) : null);
}

function wordsOf(packing: PixelPacking, bitpix: 8 | 16): string {
  if (packing === 'bytes') return bitpix === 16 ? 'two bytes a pixel' : 'a byte a pixel';
  if (packing === 'swapped') return 'the bytes of each pair exchanged';
  if (packing === '16-low') return 'a byte a pixel';
  if (packing === '16-high') return 'a byte in the high half of each pixel';
  return `packing ${packing}`;
}

function integerOf(keywords: Keywords, name: string): number {
  const value: KeywordValue | undefined = keywords.get(name);
  return typeof value === 'number' && Number.isInteger(value) ? value : -1;
}

/** What BZERO adds to a stored value. */
function zeroOf(keywords: Keywords): number {
  return Math.round(Number(keywordNumber(keywords, 'BZERO') ?? '0')) & 0xffff;
}

/** Physical values of the first `pixels` of a row of an image that is not compressed. */
function firstOfRow(
  bytes: FileBytes,
  { dataOffset, dataBytes, keywords }: ScannedHdu,
  width: number,
  row: number,
  bitpix: number,
  pixels: number,
): Uint16Array | null {
  const pixelBytes = bitpix / 8;
  const begin = row * width * pixelBytes;
  if (begin + pixels * pixelBytes > dataBytes) return null;
  const raw = bytes.upTo(dataOffset + begin, pixels * pixelBytes);
  const zero = zeroOf(keywords);
  const found = new Uint16Array(Math.floor(raw.byteLength / pixelBytes));
  for (let i = 0; i < found.length; i++) found[i] = ((bitpix === 8 ? raw[i] : raw.readUInt16BE(2 * i)) ?? 0) + zero;
  return found;
}

/** The same of a compressed image: a table of tiles of whole rows, RICE_1 with blocks of 32, code of 1 or 2 bytes a pixel. */
function firstOfTile(
  bytes: FileBytes,
  hdu: ScannedHdu,
  width: number,
  row: number,
  bitpix: number,
  most: number,
): Uint16Array | null {
  const { keywords, dataOffset, dataBytes } = hdu;
  const tileRows = Math.max(1, integerOf(keywords, 'ZTILE2'));
  const known =
    keywords.get('ZCMPTYPE') === 'RICE_1' &&
    (!keywords.has('ZTILE1') || keywords.get('ZTILE1') === width) &&
    (!keywords.has('ZVAL1') || keywords.get('ZVAL1') === 32) &&
    keywords.get('ZVAL2') === bitpix / 8 &&
    keywords.get('TTYPE1') === 'COMPRESSED_DATA';
  const pixels = width * tileRows;
  if (!known || pixels > TILE_LIMIT || (row > 0 && tileRows > 1)) return null;
  const rowBytes = integerOf(keywords, 'NAXIS1');
  const tableRows = integerOf(keywords, 'NAXIS2');
  const isLong = /^1?Q/.test(keywordText(keywords, 'TFORM1') ?? '');
  if (rowBytes < (isLong ? 16 : 8) || row >= tableRows || (row + 1) * rowBytes > dataBytes) return null;
  const descriptor = bytes.upTo(dataOffset + row * rowBytes, isLong ? 16 : 8);
  if (descriptor.byteLength < (isLong ? 16 : 8)) return null;
  const length = isLong ? Number(descriptor.readBigInt64BE(0)) : descriptor.readInt32BE(0);
  const offset = isLong ? Number(descriptor.readBigInt64BE(8)) : descriptor.readInt32BE(4);
  const heap = keywords.has('THEAP') ? integerOf(keywords, 'THEAP') : rowBytes * tableRows;
  if (
    length * MOST_PIXELS_A_BYTE < pixels ||
    length > 4 * pixels + 64 ||
    offset < 0 ||
    heap < 0 ||
    heap + offset + length > dataBytes
  )
    return null;
  const code = bytes.upTo(dataOffset + heap + offset, length);
  if (code.byteLength < length) return null;
  const decoded = bitpix === 8 ? new Uint8Array(pixels) : new Uint16Array(pixels);
  try {
    riceDecode(code, 0, length, pixels, 0, decoded, 0);
  } catch {
    return null;
  }
  const zero = zeroOf(keywords);
  return Uint16Array.from(decoded.subarray(0, most), (value) => value + zero);
}
