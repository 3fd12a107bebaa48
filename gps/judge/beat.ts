/** How a frame stands to the beat of its neighbours. */
import { taiToUtc } from '../clocks/leap-seconds.js';
import type { CadenceVerdict } from './cadence.js';

export interface Beat {
  /** Not where its neighbours let expect it. */
  readonly off: boolean;
  /** By whole seconds. */
  readonly leap: boolean;
  /** It goes on from a frame that was believed. */
  readonly unbroken: boolean;
  /** How much later it is than they let expect. */
  readonly deviationNs: number;
}

/** End of exposure and receive time of a frame. */
export interface Arrival {
  readonly tai: bigint;
  readonly receivedNs: bigint;
}

/** How far a leap of the time may be from whole seconds to be one of them. */
const WHOLE_SECOND_NS = 1_000_000;
/** Two receive times tell the time between two frames to so much. */
const RECEIVE_TOLERANCE_NS = 450e6;

/**
 * Against its neighbours where they keep a beat, else, by the receive times, against `last`, the newest frame that was
 * believed. `received`: the receive time by a synchronised host, UTC; null where nobody vouches for it.
 */
export function beatOf(frame: Arrival, verdict: CadenceVerdict, last: Arrival | null, received: bigint | null): Beat {
  const onBeat = verdict.deviationNs !== null;
  if (!onBeat && last === null) return { off: false, leap: false, unbroken: false, deviationNs: 0 };
  const deviationNs =
    verdict.deviationNs ?? Number(frame.tai - (last?.tai ?? 0n) - (frame.receivedNs - (last?.receivedNs ?? 0n)));
  const tolerance = onBeat ? verdict.toleranceNs : RECEIVE_TOLERANCE_NS;
  const off = Math.abs(deviationNs) > tolerance;
  const seconds = Math.round(deviationNs / 1e9);
  const within = onBeat ? Math.max(WHOLE_SECOND_NS, tolerance) : RECEIVE_TOLERANCE_NS;
  const leap = off && seconds !== 0 && Math.abs(deviationNs - seconds * 1e9) <= within;
  const proven = received !== null && isRightSinceLeap(frame.tai, deviationNs, received);
  return { off, leap: leap && !proven, unbroken: !off, deviationNs };
}

/** Whether the host shows that the time is right only since it leapt. */
function isRightSinceLeap(tai: bigint, deviationNs: number, received: bigint): boolean {
  const delay = Number(received - taiToUtc(tai).utcNs);
  const before = delay + deviationNs;
  return delay > -50e6 && delay < 450e6 && (before < -450e6 || before > 900e6);
}
