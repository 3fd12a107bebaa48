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
  /** What was open about it: how many of the seconds before it ended with pulses. */
  readonly openNs: bigint;
}

export interface FreeTime {
  readonly tai: bigint;
  /** Bound of its error beyond that of a locked time; `openNs` is in it. */
  readonly driftNs: bigint;
  readonly openNs: bigint;
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
    this.#locked = { stamp, tai, openNs: 0n };
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
   * right again, shows by where the frame is `expected`, the header cannot tell; where none of what is possible is expected, all
   * that is possible is open.
   */
  at(stamp: QhyStamp, labelTai: (frequencyHz: number) => bigint, expected: readonly bigint[]): FreeTime | null {
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
    if (seconds === 0) {
      const tai = from(0);
      return { tai, driftNs: this.driftNs(tai) + anchor.openNs, openNs: anchor.openNs };
    }
    const most = Math.min(Math.abs(seconds), 3600);
    const possible = Array.from({ length: most + 1 }, (_, n) => from(n * Math.sign(seconds)));
    possible.push(labelTai(frequency));
    const { value, apartNs } = nearest(expected, possible);
    const tai = value ?? from(seconds);
    // Half of what a second that timed out differs from one with a pulse.
    const tolerance = BigInt(Math.round((0.5 * (PPS_SENTINEL - frequency) * 1e9) / frequency));
    let openNs = anchor.openNs;
    if (apartNs === null || apartNs > tolerance) {
      for (const other of possible) if (abs(other - tai) > openNs) openNs = abs(other - tai);
    }
    return { tai, driftNs: this.driftNs(tai) + openNs, openNs };
  }

  /** The frame of `stamp` is believed: the next one goes on from it. */
  ran(stamp: QhyStamp, { tai, openNs }: FreeTime): void {
    this.#running = { stamp, tai, openNs };
  }
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value);

/** The candidate that is nearest to any of the wanted ones, and how far it is from it; nulls where none is wanted. */
function nearest(
  wanted: readonly bigint[],
  candidates: readonly bigint[],
): { value: bigint | null; apartNs: bigint | null } {
  let value: bigint | null = null;
  let apartNs: bigint | null = null;
  for (const candidate of candidates) {
    for (const each of wanted) {
      const apart = abs(candidate - each);
      if (apartNs === null || apart < apartNs) [value, apartNs] = [candidate, apart];
    }
  }
  return { value, apartNs };
}
