/**
 * The instants of SER files: 64-bit counts of 100 ns since 0001-01-01 (the ticks of .NET). Several programs count from 1601 by mistake; nothing
 * here does. A leap second has no ticks of its own: it has those of the second that follows.
 */

/** 100 ns from 0001-01-01 to 1970-01-01. */
export const TICKS_0001_TO_1970 = 621_355_968_000_000_000n;
const TICK_NS = 100n;

/** The tick nearest to an instant of nanoseconds since 1970. */
export function ticksOf(utcNs: bigint): bigint {
  const shifted = utcNs + TICKS_0001_TO_1970 * TICK_NS + TICK_NS / 2n;
  return shifted / TICK_NS;
}

/** Nanoseconds since 1970 of a count of ticks. */
export function utcNsOfTicks(ticks: bigint): bigint {
  return (ticks - TICKS_0001_TO_1970) * TICK_NS;
}

/** An instant as the clocks of this machine's time zone show it, for the one field of SER that wants it. */
export function localTicksOf(utcNs: bigint): bigint {
  // Only a Date knows the zone's offset of a day; the instant itself does not pass through it.
  const minutes = new Date(Number(utcNs / 1_000_000n)).getTimezoneOffset();
  return ticksOf(utcNs - BigInt(minutes) * 60_000_000_000n);
}
