/** Pixels of three samples of 8 bits, side by side as RGB streams and SER files have them, and the planes that FITS has of them. */
import { nativeAddon } from '#pipeline/native/addon.js';
import { KernelError } from './kernel-error.js';

/**
 * Takes one sample of each of the pixels `firstPixel .. firstPixel + count - 1` out of `pixels`: those at byte `sample` (0 to 2) of a pixel,
 * as they are into `bytes` and widened into `values`. @throws KernelError `kernel.size`
 */
export function colorPlane(
  pixels: Uint8Array,
  sample: number,
  firstPixel: number,
  count: number,
  bytes: Uint8Array,
  values: Uint16Array,
): void {
  requireRoom(pixels, firstPixel, count, Math.min(bytes.length, values.length));
  if (sample !== 0 && sample !== 1 && sample !== 2)
    throw new KernelError('kernel.size', `a pixel has no sample ${sample}`, {});
  const native = nativeAddon();
  if (native === null) colorPlaneReference(pixels, sample, firstPixel, count, bytes, values);
  else native.colorPlane(pixels, sample, firstPixel, count, bytes, values);
}

/** The specification of `colorPlane`, and its fallback. */
export function colorPlaneReference(
  pixels: Uint8Array,
  sample: number,
  firstPixel: number,
  count: number,
  bytes: Uint8Array,
  values: Uint16Array,
): void {
  for (let i = 0, at = 3 * firstPixel + sample; i < count; i++, at += 3) {
    const value = pixels[at] as number;
    bytes[i] = value;
    values[i] = value;
  }
}

/** The mean of the three samples of each pixel, rounded to the nearest: what a preview shows. @throws KernelError `kernel.size` */
export function colorMean(pixels: Uint8Array, firstPixel: number, count: number, mean: Uint16Array): void {
  requireRoom(pixels, firstPixel, count, mean.length);
  const native = nativeAddon();
  if (native === null) colorMeanReference(pixels, firstPixel, count, mean);
  else native.colorMean(pixels, firstPixel, count, mean);
}

/** The specification of `colorMean`, and its fallback. */
export function colorMeanReference(pixels: Uint8Array, firstPixel: number, count: number, mean: Uint16Array): void {
  for (let i = 0, at = 3 * firstPixel; i < count; i++, at += 3) {
    const sum = (pixels[at] as number) + (pixels[at + 1] as number) + (pixels[at + 2] as number);
    mean[i] = Math.floor((sum + 1) / 3);
  }
}

function requireRoom(pixels: Uint8Array, firstPixel: number, count: number, room: number): void {
  if (firstPixel >= 0 && count >= 0 && (firstPixel + count) * 3 <= pixels.length && count <= room) return;
  throw new KernelError('kernel.size', `${count} pixels of three samples from ${firstPixel} do not fit`, {
    bytes: pixels.length,
    room,
  });
}

type Samples = Uint8Array | Uint16Array | Uint32Array;

/** Planes of red, green and blue, one behind the other, of pixels with their samples side by side; `order`: where the three stand in a pixel. */
export function toPlanes<T extends Samples>(pixels: T, planes: T, order: readonly number[]): void {
  const count = Math.floor(pixels.length / 3);
  for (const [plane, sample] of order.entries()) {
    for (let i = 0, at = sample, to = plane * count; i < count; i++, at += 3) planes[to++] = pixels[at] as number;
  }
}

/** The reverse of `toPlanes`. */
export function fromPlanes(planes: Samples, pixels: Samples, order: readonly number[]): void {
  const count = Math.floor(planes.length / 3);
  for (const [plane, sample] of order.entries()) {
    for (let i = 0, at = sample, from = plane * count; i < count; i++, at += 3) pixels[at] = planes[from++] as number;
  }
}
