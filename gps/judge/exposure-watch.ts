/**
 * The exposure of a global shutter as the header's two stamps show it. It changes when somebody sets it; a header whose
 * exposure differs from its neighbours' for no reason has a damaged stamp.
 */

/** Stamps are cut to a tick, so two exposures of one length differ by one. */
const TICK_NS = 100;
/** A difference up to this is jitter, and is told in the uncertainty. */
const JITTER_NS = 1_000;
/** Frames in a row that make another exposure the new one. */
const BELIEVED_AFTER = 3;
/** Weight of the newest exposure in the mean. */
const NEWEST = 1 / 16;

export interface ExposureVerdict {
  /** What the difference adds to the bound of the time. */
  readonly addedNs: bigint;
  /** Another exposure than before, and not yet believed. */
  readonly changed: boolean;
}

const SAME: ExposureVerdict = { addedNs: 0n, changed: false };

export class ExposureWatch {
  #meanNs: number | null = null;
  #others: number[] = [];

  /** The exposure of the frames before; null before the first. */
  get exposureNs(): bigint | null {
    return this.#meanNs === null ? null : BigInt(Math.round(this.#meanNs));
  }

  /** `mayLearn`: nothing else speaks against the frame. */
  check(exposureNs: bigint, mayLearn: boolean): ExposureVerdict {
    const ns = Number(exposureNs);
    if (this.#meanNs === null) return SAME;
    const difference = Math.abs(ns - this.#meanNs);
    if (difference <= JITTER_NS) {
      return { addedNs: difference <= TICK_NS ? 0n : BigInt(Math.ceil(difference)), changed: false };
    }
    if (!mayLearn) return { addedNs: BigInt(Math.ceil(difference)), changed: true };
    if (this.#others.some((other) => Math.abs(other - ns) > JITTER_NS)) this.#others = [];
    this.#others.push(ns);
    if (this.#others.length < BELIEVED_AFTER) return { addedNs: BigInt(Math.ceil(difference)), changed: true };
    this.#meanNs = ns;
    this.#others = [];
    return SAME;
  }

  /** The frame is believed. */
  accept(exposureNs: bigint): void {
    const ns = Number(exposureNs);
    this.#meanNs = this.#meanNs === null ? ns : this.#meanNs + (ns - this.#meanNs) * NEWEST;
    this.#others = [];
  }

  /** Somebody sets the exposure: the next one is the new one. */
  reset(): void {
    this.#meanNs = null;
    this.#others = [];
  }
}
