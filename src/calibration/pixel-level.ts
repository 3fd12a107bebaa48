/** The middle of a frame's pixels and their spread about it, by medians: neither stars nor hot pixels move them. */

const SAMPLES = 20_000;
/** From the median of distances to a standard deviation, of a normal distribution. */
const MAD_TO_SIGMA = 1.4826;

export interface PixelLevel {
  readonly level: number;
  /** Standard deviation, at least half of a unit. */
  readonly sigma: number;
}

/** Of some 20 000 pixels spread over the frame. */
export function pixelLevel(pixels: Uint16Array | Int32Array): PixelLevel {
  // A step that no width of a sensor is a multiple of, so that the samples do not stand in columns.
  const step = Math.max(1, Math.floor(pixels.length / SAMPLES)) | 1;
  const samples = new Float64Array(Math.ceil(pixels.length / step));
  for (let i = 0; i < samples.length; i++) samples[i] = pixels[i * step] as number;
  const median = medianOf(samples);
  const sigma = MAD_TO_SIGMA * medianOf(samples.map((sample) => Math.abs(sample - median)));
  // Noise of less than a unit makes every distance 0: the mean of squares within a few units says what there is.
  return { level: median, sigma: Math.max(sigma, narrowSigma(samples, median), 0.5) };
}

function narrowSigma(samples: Float64Array, median: number): number {
  const near = samples.filter((sample) => Math.abs(sample - median) <= 3);
  return Math.sqrt(near.reduce((sum, sample) => sum + (sample - median) ** 2, 0) / Math.max(1, near.length));
}

export function medianOf(values: Float64Array): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}
