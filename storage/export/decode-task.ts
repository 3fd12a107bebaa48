/**
 * What a worker makes of frames: reads them from their segment and leaves them in shared memory as the target wants them, one
 * behind the other.
 */
import { reasonOf } from '#gps/errors.js';
import { padToBlock } from '../fits/cards.js';
import type { SampleBytes } from '../frame-record.js';
import { headerWithChecksum, onesComplementSum } from './fits-checksum.js';
import { emptyPrimary, imageCards, scalingCards } from './frame-cards.js';
import type { PatternValues } from './name-pattern.js';
import { patternValues } from './pattern-values.js';
import { type Place, type Samples, SegmentFrames } from './stored-frame.js';

/**
 * samples: little-endian, as they are. planes: big-endian with FITS's zero, as planes of a cube. file: a whole FITS file.
 * compressed-file: a FITS file with the compressed HDU as it stands. compressed-hdu: that HDU. none: only what is told of the frame.
 */
export type Product = 'samples' | 'planes' | 'file' | 'compressed-file' | 'compressed-hdu';

export interface DecodeTask {
  readonly file: string;
  readonly frames: readonly Place[];
  readonly product: Product;
  readonly memory: SharedArrayBuffer;
}

/** A frame in the task's memory, behind the ones before it; `error` where there is none. */
export interface DecodedFrame {
  readonly bytes: number;
  readonly error: string | null;
  readonly width: number;
  readonly height: number;
  readonly sampleBytes: SampleBytes;
  /** Ones' complement sum of its bytes, as if they began at a whole word; 0 unless a product needs it. */
  readonly sum: number;
  /** For names of files. */
  readonly values: Omit<PatternValues, 'counter' | 'frame' | 'block' | 'utc' | 'date' | 'time' | 'session'> | null;
}

const segments = new SegmentFrames();

/** The pool's function. A damaged frame is told and left out; the others go on. */
export function decode({ file, frames, product, memory }: DecodeTask): DecodedFrame[] {
  const target = Buffer.from(memory);
  let at = 0;
  try {
    return frames.map((place) => {
      try {
        const decoded = decodeFrame(file, place, product, target.subarray(at));
        at += decoded.bytes;
        return decoded;
      } catch (error) {
        return { ...NOTHING, error: reasonOf(error) };
      }
    });
  } finally {
    // A segment that retention removes must not stay on the disk because somebody looked at it.
    segments.close();
  }
}

const NOTHING = { bytes: 0, width: 0, height: 0, sampleBytes: 2, sum: 0, values: null } as const;

function decodeFrame(file: string, place: Place, product: Product, target: Buffer): DecodedFrame {
  const hdu = segments.hdu(file, place);
  if (product === 'compressed-hdu') {
    hdu.copy(target);
    return { ...NOTHING, bytes: hdu.byteLength, error: null };
  }
  const cards = product === 'file' || product === 'compressed-file' ? segments.cards(file, hdu, place) : [];
  const values = cards.length === 0 ? null : patternValues(cards);
  if (product === 'compressed-file') {
    const primary = emptyPrimary([]);
    primary.copy(target);
    hdu.copy(target, primary.byteLength);
    return { ...NOTHING, bytes: primary.byteLength + hdu.byteLength, error: null, values };
  }
  const { width, height, sampleBytes, data } = segments.image(file, hdu, place);
  const shape = { width, height, sampleBytes, error: null, values };
  const dataBytes = data.byteLength;
  if (product === 'samples') {
    copyLittleEndian(data, target);
    return { ...shape, bytes: dataBytes, sum: 0 };
  }
  if (product === 'planes') {
    toFits(data, sampleBytes, target);
    return { ...shape, bytes: dataBytes, sum: onesComplementSum(target.subarray(0, dataBytes)) };
  }
  const before = [...imageCards(sampleBytes, [width, height]), ...scalingCards(sampleBytes), ...cards];
  // The header's length is known before the sum is: both of its cards have one length.
  const headerBytes = headerWithChecksum(before, 0).byteLength;
  const pixels = target.subarray(headerBytes, headerBytes + dataBytes);
  toFits(data, sampleBytes, pixels);
  headerWithChecksum(before, onesComplementSum(pixels)).copy(target);
  const bytes = headerBytes + padToBlock(dataBytes);
  target.fill(0, headerBytes + dataBytes, bytes);
  return { ...shape, bytes, sum: 0 };
}

const bytesOf = (data: Samples): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

/** Typed arrays are little-endian on every machine that this program runs on. */
function copyLittleEndian(data: Samples, target: Buffer): void {
  bytesOf(data).copy(target);
}

/** Big-endian, with the highest bit turned over where FITS has a sign. Changes `data`. */
function toFits(data: Samples, sampleBytes: SampleBytes, target: Buffer): void {
  if (data instanceof Uint16Array) for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) ^ 0x8000;
  else if (data instanceof Uint32Array)
    for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) ^ 0x8000_0000;
  const bytes = bytesOf(data);
  if (sampleBytes === 2) bytes.swap16();
  else if (sampleBytes === 4) bytes.swap32();
  bytes.copy(target);
}
