/**
 * Intervals between frames that follow each other, against what their neighbours let expect. A change of exposure or of
 * cadence begins a run of its own. Frames whose time is untrusted are left out: that they are is said elsewhere.
 */
import type { Between } from './block-account.js';
import { type AuditFinding, type AuditFindingKind, auditFinding } from './finding.js';
import { type FrameRange, FrameRanges, span } from './frame-ranges.js';
import type { GapStore } from './gap-store.js';
import { type IntervalRun, judgeStep, middle, periodsNear, RunningIntervals, type Step } from './interval-run.js';
import { MinMaxSeries, type Series } from './min-max-series.js';
import { type AuditFrame, elapsedNs } from './rows.js';

export interface Intervals {
  readonly runs: readonly IntervalRun[];
  /** Runs that are not listed, of a cadence that changes all the time. */
  readonly runsNotListed: number;
  /** Steps that were judged, and those that were not because a time at one end is untrusted. */
  readonly steps: number;
  readonly notJudged: number;
  /** Steps off their run's median, nanoseconds, over time. */
  readonly residuals: Series;
}

/** Steps that make a median to begin with, and that make another cadence. */
const WARM_UP = 32;
const STREAK = 16;
/** A step or an exposure this much off is of another cadence, if the ones behind it agree as closely. */
const ANOTHER = 0.1;
const MOST_RUNS = 500;
const MOST_RANGES = 100;
/** A larger leap of the camera's count tells nothing. */
const BELIEVABLE = 10_000;

interface Told extends FrameRange {
  readonly count: number;
  readonly worst: number;
  readonly evidence: string;
}

const joinTold = (a: Told, b: Told): Told => ({
  ...span(a, b),
  count: a.count + b.count,
  worst: Math.max(a.worst, b.worst),
  evidence: a.worst >= b.worst ? a.evidence : b.evidence,
});

export class IntervalWatch {
  readonly #gaps: GapStore;
  readonly #series: MinMaxSeries;
  readonly #told = new Map<AuditFindingKind, FrameRanges<Told>>();
  readonly #runs: IntervalRun[] = [];
  #runsNotListed = 0;
  #run: RunningIntervals | null = null;
  /** Steps that wait for a median, or to be known for another cadence. */
  #waiting: Step[] = [];
  /** The newest frame that is not untrusted. */
  #reference: AuditFrame | null = null;
  #missing = 0;
  #skipped = 0;
  #holes = 0;
  #steps = 0;
  #notJudged = 0;

  constructor(gaps: GapStore, originUtcNs: bigint | null) {
    this.#gaps = gaps;
    this.#series = new MinMaxSeries(originUtcNs);
  }

  frame(frame: AuditFrame, between: Between): void {
    const reference = this.#reference;
    if (between.newStream && reference !== null) this.#break();
    this.#missing += between.missing;
    this.#holes += between.holes;
    if (frame.grade === 'untrusted') {
      this.#notJudged++;
      this.#skipped++;
      return;
    }
    this.#reference = frame;
    if (reference !== null && !between.newStream && this.#missing + this.#skipped < BELIEVABLE) {
      this.#step(reference, frame);
    }
    this.#missing = 0;
    this.#skipped = 0;
    this.#holes = 0;
  }

  /** Another stream: what lies between the frames is no step. */
  #break(): void {
    this.#endRun();
    this.#reference = null;
    this.#missing = 0;
    this.#skipped = 0;
    this.#holes = 0;
  }

  #step(from: AuditFrame, to: AuditFrame): void {
    const ns = elapsedNs(from.startUtcNs, from.leapSecond, to.startUtcNs, to.leapSecond);
    this.#steps++;
    if (ns <= 0) {
      const evidence = ns === 0 ? 'both begin at the same time' : `the step is ${microseconds(ns)}`;
      this.#tell('time-order', rangeOf(from, to), -ns, evidence);
      return;
    }
    const counts = from.sequence === null || to.sequence === null ? 0 : (to.sequence - from.sequence) >>> 0;
    const usual = (this.#run?.medianNs ?? 0) * 1.3;
    const gap = ns > usual ? this.#gaps.unnumberedBetween(from.startUtcNs, to.startUtcNs) : null;
    this.#add({
      ns,
      fromFrame: from.number,
      toFrame: to.number,
      fromUtcNs: from.startUtcNs,
      toUtcNs: to.startUtcNs,
      exposureNs: Number(to.exposureNs),
      blocks: Number(to.blockId - from.blockId),
      counts: counts > BELIEVABLE ? 0 : counts,
      missing: this.#missing + (gap?.frames ?? 0),
      skipped: this.#skipped,
      unknown: gap?.unknown ?? false,
      holes: this.#holes,
    });
  }

  #add(step: Step): void {
    const run = this.#run;
    if (run === null) {
      this.#waiting.push(step);
      if (this.#waiting.length >= WARM_UP) this.#begin();
      return;
    }
    if (this.#waiting.length === 0 && isOf(run, step)) {
      this.#commit(run, step);
      return;
    }
    this.#waiting.push(step);
    if (isOf(run, step)) this.#commitWaiting(run);
    else if (this.#waiting.length >= STREAK) this.#change(run);
  }

  /** Steps that wait are either another cadence or none. */
  #change(run: RunningIntervals): void {
    const [boundary, ...rest] = this.#waiting as [Step, ...Step[]];
    const period = middle(rest.map(intervalOf));
    const exposure = middle(rest.map((step) => step.exposureNs));
    const agree = rest.every(
      (step) => Math.abs(intervalOf(step) - period) <= ANOTHER * period && !isOtherExposure(step.exposureNs, exposure),
    );
    if (!agree) {
      this.#waiting = rest;
      this.#commit(run, boundary);
      return;
    }
    this.#endRunAt(rest);
    const next = this.#run as RunningIntervals | null;
    if (next === null) return;
    // A reduction program knows of one median; the step across is held against either.
    const [a, b] = [run.medianNs, next.medianNs];
    const clean = judgeStep({ ...boundary, ns: Math.max(a, b) }, Math.min(a, b)) === null;
    const across = judgeStep(boundary, a) === null || judgeStep(boundary, b) === null;
    const evidence = `from ${microseconds(a)} with ${microseconds(run.exposureNs)} exposure to ${microseconds(b)} with ${microseconds(next.exposureNs)}, the step across ${microseconds(boundary.ns)}`;
    this.#tell(clean && across ? 'exposure-change' : 'rate-change', rangeOfStep(boundary), 0, evidence);
  }

  #begin(): void {
    const steps = this.#waiting;
    this.#waiting = [];
    if (steps.length === 0) return;
    const run = new RunningIntervals(steps, (step, verdict, medianNs) => {
      const { ns, missing, unknown } = step;
      const rows = unknown
        ? 'a gap row of unknown length'
        : missing > 0
          ? `gap rows of ${missing} frames`
          : 'no gap row';
      const evidence = `${microseconds(ns)}, ${(ns / medianNs).toFixed(2)} times the median of ${microseconds(medianNs)}, with ${rows} between`;
      this.#tell(verdict, rangeOfStep(step), Math.abs(ns - medianNs), evidence);
    });
    this.#run = run;
    for (const step of steps) this.#commit(run, step);
  }

  #commit(run: RunningIntervals, step: Step): void {
    this.#series.add(step.toUtcNs, run.add(step));
  }

  #commitWaiting(run: RunningIntervals): void {
    for (const step of this.#waiting.splice(0)) this.#commit(run, step);
  }

  #endRun(): void {
    if (this.#run === null) this.#begin();
    else this.#commitWaiting(this.#run);
    this.#endRunAt([]);
  }

  /** The run is over, the next one begins with `steps`. */
  #endRunAt(steps: Step[]): void {
    if (this.#run !== null) {
      const ended = this.#run.end();
      if (this.#runs.length < MOST_RUNS) this.#runs.push(ended);
      else this.#runsNotListed++;
    }
    this.#run = null;
    this.#waiting = steps;
    if (steps.length > 0) this.#begin();
  }

  #tell(kind: AuditFindingKind, range: FrameRange, worst: number, evidence: string): void {
    let ranges = this.#told.get(kind);
    if (ranges === undefined) {
      ranges = new FrameRanges<Told>(MOST_RANGES, joinTold);
      this.#told.set(kind, ranges);
    }
    ranges.add({ ...range, count: 1, worst, evidence });
  }

  result(): { intervals: Intervals; findings: AuditFinding[] } {
    this.#endRun();
    const findings: AuditFinding[] = [];
    for (const [kind, ranges] of this.#told) {
      const told = [...ranges.list].sort((a, b) => a.fromFrame - b.fromFrame);
      // What is explained is one line, not one a gap.
      const merged = kind === 'explained-drop' ? [told.reduce(joinTold)] : mergeTouching(told);
      for (const range of merged) {
        const more = range.count > 1 ? `${range.count} steps, the worst: ` : '';
        findings.push(auditFinding(kind, more + range.evidence, range, range.count));
      }
    }
    const intervals = {
      runs: this.#runs,
      runsNotListed: this.#runsNotListed,
      steps: this.#steps,
      notJudged: this.#notJudged,
      residuals: this.#series.result(),
    };
    return { intervals, findings };
  }
}

function isOf(run: RunningIntervals, step: Step): boolean {
  if (isOtherExposure(step.exposureNs, run.exposureNs)) return false;
  const periods = periodsNear(step, run.medianNs);
  return step.unknown || Math.abs(step.ns - periods * run.medianNs) <= ANOTHER * periods * run.medianNs;
}

/** Exposures that a GPS measured differ by ticks; cameras set them in whole lines. */
const isOtherExposure = (exposureNs: number, usualNs: number): boolean =>
  Math.abs(exposureNs - usualNs) > 100_000 + usualNs / 1000;

/** A step as the interval from frame to frame, as far as rows tell of frames between. */
const intervalOf = ({ ns, missing, skipped }: Step): number => ns / (missing + skipped + 1);

const rangeOf = (from: AuditFrame, to: AuditFrame): FrameRange => ({
  fromFrame: from.number,
  toFrame: to.number,
  frames: 2,
  fromUtcNs: from.startUtcNs,
  toUtcNs: to.startUtcNs,
});

const rangeOfStep = ({ fromFrame, toFrame, fromUtcNs, toUtcNs }: Step): FrameRange => ({
  fromFrame,
  toFrame,
  frames: 2,
  fromUtcNs,
  toUtcNs,
});

/** Ranges that share a frame become one. */
function mergeTouching(sorted: readonly Told[]): Told[] {
  const merged: Told[] = [];
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && range.fromFrame <= last.toFrame) {
      merged[merged.length - 1] = { ...joinTold(last, range), frames: last.frames + range.frames - 1 };
    } else merged.push(range);
  }
  return merged;
}

function microseconds(ns: number): string {
  return `${(ns / 1000).toFixed(1)} us`;
}
