/** Frames of an ADV version 2 file of anybody's. */
import { AdvReader } from '#storage/adv/adv-reader.js';
import type { FileFrame, FileFrames } from './file-frames.js';

export class AdvFrames implements FileFrames {
  readonly #reader: AdvReader;

  /** Throws as AdvReader does. */
  constructor(file: string) {
    this.#reader = new AdvReader(file);
  }

  get bitDepth(): number {
    return this.#reader.bitDepth;
  }

  get bayer(): string | null {
    return this.#reader.bayerPattern?.slice(0, 2) ?? null;
  }

  get cameraName(): string | null {
    return this.#reader.tags.get('CAMERA-MODEL') ?? null;
  }

  *frames(): Generator<FileFrame, void> {
    for (const frame of this.#reader.frames()) {
      yield { pixels: this.#reader.pixels(frame), record: frame.record, time: frame.time };
    }
  }

  close(): void {
    this.#reader.close();
  }
}
