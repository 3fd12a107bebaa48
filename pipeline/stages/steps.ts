/** What is done to a frame, and how long each part of it takes. */

/** `rice`: compressed tiles; `raw`: big-endian pixels as FITS has them; `little-endian`: pixels as they are; `none`: the frame is not recorded. */
export type Encoding = 'rice' | 'raw' | 'little-endian' | 'none';
/** `sampled`: every 8th row. */
export type HistogramRows = 'off' | 'sampled' | 'full';

export interface FrameSteps {
  readonly encoding: Encoding;
  readonly statistics: boolean;
  readonly histogram: HistogramRows;
  readonly preview: boolean;
}

/** Rows between two that a sampled histogram reads. */
export const HISTOGRAM_ROW_STEP = 8;
/** Bins of a frame's histogram. A deeper format shares a bin among 2^(depth - 12) neighbouring values. */
export const HISTOGRAM_BINS = 4096;

/** Bits that a pixel is shifted down by to find its bin. */
export function histogramShift(bitDepth: number): number {
  return Math.max(0, bitDepth - 12);
}

/** The parts of a frame's way whose time is kept. `hdu`: time stamp, header, row lengths. */
export const STAGES = ['unpack', 'statistics', 'histogram', 'encode', 'preview', 'stack', 'hdu'] as const;
export type Stage = (typeof STAGES)[number];
const STAGE_INDEX = Object.fromEntries(STAGES.map((stage, i) => [stage, i])) as Record<Stage, number>;

/** Time spent in each stage by all workers together, in shared memory; each worker gathers its own and adds it with `flush`. */
export class StageClock {
  readonly memory: SharedArrayBuffer;
  readonly #spentNs: BigInt64Array;
  readonly #ownMs = new Float64Array(STAGES.length);
  #last = 0;

  constructor(memory = new SharedArrayBuffer(STAGES.length * 8)) {
    this.memory = memory;
    this.#spentNs = new BigInt64Array(memory);
  }

  /** From here on time counts for the stage that `lap` names. */
  start(): void {
    this.#last = performance.now();
  }

  /** The time since `start` or the last lap was spent in `stage`. */
  lap(stage: Stage): void {
    const now = performance.now();
    const index = STAGE_INDEX[stage];
    this.#ownMs[index] = (this.#ownMs[index] as number) + now - this.#last;
    this.#last = now;
  }

  /** Adds what this worker spent since the last time. */
  flush(): void {
    for (const [i, ms] of this.#ownMs.entries()) {
      if (ms > 0) Atomics.add(this.#spentNs, i, BigInt(Math.round(ms * 1e6)));
      this.#ownMs[i] = 0;
    }
  }

  /** Seconds of worker time so far. */
  seconds(): Record<Stage, number> {
    const spent = {} as Record<Stage, number>;
    for (const [i, stage] of STAGES.entries()) spent[stage] = Number(Atomics.load(this.#spentNs, i)) / 1e9;
    return spent;
  }
}
