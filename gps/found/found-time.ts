/** A time that was found in a file, ours or another program's, with everything that speaks for and against it. */
import type { Grade, TimeSource } from '../frame-time.js';

/** Whose way of writing times it is. */
export const TIME_FAMILIES = [
  'appulse',
  'nina',
  'indi',
  'sharpcap',
  'gps-text',
  'fits',
  'qhy-pixels',
  'ser',
  'adv',
  'rms-ff',
  'cams-ff',
  'rms-ft',
] as const;
export type TimeFamily = (typeof TIME_FAMILIES)[number];

/** `recorder-gps`: a GPS receiver at the recorder, by the recorder's word. `unknown-clock`: the file does not say. */
export type FoundSource = TimeSource | 'recorder-gps' | 'unknown-clock';

export interface FoundTime {
  /** Start of exposure of row 0, nanoseconds since 1970 UTC; what else it may be stands in `reasons`. */
  readonly startUtcNs: bigint;
  readonly midUtcNs: bigint | null;
  readonly endUtcNs: bigint | null;
  /** True where the instant falls into a leap second: its count is that of the midnight which follows. */
  readonly leapSecond: boolean;
  readonly midLeapSecond: boolean;
  readonly endLeapSecond: boolean;
  readonly exposureNs: bigint | null;
  /** Bound of the error of `startUtcNs`; null where nothing in the file bounds it. */
  readonly uncertaintyNs: bigint | null;
  readonly source: FoundSource;
  readonly grade: Grade;
  /** Why this grade, and what in the file was not used. */
  readonly reasons: readonly string[];
  /** The camera's own count of frames. */
  readonly sequence: number | null;
  readonly family: TimeFamily;
}

/** An instant as a count and its leap-second flag, see `FoundTime.leapSecond`. */
export interface Instant {
  readonly utcNs: bigint;
  readonly leapSecond: boolean;
}

const SECOND = 1_000_000_000n;
const DAY = 86_400n * SECOND;

/**
 * The instant `ns` after (or before) another. Leaves and stays within a leap second as it must; whether a span from outside
 * runs into one takes the table of leap seconds, and is not known here.
 */
export function addNs(instant: Instant, ns: bigint): Instant {
  const moved = instant.utcNs + ns;
  if (!instant.leapSecond) return { utcNs: moved, leapSecond: false };
  const midnight = instant.utcNs - (((instant.utcNs % DAY) + DAY) % DAY);
  if (moved >= midnight + SECOND) return { utcNs: moved - SECOND, leapSecond: false };
  return { utcNs: moved, leapSecond: moved >= midnight };
}

/** Nanoseconds from one instant to another; a leap second between them counts where one of them says that it is in it. */
export function elapsedNs(from: Instant, to: Instant): bigint {
  return to.utcNs - from.utcNs + (from.leapSecond && !to.leapSecond && to.utcNs >= from.utcNs - SECOND ? SECOND : 0n);
}

export interface FoundSpan {
  readonly start: Instant;
  readonly mid?: Instant | null;
  readonly end?: Instant | null;
  readonly exposureNs: bigint | null;
}

type SpanFields =
  | 'startUtcNs'
  | 'midUtcNs'
  | 'endUtcNs'
  | 'leapSecond'
  | 'midLeapSecond'
  | 'endLeapSecond'
  | 'exposureNs';

/** The instants of a found time: middle and end follow from the exposure where they are left out. */
export function spanFields({ start, exposureNs, ...given }: FoundSpan): Pick<FoundTime, SpanFields> {
  const mid = given.mid ?? (exposureNs === null ? null : addNs(start, exposureNs / 2n));
  const end = given.end ?? (exposureNs === null ? null : addNs(start, exposureNs));
  return {
    startUtcNs: start.utcNs,
    midUtcNs: mid?.utcNs ?? null,
    endUtcNs: end?.utcNs ?? null,
    leapSecond: start.leapSecond,
    midLeapSecond: mid?.leapSecond ?? false,
    endLeapSecond: end?.leapSecond ?? false,
    exposureNs,
  };
}

/** Years that a file of this field can speak of: 1972, when UTC took its present form, to 2100. */
const EARLIEST = 63_072_000n * SECOND;
const LATEST = 4_102_444_800n * SECOND;

export function isPlausibleInstant(utcNs: bigint): boolean {
  return utcNs >= EARLIEST && utcNs < LATEST;
}

/** Whether every instant of a time can be spoken of: a header may hold any numbers. */
export function isPlausibleTime({ startUtcNs, midUtcNs, endUtcNs }: FoundTime): boolean {
  return [startUtcNs, midUtcNs ?? startUtcNs, endUtcNs ?? startUtcNs].every(isPlausibleInstant);
}
