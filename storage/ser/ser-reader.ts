/**
 * Reads frames and times of SER files by anyone, a frame at a time: also of a file whose header counts no frames or too many, whose trailer
 * is missing, short or counted from 1601, and whose 16-bit samples have their bytes in either order.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { StorageError } from '../errors.js';
import type { Pixels } from '../formats/segment-reader.js';
import { FileBytes } from '../times/file-bytes.js';
import type { TimedFrame } from '../times/timed-frame.js';
import { SER_HEADER_BYTES } from './ser-header.js';
import { type SerLayout, serLayout } from './ser-layout.js';
import { type ByteOrder, pixelsOf, plausibleOrder } from './ser-pixels.js';
import { type SerStamp, stampOfNote } from './ser-stamp.js';
import { serTimes } from './ser-times.js';

/** A frame that would take more memory is refused; a QHY411's has 308 MB. */
const MOST_FRAME_BYTES = 2 ** 31 - 1;
/** Frames that are looked at for the order of bytes, the first ones. */
const ORDER_FRAMES = 3;

/** What the pixels are by `ColorID`; four letters: a pattern, three: the samples of each pixel. */
const COLOR_NAMES: Readonly<Record<number, string>> = {
  0: 'MONO',
  8: 'RGGB',
  9: 'GRBG',
  10: 'GBRG',
  11: 'BGGR',
  16: 'CYYM',
  17: 'YCMY',
  18: 'YMCY',
  19: 'MYYC',
  100: 'RGB',
  101: 'BGR',
};

export interface SerFrame {
  /** Place in the file, from 1. */
  readonly frame: number;
  readonly pixels: Pixels;
  /** Null where the file has no stamp for it. */
  readonly time: TimedFrame | null;
}

export class SerReader {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  /** Significant bits of a sample: up to 8 are bytes, up to 16 are two. */
  readonly bitDepth: number;
  /** `MONO`, the colours of the first two rows' first two pixels, or `RGB` and `BGR`, whose pixels are read as planes; unknown numbers are taken for `MONO` and told in `notes`. */
  readonly color: string;
  /** Frames whose pixels are whole in the file. */
  readonly frameCount: number;
  readonly observer: string;
  readonly instrument: string;
  readonly telescope: string;
  /** What the file says its stamps mark; null: nothing. */
  readonly stamp: SerStamp | null;
  /** How the bytes of 16-bit samples are read. */
  readonly byteOrder: ByteOrder;
  /** What of the file is not as the format wants it. */
  readonly notes: readonly string[];
  readonly #bytes: FileBytes;
  readonly #layout: SerLayout;
  readonly #fd: number;

  /**
   * Opens `file`, which the caller closes. Throws StorageError `storage.times-broken` for what is no SER file, `storage.ser-unsupported` for
   * frames that are too large, and the system's errors.
   */
  constructor(file: string) {
    this.file = file;
    this.#bytes = new FileBytes(file);
    try {
      this.#layout = serLayout(this.#bytes);
      this.#fd = openSync(file, 'r');
    } catch (error) {
      this.#bytes.close();
      throw error;
    }
    const { header, frames, frameBytes } = this.#layout;
    const notes = [...this.#layout.notes];
    this.width = header.width;
    this.height = header.height;
    this.bitDepth = header.depth;
    this.frameCount = frames;
    this.observer = header.observer;
    this.instrument = header.instrument;
    this.telescope = header.telescope;
    this.stamp = stampOfNote(header.instrument);
    this.color = COLOR_NAMES[header.colorId] ?? 'MONO';
    try {
      if (frameBytes > MOST_FRAME_BYTES) throw this.#unsupported(`a frame of it has ${frameBytes} bytes`);
      if (COLOR_NAMES[header.colorId] === undefined)
        notes.push(`ColorID ${header.colorId} is none of the format's: read as MONO`);
      this.byteOrder = this.#findOrder(notes);
      this.notes = notes;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The pixels of frame `frame`, 1 to `frameCount`. Throws StorageError `storage.pixels` where there is none. */
  readPixels(frame: number): Pixels {
    return pixelsOf(this.#layout.header, this.#frameBytes(frame), this.byteOrder);
  }

  /** All frames in order; one is in memory at a time. */
  *frames(): Generator<SerFrame, void> {
    const times = this.#layout.stamps > 0 ? serTimes(this.#bytes) : null;
    for (let frame = 1; frame <= this.frameCount; frame++) {
      const next = times?.next();
      const time = next === undefined || next.done ? null : next.value;
      yield { frame, pixels: this.readPixels(frame), time };
    }
  }

  /** The time of every stamp, in order, as `appulse time` reads them; none where the file has no stamps. */
  *times(): Generator<TimedFrame, void> {
    if (this.#layout.stamps === 0) return;
    yield* serTimes(this.#bytes);
  }

  close(): void {
    closeSync(this.#fd);
    this.#bytes.close();
  }

  /** Our own files are little-endian; of others the pixels decide, and the flag, as it is practised, only where they do not. */
  #findOrder(notes: string[]): ByteOrder {
    const { depth, littleEndianFlag } = this.#layout.header;
    if (depth <= 8 || this.stamp !== null) return 'little-endian';
    const byFlag: ByteOrder = littleEndianFlag === 0 ? 'little-endian' : 'big-endian';
    for (let frame = 1; frame <= Math.min(ORDER_FRAMES, this.frameCount); frame++) {
      const found = plausibleOrder(this.#frameBytes(frame), depth);
      if (found === null) continue;
      if (found !== byFlag) notes.push(`the pixels are ${found}, though the flag is ${littleEndianFlag}`);
      return found;
    }
    return byFlag;
  }

  #frameBytes(frame: number): Uint8Array {
    const length = this.#layout.frameBytes;
    if (!Number.isInteger(frame) || frame < 1 || frame > this.frameCount) {
      throw new StorageError('storage.pixels', `${this.file} holds frames 1 to ${this.frameCount}, not ${frame}`);
    }
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let got = 0; got < length; ) {
      const read = readSync(this.#fd, bytes, got, length - got, SER_HEADER_BYTES + (frame - 1) * length + got);
      if (read === 0) throw new StorageError('storage.pixels', `${this.file} was cut while it was read`);
      got += read;
    }
    return bytes;
  }

  #unsupported(why: string): StorageError {
    return new StorageError('storage.ser-unsupported', `${this.file}: ${why}`, { context: { file: this.file } });
  }
}
