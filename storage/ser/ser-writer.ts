/**
 * Writes a SER file frame by frame from any source: `.part` until it is closed, never over another file, and gone on with after a stop. What
 * stands in it is what a recording has (ser-body.ts).
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { StorageError } from '../errors.js';
import type { SegmentBody } from '../formats/recording-format.js';
import type { SegmentHeader } from '../formats/segment-header.js';
import type { FrameRecord } from '../frame-record.js';
import { PART } from '../segments/names.js';
import { syncFolder } from '../segments/segment-file.js';
import { beginSer, resumeSer } from './ser-body.js';
import { layoutSerFrame } from './ser-format.js';
import { decodeSerHeader, SER_HEADER_BYTES, SER_MOST_FRAMES, serFrameBytes } from './ser-header.js';

export class SerWriter {
  readonly file: string;
  readonly #fd: number;
  readonly #body: SegmentBody;
  readonly #frameBytes: number;
  #frames: number;

  private constructor(file: string, fd: number, body: SegmentBody, frames: number) {
    this.file = file;
    this.#fd = fd;
    this.#body = body;
    this.#frameBytes = serFrameBytes(decodeSerHeader(body.start));
    this.#frames = frames;
  }

  /**
   * Begins `file`, for frames of the shape and pixel format of `first`, which is still to be appended. Throws StorageError `storage.ser-exists`
   * where the file or its part is there, `storage.format-shape` for pixels of 32 bits, and the system's errors.
   */
  static create(file: string, segment: SegmentHeader, first: FrameRecord): SerWriter {
    layoutSerFrame(first);
    const body = beginSer(segment, first);
    const fd = openNew(file);
    const writer = new SerWriter(file, fd, body, 0);
    try {
      writer.#write(body.start, 0);
    } catch (error) {
      writer.stop();
      throw error;
    }
    return writer;
  }

  /**
   * Goes on with the part of `file`. `written` are the records of all frames that were appended to it, in order: those whose pixels are whole
   * in the part are taken up, and `frames` says how many that were. Throws StorageError `storage.scan` for a part that is not one of these,
   * `storage.ser-exists`, and the system's errors. A stop of the program leaves whole frames; after a power failure begin again.
   */
  static resume(file: string, written: Iterable<FrameRecord>): SerWriter {
    if (existsSync(file)) throw exists(file);
    const fd = openSync(file + PART, 'r+');
    try {
      const start = Buffer.alloc(SER_HEADER_BYTES);
      const got = readSync(fd, start, 0, SER_HEADER_BYTES, 0);
      const body = resumeSer(start.subarray(0, got));
      const header = decodeSerHeader(start);
      const frameBytes = serFrameBytes(header);
      const whole = Math.floor((fstatSync(fd).size - SER_HEADER_BYTES) / frameBytes);
      let frames = 0;
      for (const record of written) {
        if (frames === whole) break;
        if (record.width !== header.width || record.height !== header.height) {
          throw new StorageError(
            'storage.scan',
            `${file}${PART} holds frames of another size: remove it and begin again`,
          );
        }
        body.added(record, placeOf(frames++, frameBytes));
      }
      ftruncateSync(fd, SER_HEADER_BYTES + frames * frameBytes);
      return new SerWriter(file, fd, body, frames);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** Frames in the file. */
  get frames(): number {
    return this.#frames;
  }

  /**
   * Appends a frame: its samples, little-endian where they have two bytes, rows in order without gaps. They are free again when this returns.
   * Throws StorageError `storage.format-shape` for another number of bytes, `storage.ser-full`, and the system's errors, after which what stood
   * before is still whole.
   */
  append(pixels: Uint8Array | Uint16Array, record: FrameRecord): void {
    if (pixels.byteLength !== this.#frameBytes) {
      throw new StorageError(
        'storage.format-shape',
        `frames of ${this.file} have ${this.#frameBytes} bytes of pixels, not ${pixels.byteLength}`,
      );
    }
    if (this.#frames >= SER_MOST_FRAMES) {
      throw new StorageError('storage.ser-full', `${this.file} holds the ${SER_MOST_FRAMES} frames that SER can count`);
    }
    const place = placeOf(this.#frames, this.#frameBytes);
    const bytes = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
    this.#write(bytes, place.byteOffset);
    this.#body.added(record, place);
    this.#frames++;
  }

  /** Leaves the part as it is, to be gone on with. */
  stop(): void {
    closeSync(this.#fd);
  }

  /** Writes the trailer and the count, syncs, and gives the file its name. Nothing can follow. */
  async close(): Promise<void> {
    const bytes = SER_HEADER_BYTES + this.#frames * this.#frameBytes;
    try {
      ftruncateSync(this.#fd, bytes);
      const end = this.#body.end(bytes);
      if (end !== null) {
        this.#write(end.tail, bytes);
        for (const patch of end.patches) this.#write(patch.bytes, patch.offset);
      }
      fsyncSync(this.#fd);
    } finally {
      closeSync(this.#fd);
    }
    if (existsSync(this.file)) throw exists(this.file);
    renameSync(this.file + PART, this.file);
    await syncFolder(dirname(this.file));
  }

  #write(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.byteLength; ) {
      done += writeSync(this.#fd, bytes, done, bytes.byteLength - done, position + done);
    }
  }
}

function placeOf(frame: number, byteLength: number) {
  return { byteOffset: SER_HEADER_BYTES + frame * byteLength, byteLength, headerBytes: 0, dataSum: null };
}

function openNew(file: string): number {
  if (existsSync(file)) throw exists(file);
  try {
    return openSync(file + PART, 'wx+');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw exists(file + PART);
    throw error;
  }
}

function exists(file: string): StorageError {
  return new StorageError('storage.ser-exists', `${file} exists already, not overwritten: name another file`, {
    context: { file },
  });
}
