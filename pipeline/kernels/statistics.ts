/** Statistics of pixels: minimum, maximum, sum and how many are saturated; sums are exact (below 2^53). */
import { nativeAddon } from '#pipeline/native/addon.js';
import { KernelError } from './kernel-error.js';

/** Accumulates over bands; `mean` is derived when the frame is whole. */
export class StatisticsAccumulator {
  /** [minimum, maximum, sum, saturated]: the layout that the native kernel writes. */
  readonly values = new Float64Array([65_535, 0, 0, 0]);
  count = 0;
  readonly #saturation: number;

  /** @param saturation the value from which a pixel counts as saturated (2^bits - 1). */
  constructor(saturation: number) {
    this.#saturation = saturation;
  }

  /** Adds `pixels[first .. first + count - 1]`. @throws KernelError `kernel.size` */
  add(pixels: Uint16Array, first: number, count: number): void {
    if (first < 0 || first + count > pixels.length) {
      throw new KernelError('kernel.size', 'statistics past the end of the pixels', { first, count });
    }
    const native = nativeAddon();
    if (native === null) statistics16Reference(pixels, first, count, this.#saturation, this.values);
    else native.statistics16(pixels, first, count, this.#saturation, this.values);
    this.count += count;
  }

  /** Minimum, maximum, mean (ADU) and the number of saturated pixels; null when nothing was added. */
  result(): { min: number; max: number; mean: number; saturated: number } | null {
    const [min, max, sum, saturated] = this.values as unknown as [number, number, number, number];
    return this.count === 0 ? null : { min, max, mean: sum / this.count, saturated };
  }
}

/** The specification of the native kernel, and its fallback. */
export function statistics16Reference(
  pixels: Uint16Array,
  first: number,
  count: number,
  saturation: number,
  into: Float64Array,
): void {
  let [min, max, sum, saturated] = into as unknown as [number, number, number, number];
  for (let i = first; i < first + count; i++) {
    const value = pixels[i] as number;
    if (value < min) min = value;
    if (value > max) max = value;
    if (value >= saturation) saturated++;
    sum += value;
  }
  into[0] = min;
  into[1] = max;
  into[2] = sum;
  into[3] = saturated;
}
