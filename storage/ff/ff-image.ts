/**
 * FF files with their pixels: those of RMS (FITS, planes by EXTNAME in any order) and of CAMS (`.bin`, both versions), and the frames
 * that can be made of them again.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { parseUtc } from '#gps/instant.js';
import { StorageError } from '../errors.js';
import { type FitsHdu, readHdus } from '../fits/reader.js';
import { CAMS_HEADER_BYTES, FIRST_OFFSET, parseCamsHeader } from './cams-bin.js';
import { counterOfName, utcNsOfName } from './ff-name.js';

export interface FfPlanes {
  readonly maximum: Uint8Array;
  /** Index in the block of a frame that has the maximum. */
  readonly frameOfMaximum: Uint8Array;
  readonly average: Uint8Array;
  readonly deviation: Uint8Array;
}

export interface FfImage {
  readonly format: 'rms-ff' | 'cams-ff';
  readonly width: number;
  readonly height: number;
  /** Frames of the block. */
  readonly frames: number;
  /** Count of its first frame. */
  readonly counter: number;
  /** Code or number; null where the file has none. */
  readonly station: string | null;
  /** Null where it is not said. */
  readonly framesPerSecond: number | null;
  /** Of the first frame: by the header, to the nanosecond in a file of ours; else by the file's name; null where neither says. */
  readonly startUtcNs: bigint | null;
  /** Rows from the top, `width` pixels each. */
  readonly planes: FfPlanes;
}

const EXTNAMES = ['MAXPIXEL', 'MAXFRAME', 'AVEPIXEL', 'STDPIXEL'] as const;
const LONGEST_SIDE = 65_536;

const broken = (file: string, what: string): StorageError =>
  new StorageError('storage.ff-broken', `${file}: ${what}: copy it again from where it was recorded`, {
    context: { file },
  });

/** Exactly `length` bytes at `offset`. */
function readExactly(fd: number, file: string, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let got = 0;
  while (got < length) {
    const read = readSync(fd, bytes, got, length - got, offset + got);
    if (read === 0) throw broken(file, `it ends within its planes, at byte ${offset + got}`);
    got += read;
  }
  return bytes;
}

/**
 * Reads an FF file. Throws StorageError `storage.ff-broken` for one that is damaged or none, `storage.fits-broken` for damaged
 * FITS, and the system's errors.
 */
export function readFf(file: string): FfImage {
  const fd = openSync(file, 'r');
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw broken(file, 'no regular file');
    const head = Buffer.from(readExactly(fd, file, 0, Math.min(CAMS_HEADER_BYTES, stat.size)));
    if (head.toString('latin1', 0, 9) === 'SIMPLE  =') return readRms(fd, file, stat.size);
    return readCams(fd, file, head, stat.size);
  } finally {
    closeSync(fd);
  }
}

function readCams(fd: number, file: string, head: Buffer, size: number): FfImage {
  const header = parseCamsHeader(head, size);
  if (header === null) throw broken(file, 'no FF file: neither FITS nor a header of CAMS with four planes');
  const pixels = header.rows * header.columns;
  const plane = (i: number) => readExactly(fd, file, header.headerBytes + i * pixels, pixels);
  return {
    format: 'cams-ff',
    width: header.columns,
    height: header.rows,
    frames: header.frames,
    counter: counterOfName(file) ?? header.first,
    station: String(header.cameraNumber),
    framesPerSecond: header.framesPerKs > 0n ? Number(header.framesPerKs) / 1000 : null,
    startUtcNs: utcNsOfName(file),
    planes: { maximum: plane(0), frameOfMaximum: plane(1), average: plane(2), deviation: plane(3) },
  };
}

function readRms(fd: number, file: string, size: number): FfImage {
  const { hdus } = readHdus(file);
  const cards = (hdus[0] as FitsHdu).cards;
  const [width, height, frames] = ['NCOLS', 'NROWS', 'NFRAMES'].map((keyword) => {
    const value = cards.get(keyword);
    const isCount = typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= LONGEST_SIDE;
    if (!isCount) throw broken(file, `no FF file: ${keyword} is ${value}`);
    return value;
  }) as [number, number, number];
  const planes = EXTNAMES.map((name) => {
    const hdu = hdus.find((each) => each.cards.get('EXTNAME') === name);
    if (hdu === undefined) throw broken(file, `there is no whole plane ${name}`);
    if (hdu.cards.get('ZIMAGE') === true) {
      throw new StorageError(
        'storage.ff-compressed',
        `${file}: plane ${name} is compressed: unpack it with funpack first`,
      );
    }
    const shape = ['BITPIX', 'NAXIS', 'NAXIS1', 'NAXIS2'].map((keyword) => hdu.cards.get(keyword)).join(' ');
    if (shape !== `8 2 ${width} ${height}`) throw broken(file, `plane ${name} is not 8 bits of ${width} x ${height}`);
    if (hdu.offset + hdu.headerBytes + hdu.dataBytes > size) throw broken(file, `plane ${name} is cut`);
    return readExactly(fd, file, hdu.offset + hdu.headerBytes, hdu.dataBytes);
  });
  const [maximum, frameOfMaximum, average, deviation] = planes as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const first = cards.get('FIRST');
  const rate = cards.get('FPS');
  const station = cards.get('CAMNO');
  return {
    format: 'rms-ff',
    width,
    height,
    frames,
    counter: counterOfName(file) ?? (typeof first === 'number' ? Math.max(0, first - FIRST_OFFSET) : 0),
    station: station === undefined || station === null ? null : String(station),
    framesPerSecond: typeof rate === 'number' && rate > 0 ? rate : null,
    startUtcNs: startOf(cards) ?? utcNsOfName(file),
    planes: { maximum, frameOfMaximum, average, deviation },
  };
}

/** Our DATE-BEG has nanoseconds, RMS's DATE-OBS microseconds. */
function startOf(cards: FitsHdu['cards']): bigint | null {
  for (const keyword of ['DATE-BEG', 'DATE-OBS']) {
    const text = cards.get(keyword);
    if (typeof text !== 'string') continue;
    try {
      return parseUtc(text);
    } catch {
      // The next one may be a time.
    }
  }
  return null;
}

/**
 * Frame `index` as far as the block has it, into `out` (`width * height` bytes): the maximum where this frame has it, elsewhere the
 * average, or black.
 */
export function reconstructFrame(
  { planes }: Pick<FfImage, 'planes'>,
  index: number,
  out: Uint8Array,
  background: 'average' | 'black' = 'average',
): void {
  const { maximum, frameOfMaximum, average } = planes;
  const elsewhere = background === 'average' ? average : null;
  for (let i = 0; i < maximum.length; i++) {
    out[i] = frameOfMaximum[i] === index ? (maximum[i] as number) : (elsewhere?.[i] ?? 0);
  }
}

/** When frame `index` began: by the rate, from the first one; null where start or rate are not known. */
export function frameStartOf({ startUtcNs, framesPerSecond }: FfImage, index: number): bigint | null {
  if (startUtcNs === null || framesPerSecond === null) return null;
  return startUtcNs + BigInt(Math.round((index * 1e9) / framesPerSecond));
}
