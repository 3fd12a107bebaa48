/**
 * The stack's own walk over packed slots: some frames at once, band by band, in tiles small enough that a tile's pixels of
 * all of them and its accumulators stay in the second-level cache. Accumulators outweigh a frame eight to one, so that
 * walking them once for 8 frames costs less than half of what a frame at a time does.
 */
import { encodeFits16 } from '#pipeline/kernels/fits-pixels.js';
import { addOnesSums, onesSum, shiftOnesSum } from '#pipeline/kernels/ones-sum.js';
import { STACK_BATCH, type StackMode, stackAdd, stackFinish } from '#pipeline/kernels/stack.js';
import { type PixelLayout, unpack16 } from '#pipeline/kernels/unpack.js';

/** 8 frames of 8192 uint16 are 131 kB, their accumulators 131 kB (`exact`, 16 bytes a pixel) or 90 kB (`rms`). */
const STACK_TILE_PIXELS = 8192;

/** Scratch memory of a worker that stacks. */
export class StackScratch {
  readonly frames = new Uint16Array(STACK_BATCH * STACK_TILE_PIXELS);
  readonly maximum = new Uint16Array(STACK_TILE_PIXELS);
  readonly frameOfMaximum = new Uint16Array(STACK_TILE_PIXELS);
  readonly average = new Float32Array(STACK_TILE_PIXELS);
  readonly deviation = new Float32Array(STACK_TILE_PIXELS);
}

/** The pixels `firstPixel .. firstPixel + pixels - 1` of a stack of frames of `framePixels`. */
export interface StackBand {
  readonly mode: StackMode;
  readonly framePixels: number;
  readonly firstPixel: number;
  readonly pixels: number;
  readonly accumulators: Uint8Array;
  readonly scratch: StackScratch;
}

export interface StackBatch extends StackBand {
  /** Packed payloads in order, at most STACK_BATCH. */
  readonly payloads: readonly Uint8Array[];
  readonly format: PixelLayout;
  /** Place of the first of them in the stack; 0 begins the stack anew. */
  readonly firstFrame: number;
  /** One sum of intensities a payload, added to. */
  readonly frameSums: BigUint64Array;
}

/** Adds a batch of frames, at most STACK_BATCH, to a band of the stack. @throws KernelError */
export function stackBatch(batch: StackBatch): void {
  const { payloads, format, scratch, mode, accumulators, framePixels, firstFrame } = batch;
  const shift = mode === 'rms' ? Math.max(0, format.bitDepth - 8) : 0;
  for (let done = 0; done < batch.pixels; done += STACK_TILE_PIXELS) {
    const count = Math.min(STACK_TILE_PIXELS, batch.pixels - done);
    const firstPixel = batch.firstPixel + done;
    for (const [i, payload] of payloads.entries())
      unpack16(payload, format, firstPixel, count, scratch.frames, i * count);
    stackAdd(
      { mode, accumulators, pixels: framePixels, firstPixel, count },
      { values: scratch.frames, frameCount: payloads.length, firstFrame, shift, sums: batch.frameSums },
    );
  }
}

/** Where the planes of a stack go: bytes of a FITS file, see storage/fits/stack-file.ts. */
export interface StackPlanes {
  readonly out: Uint8Array;
  /** First byte of the planes maximum, frame of maximum, average, deviation. */
  readonly offsets: readonly number[];
}

/** Bytes of a pixel of each plane. */
const PLANE_BYTES = { rms: [1, 1, 1, 1], exact: [2, 2, 4, 4] } as const;

/**
 * Writes a band of a finished stack of `frames` frames to its planes as FITS pixels. Returns the ones' complement sum of what it
 * wrote to each plane, as part of the plane's (kernels/ones-sum.ts). @throws KernelError
 */
export function finishStackBand(band: StackBand, frames: number, planes: StackPlanes): number[] {
  const planeSums = [0, 0, 0, 0];
  const { mode, accumulators, framePixels, scratch } = band;
  for (let done = 0; done < band.pixels; done += STACK_TILE_PIXELS) {
    const count = Math.min(STACK_TILE_PIXELS, band.pixels - done);
    const first = band.firstPixel + done;
    stackFinish({ mode, accumulators, pixels: framePixels, firstPixel: first, count }, frames, scratch);
    const values = [scratch.maximum, scratch.frameOfMaximum, scratch.average, scratch.deviation];
    for (const [i, plane] of values.entries()) {
      const offset = planes.offsets[i] ?? 0;
      if (mode === 'rms') planes.out.set(plane.subarray(0, count), offset + first);
      else if (plane instanceof Uint16Array) encodeFits16(plane, count, planes.out, offset + first * 2);
      else encodeFloats(plane, count, planes.out, offset + first * 4);
      const bytes = PLANE_BYTES[mode][i] ?? 1;
      const sum = onesSum(planes.out, offset + first * bytes, count * bytes);
      planeSums[i] = addOnesSums(planeSums[i] ?? 0, shiftOnesSum(sum, first * bytes));
    }
  }
  return planeSums;
}

/** Big-endian IEEE 754, FITS 4.0 section 5.3. */
function encodeFloats(values: Float32Array, count: number, out: Uint8Array, outOffset: number): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, count);
  for (let i = 0, at = outOffset; i < count; i++, at += 4) {
    const value = bits[i] as number;
    out[at] = value >>> 24;
    out[at + 1] = value >>> 16;
    out[at + 2] = value >>> 8;
    out[at + 3] = value;
  }
}
