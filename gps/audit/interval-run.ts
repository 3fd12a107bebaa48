/**
 * Steps from frame to frame of one cadence. The median is that of all its steps, so what is far off it is kept aside until
 * the last one is known. Thresholds as in GoPyOTE's timestamp analysis: a step of 1.8 medians or more is a drop, one more
 * than 30 % off the median a cadence error.
 */
import { type ResidualStatistics, Residuals, StepMedian } from './step-statistics.js';

export interface Step {
  /** From start of exposure to start of exposure; above 0. */
  readonly ns: number;
  readonly fromFrame: number;
  readonly toFrame: number;
  readonly fromUtcNs: bigint;
  readonly toUtcNs: bigint;
  readonly exposureNs: number;
  /** Block ids went so many further; and the camera's own count, 0 where it tells nothing. */
  readonly blocks: number;
  readonly counts: number;
  /** Frames between that gap rows tell of, and rows that are not held against their neighbours. */
  readonly missing: number;
  readonly skipped: number;
  /** A gap row between does not know how many frames it stands for. */
  readonly unknown: boolean;
  /** Block ids between that nothing accounts for. */
  readonly holes: number;
}

export interface IntervalRun {
  readonly fromFrame: number;
  readonly toFrame: number;
  readonly fromUtcNs: bigint;
  readonly toUtcNs: bigint;
  readonly steps: number;
  readonly exposureNs: number;
  readonly medianNs: number;
  /** Steps against the median, each of as many periods as frames lie between. */
  readonly residuals: ResidualStatistics;
}

export type StepVerdict = 'drop' | 'explained-drop' | 'cadence';

/** GoPyOTE's, in tenths. */
const DROP_TENTHS = 18;
const CADENCE_TENTHS = 3;
/** What is kept aside: what a median that moves by 4 % may yet make a finding of. */
const ASIDE = 0.25;
/** Steps that are; of a cadence that has more the median so far counts. */
const MOST_ASIDE = 20_000;

/** What a step is against the median of its run; null: nothing. */
export function judgeStep(step: Step, medianNs: number): StepVerdict | null {
  const { ns, missing, skipped, unknown, holes } = step;
  const isOff = (interval: number): boolean => 10 * Math.abs(interval - medianNs) > CADENCE_TENTHS * medianNs;
  // Rows between that are not judged are frames too: what counts is the step from frame to frame.
  const between = ns - skipped * medianNs;
  if (10 * between < DROP_TENTHS * medianNs) {
    // A frame that is missing takes its time too.
    return isOff(between) || isOff(between / (missing + 1)) ? 'cadence' : null;
  }
  if (holes > 0) return 'drop';
  if (unknown) return 'explained-drop';
  if (missing === 0) return 'drop';
  const frames = Math.round(between / medianNs) - 1;
  if (frames > missing) return 'drop';
  return isOff(between / (missing + 1)) ? 'cadence' : 'explained-drop';
}

export class RunningIntervals {
  readonly medianNs: number;
  readonly exposureNs: number;
  readonly #tell: (step: Step, verdict: StepVerdict, medianNs: number) => void;
  readonly #median: StepMedian;
  readonly #residuals = new Residuals();
  readonly #aside: Step[] = [];
  #first: Step;
  #last: Step;
  #steps = 0;

  /** A run that begins with `steps`, at least one. */
  constructor(steps: readonly Step[], tell: (step: Step, verdict: StepVerdict, medianNs: number) => void) {
    this.#tell = tell;
    this.medianNs = middle(steps.map((step) => step.ns / periodsNear(step, 0)));
    this.exposureNs = middle(steps.map((step) => step.exposureNs));
    this.#median = new StepMedian(this.medianNs);
    this.#first = steps[0] as Step;
    this.#last = this.#first;
  }

  /** The next step; returns how far it is off as many medians as frames lie between, nanoseconds. */
  add(step: Step): number {
    this.#steps++;
    this.#last = step;
    this.#median.add(step.ns);
    if (step.missing > 0 || Math.abs(step.ns / this.medianNs - 1) > ASIDE) this.#keep(step);
    if (step.unknown) return 0;
    const periods = periodsNear(step, this.medianNs);
    const residualNs = step.ns - periods * this.medianNs;
    this.#residuals.add(residualNs, periods, step.toFrame, step.toUtcNs);
    return residualNs;
  }

  end(): IntervalRun {
    const medianNs = this.#median.valueNs;
    for (const step of this.#aside) this.#judge(step, medianNs);
    const { fromFrame, fromUtcNs } = this.#first;
    const { toFrame, toUtcNs } = this.#last;
    return {
      fromFrame,
      toFrame,
      fromUtcNs,
      toUtcNs,
      steps: this.#steps,
      exposureNs: this.exposureNs,
      medianNs,
      residuals: this.#residuals.result(medianNs - this.medianNs),
    };
  }

  #keep(step: Step): void {
    if (this.#aside.length < MOST_ASIDE) this.#aside.push(step);
    else this.#judge(step, this.#median.valueNs);
  }

  #judge(step: Step, medianNs: number): void {
    const verdict = judgeStep(step, medianNs);
    if (verdict !== null) this.#tell(step, verdict, medianNs);
  }
}

/** How many periods a step is: what the camera's count, the block ids or the gap rows say, whichever is nearest. */
export function periodsNear({ ns, blocks, counts, missing, skipped }: Step, medianNs: number): number {
  const byRows = missing + skipped + 1;
  if (byRows === 1 && blocks <= 1 && counts <= 1) return 1;
  if (medianNs <= 0) return Math.max(byRows, counts > 0 ? counts : blocks);
  let best = byRows;
  for (const periods of [blocks, counts]) {
    if (periods > 0 && Math.abs(ns - periods * medianNs) < Math.abs(ns - best * medianNs)) best = periods;
  }
  return best;
}

/** The median; of an even number the larger of the two in the middle, so that it is a value that occurs. */
export function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
