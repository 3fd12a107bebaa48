/**
 * Writes an ADV file frame by frame, for an export: `.part` until it is complete, never over a file that is there. One that was
 * stopped, or that a crash left, is gone on with.
 */
import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
  writevSync,
} from 'node:fs';
import { onesSum } from '#pipeline/kernels/ones-sum.js';
import { StorageError } from '../errors.js';
import type { SegmentHeader } from '../formats/segment-header.js';
import type { Pixels } from '../formats/segment-reader.js';
import type { FrameRecord } from '../frame-record.js';
import { PART } from '../segments/names.js';
import { AdvBody } from './adv-body.js';
import { advFormat, HEADER_BYTES } from './adv-format.js';
import { advStart } from './adv-header.js';
import { advSegmentReader, resumeAdv } from './adv-segment.js';

export class AdvWriter {
  readonly file: string;
  readonly #part: string;
  readonly #fd: number;
  readonly #body: AdvBody;
  #bytes: number;
  #frames = 0;
  #last: FrameRecord | null = null;
  #ends: Uint8Array = new Uint8Array(0);

  private constructor(file: string, fd: number, body: AdvBody, bytes: number) {
    this.file = file;
    this.#part = file + PART;
    this.#fd = fd;
    this.#body = body;
    this.#bytes = bytes;
  }

  /**
   * Begins `file`, whose frames all have the shape and pixel format of `first`; that is not written yet. Throws StorageError
   * `storage.export-exists` where the file or its part is there, and `storage.format-shape` for pixels of 32 bits.
   */
  static create(file: string, segment: SegmentHeader, first: FrameRecord): AdvWriter {
    if (existsSync(file) || existsSync(file + PART)) throw exists(existsSync(file) ? file : file + PART);
    advFormat.layout(first);
    const body = new AdvBody(advStart(segment, first));
    const fd = openSync(file + PART, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL);
    const writer = new AdvWriter(file, fd, body, 0);
    try {
      writer.#write([body.start]);
    } catch (error) {
      closeSync(fd);
      unlinkSync(file + PART);
      throw error;
    }
    return writer;
  }

  /**
   * Goes on with the part of `file`: its whole frames stay, what is torn behind them is cut off. Throws `storage.export-exists` where
   * the file is complete, `storage.scan` where the part is none of ours, and ENOENT where there is none.
   */
  static resume(file: string): AdvWriter {
    if (existsSync(file)) throw exists(file);
    const body = resumeAdv(file + PART);
    const fd = openSync(file + PART, constants.O_RDWR);
    try {
      const writer = new AdvWriter(file, fd, body, 0);
      const frames = advSegmentReader.scan(file + PART, 0, { verify: true });
      for (;;) {
        const next = frames.next();
        if (next.done) {
          writer.#bytes = next.value;
          break;
        }
        const { record, place } = next.value;
        body.added(record, place);
        writer.#frames++;
        writer.#last = record;
      }
      ftruncateSync(fd, writer.#bytes);
      return writer;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** Frames in the file. */
  get frames(): number {
    return this.#frames;
  }

  /** The last frame in the file; null where there is none. */
  get last(): FrameRecord | null {
    return this.#last;
  }

  /** Bytes in the file. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Throws `storage.format-shape` where pixels and record do not go together, and the system's errors; then the file is as before. */
  append({ width, height, data }: Pixels, record: FrameRecord): void {
    const { sampleBytes } = record;
    if (
      width !== record.width ||
      height !== record.height ||
      data.BYTES_PER_ELEMENT !== sampleBytes ||
      data.length !== width * height
    ) {
      throw new StorageError(
        'storage.format-shape',
        `${data.length} samples of ${data.BYTES_PER_ELEMENT} bytes are not the ${record.width} x ${record.height} of ${sampleBytes} bytes that frame ${record.frameNumber} has`,
      );
    }
    const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const { bufferBytes } = advFormat.layout({ width, height, sampleBytes });
    // Head and status of the frame, without the room for its pixels between them.
    const endsBytes = bufferBytes - pixels.byteLength;
    if (this.#ends.byteLength < endsBytes) this.#ends = new Uint8Array(endsBytes);
    const { tailBytes, dataSum } = advFormat.writeFrame(this.#ends, record, {
      rowBytes: null,
      bytes: pixels.byteLength,
      tailOffset: HEADER_BYTES,
      sum: onesSum(pixels, 0, pixels.byteLength),
    });
    const byteOffset = this.#bytes;
    const head = this.#ends.subarray(0, HEADER_BYTES);
    this.#write([head, pixels, this.#ends.subarray(HEADER_BYTES, HEADER_BYTES + tailBytes)]);
    const place = { byteOffset, byteLength: this.#bytes - byteOffset, headerBytes: HEADER_BYTES, dataSum };
    this.#body.added(record, place);
    this.#frames++;
    this.#last = record;
  }

  /** Completes the file, brings it to stable storage and gives it its name. */
  close(): void {
    try {
      const { tail, patches } = this.#body.end(this.#bytes);
      this.#write([tail]);
      for (const { offset, bytes } of patches) writeWhole(this.#fd, bytes, offset);
      fsyncSync(this.#fd);
      if (existsSync(this.file)) throw exists(this.file);
    } finally {
      closeSync(this.#fd);
    }
    renameSync(this.#part, this.file);
  }

  /** Lets go of the part as it is, to go on with it another time. */
  stop(): void {
    closeSync(this.#fd);
  }

  /** Appends `parts`, or nothing of them. */
  #write(parts: readonly Uint8Array[]): void {
    const end = parts.reduce((sum, part) => sum + part.byteLength, this.#bytes);
    let at = this.#bytes;
    try {
      at += writevSync(this.#fd, parts, at);
      // A large frame may take more than one call.
      let begin = this.#bytes;
      for (const part of parts) {
        const done = Math.min(part.byteLength, Math.max(0, at - begin));
        writeWhole(this.#fd, part.subarray(done), begin + done);
        begin += part.byteLength;
      }
    } catch (error) {
      ftruncateSync(this.#fd, this.#bytes);
      throw error;
    }
    this.#bytes = end;
  }
}

function exists(file: string): StorageError {
  return new StorageError('storage.export-exists', `${file} exists already, it is not overwritten`, {
    context: { file },
  });
}

function writeWhole(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.byteLength; ) {
    done += writeSync(fd, bytes, done, bytes.byteLength - done, position + done);
  }
}
