/**
 * Four-frame stacks: of each pixel over N frames the maximum, the frame of the maximum, the average and the standard
 * deviation. Two modes (docs/stack.md):
 *
 * `exact`: 8 to 16 bits; mean and unbiased deviation of all frames but the single maximum, from exact sums.
 * `rms`: 8 bits, the numbers of RMS's compressor: average and deviation without the four largest samples, with its
 * truncations. Deeper data by its top 8 bits.
 *
 * In both a maximum that several frames share belongs to the first of them.
 */
import { nativeAddon } from '#pipeline/native/addon.js';
import { KernelError } from './kernel-error.js';
import { addExact, finishExact } from './stack-exact.js';
import { addRms, finishRms } from './stack-rms.js';

export type StackMode = 'exact' | 'rms';

const MODE_CODE = { exact: 0, rms: 1 } as const;
/** Bytes of accumulators a pixel. */
const PIXEL_BYTES = { exact: 16, rms: 11 } as const;
/** The most frames of a stack: sums of 16-bit pixels stay in 32 bits; RMS's frame numbers in 8. */
export const STACK_MOST_FRAMES = { exact: 65_535, rms: 256 } as const;
/** The fewest of which there is a deviation. */
export const STACK_LEAST_FRAMES = { exact: 3, rms: 6 } as const;
/** Frames that one call adds at most. */
export const STACK_BATCH = 8;

/** Bytes that the accumulators of `pixels` pixels take. They must begin at a multiple of 8. */
export function stackBytes(mode: StackMode, pixels: number): number {
  return PIXEL_BYTES[mode] * pixels;
}

/** Pixels `firstPixel .. firstPixel + count - 1` of a stack of `pixels` pixels. */
export interface StackTile {
  readonly mode: StackMode;
  readonly accumulators: Uint8Array;
  readonly pixels: number;
  readonly firstPixel: number;
  readonly count: number;
}

export interface StackFrames {
  /** `frameCount` frames of `count` pixels, one behind the other. */
  readonly values: Uint16Array;
  /** 1 to STACK_BATCH. */
  readonly frameCount: number;
  /** Index in the stack of the first of them; 0 begins the stack anew. */
  readonly firstFrame: number;
  /** `rms`: bits that a pixel is shifted down by, so that 8 are left; larger values count as 255. */
  readonly shift: number;
  /** The sum of each frame's pixels is added (`rms`: of its 8-bit values). */
  readonly sums: BigUint64Array;
}

/** Planes of a finished tile, at least `count` values each; those of `rms` are whole numbers of 0 to 255. */
export interface StackPlanes {
  readonly maximum: Uint16Array;
  readonly frameOfMaximum: Uint16Array;
  readonly average: Float32Array;
  readonly deviation: Float32Array;
}

function checkTile({ mode, accumulators, pixels, firstPixel, count }: StackTile): void {
  const fits = firstPixel >= 0 && count >= 0 && firstPixel + count <= pixels;
  if (!fits || accumulators.byteLength < stackBytes(mode, pixels) || accumulators.byteOffset % 8 !== 0) {
    throw new KernelError('kernel.size', `pixels ${firstPixel}+${count} of a stack of ${pixels}, mode ${mode}`, {
      accumulatorBytes: accumulators.byteLength,
      byteOffset: accumulators.byteOffset,
    });
  }
}

/** Adds up to 8 frames to a tile. @throws KernelError `kernel.size`, `kernel.frames` */
export function stackAdd(tile: StackTile, frames: StackFrames): void {
  checkTile(tile);
  const { mode, accumulators, pixels, firstPixel, count } = tile;
  const { values, frameCount, firstFrame, shift, sums } = frames;
  if (values.length < frameCount * count || sums.length < frameCount) {
    throw new KernelError('kernel.size', `${frameCount} frames of ${count} pixels`, { values: values.length });
  }
  const most = STACK_MOST_FRAMES[mode];
  const countFits = frameCount >= 1 && frameCount <= STACK_BATCH && firstFrame >= 0 && firstFrame + frameCount <= most;
  if (!countFits || !(shift >= 0 && shift <= 8)) {
    throw new KernelError('kernel.frames', `frames ${firstFrame}+${frameCount} of a stack of mode ${mode}`, { shift });
  }
  const native = nativeAddon();
  if (native !== null) {
    const code = MODE_CODE[mode];
    native.stackAdd(code, accumulators, pixels, firstPixel, count, values, frameCount, firstFrame, shift, sums);
  } else stackAddReference(tile, frames);
}

/** The specification of `stackAdd`, and its fallback. */
export function stackAddReference(tile: StackTile, frames: StackFrames): void {
  if (tile.mode === 'exact') addExact(tile, frames);
  else addRms(tile, frames);
}

/** The planes of a tile after `frameCount` frames. @throws KernelError `kernel.size`, `kernel.frames` */
export function stackFinish(tile: StackTile, frameCount: number, planes: StackPlanes): void {
  checkTile(tile);
  const { mode, accumulators, pixels, firstPixel, count } = tile;
  const { maximum, frameOfMaximum, average, deviation } = planes;
  if ([maximum, frameOfMaximum, average, deviation].some((plane) => plane.length < count)) {
    throw new KernelError('kernel.size', `planes too short for ${count} pixels`, {});
  }
  if (frameCount < STACK_LEAST_FRAMES[mode] || frameCount > STACK_MOST_FRAMES[mode]) {
    throw new KernelError('kernel.frames', `a stack of mode ${mode} has no planes of ${frameCount} frames`, {});
  }
  const native = nativeAddon();
  if (native !== null) {
    const code = MODE_CODE[mode];
    native.stackFinish(
      code,
      accumulators,
      pixels,
      firstPixel,
      count,
      frameCount,
      maximum,
      frameOfMaximum,
      average,
      deviation,
    );
  } else stackFinishReference(tile, frameCount, planes);
}

/** The specification of `stackFinish`, and its fallback. */
export function stackFinishReference(tile: StackTile, frameCount: number, planes: StackPlanes): void {
  if (tile.mode === 'exact') finishExact(tile, frameCount, planes);
  else finishRms(tile, frameCount, planes);
}
