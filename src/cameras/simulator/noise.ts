import { Random } from '../random.js';

/** What a pixel without stars reads: Poisson light over Gaussian read noise, in units of the pixel format. */
export interface NoiseLevel {
  readonly skyElectrons: number;
  readonly readNoiseElectrons: number;
  readonly electronsPerUnit: number;
  readonly offsetUnits: number;
  readonly maximumUnits: number;
}

/** Samples in a pool of noise: 4 MB, so that it stays in the cache while frames are made from it. */
const POOL_SAMPLES = 1 << 21;
/** Pixels copied in one piece; a multiple of 8, which is whole bytes in every pixel format. */
const PIECE_PIXELS = 8192;

/**
 * A pool of independent noise samples. Frames are made of pieces of it from random places: the statistics of a pixel are
 * exact, and a 150-megapixel frame takes a tenth of a second instead of seconds.
 */
export function noisePool(level: NoiseLevel, seed: number): Uint16Array {
  const table = new AliasTable(noiseProbabilities(level));
  const random = new Random(seed, 0x6e6f6973);
  const pool = new Uint16Array(POOL_SAMPLES);
  for (let i = 0; i < POOL_SAMPLES; i++) pool[i] = table.draw(random);
  return pool;
}

/** Calls `piece(firstPixel, pixels, poolStart)` for the whole of frame `index`; `poolStart` is a multiple of 8. */
export function forEachNoisePiece(
  pixels: number,
  seed: number,
  index: number,
  piece: (firstPixel: number, count: number, poolStart: number) => void,
): void {
  const random = new Random(seed, 0x70696563, index);
  const places = (POOL_SAMPLES - PIECE_PIXELS) / 8 + 1;
  for (let first = 0; first < pixels; first += PIECE_PIXELS) {
    piece(first, Math.min(PIECE_PIXELS, pixels - first), random.below(places) * 8);
  }
}

/** Probability of each value from `first` on. */
interface Probabilities {
  readonly first: number;
  readonly weights: Float64Array;
}

/** The distribution of round(offset + (Poisson(sky) + Normal(0, readNoise)) / electronsPerUnit), clamped. */
export function noiseProbabilities(level: NoiseLevel): Probabilities {
  const { skyElectrons, electronsPerUnit, offsetUnits, maximumUnits } = level;
  const readNoise = Math.max(level.readNoiseElectrons, 1e-6);
  const sigma = Math.hypot(Math.sqrt(skyElectrons), readNoise) / electronsPerUnit;
  const mean = offsetUnits + skyElectrons / electronsPerUnit;
  const first = Math.round(Math.min(Math.max(0, Math.floor(mean - 7 * sigma - 1)), maximumUnits));
  const last = Math.round(Math.min(Math.max(first, Math.ceil(mean + 7 * sigma + 1)), maximumUnits));
  const weights = new Float64Array(last - first + 1);
  // Cumulative probability below the upper edge of each value; the ends take all that lies beyond.
  const electronsAt = (edge: number) => (edge - offsetUnits) * electronsPerUnit;
  let below = 0;
  for (let value = first; value <= last; value++) {
    const edge = electronsAt(value + 0.5);
    const cumulative = value === last ? 1 : lightBelow(edge, skyElectrons, readNoise);
    weights[value - first] = Math.max(0, cumulative - below);
    below = cumulative;
  }
  return { first, weights };
}

/** Probability that Poisson(sky) + Normal(0, readNoise) is below `electrons`. */
function lightBelow(electrons: number, sky: number, readNoise: number): number {
  if (sky > 2000) return normalBelow((electrons - sky) / Math.hypot(Math.sqrt(sky), readNoise));
  const spread = 8 * Math.sqrt(sky) + 8;
  let sum = 0;
  for (let k = Math.max(0, Math.floor(sky - spread)); k <= sky + spread; k++) {
    sum += Math.exp(k * Math.log(sky || 1e-300) - sky - logFactorial(k)) * normalBelow((electrons - k) / readNoise);
  }
  return Math.min(1, sum);
}

const logFactorials: number[] = [0];
function logFactorial(k: number): number {
  for (let i = logFactorials.length; i <= k; i++) logFactorials.push((logFactorials[i - 1] as number) + Math.log(i));
  return logFactorials[k] as number;
}

/** The normal distribution function, absolute error below 1e-7 (Abramowitz and Stegun 26.2.17). */
function normalBelow(x: number): number {
  if (x < 0) return 1 - normalBelow(-x);
  const t = 1 / (1 + 0.2316419 * x);
  const poly = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return 1 - (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * poly;
}

/** Vose's alias method: one draw of any discrete distribution costs two random numbers. */
class AliasTable {
  readonly #first: number;
  readonly #threshold: Float64Array;
  readonly #alias: Uint16Array;

  constructor({ first, weights }: Probabilities) {
    const count = weights.length;
    const total = weights.reduce((sum, weight) => sum + weight, 0) || 1;
    const scaled = Float64Array.from(weights, (weight) => (weight / total) * count);
    this.#first = first;
    this.#threshold = new Float64Array(count).fill(1);
    this.#alias = new Uint16Array(count);
    const small: number[] = [];
    const large: number[] = [];
    scaled.forEach((weight, i) => {
      (weight < 1 ? small : large).push(i);
    });
    while (small.length > 0 && large.length > 0) {
      const less = small.pop() as number;
      const more = large[large.length - 1] as number;
      this.#threshold[less] = scaled[less] as number;
      this.#alias[less] = more;
      scaled[more] = (scaled[more] as number) + (scaled[less] as number) - 1;
      if ((scaled[more] as number) < 1) small.push(large.pop() as number);
    }
  }

  draw(random: Random): number {
    const i = random.below(this.#threshold.length);
    return this.#first + (random.float() < (this.#threshold[i] as number) ? i : (this.#alias[i] as number));
  }
}
