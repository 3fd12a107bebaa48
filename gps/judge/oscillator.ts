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

  /** Ticks a second: the median of the newest counts; null before the first. */
  get frequencyHz(): number | null {
    const newest = this.#counts.slice(-COMPARED).sort((a, b) => a - b);
    if (newest.length === 0) return null;
    const middle = newest.length >> 1;
    const upper = newest[middle] as number;
    return newest.length % 2 === 1 ? upper : (upper + (newest[middle - 1] as number)) / 2;
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
   * Bound of what is gained or lost in `elapsedS` seconds without a PPS, nanoseconds: half a tick of each second for the count,
   * and the drift that the remembered seconds show, going on.
   */
  driftBoundNs(elapsedS: number): number {
    const counts = this.#counts;
    const half = counts.length >> 1;
    const mean = (part: readonly number[]) => part.reduce((sum, count) => sum + count, 0) / part.length;
    const perSecond = half < 4 ? 0.1 : Math.abs(mean(counts.slice(half)) - mean(counts.slice(0, half))) / half;
    // A tick more or less in a second is 100 ns.
    return elapsedS * 60 + 0.5 * perSecond * 100 * elapsedS * elapsedS;
  }

  #remember(count: number): void {
    this.#counts.push(count);
    if (this.#counts.length > REMEMBERED) this.#counts.shift();
  }
}
