/**
 * Stacks of frames that were recorded, for export: the same files, byte for byte, that live recording made of the same frames. Frames
 * are added in batches of eight, tile by tile, as the frame workers do (pipeline/stages/stack-pass.ts).
 */
import { endianness } from 'node:os';
import { STACK_BATCH, STACK_LEAST_FRAMES, stackBytes } from '#pipeline/kernels/stack.js';
import type { PixelLayout } from '#pipeline/kernels/unpack.js';
import { finishStackBand, StackScratch, stackBatch } from '#pipeline/stages/stack-pass.js';
import type { FrameRecord } from '../frame-record.js';
import type { StackFile, StackFormat } from './stack-format.js';

/** Pixels of a frame, row by row, of the sensor's depth. */
export type StackPixels = Uint8Array | Uint16Array;

interface Placed {
  readonly record: FrameRecord;
  readonly place: number;
}

/** Pixels as a payload whose pixels are not packed, in this machine's byte order. */
function layoutOf({ pixelFormat, bitDepth }: FrameRecord, pixels: StackPixels): PixelLayout {
  const bitsPerPixel = pixels instanceof Uint8Array ? 8 : 16;
  const byteOrder = endianness() === 'LE' ? 'little' : 'big';
  return { name: pixelFormat, bitsPerPixel, bitDepth, packing: 'unpacked', byteOrder };
}

const bytesOf = (pixels: StackPixels): Uint8Array =>
  new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);

export class Stacker {
  readonly #format: StackFormat;
  readonly #accumulators: Uint8Array;
  readonly #sums: BigUint64Array;
  readonly #scratch = new StackScratch();
  #batch: (Placed & { readonly pixels: StackPixels })[] = [];
  #stacked: Placed[] = [];
  #number = 0;

  constructor(format: StackFormat) {
    this.#format = format;
    this.#accumulators = new Uint8Array(stackBytes(format.mode, format.width * format.height));
    this.#sums = new BigUint64Array(format.frames);
  }

  /**
   * Takes the next frame, and keeps `pixels` until eight frames have followed or the stack has ended. Returns the files of the stack that
   * is done with it, the stack's own last; null while one goes on, and where one has too few frames to be written.
   */
  add(record: FrameRecord, pixels: StackPixels): readonly StackFile[] | null {
    const held = [...this.#stacked, ...this.#batch];
    const first = held[0]?.record ?? record;
    const place = this.#format.placeOf(record, first, held.length);
    const before = held.at(-1)?.place ?? -1;
    if (place >= this.#format.frames || place <= before) {
      const files = this.end();
      this.#batch.push({ record, place: 0, pixels });
      return files;
    }
    if (this.#batch.length === STACK_BATCH || place !== before + 1) this.#flush();
    this.#batch.push({ record, place, pixels });
    return place === this.#format.frames - 1 ? this.end() : null;
  }

  /** The files of the stack where it stands; null where it has too few frames. The next frame begins a new one. */
  end(): readonly StackFile[] | null {
    this.#flush();
    const format = this.#format;
    const frames = this.#stacked.map(({ record, place }) => ({ record, place, sum: this.#sums[place] ?? 0n }));
    this.#stacked = [];
    this.#sums.fill(0n);
    if (frames.length < STACK_LEAST_FRAMES[format.mode]) return null;
    const bytes = new Uint8Array(format.totalBytes(frames.length));
    const planeSums = finishStackBand(this.#band(), frames.length, { out: bytes, offsets: format.planeOffsets });
    return format.files(bytes, { number: ++this.#number, frames, planeSums });
  }

  #band() {
    const { mode, width, height } = this.#format;
    const pixels = width * height;
    return {
      mode,
      framePixels: pixels,
      firstPixel: 0,
      pixels,
      accumulators: this.#accumulators,
      scratch: this.#scratch,
    };
  }

  #flush(): void {
    const [first] = this.#batch;
    if (first === undefined) return;
    const { place, record, pixels } = first;
    stackBatch({
      ...this.#band(),
      payloads: this.#batch.map(({ pixels }) => bytesOf(pixels)),
      format: layoutOf(record, pixels),
      firstFrame: place,
      frameSums: this.#sums.subarray(place, place + this.#batch.length),
    });
    this.#stacked.push(...this.#batch);
    this.#batch = [];
  }
}
