/**
 * The simulated world's own time scale: TAI in nanoseconds, counted so that UTC = TAI - (TAI - UTC). It runs through leap
 * seconds evenly; labels in UTC are made from it. Kept apart from gps/ so that what is tested is not tested by itself.
 */

export const SECOND_NS = 1_000_000_000n;

/** Unix time of the midnight behind each leap second since 1995, and TAI - UTC from then on (IERS Bulletin C). */
const LEAPS: readonly (readonly [midnightUnixS: bigint, taiMinusUtcS: bigint])[] = [
  [820_454_400n, 30n], // 1996-01-01
  [867_715_200n, 31n], // 1997-07-01
  [915_148_800n, 32n], // 1999-01-01
  [1_136_073_600n, 33n], // 2006-01-01
  [1_230_768_000n, 34n], // 2009-01-01
  [1_341_100_800n, 35n], // 2012-07-01
  [1_435_708_800n, 36n], // 2015-07-01
  [1_483_228_800n, 37n], // 2017-01-01
];
const BEFORE_THE_TABLE_S = 29n;

export function floorDiv(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value % divisor < 0n ? quotient - 1n : quotient;
}

/** The last whole second at or before an instant. */
export function wholeSecond(ns: bigint): bigint {
  return floorDiv(ns, SECOND_NS) * SECOND_NS;
}

/** TAI of an instant of UTC that is not in a leap second. */
export function taiOfUtc(utcNs: bigint): bigint {
  const leap = LEAPS.findLast(([midnight]) => utcNs >= midnight * SECOND_NS);
  return utcNs + (leap?.[1] ?? BEFORE_THE_TABLE_S) * SECOND_NS;
}

export interface UtcInstant {
  /** POSIX count; in a leap second that of the midnight which follows. */
  readonly utcNs: bigint;
  readonly leapSecond: boolean;
}

export function utcOfTai(taiNs: bigint): UtcInstant {
  // The leap second itself begins at its midnight's count under the offset that holds until then.
  const leap = LEAPS.findLast(([midnight, offset]) => taiNs >= (midnight + offset - 1n) * SECOND_NS);
  if (!leap) return { utcNs: taiNs - BEFORE_THE_TABLE_S * SECOND_NS, leapSecond: false };
  const [midnight, offset] = leap;
  const leapSecond = taiNs < (midnight + offset) * SECOND_NS;
  return { utcNs: taiNs - (leapSecond ? offset - 1n : offset) * SECOND_NS, leapSecond };
}
