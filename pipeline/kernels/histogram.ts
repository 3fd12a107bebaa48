/**
 * Histograms of pixels. Each bin has eight counts side by side, neighbouring pixels in different ones, because increments of
 * one count wait for each other; `mergeHistogram` adds them up when the frame is whole.
 */
import { nativeAddon } from '#pipeline/native/addon.js';
import { KernelError } from './kernel-error.js';

export const HISTOGRAM_LANES = 8;

/** Counts that the lanes of a histogram of `bins` bins hold. */
export function histogramLength(bins: number): number {
  return HISTOGRAM_LANES * bins;
}

/**
 * Counts `pixels[first + i]`, i below `count`, in count i mod 8 of bin min(pixel >> shift, bins - 1). `next`: where
 * the caller counts next, a hint by which those pixels come into the cache meanwhile. @throws KernelError `kernel.size`
 */
export function addHistogram(
  pixels: Uint16Array,
  first: number,
  count: number,
  shift: number,
  lanes: Uint32Array,
  next = 0,
): void {
  const bins = lanes.length / HISTOGRAM_LANES;
  const fits = first >= 0 && count >= 0 && first + count <= pixels.length;
  if (!fits || !(Number.isInteger(bins) && bins >= 1) || !(shift >= 0 && shift <= 16)) {
    throw new KernelError('kernel.size', `a histogram of ${bins} bins of pixels ${first}+${count}`, {
      pixels: pixels.length,
      shift,
    });
  }
  const native = nativeAddon();
  if (native === null) addHistogramReference(pixels, first, count, shift, lanes);
  else native.addHistogram(pixels, first, count, shift, lanes, next);
}

/** The specification of `addHistogram`, and its fallback. */
export function addHistogramReference(
  pixels: Uint16Array,
  first: number,
  count: number,
  shift: number,
  lanes: Uint32Array,
): void {
  const bins = lanes.length / HISTOGRAM_LANES;
  for (let i = 0; i < count; i++) {
    const bin = Math.min((pixels[first + i] as number) >> shift, bins - 1);
    const at = bin * HISTOGRAM_LANES + (i % HISTOGRAM_LANES);
    lanes[at] = (lanes[at] as number) + 1;
  }
}

/** Adds the lanes of one or more histograms, one behind the other, to `bins`. @throws KernelError `kernel.size` */
export function mergeHistogram(lanes: Uint32Array, bins: Uint32Array): void {
  if (bins.length < 1 || lanes.length % histogramLength(bins.length) !== 0) {
    throw new KernelError('kernel.size', `${lanes.length} counts are no histograms of ${bins.length} bins`, {});
  }
  const native = nativeAddon();
  if (native === null) mergeHistogramReference(lanes, bins);
  else native.mergeHistogram(lanes, bins);
}

/** The specification of `mergeHistogram`, and its fallback. */
export function mergeHistogramReference(lanes: Uint32Array, bins: Uint32Array): void {
  for (let at = 0; at < lanes.length; ) {
    for (let bin = 0; bin < bins.length; bin++) {
      for (let lane = 0; lane < HISTOGRAM_LANES; lane++, at++)
        bins[bin] = (bins[bin] as number) + (lanes[at] as number);
    }
  }
}
