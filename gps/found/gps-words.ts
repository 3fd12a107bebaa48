/**
 * The GPS keywords of other programs as the words of a QHY header. Spellings, by the letter of the stamp (S start, E end, N
 * now), once upper-cased:
 *
 * - N.I.N.A.: GPS_SFLG (status 0..3, shifted down), GPS_SSEC (seconds since 1995-10-10), GPS_SUS (whole microseconds),
 *   GPS_SUTC (milliseconds), GPS_PPS, GPS_SEQ; for Toupcam and Moravian cameras GPS_SUTC and GPS_EUTC alone.
 * - INDI: GPS_SFLG (raw flag byte), GPS_SS (seconds), GPS_SU (microseconds), GPS_ST (milliseconds; GPS_ET and GPS_NT repeat it
 *   in versions up to 2026), GPS_PPSC, GPS_SEQ.
 * - SharpCap: GPS_SFLG (raw flag byte), GPS_ST (the whole second), GPS_SU (microseconds), GPS_PPSC, GPS_SEQ, GPSSTAT.
 *
 * (QHYCamera.cs of N.I.N.A., qhy_ccd.cpp of INDI, a SharpCap header quoted in AlpacaPi's cameradriver_gps.cpp.)
 */

import { NOMINAL_PPS_COUNT, QHY_EPOCH_UNIX_S, type QhyHeader, type QhyStamp } from '../header/qhy-header.js';
import { scaledDecimal } from './decimal.js';
import type { TimeFamily } from './found-time.js';
import { type Keywords, type KeywordValue, keywordInteger, keywordNumber, keywordText } from './keyword-values.js';
import { parseWritten, TimeScale } from './written-time.js';

/** A header put together again, and what about it had to be guessed. */
export interface GpsWords {
  readonly family: TimeFamily;
  readonly header: QhyHeader;
  /** What the words leave open besides the header's own 0.1 us: digits that were cut, a missing PPS count. */
  readonly lostNs: bigint;
  /** True where something that `locked` takes is not there. */
  readonly incomplete: boolean;
  readonly reasons: readonly string[];
}

const TICKS_PER_SECOND = 10_000_000n;
const SECOND = 1_000_000_000n;
/** 100 ppm of a second: what a count that is not there may hide. */
const NO_PPS_NS = 100_000n;
const HOLDING_FLAG = 0x22;

/** Whose spelling the GPS keywords are; null where there are none that give a time. */
export function gpsFamily(keywords: Keywords): TimeFamily | null {
  const has = (...names: string[]) => names.some((name) => isGiven(keywords.get(name)));
  const madeBy = keywordText(keywords, 'SWCREATE', 'CREATOR', 'SOFTWARE') ?? '';
  if (has('GPS_SSEC', 'GPS_SUS')) return 'nina';
  if (has('GPSSTAT') || (/^sharpcap/i.test(madeBy) && has('GPS_ST'))) return has('GPS_ST') ? 'sharpcap' : null;
  if (has('GPS_SS', 'GPS_SU')) return 'indi';
  return has('GPS_SUTC', 'GPS_ST') ? 'gps-text' : null;
}

const isGiven = (value: KeywordValue | undefined): boolean => value !== undefined && value !== null && value !== '';

/** The words of `family`, or why they make no header. `exposureNs` stands in for an end that is not told. */
export function readGpsWords(
  keywords: Keywords,
  family: TimeFamily,
  exposureNs: bigint | null,
): GpsWords | { readonly refused: string } {
  const start = stampOf(keywords, 'S');
  if ('refused' in start) return start;
  const reasons = [...start.reasons];
  const told = [endOf(keywords, start), stampOf(keywords, 'N', start)].map((stamp) =>
    'refused' in stamp ? null : stamp,
  );
  let incomplete = false;
  if (told[0] === null) {
    incomplete = true;
    reasons.push('no end of exposure in the GPS keywords');
  }
  const end = told[0] ?? start.after(exposureNs ?? 0n);
  const now = told[1] ?? end;
  const flags = [start, end, now].map((stamp) => stamp.flag);
  if (flags.includes(null)) {
    incomplete = true;
    reasons.push('the receiver status of a stamp is not told: taken for not locked');
  }
  if (flags.some((flag) => flag !== null && flag >= 1 && flag <= 3)) {
    reasons.push('a flag below 4 is read as the receiver status itself, as N.I.N.A. stores it');
  }
  const ppsCount = keywordInteger(keywords, 'GPS_PPS', 'GPS_PPSC');
  let lostNs = [start, end].reduce((most, stamp) => (stamp.lostNs > most ? stamp.lostNs : most), 0n);
  if (lostNs > 0n) reasons.push(`digits of the second were cut: ${lostNs} ns are open`);
  if (ppsCount === null || ppsCount > 0xff_ffff) {
    incomplete = true;
    lostNs += NO_PPS_NS;
    reasons.push("no PPS count: neither is the PPS proven nor the oscillator's error taken out");
  }
  const header: QhyHeader = {
    sequence: (keywordInteger(keywords, 'GPS_SEQ') ?? 0) % 2 ** 32,
    reserved: 0,
    width: 0,
    height: 0,
    latitudeRaw: 0,
    longitudeRaw: 0,
    start: start.words,
    end: end.words,
    now: now.words,
    ppsCount: ppsCount === null || ppsCount > 0xff_ffff ? NOMINAL_PPS_COUNT : ppsCount,
  };
  return { family, header, lostNs, incomplete, reasons };
}

/** One stamp of the words. */
class StampWords {
  readonly flag: number | null;
  readonly words: QhyStamp;
  readonly lostNs: bigint;
  readonly reasons: readonly string[];

  constructor(flag: number | null, seconds: number, ticks: number, lostNs: bigint, reasons: readonly string[] = []) {
    this.flag = flag;
    this.words = { flag: rawFlag(flag), seconds, ticks };
    this.lostNs = lostNs;
    this.reasons = reasons;
  }

  /** The stamp `ns` later, on a perfect oscillator. */
  after(ns: bigint): StampWords {
    const ticks = BigInt(this.words.ticks) + (ns > 0n ? ns / 100n : 0n);
    const seconds = Math.min(0xffff_ffff, this.words.seconds + Number(ticks / TICKS_PER_SECOND));
    return new StampWords(this.flag, seconds, Number(ticks % TICKS_PER_SECOND), 0n);
  }
}

/** The flag byte: a status that was shifted down goes back to bits 4 and 5; none is taken for not locked. */
function rawFlag(flag: number | null): number {
  if (flag === null) return HOLDING_FLAG;
  return flag <= 3 ? flag << 4 : flag & 0xff;
}

const UTC = new TimeScale(null, null);

/** The stamp of `letter`. `other`: a stamp whose flag serves where this one's is not told, because writers leave it out. */
function stampOf(
  keywords: Keywords,
  letter: 'S' | 'E' | 'N',
  other?: StampWords,
): StampWords | { readonly refused: string } {
  const key = (suffix: string) => `GPS_${letter}${suffix}`;
  const text = keywordText(keywords, key('UTC'), key('T'));
  const written = text === null ? null : parseWritten(text, UTC);
  const told = keywordInteger(keywords, key('SEC'), key('S'));
  const named = written === null || 'refused' in written ? null : written;
  if (told === null && named === null) {
    return { refused: `${key('SEC')}, ${key('S')}, ${key('UTC')} or ${key('T')} do not give a second` };
  }
  const sinceEpoch = named === null ? null : named.instant.utcNs - BigInt(QHY_EPOCH_UNIX_S) * SECOND;
  const seconds = told ?? Number((sinceEpoch ?? 0n) / SECOND);
  if (seconds < 0 || seconds > 0xffff_ffff || (sinceEpoch !== null && told === null && sinceEpoch < 0n)) {
    return { refused: `the second of ${key('')}* is outside of what a QHY header can hold` };
  }
  const microseconds = keywordNumber(keywords, key('US'), key('U'));
  const ticks = microseconds === null ? null : scaledDecimal(microseconds, 10n);
  const flag = keywordInteger(keywords, key('FLG')) ?? other?.flag ?? null;
  if (microseconds !== null && ticks !== null && ticks >= 0n && ticks <= 0xff_ffffn) {
    // Whole microseconds are what N.I.N.A.'s integer division leaves of the ticks.
    const lostNs = /[.eEdD]/.test(microseconds) ? 0n : 900n;
    return new StampWords(flag, seconds, Number(ticks), lostNs, contradiction(letter, told, sinceEpoch));
  }
  if (named === null || sinceEpoch === null) return { refused: `${key('US')} or ${key('U')} do not give a fraction` };
  return new StampWords(flag, seconds, Number((sinceEpoch % SECOND) / 100n), named.lastDigitNs);
}

/** INDI's text goes through a double of days: it may be a second off at a second's edge, and is no witness against that. */
function contradiction(letter: string, seconds: number | null, sinceEpoch: bigint | null): string[] {
  if (letter !== 'S' || seconds === null || sinceEpoch === null) return [];
  const apart = Number(sinceEpoch / SECOND) - seconds;
  return Math.abs(apart) > 1 ? [`contradicted: the text of the start is ${apart} s from its count of seconds`] : [];
}

/** The end stamp; refused where it is only the start's text again. */
function endOf(keywords: Keywords, start: StampWords): StampWords | { readonly refused: string } {
  const end = stampOf(keywords, 'E', start);
  if ('refused' in end) return end;
  const isRepeated =
    keywordInteger(keywords, 'GPS_ESEC', 'GPS_ES') === null &&
    keywordInteger(keywords, 'GPS_SS') !== null &&
    keywordText(keywords, 'GPS_ET') === keywordText(keywords, 'GPS_ST');
  return isRepeated ? { refused: 'GPS_ET repeats GPS_ST' } : end;
}
