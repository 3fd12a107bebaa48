/**
 * UTC, TAI and the scales that follow it. A TAI instant is nanoseconds since 1970-01-01T00:00:00 TAI, as PTP (IEEE 1588) counts
 * them. GPS time is TAI - 19 s. Before 1972 TAI - UTC is taken for 10 s.
 */
import { formatUtc } from '../instant.js';
import { type LeapSecondTable, systemLeapSeconds } from './leap-second-table.js';

const SECOND = 1_000_000_000n;
const TAI_MINUS_GPS_S = 19n;
/** 1980-01-06, the begin of week 0, as an instant of TAI less 19 s. */
const GPS_EPOCH_NS = 315_964_800n * SECOND;
const WEEK_NS = 604_800n * SECOND;

export interface UtcInstant {
  readonly utcNs: bigint;
  /** It lies in an inserted second, 23:59:60: `utcNs` is then the count of the midnight that follows it, and a fraction. */
  readonly leapSecond: boolean;
}

const table = (): LeapSecondTable => systemLeapSeconds().table;

/** Index of the step that holds at `utcNs`; -1 before 1972. From the end: times are recent. */
function stepAt(utcNs: bigint): number {
  const { steps } = table();
  let i = steps.length - 1;
  while (i >= 0 && utcNs < (steps[i] as { fromUtcNs: bigint }).fromUtcNs) i--;
  return i;
}

/** TAI - UTC at an instant that lies in no leap second. */
export function taiMinusUtcSeconds(utcNs: bigint): number {
  return Number(table().steps[stepAt(utcNs)]?.taiMinusUtcS ?? 10n);
}

/** `leapSecond`: see {@link UtcInstant}. */
export function utcToTai(utcNs: bigint, leapSecond = false): bigint {
  const offset = table().steps[stepAt(utcNs)]?.taiMinusUtcS ?? 10n;
  return utcNs + (leapSecond ? offset - 1n : offset) * SECOND;
}

export function taiToUtc(taiNs: bigint): UtcInstant {
  const { steps } = table();
  for (let i = steps.length - 1; i >= 0; i--) {
    const { fromUtcNs, taiMinusUtcS } = steps[i] as LeapSecondTable['steps'][number];
    const begins = fromUtcNs + taiMinusUtcS * SECOND;
    if (taiNs >= begins) return { utcNs: taiNs - taiMinusUtcS * SECOND, leapSecond: false };
    const inserted = i > 0 && taiMinusUtcS > (steps[i - 1]?.taiMinusUtcS ?? 0n);
    if (inserted && taiNs >= begins - SECOND) return { utcNs: taiNs - (taiMinusUtcS - 1n) * SECOND, leapSecond: true };
  }
  return { utcNs: taiNs - 10n * SECOND, leapSecond: false };
}

/** GPS week (full, not modulo 1024) and nanoseconds of the week. */
export function utcToGps(utcNs: bigint, leapSecond = false): { readonly week: number; readonly ofWeekNs: bigint } {
  const gps = utcToTai(utcNs, leapSecond) - TAI_MINUS_GPS_S * SECOND - GPS_EPOCH_NS;
  const week = gps >= 0n ? gps / WEEK_NS : (gps - WEEK_NS + 1n) / WEEK_NS;
  return { week: Number(week), ofWeekNs: gps - week * WEEK_NS };
}

export function gpsToUtc(week: number, ofWeekNs: bigint): UtcInstant {
  return taiToUtc(GPS_EPOCH_NS + BigInt(week) * WEEK_NS + ofWeekNs + TAI_MINUS_GPS_S * SECOND);
}

/** The midnight before which a second is inserted, where `utcNs` lies within `withinNs` of it, left out a second; null elsewhere. */
export function leapMidnightNear(utcNs: bigint, withinNs = SECOND): bigint | null {
  const { steps } = table();
  for (let i = steps.length - 1; i > 0; i--) {
    const { fromUtcNs, taiMinusUtcS } = steps[i] as LeapSecondTable['steps'][number];
    if (utcNs >= fromUtcNs + withinNs) return null;
    if (utcNs >= fromUtcNs - withinNs) return taiMinusUtcS > (steps[i - 1]?.taiMinusUtcS ?? 0n) ? fromUtcNs : null;
  }
  return null;
}

/** What is wrong with the table at `nowUtcNs`, in words, each with what to do; empty where nothing is. */
export function leapSecondWarnings(nowUtcNs: bigint): readonly string[] {
  const { table: known, problems } = systemLeapSeconds();
  if (nowUtcNs < known.expiresUtcNs) return problems;
  const since = formatUtc(known.expiresUtcNs, 0).slice(0, 10);
  return [
    ...problems,
    `the table of leap seconds (${known.source}) is out of date since ${since}: update tzdata, or name a newer leap-seconds.list in APPULSE_LEAP_SECONDS`,
  ];
}
