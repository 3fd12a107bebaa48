/** Whether a rule on a frame's statistics holds. Judged for every frame on the way to the disk, without making an object. */
import type { TriggerRule } from '#src/config/trigger-rule.js';
import type { FrameStatistics } from '#storage/frame-record.js';

/** Frames that the running median is made of, and how many must have come before it means anything. */
const MEDIAN_FRAMES = 101;
const LEAST_FRAMES = 11;

/** The median of the last values given to it. */
export class RunningMedian {
  readonly #sorted: Float64Array;
  readonly #inOrder: Float64Array;
  #count = 0;
  #next = 0;

  constructor(frames: number) {
    this.#sorted = new Float64Array(frames);
    this.#inOrder = new Float64Array(frames);
  }

  get count(): number {
    return this.#count;
  }

  /** Of an even number of values, the upper of the two in the middle. */
  get median(): number {
    return this.#sorted[this.#count >> 1] ?? Number.NaN;
  }

  add(value: number): void {
    const sorted = this.#sorted;
    if (this.#count === sorted.length) {
      const at = this.#placeOf(this.#inOrder[this.#next] as number);
      sorted.copyWithin(at, at + 1, this.#count);
      this.#count--;
    }
    const at = this.#placeOf(value);
    sorted.copyWithin(at + 1, at, this.#count);
    sorted[at] = value;
    this.#count++;
    this.#inOrder[this.#next] = value;
    this.#next = (this.#next + 1) % sorted.length;
  }

  /** The first place whose value is not below `value`. */
  #placeOf(value: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Judges the frames of one stream by one rule. */
export class RuleJudge {
  readonly rule: TriggerRule;
  readonly #before: RunningMedian | null;

  constructor(rule: TriggerRule) {
    this.rule = rule;
    this.#before = rule.relative ? new RunningMedian(MEDIAN_FRAMES) : null;
  }

  /** Whether the rule holds for a frame. One without statistics, or without the one that is asked for, says nothing. */
  holds(statistics: FrameStatistics | null): boolean {
    const value = statistics?.[this.rule.quantity] ?? null;
    if (value === null) return false;
    const { relation, value: limit } = this.rule;
    const before = this.#before;
    if (before === null) return relation === '>' ? value > limit : value < limit;
    const known = before.count >= LEAST_FRAMES;
    const threshold = limit * before.median;
    before.add(value);
    return known && (relation === '>' ? value > threshold : value < threshold);
  }
}
