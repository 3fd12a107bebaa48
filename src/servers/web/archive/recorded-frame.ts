/** One recorded frame out of its segment: the time of a row of it, its pixels as they are shown, a FITS file of it. */
import { AppulseError } from '#gps/errors.js';
import { rowPairsOf } from '#gps/rows/row-model.js';
import { pixelTime } from '#gps/rows/row-time.js';
import { UsageError } from '#src/config/usage-error.js';
import { type DecodedFrame, decode, type Product } from '#storage/export/decode-task.js';
import { mostBytes } from '#storage/export/frame-batches.js';
import { sessionHeader } from '#storage/export/session-header.js';
import { SegmentFrames } from '#storage/export/stored-frame.js';
import { primaryHdu } from '#storage/fits/primary-hdu.js';
import type { FrameRecord } from '#storage/frame-record.js';
import type { FrameRow } from '#storage/index/rows.js';
import { pathInside } from '../access/honest-path.js';
import { greyOf } from '../live/grey-picture.js';
import type { StretchChoice } from '../live/stretch.js';
import { type ImageRequest, imageOf, levelsOfFrame } from './image.js';
import { type FoundSession, frameOf, sessionAmong, withIndexes } from './open-indexes.js';

export interface OneFrame {
  readonly session: string;
  /** Its key. */
  readonly frame: bigint;
}

interface Found extends FoundSession {
  readonly row: FrameRow;
}

/** @throws AppulseError `frame.not-found`, `frame.no-pixels` */
function withFrame<T>(dataFolders: readonly string[], { session, frame }: OneFrame, work: (found: Found) => T): T {
  return withIndexes(dataFolders, (open) => {
    const found = sessionAmong(open, session);
    const row = frameOf(found, frame);
    if (row.state === 'on-disk') return work({ ...found, row });
    const why = row.state === 'expired' ? 'retention removed them' : 'its file is not there';
    throw new AppulseError('frame.no-pixels', `frame ${row.number} of session ${row.sessionId} has no pixels: ${why}`);
  });
}

/** When the pixel at a row and column was exposed. @throws UsageError `usage.row` */
export function frameRowTime(
  dataFolders: readonly string[],
  { x, y, ...one }: OneFrame & { readonly x: number; readonly y: number },
) {
  return withFrame(dataFolders, one, (found) => {
    const { row } = found;
    if (x >= row.width || y >= row.height) {
      throw new UsageError('usage.row', `the frame has ${row.width} columns and ${row.height} rows, counted from 0`);
    }
    const segment = new SegmentFrames(fileOf(found));
    try {
      const { time } = segment.at(row).record();
      const { grade, source, flags } = time;
      return { number: row.number, x, y, ...pixelTime(time, { x, y }), grade, source, flags };
    } finally {
      segment.close();
    }
  });
}

/** Its pixels for the eye, with what is known of all of it: when its rows were exposed, and the levels of its sky. */
export function frameImage(
  dataFolders: readonly string[],
  { image, ...one }: OneFrame & { readonly image: ImageRequest },
) {
  return withFrame(dataFolders, one, (found) => {
    const { row } = found;
    const memory = new SharedArrayBuffer(mostBytes(row));
    const { width, height, sampleBytes, record } = decoded(found, 'recorded', memory);
    const count = width * height;
    const data =
      sampleBytes === 1
        ? new Uint8Array(memory, 0, count)
        : sampleBytes === 2
          ? new Uint16Array(memory, 0, count)
          : new Uint32Array(memory, 0, count);
    const pixels = { width, height, bitDepth: row.bitDepth, data };
    const { number, startUtcNs } = row;
    return { number, startUtcNs, ...rowTimesOf(record), ...levelsOfFrame(pixels), ...imageOf(pixels, image) };
  });
}

/** Of row 0 to the last one; 0 where nothing is known of that. */
function rowTimesOf(record: FrameRecord | null) {
  if (record === null) return { leapSecond: false, lastRowOffsetNs: 0n, rowPairs: null };
  const { time, height } = record;
  const start = (y: number) => pixelTime(time, { x: 0, y }).startUtcNs;
  const rowPairs = rowPairsOf(time.rows);
  return { leapSecond: time.leapSecond, lastRowOffsetNs: start(height - 1) - start(0), rowPairs };
}

/** The same in 8 bits. */
export function framePicture(
  dataFolders: readonly string[],
  { stretch, ...asked }: Parameters<typeof frameImage>[1] & { readonly stretch: StretchChoice },
) {
  const { pixels, ...of } = frameImage(dataFolders, asked);
  return { ...of, shown: greyOf(pixels, of.bitDepth, stretch) };
}

/** A FITS file of it, with its complete header. The bytes are shared memory. */
export function frameFile(
  dataFolders: readonly string[],
  { compressed, ...one }: OneFrame & { readonly compressed: boolean },
) {
  return withFrame(dataFolders, one, (found) => {
    const memory = new SharedArrayBuffer(mostBytes(found.row));
    const { bytes } = decoded(found, compressed ? 'compressed-file' : 'file', memory);
    const { number, startUtcNs, sessionId } = found.row;
    return { number, startUtcNs, sessionId, bytes: new Uint8Array(memory, 0, bytes) };
  });
}

/** Its segment. An index may come from elsewhere, and files of a data folder may be links: neither leads out of the folder. @throws AppulseError `frame.unreadable` */
function fileOf({ dataFolder, row: { file, number } }: Found): string {
  const inside = pathInside(dataFolder, file);
  if (inside !== null) return inside;
  const why = `${file} is not in the data folder ${dataFolder}, or is a link that leads out of it`;
  throw new AppulseError('frame.unreadable', `frame ${number} cannot be read: ${why}`);
}

/** @throws AppulseError `frame.unreadable` */
function decoded(found: Found, product: Product, memory: SharedArrayBuffer): DecodedFrame {
  const { index, row } = found;
  const { byteOffset, byteLength, headerBytes, dataSum } = row;
  const primary = Buffer.from(primaryHdu(sessionHeader(index, row))).toString('latin1');
  const frames = [{ byteOffset, byteLength, headerBytes, dataSum }];
  const [frame] = decode({ file: fileOf(found), frames, product, primary, memory });
  if (frame !== undefined && frame.error === null) return frame;
  throw new AppulseError('frame.unreadable', `frame ${row.number} cannot be read: ${frame?.error ?? 'nothing came'}`);
}
