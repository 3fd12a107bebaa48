/** The tiles of a frame as they are measured and coded: unpacked, and binned where the recording bins. */
import { bin16, shiftTo16 } from '#pipeline/kernels/bin.js';
import { colorMean, colorPlane } from '#pipeline/kernels/color.js';
import type { RiceValues } from '#pipeline/kernels/rice.js';
import { unpack16, unpack32 } from '#pipeline/kernels/unpack.js';
import { type PixelFormat, payloadBytesOf } from '#pipeline/wire/pixel-formats.js';
import { tileRows } from './band-plan.js';
import { type Binning, type RecordedShape, recordedShape } from './recorded-shape.js';

/** Scratch memory, owned by the calling worker; grows to the largest tile it has met. */
export class TileScratch {
  #pixels = new Uint16Array(0);
  #narrow = new Uint16Array(0);
  #wide = new Uint32Array(0);
  #bytes = new Uint8Array(0);
  #columns = new Uint32Array(0);

  pixels(count: number): Uint16Array {
    if (this.#pixels.length < count) this.#pixels = new Uint16Array(count);
    return this.#pixels;
  }

  /** Beside `pixels`: what they are binned to, or the view of wide ones. */
  narrow(count: number): Uint16Array {
    if (this.#narrow.length < count) this.#narrow = new Uint16Array(count);
    return this.#narrow;
  }

  wide(count: number): Uint32Array {
    if (this.#wide.length < count) this.#wide = new Uint32Array(count);
    return this.#wide;
  }

  bytes(count: number): Uint8Array {
    if (this.#bytes.length < count) this.#bytes = new Uint8Array(count);
    return this.#bytes;
  }

  columns(count: number): Uint32Array {
    if (this.#columns.length < count) this.#columns = new Uint32Array(count);
    return this.#columns;
  }
}

export interface Tile {
  /** Samples in it. */
  readonly count: number;
  /** What is measured, from its start. */
  readonly measured: Uint16Array | Uint32Array;
  /** The same in 16 bits for histogram and preview: of wider values the upper 16. */
  readonly seen: Uint16Array;
  /** What the preview shows: `seen`, and of colours the mean of a pixel's. */
  readonly shown: Uint16Array;
  /** What is coded, from `codedFirst` on, in samples of the recorded size. */
  readonly coded: RiceValues;
  readonly codedFirst: number;
}

export interface PackedFrame {
  readonly payload: Uint8Array;
  readonly format: PixelFormat;
  /** As they come, before binning. */
  readonly width: number;
  readonly height: number;
  readonly binning: Binning;
  /** See `recordedShape`. */
  readonly largestValue?: number | null;
  /** Colours are recorded side by side as they come, and not as planes. */
  readonly interleaved?: boolean;
}

export class TileSource {
  readonly shape: RecordedShape;
  /** Rows of a recorded tile. */
  readonly rows: number;
  /** Samples of a recorded row. */
  readonly rowSamples: number;
  readonly #frame: PackedFrame;
  readonly #scratch: TileScratch;
  /** Low bits that `seen` leaves out. */
  readonly #shift: number;

  constructor(frame: PackedFrame, scratch: TileScratch) {
    const { format, width, height, binning } = frame;
    this.shape = recordedShape(format, width, height, binning, frame.largestValue);
    const side = frame.interleaved === true ? this.shape.planes : 1;
    this.rows = tileRows(width * binning.factor * side);
    this.rowSamples = this.shape.width * side;
    this.#frame = frame;
    this.#scratch = scratch;
    this.#shift = Math.max(0, this.shape.bitDepth - 16);
  }

  /** Significant bits of `seen`. */
  get seenDepth(): number {
    return this.shape.bitDepth - this.#shift;
  }

  /** The recorded rows `firstRow .. firstRow + rows - 1`, of a plane of them; good until the next call. @throws KernelError */
  tile(firstRow: number, rows: number, plane = 0): Tile {
    const { payload, format, width, binning } = this.#frame;
    if (format.rgb !== undefined) return this.#colors(firstRow * width, rows * width, plane);
    const { factor, by } = binning;
    const unpacked = rows * factor * width;
    if (format.bitsPerPixel === 32) return this.#asItIs(firstRow * width, unpacked);
    const pixels = this.#scratch.pixels(unpacked);
    unpack16(payload, format, firstRow * factor * width, unpacked, pixels);
    const count = rows * this.shape.width;
    if (factor === 1) return this.#narrow(count, pixels, firstRow * width);
    const columns = this.#scratch.columns(width);
    if (this.#shift === 0) {
      const binned = this.#scratch.narrow(count);
      bin16(pixels, 0, width, rows * factor, factor, by, binned, columns);
      return this.#narrow(count, binned, null);
    }
    const wide = this.#scratch.wide(count);
    bin16(pixels, 0, width, rows * factor, factor, by, wide, columns);
    return this.#wide(count, wide);
  }

  /** Pixels of 32 bits, which nothing bins (`recordedLayoutOf` refuses it). */
  #asItIs(firstPixel: number, count: number): Tile {
    const wide = this.#scratch.wide(count);
    unpack32(this.#frame.payload, firstPixel, count, wide);
    return this.#wide(count, wide);
  }

  /** Three samples a pixel, which nothing bins either: side by side as they come, or one plane of them. */
  #colors(firstPixel: number, pixels: number, plane: number): Tile {
    const { payload, format, interleaved } = this.#frame;
    const shown = this.#scratch.narrow(pixels);
    // The preview is made with the first plane.
    if (plane === 0) colorMean(payload, firstPixel, pixels, shown);
    if (interleaved === true) {
      const values = this.#scratch.pixels(3 * pixels);
      const bytes = { ...format, bitsPerPixel: 8 };
      unpack16(payload, bytes, 3 * firstPixel, 3 * pixels, values);
      return {
        ...{ count: 3 * pixels, measured: values, seen: values, shown, coded: payload },
        codedFirst: 3 * firstPixel,
      };
    }
    const values = this.#scratch.pixels(pixels);
    const bytes = this.#scratch.bytes(pixels);
    colorPlane(payload, format.rgb?.[plane] ?? plane, firstPixel, pixels, bytes, values);
    return { count: pixels, measured: values, seen: values, shown, coded: bytes, codedFirst: 0 };
  }

  #wide(count: number, wide: Uint32Array): Tile {
    const seen = this.#scratch.narrow(count);
    shiftTo16(wide, count, this.#shift, seen);
    return { count, measured: wide, seen, shown: seen, coded: wide, codedFirst: 0 };
  }

  /** `first`: where the pixels stand in the payload, pixel for pixel; null: nowhere. */
  #narrow(count: number, values: Uint16Array, first: number | null): Tile {
    const { payload, format } = this.#frame;
    const same = { count, measured: values, seen: values, shown: values };
    if (this.shape.sampleBytes !== 1) return { ...same, coded: values, codedFirst: 0 };
    if (first !== null && format.bitsPerPixel === 8) return { ...same, coded: payload, codedFirst: first };
    const bytes = this.#scratch.bytes(count);
    bytes.set(values.subarray(0, count));
    return { ...same, coded: bytes, codedFirst: 0 };
  }

  /** Where the packed pixels of recorded rows stand in the payload, in bytes. */
  packed(
    firstRow: number,
    rows: number,
  ): { readonly bytes: Uint8Array; readonly offset: number; readonly length: number } {
    const { payload, format, width, binning } = this.#frame;
    const offset = Math.floor((firstRow * binning.factor * width * format.bitsPerPixel) / 8);
    return { bytes: payload, offset, length: payloadBytesOf(format, width, rows * binning.factor) };
  }
}
