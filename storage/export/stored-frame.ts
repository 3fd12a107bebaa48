/** Frames out of segments of any format: records, header cards as FITS has them, pixels. Reads of one file follow each other. */
import { closeSync, readSync } from 'node:fs';
import { reasonOf } from '#gps/errors.js';
import { onesSum } from '#pipeline/kernels/ones-sum.js';
import { riceDecodeRows } from '#pipeline/kernels/rice-rows.js';
import { planesOfName } from '#pipeline/wire/pixel-formats.js';

import { StorageError } from '../errors.js';
import { BLOCK_BYTES } from '../fits/cards.js';
import { fitsSegmentReader } from '../fits/fits-segment.js';
import { frameRecordOf } from '../fits/frame-header.js';
import { DESCRIPTOR_BYTES, layoutFrameHdu } from '../fits/hdu-layout.js';
import { writeFrameHeader } from '../fits/image-hdu.js';
import type { ScannedFrame, SegmentReader } from '../formats/segment-reader.js';
import { segmentReaderOf } from '../formats/segment-readers.js';
import type { FramePlace, FrameRecord, SampleBytes } from '../frame-record.js';
import { openRegular } from '../open-regular.js';

import { cardsOf, cardValue, frameCards } from './frame-cards.js';

export type Samples = Uint8Array | Uint16Array | Uint32Array;

export interface StoredImage {
  readonly width: number;
  readonly height: number;
  readonly sampleBytes: SampleBytes;
  readonly planes: 1 | 3;
  /** Row by row, and plane by plane. */
  readonly data: Samples;
}

/** `dataSum`: checked where it is not null. */
export type Place = Omit<FramePlace, 'segment'>;

export interface StoredFrame {
  /** The bytes of the frame's HDU as they stand; null where the segment is no FITS. */
  readonly hdu: Buffer | null;
  /** Throws `export.unreadable`. */
  record(): FrameRecord;
  /** Header cards without those of the way it is stored. */
  cards(): string[];
  /** Decoded into the start of `into` where that is possible. */
  image(into?: Uint8Array): StoredImage;
}

const DAMAGED = 'the data of the frame do not have the sum that was recorded with them';
/** 32 equal pixels take four bits, none take less. */
const MOST_PIXELS_A_BYTE = 64;

export class SegmentFrames {
  readonly #file: string;
  readonly #primary: string;
  /** Null: FITS, which is read here, so that pixels are decoded into their place. */
  readonly #reader: SegmentReader | null;
  #fits: { readonly fd: number; readonly primary: string } | null = null;
  #scan: Generator<ScannedFrame, number> | null = null;

  /**
   * Opens nothing yet. `primary`: a header for all frames, as text, where the file is no FITS and has none. Throws `export.unreadable`
   * for a file of a kind that is none of the archive's.
   */
  constructor(file: string, primary = '') {
    this.#file = file;
    this.#primary = primary;
    const reader = segmentReaderOf(file);
    if (reader === null) throw unreadable(file, 0, 'a segment of a kind that is not known');
    this.#reader = reader === fitsSegmentReader ? null : reader;
  }

  /** The frame at `place`; frames are asked for in the order of the file. Throws `export.unreadable`, and the system's errors. */
  at(place: Place): StoredFrame {
    return this.#reader === null ? this.#fitsFrame(place) : this.#scannedFrame(this.#reader, place);
  }

  close(): void {
    if (this.#fits !== null) closeSync(this.#fits.fd);
    this.#fits = null;
    this.#scan?.return(0);
    this.#scan = null;
  }

  #fitsFrame(place: Place): StoredFrame {
    const file = this.#file;
    this.#fits ??= openFits(file);
    const { fd, primary } = this.#fits;
    const { byteOffset, byteLength, headerBytes } = place;
    const hdu = readFully(fd, byteOffset, byteLength);
    if (hdu.byteLength < byteLength || hdu.toString('latin1', 0, 8) !== 'XTENSION') {
      throw unreadable(file, byteOffset, 'no whole frame stands here');
    }
    if (place.dataSum !== null && onesSum(hdu, headerBytes, byteLength - headerBytes) !== place.dataSum) {
      throw unreadable(file, byteOffset, DAMAGED);
    }
    const header = hdu.toString('latin1', 0, headerBytes);
    return {
      hdu,
      record: () => {
        const record = frameRecordOf(header);
        if (record === null) throw unreadable(file, byteOffset, 'the header of the frame is damaged');
        return record;
      },
      cards: () => frameCards(header, primary),
      image: (into) => {
        try {
          return fitsImage(hdu.subarray(headerBytes), header, into ?? null);
        } catch (cause) {
          throw unreadable(file, byteOffset, reasonOf(cause), cause);
        }
      },
    };
  }

  #scannedFrame(reader: SegmentReader, place: Place): StoredFrame {
    const file = this.#file;
    const record = () => this.#recordAt(reader, place);
    return {
      hdu: null,
      record,
      cards: () => frameCards(headerOf(record()), this.#primary),
      image: () => {
        const { width, height, data } = reader.readPixels(file, place);
        const planes = data.length === 3 * width * height ? 3 : 1;
        // What is in planes here stands otherwise in the file.
        const isWhole = planes === 3 ? reader.verify(file, place) : hasSum(data, place.dataSum);
        if (!isWhole) throw unreadable(file, place.byteOffset, DAMAGED);
        return { width, height, data, planes, sampleBytes: data.BYTES_PER_ELEMENT as SampleBytes };
      },
    };
  }

  #recordAt(reader: SegmentReader, { byteOffset }: Place): FrameRecord {
    this.#scan ??= reader.scan(this.#file, byteOffset, { verify: false });
    for (;;) {
      const next = this.#scan.next();
      if (next.done || next.value.place.byteOffset > byteOffset) break;
      if (next.value.place.byteOffset === byteOffset) return next.value.record;
    }
    this.#scan = null;
    throw unreadable(this.#file, byteOffset, 'no whole frame stands here');
  }
}

function hasSum(data: Samples, dataSum: number | null): boolean {
  return (
    dataSum === null ||
    onesSum(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 0, data.byteLength) === dataSum
  );
}

/** The header that FITS has for a record. */
function headerOf(record: FrameRecord): string {
  const { width, height, sampleBytes, pixelFormat } = record;
  const { headerBytes } = layoutFrameHdu(width, height, 'fits-raw', sampleBytes, planesOfName(pixelFormat));
  const header = Buffer.alloc(headerBytes);
  writeFrameHeader(header, record, { kind: 'raw' });
  return header.toString('latin1');
}

function openFits(file: string): { readonly fd: number; readonly primary: string } {
  const fd = openRegular(file);
  return { fd, primary: readFully(fd, 0, BLOCK_BYTES).toString('latin1') };
}

function readFully(fd: number, offset: number, length: number): Buffer {
  // Memory of its own, so that samples in it begin at whole words.
  const bytes = Buffer.from(new ArrayBuffer(length));
  let got = 0;
  for (let read = -1; read !== 0 && got < length; got += read) {
    read = readSync(fd, bytes, got, length - got, offset + got);
  }
  return bytes.subarray(0, got);
}

function unreadable(file: string, byte: number, why: string, cause?: unknown): StorageError {
  return new StorageError('export.unreadable', `${file}: byte ${byte}: ${why}`, { cause, context: { file, byte } });
}

/**
 * The pixels of an image without sign, from its data and the text of its header, decoded into the start of `into` where they fit
 * there. Throws an Error that says why not.
 */
export function fitsImage(bytes: Buffer, header: string, into: Uint8Array | null = null): StoredImage {
  const cards = cardsOf(header);
  const compressed = cardValue(cards, 'ZIMAGE') === 'T';
  const of = (keyword: string) => Number(cardValue(cards, compressed ? `Z${keyword}` : keyword));
  const [bits, width, height] = [of('BITPIX'), of('NAXIS1'), of('NAXIS2')] as [number, number, number];
  const planes = of('NAXIS') === 3 && of('NAXIS3') === 3 ? 3 : 1;
  if ((of('NAXIS') !== 2 && planes === 1) || !isCount(width) || !isCount(height))
    throw new Error('no image of two axes, or of three planes');
  if (bits !== 8 && bits !== 16 && bits !== 32) throw new Error(`an image of BITPIX ${bits}`);
  const sampleBytes = (bits / 8) as SampleBytes;
  const flip = bits === 8 ? 0 : 2 ** (bits - 1);
  if (flip !== 0 && Number(cardValue(cards, 'BZERO')) !== flip) throw new Error('pixels that have a sign');
  const count = width * height * planes;
  if (compressed ? count > MOST_PIXELS_A_BYTE * bytes.byteLength : count * sampleBytes > bytes.byteLength) {
    throw new Error(`${width} x ${height} pixels in ${bytes.byteLength} bytes`);
  }
  const shape = { width, height, sampleBytes, planes } as const;
  return {
    ...shape,
    data: compressed ? riceImage(cards, bytes, shape, flip, into) : plainImage(bytes, count, sampleBytes, into),
  };
}

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1 && value < 2 ** 31;

/** Memory for `count` samples: from the start of `into` where it can hold them, else of its own. */
function samplesOf(count: number, sampleBytes: SampleBytes, into: Uint8Array | null): Samples {
  const fits = into !== null && into.byteOffset % sampleBytes === 0 && into.byteLength >= count * sampleBytes;
  const [buffer, offset] = fits ? [into.buffer, into.byteOffset] : [new ArrayBuffer(count * sampleBytes), 0];
  if (sampleBytes === 1) return new Uint8Array(buffer, offset, count);
  return sampleBytes === 2 ? new Uint16Array(buffer, offset, count) : new Uint32Array(buffer, offset, count);
}

function plainImage(bytes: Buffer, count: number, sampleBytes: SampleBytes, into: Uint8Array | null): Samples {
  const data = samplesOf(count, sampleBytes, into);
  const target = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  bytes.copy(target, 0, 0, count * sampleBytes);
  if (sampleBytes === 2) target.swap16();
  else if (sampleBytes === 4) target.swap32();
  turnHighestBit(data);
  return data;
}

/** Pixels without sign to the integers that FITS has for them, and back. */
function turnHighestBit(data: Samples): void {
  // Words are turned two at a time where they are pairs.
  if (data instanceof Uint16Array && data.byteOffset % 4 === 0) {
    const pairs = new Uint32Array(data.buffer, data.byteOffset, data.length >> 1);
    for (let i = 0; i < pairs.length; i++) pairs[i] = (pairs[i] as number) ^ 0x8000_8000;
    if (data.length % 2 === 1) data[data.length - 1] = (data[data.length - 1] as number) ^ 0x8000;
  } else if (data instanceof Uint16Array) {
    for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) ^ 0x8000;
  } else if (data instanceof Uint32Array) {
    for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) ^ 0x8000_0000;
  }
}

function riceImage(
  cards: readonly string[],
  bytes: Buffer,
  { width, height, sampleBytes, planes }: Omit<StoredImage, 'data'>,
  flip: number,
  into: Uint8Array | null,
): Samples {
  const rows =
    cardValue(cards, 'ZTILE1') === String(width) &&
    ['ZTILE2', 'ZTILE3'].every((tile) => (cardValue(cards, tile) ?? '1') === '1');
  const known = cardValue(cards, 'ZCMPTYPE') === 'RICE_1' && cardValue(cards, 'NAXIS1') === String(DESCRIPTOR_BYTES);
  if (!rows || !known) throw new Error('a compressed image of another kind than rows of RICE_1');
  const data = samplesOf(width * height * planes, sampleBytes, into);
  riceDecodeRows(bytes, height * planes, width, flip, data);
  return data;
}
