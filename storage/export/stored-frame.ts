/** Frames out of segments, one after the other: header cards as FITS has them, and pixels. One file is kept open. */
import { closeSync, openSync, readSync } from 'node:fs';
import { reasonOf } from '#gps/errors.js';
import { riceDecode } from '#pipeline/kernels/rice.js';
import { StorageError } from '../errors.js';
import { BLOCK_BYTES } from '../fits/cards.js';
import { DESCRIPTOR_BYTES } from '../fits/hdu-layout.js';
import type { SampleBytes } from '../frame-record.js';
import type { FramePlace } from '../index/index-changes.js';
import { cardValue, frameCards } from './frame-cards.js';

export type Samples = Uint8Array | Uint16Array | Uint32Array;

export interface StoredImage {
  readonly width: number;
  readonly height: number;
  readonly sampleBytes: SampleBytes;
  readonly data: Samples;
}

export type Place = Pick<FramePlace, 'byteOffset' | 'byteLength' | 'headerBytes'>;

/** 32 equal pixels take four bits, none take less. */
const MOST_PIXELS_A_BYTE = 64;

export class SegmentFrames {
  #file: { readonly name: string; readonly fd: number; readonly primary: string } | null = null;

  /** The bytes of the frame's HDU as they stand. Throws `export.unreadable`, and the system's errors. */
  hdu(file: string, place: Place): Buffer {
    const { fd } = this.#opened(file);
    const bytes = readFully(fd, place.byteOffset, place.byteLength);
    if (bytes.byteLength < place.byteLength || !bytes.subarray(0, 8).equals(XTENSION)) {
      throw unreadable(file, place.byteOffset, 'no whole frame stands here');
    }
    return bytes;
  }

  cards(file: string, hdu: Buffer, { headerBytes }: Place): string[] {
    return frameCards(hdu.toString('latin1', 0, headerBytes), this.#opened(file).primary);
  }

  image(file: string, hdu: Buffer, place: Place): StoredImage {
    try {
      return fitsImage(hdu, place.headerBytes);
    } catch (cause) {
      throw unreadable(file, place.byteOffset, reasonOf(cause), cause);
    }
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file.fd);
    this.#file = null;
  }

  #opened(name: string): { readonly fd: number; readonly primary: string } {
    if (this.#file?.name === name) return this.#file;
    this.close();
    const fd = openSync(name, 'r');
    this.#file = { name, fd, primary: readFully(fd, 0, BLOCK_BYTES).toString('latin1') };
    return this.#file;
  }
}

const XTENSION = Buffer.from('XTENSION');

function readFully(fd: number, offset: number, length: number): Buffer {
  // Typed arrays begin at whole samples of it, which those of the pool need not.
  const bytes = Buffer.from(new ArrayBuffer(length));
  let got = 0;
  for (let read = -1; read !== 0 && got < length; got += read)
    read = readSync(fd, bytes, got, length - got, offset + got);
  return bytes.subarray(0, got);
}

function unreadable(file: string, byte: number, why: string, cause?: unknown): StorageError {
  return new StorageError('export.unreadable', `${file}: byte ${byte}: ${why}`, { cause, context: { file, byte } });
}

/** The pixels of an image HDU of the archive. Throws what says why not. */
function fitsImage(hdu: Buffer, headerBytes: number): StoredImage {
  const cards = rawCards(hdu.toString('latin1', 0, headerBytes));
  const compressed = cardValue(cards, 'ZIMAGE') === 'T';
  const of = (keyword: string) => Number(cardValue(cards, compressed ? `Z${keyword}` : keyword));
  const [bits, width, height] = [of('BITPIX'), of('NAXIS1'), of('NAXIS2')];
  if (of('NAXIS') !== 2 || !isCount(width) || !isCount(height)) throw new Error('no image of two axes');
  if (bits !== 8 && bits !== 16 && bits !== 32) throw new Error(`an image of BITPIX ${bits}`);
  const sampleBytes = (bits / 8) as SampleBytes;
  const flip = bits === 8 ? 0 : 2 ** (bits - 1);
  if (flip !== 0 && Number(cardValue(cards, 'BZERO')) !== flip) throw new Error('pixels that have a sign');
  const bytes = hdu.subarray(headerBytes);
  const count = width * height;
  if (compressed ? count > MOST_PIXELS_A_BYTE * bytes.byteLength : count * sampleBytes > bytes.byteLength) {
    throw new Error(`${width} x ${height} pixels in ${bytes.byteLength} bytes`);
  }
  const data = compressed
    ? riceImage(cards, bytes, width, height, sampleBytes, flip)
    : plainImage(bytes, count, sampleBytes);
  return { width, height, sampleBytes, data };
}

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1 && value < 2 ** 31;

function rawCards(text: string): string[] {
  const cards: string[] = [];
  for (let at = 0; at < text.length; at += 80) cards.push(text.slice(at, at + 80));
  return cards;
}

const samplesOf = (count: number, sampleBytes: SampleBytes): Samples =>
  sampleBytes === 1 ? new Uint8Array(count) : sampleBytes === 2 ? new Uint16Array(count) : new Uint32Array(count);

function plainImage(bytes: Buffer, count: number, sampleBytes: SampleBytes): Samples {
  const data = samplesOf(count, sampleBytes);
  const target = Buffer.from(data.buffer);
  bytes.copy(target, 0, 0, count * sampleBytes);
  if (sampleBytes === 2) target.swap16();
  else if (sampleBytes === 4) target.swap32();
  if (data instanceof Uint16Array) for (let i = 0; i < count; i++) data[i] = (data[i] as number) ^ 0x8000;
  else if (data instanceof Uint32Array) for (let i = 0; i < count; i++) data[i] = (data[i] as number) ^ 0x8000_0000;
  return data;
}

function riceImage(
  cards: readonly string[],
  bytes: Buffer,
  width: number,
  height: number,
  sampleBytes: SampleBytes,
  flip: number,
): Samples {
  const rows = cardValue(cards, 'ZTILE1') === String(width) && (cardValue(cards, 'ZTILE2') ?? '1') === '1';
  const known = cardValue(cards, 'ZCMPTYPE') === 'RICE_1' && cardValue(cards, 'NAXIS1') === String(DESCRIPTOR_BYTES);
  if (!rows || !known) throw new Error('a compressed image of another kind than rows of RICE_1');
  const heap = DESCRIPTOR_BYTES * height;
  const data = samplesOf(width * height, sampleBytes);
  for (let row = 0; row < height; row++) {
    const length = bytes.readInt32BE(DESCRIPTOR_BYTES * row);
    const offset = heap + bytes.readInt32BE(DESCRIPTOR_BYTES * row + 4);
    riceDecode(bytes, offset, length, width, flip, data, row * width);
  }
  return data;
}
