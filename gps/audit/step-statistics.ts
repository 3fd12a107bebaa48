/** Statistics of steps in constant memory: their median, and how far they are off it. */

/** Bins up to twice the scale: a median is known to 0.025 %, and exactly where the steps about it are equal. */
const STEP_BINS = 8192;
/** Bins an octave of residuals: quantiles to 2 %. */
const OCTAVE = 32;
const RESIDUAL_BINS = 64 * OCTAVE;
const WORST = 10;

export interface WorstStep {
  /** The frame at which the step ends. */
  readonly frame: number;
  readonly utcNs: bigint;
  readonly residualNs: number;
}

export interface ResidualStatistics {
  readonly count: number;
  /** Root of the mean square, nanoseconds. */
  readonly rmsNs: number;
  /** 99.9 % of the residuals are no larger, to 2 %. */
  readonly p999Ns: number;
  /** The largest, first. */
  readonly worst: readonly WorstStep[];
}

/** Median of steps of about `scaleNs`. */
export class StepMedian {
  readonly #counts = new Float64Array(STEP_BINS + 1);
  readonly #sums = new Float64Array(STEP_BINS + 1);
  readonly #binNs: number;
  #total = 0;

  constructor(scaleNs: number) {
    this.#binNs = (2 * Math.max(scaleNs, 1)) / STEP_BINS;
  }

  add(stepNs: number): void {
    const bin = Math.min(STEP_BINS, Math.max(0, Math.floor(stepNs / this.#binNs)));
    this.#counts[bin] = (this.#counts[bin] as number) + 1;
    this.#sums[bin] = (this.#sums[bin] as number) + stepNs;
    this.#total++;
  }

  /** The mean of the steps in the bin of the middle one; 0 without steps. */
  get valueNs(): number {
    let before = 0;
    for (let bin = 0; bin <= STEP_BINS; bin++) {
      const count = this.#counts[bin] as number;
      before += count;
      if (count > 0 && 2 * before >= this.#total) return (this.#sums[bin] as number) / count;
    }
    return 0;
  }
}

/** Residuals of steps of n periods against n times a reference, which may be bettered in the end. */
export class Residuals {
  readonly #bins = new Float64Array(RESIDUAL_BINS);
  readonly #largest = new Float64Array(RESIDUAL_BINS);
  #worst: WorstStep[] = [];
  #count = 0;
  #squares = 0;
  #products = 0;
  #periods = 0;

  add(residualNs: number, periods: number, frame: number, utcNs: bigint): void {
    this.#count++;
    this.#squares += residualNs * residualNs;
    this.#products += residualNs * periods;
    this.#periods += periods * periods;
    const size = Math.abs(residualNs);
    const bin = size < 1 ? 0 : Math.min(RESIDUAL_BINS - 1, 1 + Math.floor(Math.log2(size) * OCTAVE));
    this.#bins[bin] = (this.#bins[bin] as number) + 1;
    if (size > (this.#largest[bin] as number)) this.#largest[bin] = size;
    const least = this.#worst.at(-1);
    if (this.#worst.length < WORST || least === undefined || size > Math.abs(least.residualNs)) {
      this.#worst = [...this.#worst, { frame, utcNs, residualNs }]
        .sort((a, b) => Math.abs(b.residualNs) - Math.abs(a.residualNs))
        .slice(0, WORST);
    }
  }

  /** `shiftNs`: by how much the reference was too small. */
  result(shiftNs: number): ResidualStatistics {
    const n = Math.max(this.#count, 1);
    const squares = this.#squares - 2 * shiftNs * this.#products + shiftNs * shiftNs * this.#periods;
    return {
      count: this.#count,
      rmsNs: Math.sqrt(Math.max(0, squares) / n),
      p999Ns: this.#quantile(0.999),
      worst: this.#worst,
    };
  }

  #quantile(share: number): number {
    const wanted = Math.ceil(share * this.#count);
    let before = 0;
    for (let bin = 0; bin < RESIDUAL_BINS; bin++) {
      before += this.#bins[bin] as number;
      if (before >= wanted && before > 0) return this.#largest[bin] as number;
    }
    return 0;
  }
}
