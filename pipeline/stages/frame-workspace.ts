/**
 * What the bands of one frame leave for its last one: sums, histograms, the lengths of the coded rows. In shared memory, one
 * for each frame that is worked on at a time, because any worker may take any band.
 */
import { AppulseError } from '#gps/errors.js';
import { histogramLength, mergeHistogram } from '#pipeline/kernels/histogram.js';
import type { StatisticsSums } from '#pipeline/kernels/statistics.js';
import { HISTOGRAM_BINS } from './steps.js';

/** What another thread needs to see the same workspaces; crosses by structured clone. */
export interface FrameWorkspacesHandle {
  readonly memory: SharedArrayBuffer;
  readonly count: number;
  /** Most bands and rows that a frame may have. */
  readonly bands: number;
  readonly rows: number;
}

const SUMS = 7;
/** Counts of a band's histogram as `addHistogram` keeps them, several side by side for each bin. */
const COUNTS = histogramLength(HISTOGRAM_BINS);
/** Of each workspace: one line for the count of open bands, then a line a band: sums, encoded bytes and the sum of those. */
const LINE_BYTES = 64;

const roundUp = (bytes: number) => Math.ceil(bytes / LINE_BYTES) * LINE_BYTES;

function strideOf(bands: number, rows: number): number {
  return LINE_BYTES + bands * LINE_BYTES + bands * COUNTS * 4 + roundUp(rows * 4);
}

export class FrameWorkspaces {
  readonly handle: FrameWorkspacesHandle;
  readonly #all: FrameWorkspace[];

  private constructor(handle: FrameWorkspacesHandle) {
    this.handle = handle;
    this.#all = Array.from({ length: handle.count }, (_, i) => new FrameWorkspace(handle, i));
  }

  static create(size: { count: number; bands: number; rows: number }): FrameWorkspaces {
    const memory = new SharedArrayBuffer(size.count * strideOf(size.bands, size.rows));
    return new FrameWorkspaces({ memory, ...size });
  }

  static attach(handle: FrameWorkspacesHandle): FrameWorkspaces {
    return new FrameWorkspaces(handle);
  }

  /** @throws AppulseError `frame.workspace` where there is none such */
  at(index: number): FrameWorkspace {
    const found = this.#all[index];
    if (found === undefined) throw new AppulseError('frame.workspace', `no workspace ${index}`);
    return found;
  }
}

export class FrameWorkspace {
  /** Length of each coded row, in bytes. */
  readonly rowBytes: Uint32Array;
  readonly #open: Int32Array;
  readonly #sums: BigInt64Array;
  readonly #encoded: Uint32Array;
  readonly #histograms: Uint32Array;
  readonly #bands: number;

  constructor({ memory, bands, rows }: FrameWorkspacesHandle, index: number) {
    const start = index * strideOf(bands, rows);
    const lines = start + LINE_BYTES;
    const histograms = lines + bands * LINE_BYTES;
    this.#bands = bands;
    this.#open = new Int32Array(memory, start, 1);
    this.#sums = new BigInt64Array(memory, lines, (bands * LINE_BYTES) / 8);
    this.#encoded = new Uint32Array(memory, lines, (bands * LINE_BYTES) / 4);
    this.#histograms = new Uint32Array(memory, histograms, bands * COUNTS);
    this.rowBytes = new Uint32Array(memory, histograms + bands * COUNTS * 4, rows);
  }

  /** Makes it ready for a frame of `bands` bands. @throws AppulseError `frame.workspace` where they are too many */
  begin(bands: number): void {
    if (bands > this.#bands)
      throw new AppulseError('frame.workspace', `a frame of ${bands} bands, there is room for ${this.#bands}`);
    Atomics.store(this.#open, 0, bands);
  }

  /** A band is done, whatever came of it: true for the one that was the last. */
  end(): boolean {
    return Atomics.sub(this.#open, 0, 1) === 1;
  }

  /** The counts of a band's histogram, to be filled from zero. */
  histogram(band: number): Uint32Array {
    return this.#histograms.subarray(band * COUNTS, (band + 1) * COUNTS);
  }

  keep(band: number, sums: StatisticsSums, encodedBytes: number, dataSum: number): void {
    const at = band * (LINE_BYTES / 8);
    const { count, min, max, sum, sumOfSquares, saturated } = sums;
    const high = sumOfSquares >> 64n;
    const values = [BigInt(count), BigInt(min), BigInt(max), sum, sumOfSquares, BigInt(saturated), high];
    for (const [i, value] of values.entries()) this.#sums[at + i] = value;
    this.#encoded[band * (LINE_BYTES / 4) + SUMS * 2] = encodedBytes;
    this.#encoded[band * (LINE_BYTES / 4) + SUMS * 2 + 1] = dataSum;
  }

  sums(band: number): StatisticsSums {
    const at = band * (LINE_BYTES / 8);
    const values = this.#sums.subarray(at, at + SUMS) as unknown as bigint[];
    const [count, min, max, sum, squares, saturated, high] = values;
    return {
      count: Number(count),
      min: Number(min),
      max: Number(max),
      sum: sum ?? 0n,
      sumOfSquares: ((high ?? 0n) << 64n) | BigInt.asUintN(64, squares ?? 0n),
      saturated: Number(saturated),
    };
  }

  encodedBytes(band: number): number {
    return this.#encoded[band * (LINE_BYTES / 4) + SUMS * 2] ?? 0;
  }

  /** The sum of a band's code or pixels, see `BandPassResult`. */
  dataSum(band: number): number {
    return this.#encoded[band * (LINE_BYTES / 4) + SUMS * 2 + 1] ?? 0;
  }

  /** The histogram of a frame of `bands` bands. */
  wholeHistogram(bands: number): Uint32Array {
    const whole = new Uint32Array(HISTOGRAM_BINS);
    mergeHistogram(this.#histograms.subarray(0, bands * COUNTS), whole);
    return whole;
  }
}

/** The value below which half of the pixels of a histogram lie, ADU: the middle of its bin; null of an empty one. */
export function medianOf(histogram: Uint32Array, shift: number): number | null {
  let pixels = 0;
  for (const count of histogram) pixels += count;
  if (pixels === 0) return null;
  let below = 0;
  let bin = 0;
  for (; bin < histogram.length; bin++) {
    below += histogram[bin] ?? 0;
    if (below * 2 >= pixels) break;
  }
  return bin * 2 ** shift + (2 ** shift - 1) / 2;
}
