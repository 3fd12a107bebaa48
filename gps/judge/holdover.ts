/**
 * Time without a PPS. The camera's second then ends not with the pulse but when its counter runs out, at 10,000,500 ticks, so
 * its stamps fall behind by some 50 us a second (QHYCCD, ESOP 2019: up to 50 us a second). The ticks themselves go on: counted
 * through, at the frequency that the last pulses showed, they keep the time. Instants are TAI, nanoseconds.
 */

import { PPS_SENTINEL, type QhyStamp } from '../header/qhy-header.js';
import type { Oscillator } from './oscillator.js';

/** A bound beyond which a time that runs free is not `holdover` any more. */
export const HOLDOVER_LIMIT_NS = 100_000n;

/** A stamp whose time is known. */
interface Anchor {
  readonly stamp: QhyStamp;
  readonly tai: bigint;
}

export interface FreeTime {
  readonly tai: bigint;
  /** Bound of its error beyond that of a locked time. */
  readonly driftNs: bigint;
}

export class Holdover {
  readonly #oscillator: Oscillator;
  /** The newest stamp with a PPS. */
  #locked: Anchor | null = null;
  /** The newest stamp without one. */
  #running: Anchor | null = null;
  #lockedTai = 0n;

  constructor(oscillator: Oscillator) {
    this.#oscillator = oscillator;
  }

  /** Whether a locked time is known to go on from. */
  get ready(): boolean {
    return this.#locked !== null;
  }

  /** A stamp that is locked and believed. */
  locked(stamp: QhyStamp, tai: bigint): void {
    this.#locked = { stamp, tai };
    this.#running = null;
    this.#lockedTai = tai;
  }

  /** Bound of what a time has lost since the newest locked one, nanoseconds. */
  driftNs(tai: bigint): bigint {
    const elapsedS = Math.max(0, Number(tai - this.#lockedTai) / 1e9);
    return BigInt(Math.ceil(this.#oscillator.driftBoundNs(elapsedS)));
  }

  /** The receiver's time is another one from here on. */
  reset(): void {
    this.#locked = null;
    this.#running = null;
  }

  /**
   * The time of `stamp`, whose header has no PPS count; null where none was locked before. `labelTai`: what the stamp says, its
   * ticks by the last frequency. Whether the seconds since the anchor ended with pulses, or the pulses are back and the label is
   * right again, shows by `expectedTai`, where the frame should be; the header cannot tell.
   */
  at(stamp: QhyStamp, labelTai: (frequencyHz: number) => bigint, expectedTai: bigint | null): FreeTime | null {
    const anchor = this.#running ?? this.#locked;
    const frequency = this.#oscillator.frequencyHz;
    if (anchor === null || frequency === null) return null;
    const seconds = stamp.seconds - anchor.stamp.seconds;
    const ticks = stamp.ticks - anchor.stamp.ticks;
    // Of the seconds between, `timeouts` ended because the counter ran out, the others with a pulse.
    const from = (timeouts: number) => {
      const counted = (seconds - timeouts) * frequency + timeouts * PPS_SENTINEL + ticks;
      return anchor.tai + BigInt(Math.round((counted * 1e9) / frequency));
    };
    let tai = from(seconds);
    let openNs = 0n;
    if (seconds !== 0) {
      const most = Math.min(Math.abs(seconds), 3600);
      const possible = Array.from({ length: most + 1 }, (_, n) => from(n * Math.sign(seconds)));
      possible.push(labelTai(frequency));
      if (expectedTai !== null) tai = nearest(expectedTai, possible);
      else for (const other of possible) if (abs(other - tai) > openNs) openNs = abs(other - tai);
    }
    return { tai, driftNs: this.driftNs(tai) + openNs };
  }

  /** The frame of `stamp` is believed: the next one goes on from it. */
  ran(stamp: QhyStamp, tai: bigint): void {
    this.#running = { stamp, tai };
  }
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value);

function nearest(wanted: bigint, candidates: readonly bigint[]): bigint {
  let best = candidates[0] as bigint;
  for (const candidate of candidates) if (abs(candidate - wanted) < abs(best - wanted)) best = candidate;
  return best;
}
