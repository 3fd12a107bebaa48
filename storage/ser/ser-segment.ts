/**
 * Reading a SER segment of the archive without the index: its frames are those that the list beside it names and that stand whole in the file,
 * whether it has its end or a crash took it.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { addOnesSums, onesSum } from '#pipeline/kernels/ones-sum.js';
import { StorageError } from '../errors.js';
import { readFrameList } from '../formats/frame-list.js';
import type { Pixels, ScannedFrame, SegmentReader } from '../formats/segment-reader.js';
import {
  decodeSerHeader,
  hasSerHeader,
  SER_COLORS,
  SER_HEADER_BYTES,
  type SerHeader,
  serColorOrder,
  serFrameBytes,
} from './ser-header.js';
import { littleEndianPixels } from './ser-pixels.js';

type Place = ScannedFrame['place'];

/** Added up at a time, a multiple of four: what stays in a cache. */
const SUM_BYTES = 2 ** 20;

export const serSegmentReader: SegmentReader = {
  *scan(file, from, { verify }) {
    return yield* withFile(file, (open) => scanFrames(open, file, from, verify));
  },

  verify(file, place) {
    if (place.dataSum === null) return true;
    const fd = openSync(file, 'r');
    try {
      return holds({ fd, header: null }, place);
    } finally {
      closeSync(fd);
    }
  },

  readPixels(file, { byteOffset, byteLength }): Pixels {
    const fd = openSync(file, 'r');
    try {
      const header = readHeader(fd);
      if (header === null || byteLength !== serFrameBytes(header))
        throw noPixels(file, byteOffset, 'its header tells of other frames');
      if (byteOffset + byteLength > fstatSync(fd).size) throw noPixels(file, byteOffset, 'the file ends before');
      return littleEndianPixels(header, readAt(fd, byteOffset, byteLength));
    } finally {
      closeSync(fd);
    }
  },
};

interface OpenSer {
  readonly fd: number;
  readonly header: SerHeader | null;
}

function* withFile<T, R>(file: string, work: (open: OpenSer) => Generator<T, R>): Generator<T, R> {
  const fd = openSync(file, 'r');
  try {
    return yield* work({ fd, header: readHeader(fd) });
  } finally {
    closeSync(fd);
  }
}

function* scanFrames(open: OpenSer, file: string, from: number, verify: boolean): Generator<ScannedFrame, number> {
  const { fd, header } = open;
  if (header === null) {
    throw new StorageError('storage.scan', `${file} is no SER file of at most 16 bits`);
  }
  const length = serFrameBytes(header);
  const { size } = fstatSync(fd);
  let position = Math.max(from, SER_HEADER_BYTES);
  for (const frame of readFrameList(file)) {
    const { record, place } = frame;
    if (place.byteOffset < position) continue;
    const isNext = place.byteOffset === position && place.byteLength === length && position + length <= size;
    if (!isNext || record.width !== header.width || record.height !== header.height) break;
    if (verify && !holds(open, place)) break;
    position += length;
    yield frame;
  }
  return position;
}

/** Whether the bytes at `place` are there and have its sum. */
function holds({ fd }: OpenSer, { byteOffset, byteLength, dataSum }: Place): boolean {
  if (byteOffset + byteLength > fstatSync(fd).size) return false;
  if (dataSum === null) return true;
  let sum = 0;
  const chunk = Buffer.allocUnsafeSlow(Math.min(SUM_BYTES, byteLength));
  for (let done = 0; done < byteLength; ) {
    const got = readInto(fd, chunk.subarray(0, Math.min(SUM_BYTES, byteLength - done)), byteOffset + done);
    if (got === 0) return false;
    sum = addOnesSums(sum, onesSum(chunk, 0, got));
    done += got;
  }
  return sum === dataSum;
}

/** The header of a file that the archive may have written; null for any other. */
function readHeader(fd: number): SerHeader | null {
  const raw = readAt(fd, 0, SER_HEADER_BYTES);
  if (!hasSerHeader(raw)) return null;
  const header = decodeSerHeader(raw);
  const { width, height, depth, colorId } = header;
  const isShape =
    width > 0 &&
    height > 0 &&
    depth >= 1 &&
    depth <= 16 &&
    (colorId < SER_COLORS.RGB || serColorOrder(colorId) !== null);
  return isShape && serFrameBytes(header) <= 2 ** 32 ? header : null;
}

function noPixels(file: string, at: number, why: string): StorageError {
  return new StorageError('storage.pixels', `${file}: no frame can be read at byte ${at}: ${why}`, {
    context: { file, byte: at },
  });
}

function readAt(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length);
  return bytes.subarray(0, readInto(fd, bytes, offset));
}

/** Fills `bytes` as far as the file goes; returns how many there were. */
function readInto(fd: number, bytes: Uint8Array, offset: number): number {
  let got = 0;
  while (got < bytes.byteLength) {
    const read = readSync(fd, bytes, got, bytes.byteLength - got, offset + got);
    if (read === 0) break;
    got += read;
  }
  return got;
}
