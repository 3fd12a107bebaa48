/**
 * Instants: a `bigint` of nanoseconds since 1970-01-01 UTC, as POSIX counts (86400 seconds a day). A leap second has the
 * count of the midnight that follows it and a flag beside it. Text has no `Z`, as FITS 4.0 section 9.1.1 wants it.
 * No Date and no double on the way.
 */
import { AppulseError } from './errors.js';

const NS_PER_SECOND = 1_000_000_000n;
const NS_PER_DAY = 86_400n * NS_PER_SECOND;
/** MJD of 1970-01-01. */
const MJD_OF_EPOCH = 40_587n;

/** Floor division, also for instants before 1970. */
function floorDiv(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value % divisor < 0n ? quotient - 1n : quotient;
}

/** Days since 1970-01-01 of a proleptic Gregorian date (the era method: 400 years are 146097 days). */
function daysOfDate(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
}

function dateOfDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  };
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

/**
 * `YYYY-MM-DDThh:mm:ss.nnnnnnnnn` of an instant, with 0 to 9 digits of a second, cut and not rounded (a rounded time could
 * name the next second). With `leapSecond` the instant is the second 60 before its midnight.
 * Throws AppulseError `gps.instant-range` outside the years 1 to 9999.
 */
export function formatUtc(utcNs: bigint, digits = 9, leapSecond = false): string {
  const counted = leapSecond ? utcNs - NS_PER_SECOND : utcNs;
  const days = floorDiv(counted, NS_PER_DAY);
  const ofDay = counted - days * NS_PER_DAY;
  const { year, month, day } = dateOfDays(Number(days));
  if (year < 1 || year > 9999) {
    throw new AppulseError('gps.instant-range', `${utcNs} ns since 1970 is outside the years 1 to 9999`);
  }
  const seconds = Number(ofDay / NS_PER_SECOND);
  const fraction =
    digits > 0
      ? `.${String(ofDay % NS_PER_SECOND)
          .padStart(9, '0')
          .slice(0, digits)}`
      : '';
  const date = `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
  const second = (seconds % 60) + (leapSecond ? 1 : 0);
  return `${date}T${pad(Math.floor(seconds / 3600), 2)}:${pad(Math.floor(seconds / 60) % 60, 2)}:${pad(second, 2)}${fraction}`;
}

const PATTERN = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?Z?$/;
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * The instant of ISO 8601 text: date alone, or with hours and minutes, seconds, and any digits of a second (beyond nine
 * they are cut); a `Z` is allowed. `23:59:60` counts as the midnight that follows. Throws AppulseError `gps.bad-time`.
 */
export function parseUtc(text: string): bigint {
  const bad = (why: string): AppulseError =>
    new AppulseError('gps.bad-time', `"${text}" is not a UTC time (${why}); write it as 2026-08-14T00:00:00.5`);
  const match = PATTERN.exec(text.trim());
  if (!match) throw bad('not ISO 8601');
  const field = (i: number): number => Number(match[i] ?? 0);
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map(field) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const leapYear = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const monthDays = month === 2 && leapYear ? 29 : (MONTH_DAYS[month - 1] ?? 0);
  if (year < 1 || day < 1 || day > monthDays) throw bad('no such date');
  if (hour > 23 || minute > 59 || second > 60 || (second === 60 && (hour !== 23 || minute !== 59))) {
    throw bad('no such time of day');
  }
  const fraction = BigInt((match[7] ?? '').slice(0, 9).padEnd(9, '0'));
  const seconds = BigInt(daysOfDate(year, month, day)) * 86_400n + BigInt(hour * 3600 + minute * 60 + second);
  return seconds * NS_PER_SECOND + fraction;
}

/**
 * The Modified Julian Date of an instant as decimal text with 14 digits of a day (0.9 ns), rounded. A double keeps about
 * 0.6 us of it, so this is for keywords; the ISO form is the master.
 */
export function mjdOf(utcNs: bigint): string {
  let days = floorDiv(utcNs, NS_PER_DAY);
  const ofDay = utcNs - days * NS_PER_DAY;
  const scale = 100_000_000_000_000n;
  let fraction = (ofDay * scale + NS_PER_DAY / 2n) / NS_PER_DAY;
  if (fraction >= scale) {
    days += 1n;
    fraction -= scale;
  }
  const mjd = days + MJD_OF_EPOCH;
  if (mjd < 0n) throw new AppulseError('gps.instant-range', `${utcNs} ns since 1970 is before MJD 0 (1858)`);
  return `${mjd}.${String(fraction).padStart(14, '0')}`;
}
