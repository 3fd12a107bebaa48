/**
 * A FITS segment read without the index: its frames from their headers. A frame counts as whole when its header is ours, the sum of
 * the header fits the CHECKSUM in it, and the file holds all of its HDU; verified, its data have the DATASUM too.
 */

import { reasonOf } from '#gps/errors.js';
import { addOnesSums, onesSum } from '#pipeline/kernels/ones-sum.js';
import { planesOfName } from '#pipeline/wire/pixel-formats.js';
import { StorageError } from '../errors.js';
import { FileWindow } from '../formats/file-window.js';
import type { ScannedFrame, SegmentReader } from '../formats/segment-reader.js';
import { BLOCK_BYTES, CARD_BYTES, padToBlock } from './cards.js';
import { dataSumOf, frameRecordOf } from './frame-header.js';
import { DESCRIPTOR_BYTES } from './hdu-layout.js';
import { readHduAt, readPixels } from './reader.js';

/** Longer headers are taken for damage. */
const MOST_HEADER_BYTES = 40 * BLOCK_BYTES;
/** Cards before which a header says how long its data are. */
const SIZE_CARDS = 12;
const MOST_DATA_BYTES = 2 ** 40;
const END_CARD = 'END'.padEnd(8);
/** The sum of an HDU whose CHECKSUM is right (FITS 4.0, section 4.4.2.7). */
const RIGHT_SUM = 0xffff_ffff;

export const fitsSegmentReader: SegmentReader = {
  *scan(file, from, { verify }) {
    const window = new FileWindow(file);
    try {
      let at = from === 0 ? endOfPrimary(window) : from;
      for (;;) {
        const frame = frameAt(window, at, verify);
        if (frame === null) return at;
        yield frame;
        at += frame.place.byteLength;
      }
    } finally {
      window.close();
    }
  },

  verify(file, place) {
    const window = new FileWindow(file);
    try {
      const found = frameAt(window, place.byteOffset, true);
      return found !== null && isPlace(found.place, place);
    } finally {
      window.close();
    }
  },

  findNext(file, from) {
    const window = new FileWindow(file);
    try {
      for (let at = BLOCK_BYTES * Math.ceil(from / BLOCK_BYTES); at + BLOCK_BYTES <= window.size; at += BLOCK_BYTES) {
        if (frameAt(window, at, true) !== null) return at;
      }
      return null;
    } finally {
      window.close();
    }
  },

  readPixels(file, { byteOffset }) {
    try {
      const hdu = readHduAt(file, byteOffset);
      const axes = hdu.cards.get('ZIMAGE') === true ? 'ZNAXIS' : 'NAXIS';
      const [width, height] = [1, 2].map((axis) => Number(hdu.cards.get(`${axes}${axis}`)));
      return { width: width ?? 0, height: height ?? 0, data: readPixels(file, hdu) };
    } catch (cause) {
      if (!(cause instanceof StorageError)) throw cause;
      throw new StorageError(
        'storage.pixels',
        `${file}: the frame at byte ${byteOffset} is damaged: ${reasonOf(cause)}`,
        {
          cause,
          context: { file, byte: byteOffset },
        },
      );
    }
  },
};

type Place = ScannedFrame['place'];

const isPlace = (found: Place, wanted: Place): boolean =>
  found.byteLength === wanted.byteLength &&
  found.headerBytes === wanted.headerBytes &&
  (found.dataSum === wanted.dataSum || wanted.dataSum === null);

/** Where the first frame begins. Throws `storage.scan` where no primary HDU stands before it. */
function endOfPrimary(window: FileWindow): number {
  const header = headerAt(window, 0, 'SIMPLE  =');
  const dataBytes = header === null ? null : dataBytesOf(header);
  if (header === null || dataBytes === null) {
    throw new StorageError('storage.scan', `${window.file} does not begin as a FITS segment does`, {
      context: { file: window.file },
    });
  }
  return header.length + padToBlock(dataBytes);
}

/** The header that begins at `at` with `start`, to the end of its blocks; null where there is none. */
function headerAt(window: FileWindow, at: number, start: string): string | null {
  let text = '';
  while (text.length < MOST_HEADER_BYTES) {
    const block = window.at(at + text.length, BLOCK_BYTES);
    if (block === null) return null;
    const first = text.length;
    text += Buffer.from(block.buffer, block.byteOffset, block.byteLength).toString('latin1');
    if (first === 0 && !text.startsWith(start)) return null;
    for (let card = first; card < text.length; card += CARD_BYTES) {
      if (text.startsWith(END_CARD, card)) return text;
    }
  }
  return null;
}

/** Bytes of the data behind a header, without padding; null where it does not say. */
function dataBytesOf(header: string): number | null {
  const numbers = new Map<string, number>();
  for (let card = 0; card < SIZE_CARDS; card++) {
    const text = header.slice(card * CARD_BYTES, (card + 1) * CARD_BYTES);
    const match = /^(BITPIX|NAXIS\d{0,3}|PCOUNT|GCOUNT) *= +(-?\d{1,13})(?: |$)/.exec(text);
    if (match?.[1] !== undefined && !numbers.has(match[1])) numbers.set(match[1], Number(match[2]));
  }
  const bits = Math.abs(numbers.get('BITPIX') ?? 0);
  const axes = numbers.get('NAXIS') ?? -1;
  if (![8, 16, 32, 64].includes(bits) || axes < 0 || axes > 3) return null;
  let elements = axes === 0 ? 0 : 1;
  for (let axis = 1; axis <= axes; axis++) elements *= numbers.get(`NAXIS${axis}`) ?? -1;
  const heap = numbers.get('PCOUNT') ?? 0;
  const bytes = (bits / 8) * (heap + elements);
  return elements >= 0 && heap >= 0 && (numbers.get('GCOUNT') ?? 1) === 1 && bytes <= MOST_DATA_BYTES ? bytes : null;
}

/** The frame at `at`; null where none stands whole there. */
function frameAt(window: FileWindow, at: number, verify: boolean): ScannedFrame | null {
  const header = headerAt(window, at, 'XTENSION=');
  const dataBytes = header === null ? null : dataBytesOf(header);
  if (header === null || dataBytes === null) return null;
  const headerBytes = header.length;
  const byteLength = headerBytes + padToBlock(dataBytes);
  if (at + byteLength > window.size) return null;
  const record = frameRecordOf(header);
  if (record === null) return null;
  const dataSum = dataSumOf(header);
  if (dataSum !== null && !isSealed(header, dataSum)) return null;
  const rows = record.height * planesOfName(record.pixelFormat);
  if (verify && !hasData(window, at + headerBytes, byteLength - headerBytes, rows, header, dataSum)) return null;
  return { record, place: { byteOffset: at, byteLength, headerBytes, dataSum } };
}

/** Whether the header has the CHECKSUM that it had when it was written; true where it has none. */
function isSealed(header: string, dataSum: number): boolean {
  if (!header.includes('CHECKSUM=')) return true;
  return addOnesSums(onesSum(Buffer.from(header, 'latin1'), 0, header.length), dataSum) === RIGHT_SUM;
}

function hasData(
  window: FileWindow,
  at: number,
  bytes: number,
  rows: number,
  header: string,
  dataSum: number | null,
): boolean {
  const data = window.at(at, bytes);
  if (data === null) return false;
  if (dataSum !== null) return onesSum(data, 0, bytes) === dataSum;
  return !/ZIMAGE {2}= +T/.test(header) || isTable(data, rows);
}

/** Without a sum, what can be told of compressed data: each row has code, and it stands behind that of the row before. */
function isTable(data: Uint8Array, rows: number): boolean {
  const heap = DESCRIPTOR_BYTES * rows;
  if (heap > data.byteLength) return false;
  const table = new DataView(data.buffer, data.byteOffset, heap);
  let end = 0;
  for (let row = 0; row < rows; row++) {
    const length = table.getInt32(DESCRIPTOR_BYTES * row);
    if (length <= 0 || table.getInt32(DESCRIPTOR_BYTES * row + 4) !== end) return false;
    end += length;
  }
  return heap + end <= data.byteLength;
}
