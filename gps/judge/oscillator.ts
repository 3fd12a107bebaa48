/**
 * The camera's oscillator as the PPS shows it: the ticks that it counts in a second, second after second. One count says
 * what the last second was; their history says whether a count can be, and how far time may run without a PPS.
 */
import { isPlausiblePps, NOMINAL_PPS_COUNT } from '../header/qhy-header.js';

/** Seconds that are remembered. */
const REMEMBERED = 64;
/** Of them, the newest that a count is compared with. */
const COMPARED = 9;
/** Counts that go on differing so long are the new frequency: the oscillator was tuned. */
const BELIEVED_AFTER = 3;
/** A PPS edge and the count of it are good to a tick each. */
const COUNT_NOISE = 2;

export class Oscillator {
  readonly #counts: number[] = [];
  #second: number | null = null;
  /** Counts that were not believed, one after the other. */
  #strangers: number[] = [];

  /** The count that frames of `second` show. Counts that cannot be are left out. */
  add(second: number, count: number): void {
    if (second === this.#second || !isPlausiblePps(count)) return;
    this.#second = second;
    if (Math.abs(this.deviation(count)) <= COUNT_NOISE) {
      this.#strangers = [];
      this.#remember(count);
      return;
    }
    if (this.#strangers.some((other) => Math.abs(other - count) > COUNT_NOISE)) this.#strangers = [];
    this.#strangers.push(count);
    if (this.#strangers.length < BELIEVED_AFTER) return;
    this.#counts.length = 0;
    for (const stranger of this.#strangers.splice(0)) this.#remember(stranger);
  }

  /** Seconds whose counts are known. */
  get seconds(): number {
    return this.#counts.length;
  }

  /** Ticks a second: the mean of the newest counts, which differ by the noise of a count; null before the first. */
  get frequencyHz(): number | null {
    const newest = this.#counts.slice(-COMPARED);
    return newest.length === 0 ? null : mean(newest);
  }

  /** Parts per million above 10 MHz; null before the first count. */
  get ppm(): number | null {
    const frequency = this.frequencyHz;
    return frequency === null ? null : (frequency / NOMINAL_PPS_COUNT - 1) * 1e6;
  }

  /** Ticks by which `count` differs from the newest ones; 0 where there are none. */
  deviation(count: number): number {
    const frequency = this.frequencyHz;
    return frequency === null ? 0 : count - frequency;
  }

  /**
   * Bound of what is gained or lost in `elapsedS` seconds without a PPS, nanoseconds: what the frequency may be off, by the
   * scatter of the counts that it was taken from, and the drift that the remembered seconds show, going on.
   */
  driftBoundNs(elapsedS: number): number {
    const counts = this.#counts;
    const half = counts.length >> 1;
    const perSecond = half < 4 ? 0.1 : Math.abs(mean(counts.slice(half)) - mean(counts.slice(0, half))) / half;
    return elapsedS * 100 * this.#frequencyError() + 0.5 * perSecond * 100 * elapsedS * elapsedS;
  }

  /** Ticks a second: a count is cut to a tick, so half of one at least; three standard errors of the mean. */
  #frequencyError(): number {
    const newest = this.#counts.slice(-COMPARED);
    if (newest.length < 3) return COUNT_NOISE;
    const middle = mean(newest);
    const variance = newest.reduce((sum, count) => sum + (count - middle) ** 2, 0) / (newest.length - 1);
    return 0.6 + 3 * Math.sqrt(variance / newest.length);
  }

  #remember(count: number): void {
    this.#counts.push(count);
    if (this.#counts.length > REMEMBERED) this.#counts.shift();
  }
}

const mean = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0) / counts.length;
