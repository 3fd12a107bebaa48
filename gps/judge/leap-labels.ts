/** What a stamp's label means about a leap second, where two seconds can have the same. */
import { leapMidnightNear, utcToTai } from '../clocks/leap-seconds.js';

const SECOND = 1_000_000_000n;
/** Receivers that lack the almanac are some seconds off, hosts step or slow down when it suits them. */
const ABOUT_LEAP_NS = 6n * SECOND;

/** Whether a leap second is so near that neither a receiver nor a host is believed about the whole second. */
export function isAboutLeap(utcNs: bigint): boolean {
  return leapMidnightNear(utcNs, ABOUT_LEAP_NS) !== null;
}

/**
 * The TAI of a label of a stamp. About a leap second one label stands for two seconds, and how a camera labels 23:59:60 is
 * documented nowhere: the one next to what is expected is meant.
 */
export function labelled(utcNs: bigint, expectedTai: bigint | null): bigint {
  const plain = utcToTai(utcNs);
  const midnight = leapMidnightNear(utcNs);
  if (midnight === null || expectedTai === null) return plain;
  const other = utcNs >= midnight ? utcToTai(utcNs, true) : utcToTai(utcNs + SECOND, true);
  return abs(other - expectedTai) < abs(plain - expectedTai) ? other : plain;
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value);
