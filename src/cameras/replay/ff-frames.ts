/**
 * Frames of an FF file, as far as the file has them: the maximum where a frame has it, elsewhere the average. Their times follow from
 * the start of the block and its rate.
 */

import { utcToTai } from '#gps/clocks/leap-seconds.js';
import type { FrameTime } from '#gps/frame-time.js';
import { instantsOf } from '#gps/frame-time.js';
import { type FfImage, frameStartOf, readFf, reconstructFrame } from '#storage/ff/ff-image.js';
import type { FileFrame, FileFrames } from './file-frames.js';
import { missingTime } from './found-frame-time.js';

/** What RMS says of its times: the host's, less a delay that was set by hand, and frames that were dropped are not counted. */
const BOUND_NS = 1_000_000_000n;

export class FfFrames implements FileFrames {
  readonly bitDepth = 8;
  readonly bayer = null;
  readonly #image: FfImage;

  /** Throws as readFf does. */
  constructor(file: string) {
    this.#image = readFf(file);
  }

  get cameraName(): string | null {
    return this.#image.station;
  }

  *frames(): Generator<FileFrame, void> {
    const { width, height, frames } = this.#image;
    for (let index = 0; index < frames; index++) {
      const data = new Uint8Array(width * height);
      reconstructFrame(this.#image, index, data);
      yield { pixels: { width, height, data }, record: null, time: this.#timeOf(index) };
    }
  }

  close(): void {}

  #timeOf(index: number): FrameTime | null {
    const { height } = this.#image;
    const [startUtcNs, nextUtcNs] = [frameStartOf(this.#image, index), frameStartOf(this.#image, index + 1)];
    if (startUtcNs === null || nextUtcNs === null) return null;
    const startTai = utcToTai(startUtcNs);
    return {
      ...missingTime(null, height, startUtcNs),
      ...instantsOf(startTai, startTai + (nextUtcNs - startUtcNs)),
      ...{ uncertaintyNs: BOUND_NS, grade: 'coarse', flags: ['replayed-foreign', 'exposure-unknown'] },
    };
  }
}
