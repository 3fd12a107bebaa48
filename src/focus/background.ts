/**
 * The sky behind the stars: median and noise of a mesh of tiles, clipped about the median by its absolute deviation, and taken off
 * with what lies between the tiles interpolated.
 */
import type { FocusImage } from './focus-image.js';

const TILE = 64;
/** Of a tile, evenly spread. */
const MOST_SAMPLES = 1_024;
/** Of the whole image, when the sky is taken off. */
const MOST_NOISE_SAMPLES = 8_191;
/** A tile that is so far from its neighbours has more than sky in it. */
const STRANGE_SIGMAS = 4;
const CLIP_SIGMAS = 3;
const CLIP_ROUNDS = 5;
/** Standard deviation of a normal distribution: of its absolute deviation, and when it was clipped at three sigmas. */
const SIGMA_OF_MAD = 1.4826;
const SIGMA_OF_CLIPPED = 1.0136;
/** Of rounding to whole numbers. */
const LEAST_NOISE = 0.29;

export interface SkySignal {
  readonly width: number;
  readonly height: number;
  /** Pixels above the sky, row by row. */
  readonly signal: Float32Array;
  /** Standard deviation of the sky's pixels. */
  readonly noise: number;
  levelAt(x: number, y: number): number;
}

export function aboveSky(image: FocusImage): SkySignal {
  const { width, height, pixels } = image;
  const mesh = new Mesh(image);
  const signal = new Float32Array(width * height);
  const row = new Float32Array(width);
  for (let y = 0; y < height; y++) {
    mesh.row(y, row);
    for (let x = 0; x < width; x++) signal[y * width + x] = (pixels[y * width + x] as number) - (row[x] as number);
  }
  const step = Math.max(1, Math.floor(signal.length / MOST_NOISE_SAMPLES));
  const samples = Float32Array.from(
    { length: Math.floor((signal.length - 1) / step) + 1 },
    (_, i) => signal[i * step] as number,
  );
  const noise = Math.max(LEAST_NOISE, clipped(samples).sigma);
  return { width, height, signal, noise, levelAt: (x, y) => mesh.levelAt(x, y) };
}

class Mesh {
  readonly #columns: number;
  readonly #rows: number;
  readonly #tileWidth: number;
  readonly #tileHeight: number;
  readonly #levels: Float64Array;

  constructor(image: FocusImage) {
    this.#columns = Math.max(1, Math.round(image.width / TILE));
    this.#rows = Math.max(1, Math.round(image.height / TILE));
    this.#tileWidth = image.width / this.#columns;
    this.#tileHeight = image.height / this.#rows;
    const tiles: { readonly median: number; readonly sigma: number }[] = [];
    for (let row = 0; row < this.#rows; row++) {
      for (let column = 0; column < this.#columns; column++) tiles.push(clipped(this.#samples(image, column, row)));
    }
    this.#levels = Float64Array.from(tiles, ({ median }) => median);
    this.#mend(STRANGE_SIGMAS * Math.max(LEAST_NOISE, medianOf(tiles.map(({ sigma }) => sigma))));
  }

  levelAt(x: number, y: number): number {
    const [top, bottom, down] = between(y, this.#tileHeight, this.#rows);
    const [left, right, across] = between(x, this.#tileWidth, this.#columns);
    const upper = mixed(this.#level(left, top), this.#level(right, top), across);
    const lower = mixed(this.#level(left, bottom), this.#level(right, bottom), across);
    return mixed(upper, lower, down);
  }

  row(y: number, into: Float32Array): void {
    for (let x = 0; x < into.length; x++) into[x] = this.levelAt(x, y);
  }

  #level(column: number, row: number): number {
    return this.#levels[row * this.#columns + column] as number;
  }

  #samples({ width, height, pixels }: FocusImage, column: number, row: number): Uint16Array {
    const x0 = Math.floor(column * this.#tileWidth);
    const x1 = Math.min(width, Math.ceil((column + 1) * this.#tileWidth));
    const y0 = Math.floor(row * this.#tileHeight);
    const y1 = Math.min(height, Math.ceil((row + 1) * this.#tileHeight));
    const count = (x1 - x0) * (y1 - y0);
    const step = Math.max(1, count / MOST_SAMPLES);
    const samples = new Uint16Array(Math.floor((count - 1) / step) + 1);
    for (let i = 0; i < samples.length; i++) {
      const at = Math.floor(i * step);
      samples[i] = pixels[(y0 + Math.floor(at / (x1 - x0))) * width + x0 + (at % (x1 - x0))] as number;
    }
    return samples;
  }

  /** A tile that a bright star fills gets the level of its neighbours. */
  #mend(most: number): void {
    const levels = this.#levels.slice();
    for (const [tile, level] of levels.entries()) {
      const [column, row] = [tile % this.#columns, Math.floor(tile / this.#columns)];
      const around: number[] = [];
      for (let y = Math.max(0, row - 1); y <= Math.min(this.#rows - 1, row + 1); y++) {
        for (let x = Math.max(0, column - 1); x <= Math.min(this.#columns - 1, column + 1); x++)
          around.push(levels[y * this.#columns + x] as number);
      }
      const usual = medianOf(around);
      if (Math.abs(level - usual) > most) this.#levels[tile] = usual;
    }
  }
}

/** Median and standard deviation of what is left when outliers are cut off at both ends. */
function clipped(samples: Uint16Array | Float32Array): { readonly median: number; readonly sigma: number } {
  samples.sort();
  let [from, to] = [0, samples.length];
  let median = 0;
  for (let round = 0; round < CLIP_ROUNDS; round++) {
    median = samples[(from + to) >> 1] as number;
    const limit = CLIP_SIGMAS * Math.max(0.5, SIGMA_OF_MAD * deviationOf(samples, from, to, median));
    const [was, wasTo] = [from, to];
    while (from < to && median - (samples[from] as number) > limit) from++;
    while (to > from + 1 && (samples[to - 1] as number) - median > limit) to--;
    if (from === was && to === wasTo) break;
  }
  let [sum, squares] = [0, 0];
  for (let i = from; i < to; i++) {
    const off = (samples[i] as number) - median;
    sum += off;
    squares += off * off;
  }
  const mean = sum / (to - from);
  // Of a symmetric distribution that is rounded to whole numbers the mean says more than the median.
  const level = Math.abs(mean) < 1 ? median + mean : median;
  return { median: level, sigma: SIGMA_OF_CLIPPED * Math.sqrt(Math.max(0, squares / (to - from) - mean * mean)) };
}

/** Median of the absolute deviations from `median`, of sorted samples: walked from the middle outwards. */
function deviationOf(samples: Uint16Array | Float32Array, from: number, to: number, median: number): number {
  const middle = (from + to) >> 1;
  let [low, high] = [middle - 1, middle];
  let deviation = 0;
  for (let left = (to - from + 1) >> 1; left > 0; left--) {
    const below = low >= from ? median - (samples[low] as number) : Number.POSITIVE_INFINITY;
    const above = high < to ? (samples[high] as number) - median : Number.POSITIVE_INFINITY;
    deviation = Math.min(below, above);
    if (below < above) low--;
    else high++;
  }
  return deviation;
}

/** The upper of the two in the middle of an even number; 0 of none. */
export function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** The tiles before and behind a place, and how far it is from the middle of the one to that of the other; beyond the last two goes on as between them. */
function between(place: number, size: number, tiles: number): readonly [number, number, number] {
  const at = place / size - 0.5;
  if (tiles === 1) return [0, 0, 0];
  const before = Math.min(tiles - 2, Math.max(0, Math.floor(at)));
  return [before, before + 1, at - before];
}

const mixed = (a: number, b: number, share: number): number => a + (b - a) * share;
