/**
 * Where the newest preview of a camera hangs: three places in shared memory, written by the frame workers, read by whoever
 * shows it. The newest wins; a reader that is slow or stuck costs the writers nothing.
 */
import { AppulseError } from '#gps/errors.js';
import { previewShape } from '#pipeline/kernels/preview.js';
import { HISTOGRAM_BINS } from './steps.js';

/** What another thread needs to see the same board; crosses by structured clone. */
export interface PreviewBoardHandle {
  readonly memory: SharedArrayBuffer;
  /** Of the preview, in its own pixels. */
  readonly width: number;
  readonly height: number;
  /** Of a preview pixel's value. */
  readonly bitDepth: number;
}

/** A preview as it was read: planes of `width` x `height`, row by row, ADU. */
export interface Preview {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  readonly frameNumber: number;
  readonly startUtcNs: bigint;
  /** Mean of the pixels that a preview pixel stands for. */
  readonly mean: Uint16Array;
  /** The largest of them: a one-pixel meteor survives in it. */
  readonly maximum: Uint16Array;
  /** Of the frame, HISTOGRAM_BINS bins; all zero where none was made. */
  readonly histogram: Uint32Array;
}

const PLACES = 3;
const HEAD_BYTES = 64;

function placeBytes(width: number, height: number): number {
  return HEAD_BYTES + HISTOGRAM_BINS * 4 + Math.ceil((width * height * 2 * 2) / 64) * 64;
}

interface Place {
  /** Frame number and start of exposure. */
  readonly head: BigInt64Array;
  readonly histogram: Uint32Array;
  readonly mean: Uint16Array;
  readonly maximum: Uint16Array;
}

export class PreviewBoard {
  readonly handle: PreviewBoardHandle;
  /** How many previews were published. */
  readonly #published: Int32Array;
  readonly #places: Place[];

  private constructor(handle: PreviewBoardHandle) {
    const { memory, width, height } = handle;
    this.handle = handle;
    this.#published = new Int32Array(memory, 0, 1);
    this.#places = Array.from({ length: PLACES }, (_, i) => {
      const at = HEAD_BYTES + i * placeBytes(width, height);
      const planes = at + HEAD_BYTES + HISTOGRAM_BINS * 4;
      return {
        head: new BigInt64Array(memory, at, 2),
        histogram: new Uint32Array(memory, at + HEAD_BYTES, HISTOGRAM_BINS),
        mean: new Uint16Array(memory, planes, width * height),
        maximum: new Uint16Array(memory, planes + width * height * 2, width * height),
      };
    });
  }

  /** A board for frames of `frameWidth` x `frameHeight`, `previewWidth` (at most `frameWidth`) columns wide. */
  static create(frameWidth: number, frameHeight: number, previewWidth: number, bitDepth: number): PreviewBoard {
    const { width, height } = previewShape(frameWidth, frameHeight, previewWidth);
    const memory = new SharedArrayBuffer(HEAD_BYTES + PLACES * placeBytes(width, height));
    return new PreviewBoard({ memory, width, height, bitDepth });
  }

  static attach(handle: PreviewBoardHandle): PreviewBoard {
    return new PreviewBoard(handle);
  }

  /** The place that the next preview goes to. One preview is made at a time. */
  next(): number {
    return (Atomics.load(this.#published, 0) >>> 0) % PLACES;
  }

  /** The memory of a place. @throws AppulseError `preview.place` where there is none such */
  place(index: number): Place {
    const found = this.#places[index];
    if (found === undefined) throw new AppulseError('preview.place', `no place ${index} on the board`);
    return found;
  }

  /** What was written to the place `next()` named is the newest preview from now on. */
  publish(frameNumber: number, startUtcNs: bigint): void {
    const { head } = this.place(this.next());
    head[0] = BigInt(frameNumber);
    head[1] = startUtcNs;
    Atomics.add(this.#published, 0, 1);
  }

  /** How many previews there were; a reader sees by it that another one came. */
  get count(): number {
    return Atomics.load(this.#published, 0) >>> 0;
  }

  /** A copy of the newest preview; null before the first. */
  read(): Preview | null {
    for (;;) {
      const published = this.count;
      if (published === 0) return null;
      const { width, height, bitDepth } = this.handle;
      const { head, histogram, mean, maximum } = this.place((published - 1) % PLACES);
      const copy = {
        width,
        height,
        bitDepth,
        frameNumber: Number(head[0]),
        startUtcNs: head[1] ?? 0n,
        mean: mean.slice(),
        maximum: maximum.slice(),
        histogram: histogram.slice(),
      };
      // Two previews later the place that was copied is written again.
      if (this.count - published < PLACES - 1) return copy;
    }
  }
}
