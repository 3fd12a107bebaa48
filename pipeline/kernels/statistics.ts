/** Statistics of pixels: minimum, maximum, mean, standard deviation and how many are saturated, from exact sums. */
import { nativeAddon } from '#pipeline/native/addon.js';
import { KernelError } from './kernel-error.js';

/** What is summed over pixels: whole numbers, so that parts add up to the same in any order. Crosses threads. */
export interface StatisticsSums {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly sum: bigint;
  readonly sumOfSquares: bigint;
  readonly saturated: number;
}

/** ADU; `stddev` is that of the population: the root of the mean squared distance from the mean. */
export interface PixelStatistics {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly stddev: number;
  readonly saturated: number;
}

/** Accumulates over tiles and bands; the statistics are derived when the frame is whole. */
export class StatisticsAccumulator {
  /** [minimum, maximum, sum, low 64 bits of the sum of squares, saturated, its high ones]: the layout that the native kernel writes. */
  readonly #values = new BigUint64Array([0xffff_ffffn, 0n, 0n, 0n, 0n, 0n]);
  readonly #saturation: number;
  #count = 0;

  /** @param saturation the value from which a pixel counts as saturated: the largest that it can have. */
  constructor(saturation: number) {
    this.#saturation = saturation;
  }

  /** Adds `pixels[first .. first + count - 1]`. @throws KernelError `kernel.size` */
  add(pixels: Uint16Array | Uint32Array, first: number, count: number): void {
    if (!(first >= 0 && count >= 0) || first + count > pixels.length) {
      throw new KernelError('kernel.size', 'statistics past the end of the pixels', { first, count });
    }
    const native = nativeAddon();
    if (native === null) statisticsReference(pixels, first, count, this.#saturation, this.#values);
    else native.statistics(pixels, first, count, this.#saturation, this.#values);
    this.#count += count;
  }

  /** Adds what another accumulator summed up. */
  merge(sums: StatisticsSums): void {
    if (sums.count === 0) return;
    const [min = 0n, max = 0n, sum = 0n, , saturated = 0n] = this.#values;
    this.#values[0] = BigInt(Math.min(Number(min), sums.min));
    this.#values[1] = BigInt(Math.max(Number(max), sums.max));
    this.#values[2] = sum + sums.sum;
    addSquares(this.#values, sums.sumOfSquares);
    this.#values[4] = saturated + BigInt(sums.saturated);
    this.#count += sums.count;
  }

  sums(): StatisticsSums {
    const [min = 0n, max = 0n, sum = 0n, low = 0n, saturated = 0n, high = 0n] = this.#values;
    const sumOfSquares = (high << 64n) | low;
    return { count: this.#count, min: Number(min), max: Number(max), sum, sumOfSquares, saturated: Number(saturated) };
  }

  /** Null when nothing was added. */
  result(): PixelStatistics | null {
    const { count, min, max, sum, sumOfSquares, saturated } = this.sums();
    if (count === 0) return null;
    // count^2 times the variance is a whole number.
    const spread = BigInt(count) * sumOfSquares - sum * sum;
    return { min, max, mean: Number(sum) / count, stddev: Math.sqrt(Number(spread)) / count, saturated };
  }
}

/** The specification of the native kernel, and its fallback. `into`: as `StatisticsAccumulator` keeps them. */
export function statisticsReference(
  pixels: Uint16Array | Uint32Array,
  first: number,
  count: number,
  saturation: number,
  into: BigUint64Array,
): void {
  let [min, max, sum, squares, saturated] = [0xffff_ffff, 0, 0n, 0n, 0];
  // 65,536 squares of 16 bits stay below 2^53, and 32 of 24 bits; wider ones are whole numbers of their own.
  const most = pixels instanceof Uint16Array ? 65_536 : 32;
  for (let start = first; start < first + count; start += most) {
    let [part, partOfSquares] = [0, 0];
    for (let i = start; i < Math.min(first + count, start + most); i++) {
      const value = pixels[i] as number;
      if (value < min) min = value;
      if (value > max) max = value;
      if (value >= saturation) saturated++;
      part += value;
      if (value < 2 ** 24) partOfSquares += value * value;
      else squares += BigInt(value) ** 2n;
    }
    sum += BigInt(part);
    squares += BigInt(partOfSquares);
  }
  const [oldMin = 0n, oldMax = 0n, oldSum = 0n, , oldSaturated = 0n] = into;
  into[0] = BigInt(Math.min(min, Number(oldMin)));
  into[1] = BigInt(Math.max(max, Number(oldMax)));
  into[2] = oldSum + sum;
  into[4] = oldSaturated + BigInt(saturated);
  addSquares(into, squares);
}

/** Adds to a sum of squares of 128 bits. */
function addSquares(values: BigUint64Array, squares: bigint): void {
  const sum = (((values[5] ?? 0n) << 64n) | (values[3] ?? 0n)) + squares;
  values[3] = BigInt.asUintN(64, sum);
  values[5] = sum >> 64n;
}
