/**
 * The host's clock as a witness against the GPS receiver's whole second. Receivers are known to be 1 to 3 s ahead after a
 * cold start, with "locked" in every flag, until the leap-second almanac arrives (up to 12.5 minutes).
 */

/** What is known of the host's clock when a frame arrives. */
export interface HostClock {
  /** True where NTP, PTP or the like holds the clock. */
  readonly synchronised: boolean;
  /** Bound of the clock's error in nanoseconds; of an unsynchronised clock a guess that proves nothing. */
  readonly boundNs: bigint;
}

/** The state to assume of a clock that nobody vouches for. */
export const UNSYNCHRONISED_HOST: HostClock = { synchronised: false, boundNs: 1_000_000_000n };

/** agrees: nothing against the stamp. contradicts: the stamp is wrong. unclear: they differ, and the host may be wrong. */
export type HostVerdict = 'agrees' | 'contradicts' | 'unclear';

const SECOND = 1_000_000_000n;
const DAY = 86_400n * SECOND;
/** What scheduling and the kernel's time stamp may take away from a delay of zero. */
const SLACK = 50_000_000n;
/** The largest number of whole seconds that is taken for the receiver's error: GPS and UTC differ by 18. */
const LARGEST_ERROR_S = 20n;

/**
 * Compares a stamp with the kernel's receive time of the frame it came in. `delayNs` is receive time minus stamp: never
 * negative for right clocks, and any delay is possible, so a stamp that is too early is not found here, except by a day.
 *
 * A synchronised host contradicts a stamp from its future. An unsynchronised one contradicts only where the difference
 * is a whole number of seconds, up to 20, plus a delay below 0.45 s.
 */
export function compareWithHost(delayNs: bigint, host: HostClock): HostVerdict {
  if (host.synchronised) return delayNs < -(host.boundNs + SLACK) || delayNs > DAY ? 'contradicts' : 'agrees';
  if (delayNs >= -SLACK) return delayNs > DAY ? 'unclear' : 'agrees';
  const ahead = (-delayNs + 450_000_000n) / SECOND;
  const rest = delayNs + ahead * SECOND;
  return ahead >= 1n && ahead <= LARGEST_ERROR_S && rest >= -SLACK ? 'contradicts' : 'unclear';
}
