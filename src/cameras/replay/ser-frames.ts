/** Frames of a SER file of anybody's. */
import { SerReader } from '#storage/ser/ser-reader.js';
import type { FileFrame, FileFrames } from './file-frames.js';

export class SerFrames implements FileFrames {
  readonly #reader: SerReader;

  /** Throws as SerReader does. */
  constructor(file: string) {
    this.#reader = new SerReader(file);
  }

  get bitDepth(): number {
    return this.#reader.bitDepth;
  }

  get bayer(): string | null {
    return /^[RGB]{4}$/.test(this.#reader.color) ? this.#reader.color.slice(0, 2) : null;
  }

  get colorFormat(): 'RGB8' | 'BGR8' | null {
    const { color } = this.#reader;
    return color === 'RGB' || color === 'BGR' ? `${color}8` : null;
  }

  get cameraName(): string | null {
    return this.#reader.instrument.replace(/ \[stamp \w+, row 0\]$/, '').trim() || null;
  }

  *frames(): Generator<FileFrame, void> {
    for (const { pixels, time } of this.#reader.frames()) {
      yield { pixels, record: null, time: time?.times[0] ?? null };
    }
  }

  close(): void {
    this.#reader.close();
  }
}
