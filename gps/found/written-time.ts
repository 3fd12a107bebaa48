/** Times as FITS headers write them: ISO 8601 in the scale that TIMESYS names, or a Modified Julian Date. */

import { reasonOf } from '../errors.js';
import { parseUtc } from '../instant.js';
import { lastDigit, scaledDecimal } from './decimal.js';
import type { Instant } from './found-time.js';

/** TAI to UTC by the table of leap seconds; null for an instant that the table does not cover. */
export type TaiToUtc = (taiNs: bigint) => Instant | null;

/** A time as text, and the weight of its last digit; or why it is none. */
export type WrittenTime =
  | { readonly instant: Instant; readonly lastDigitNs: bigint; readonly doubt: string | null }
  | { readonly refused: string };

const SECOND = 1_000_000_000n;
const DAY = 86_400n * SECOND;
const MJD_OF_EPOCH = 40_587n;
/** A double of some 60000 days has steps of 0.6 us. */
const DOUBLE_MJD_STEP_NS = 630n;

const UTC_NAMES = ['UTC', 'UT', 'GMT', 'Z'];
/** FITS 4.0, table 30, with their nanoseconds ahead of TAI. */
const TAI_BASED: Readonly<Record<string, bigint>> = {
  TAI: 0n,
  IAT: 0n,
  TT: 32_184_000_000n,
  TDT: 32_184_000_000n,
  ET: 32_184_000_000n,
  GPS: -19_000_000_000n,
};

/** The scale of a header: TIMESYS, of which a realisation in brackets, as `TT(TAI)`, says nothing that matters here. */
export class TimeScale {
  readonly name: string;
  readonly #taiToUtc: TaiToUtc | null;

  constructor(timesys: string | null, taiToUtc: TaiToUtc | null) {
    this.name = (timesys ?? 'UTC').toUpperCase().replace(/\(.*$/, '').trim();
    this.#taiToUtc = taiToUtc;
  }

  get isUtc(): boolean {
    return UTC_NAMES.includes(this.name);
  }

  /** The instant of a count in this scale; text says why there is none. */
  toUtc(count: bigint): Instant | string {
    if (this.isUtc) return { utcNs: count, leapSecond: false };
    const ahead = TAI_BASED[this.name];
    if (ahead === undefined) return `TIMESYS is '${this.name}', which is not converted to UTC`;
    const utc = this.#taiToUtc?.(count - ahead) ?? null;
    return utc ?? `TIMESYS is '${this.name}', and no table of leap seconds that leads to UTC is at hand`;
  }
}

const LEAP = /[T ]23:59:60(?:\.\d*)?Z?$/;

/** The instant of ISO 8601 text in `scale`. The doubt is about a leap second on a day that cannot have one. */
export function parseWritten(text: string, scale: TimeScale): WrittenTime {
  let count: bigint;
  try {
    count = parseUtc(text);
  } catch (error) {
    return { refused: reasonOf(error) };
  }
  const digits = /\.(\d+)Z?$/.exec(text.trim())?.[1]?.length ?? 0;
  const lastDigitNs = /[T ]\d\d:\d\d:\d\d/.test(text) ? SECOND / 10n ** BigInt(Math.min(9, digits)) : DAY;
  if (LEAP.test(text.trim())) {
    if (!scale.isUtc) return { refused: `'${text}': second 60 exists in UTC only, and TIMESYS is '${scale.name}'` };
    const doubt = isEndOfMonth(text) ? null : `'${text}' names a leap second on a day that cannot have one`;
    return { instant: { utcNs: count, leapSecond: true }, lastDigitNs, doubt };
  }
  const instant = scale.toUtc(count);
  return typeof instant === 'string' ? { refused: instant } : { instant, lastDigitNs, doubt: null };
}

/** Leap seconds are at the end of a month (ITU-R TF.460). */
function isEndOfMonth(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.trim().slice(0, 10).split('-').map(Number);
  const leapYear = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return day === ([31, leapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0);
}

/** The instant of a Modified Julian Date given as decimal text, with what its digits, or a double, leave open. */
export function parseMjd(text: string, scale: TimeScale): WrittenTime {
  const sinceMjd0 = scaledDecimal(text, DAY);
  const step = lastDigit(text, DAY);
  if (sinceMjd0 === null || step === null) return { refused: `'${text}' is not a Modified Julian Date` };
  if (sinceMjd0 < 0n || sinceMjd0 > 3_000_000n * DAY) return { refused: `MJD ${text} is outside the calendar` };
  const instant = scale.toUtc(sinceMjd0 - MJD_OF_EPOCH * DAY);
  if (typeof instant === 'string') return { refused: instant };
  return { instant, lastDigitNs: step > DOUBLE_MJD_STEP_NS ? step : DOUBLE_MJD_STEP_NS, doubt: null };
}
