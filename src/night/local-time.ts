/** Wall clocks of time zones, by the zone data that the runtime carries: instants in nanoseconds out, days as counts since 1970. */

const MS_PER_MINUTE = 60_000;
const MS_PER_DAY = 86_400_000;
const NS_PER_MS = 1_000_000n;
const formats = new Map<string, Intl.DateTimeFormat>();

export function isTimeZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(zone, format);
  return format;
}

/** What the zone's wall clock shows at an instant, counted as if it were UTC, in milliseconds. */
function wallMsOf(zone: string, utcMs: number): number {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(utcMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

const offsetMsAt = (zone: string, utcMs: number) => wallMsOf(zone, utcMs) - Math.floor(utcMs / 1_000) * 1_000;

/** The day that the zone's calendar shows, counted since 1970-01-01. */
export function dayOf(zone: string, utcNs: bigint): number {
  return Math.floor(wallMsOf(zone, Number(utcNs / NS_PER_MS)) / MS_PER_DAY);
}

/**
 * The instant at which a zone's wall clock shows `HH:MM` of a day. Where it is shown twice (clocks set back) `twice` says which is meant;
 * where it is never shown (clocks set forward) it is the instant that the clock would have called so without the change.
 */
export function instantOfWall(zone: string, day: number, time: string, twice: 'first' | 'last'): bigint {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  const wallMs = day * MS_PER_DAY + (hours * 60 + minutes) * MS_PER_MINUTE;
  const before = offsetMsAt(zone, wallMs - MS_PER_DAY);
  const after = offsetMsAt(zone, wallMs + MS_PER_DAY);
  const shown = [wallMs - before, wallMs - after]
    .filter((utcMs) => wallMsOf(zone, utcMs) === wallMs)
    .sort((a, b) => a - b);
  const utcMs = (twice === 'first' ? shown[0] : shown.at(-1)) ?? wallMs - before;
  return BigInt(utcMs) * NS_PER_MS;
}
