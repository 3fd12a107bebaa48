/** Nights as observers count them: from local noon to local noon, by mean solar time of the site's longitude. */

const NS_PER_DAY = 86_400_000_000_000n;

/**
 * The count of the night that holds an instant, in days since 1970; noon begins the next one. Without a longitude noon is that
 * of UTC.
 */
export function nightOf(utcNs: bigint, longitudeDeg: number | null): bigint {
  // A degree is 240 s of solar time; whole milliseconds are finer than anybody's site.
  const offsetNs = BigInt(Math.round((longitudeDeg ?? 0) * 240_000)) * 1_000_000n;
  const shifted = utcNs + offsetNs - NS_PER_DAY / 2n;
  return shifted / NS_PER_DAY - (shifted % NS_PER_DAY < 0n ? 1n : 0n);
}
