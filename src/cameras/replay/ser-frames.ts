/** Frames of a SER file of anybody's. */
import { closeSync, openSync, readSync } from 'node:fs';
import { AppulseError } from '#gps/errors.js';
import type { FoundTime } from '#gps/found/found-time.js';
import { SER_COLORS, SER_HEADER_BYTES } from '#storage/ser/ser-header.js';
import { type SerLayout, serLayout } from '#storage/ser/ser-layout.js';
import { pixelsOf, plausibleOrder } from '#storage/ser/ser-pixels.js';
import { serTimes } from '#storage/ser/ser-times.js';
import { FileBytes } from '#storage/times/file-bytes.js';
import type { FileFrame, FileFrames } from './file-frames.js';

const BAYER: Readonly<Record<number, string>> = {
  [SER_COLORS.RGGB]: 'RG',
  [SER_COLORS.GRBG]: 'GR',
  [SER_COLORS.GBRG]: 'GB',
  [SER_COLORS.BGGR]: 'BG',
};

export class SerFrames implements FileFrames {
  readonly bitDepth: number;
  readonly bayer: string | null;
  readonly cameraName: string | null;
  readonly #bytes: FileBytes;
  readonly #fd: number;
  readonly #layout: SerLayout;

  /** Throws StorageError `storage.times-broken`, AppulseError `replay.colour`, and the system's errors. */
  constructor(file: string) {
    this.#bytes = new FileBytes(file);
    this.#fd = openSync(file, 'r');
    try {
      this.#layout = serLayout(this.#bytes);
      const { header } = this.#layout;
      if (header.colorId >= SER_COLORS.RGB) {
        throw new AppulseError(
          'replay.colour',
          `${file}: byte 18: three colours a pixel, where a camera here has one sample`,
        );
      }
      this.bitDepth = header.depth;
      this.bayer = BAYER[header.colorId] ?? null;
      this.cameraName = header.instrument.replace(/ \[stamp \w+, row 0\]$/, '').trim() || null;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  *frames(): Generator<FileFrame, void> {
    const { header, frames, frameBytes } = this.#layout;
    const times = serTimes(this.#bytes);
    let order: ReturnType<typeof plausibleOrder> = null;
    for (let i = 0; i < frames; i++) {
      const bytes = Buffer.from(new ArrayBuffer(frameBytes));
      const at = SER_HEADER_BYTES + i * frameBytes;
      let got = 0;
      for (let read = -1; read !== 0 && got < frameBytes; got += read) {
        read = readSync(this.#fd, bytes, got, frameBytes - got, at + got);
      }
      if (got < frameBytes) throw this.#bytes.broken(at, 'the file ends within a frame');
      order ??= header.depth > 8 ? plausibleOrder(bytes, header.depth) : 'little-endian';
      yield { pixels: pixelsOf(header, bytes, order ?? 'little-endian'), record: null, time: nextTime(times) };
    }
  }

  close(): void {
    this.#bytes.close();
    closeSync(this.#fd);
  }
}

function nextTime(times: ReturnType<typeof serTimes>): FoundTime | null {
  const next = times.next();
  return next.done ? null : (next.value.times[0] ?? null);
}
