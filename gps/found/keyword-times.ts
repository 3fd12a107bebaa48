/**
 * Times from the keywords of a FITS header: ours, N.I.N.A.'s, INDI's, SharpCap's, or plain FITS. Two clocks are never mixed in
 * one time; where a header holds the times of two, both are given, the one to use first.
 */
import { type FoundTime, isPlausibleTime } from './found-time.js';
import { readKeywordGps } from './keyword-gps.js';
import { readOwnKeywords } from './keyword-own.js';
import { readPlainKeywords } from './keyword-plain.js';
import { type Keywords, keywordText } from './keyword-values.js';
import { type TaiToUtc, TimeScale } from './written-time.js';

export interface KeywordTimes {
  /** Best first; empty where the header gives no time. */
  readonly times: readonly FoundTime[];
  /** Why there is none, or none from GPS keywords that are there. */
  readonly reasons: readonly string[];
  /** True where GPS keywords, or the recorder's own, decide the time: no need to look into the pixels. */
  readonly decided: boolean;
}

export interface KeywordOptions {
  /** The table of leap seconds, for headers whose TIMESYS is TAI, TT or GPS; without it their times are refused. */
  readonly taiToUtc?: TaiToUtc | null;
}

/** The times in a header's keywords, whose names are upper case. Never throws, whatever they hold. */
export function readKeywordTimes(keywords: Keywords, options: KeywordOptions = {}): KeywordTimes {
  const found = readAll(keywords, options);
  const times = found.times.filter(isPlausibleTime);
  if (times.length === found.times.length) return found;
  const why = 'a time outside the years 1972 to 2100 was not used';
  return { times, reasons: [...found.reasons, why], decided: found.decided && times[0] === found.times[0] };
}

function readAll(keywords: Keywords, options: KeywordOptions): KeywordTimes {
  const scale = new TimeScale(keywordText(keywords, 'TIMESYS'), options.taiToUtc ?? null);
  const own = readOwnKeywords(keywords, scale);
  if (own !== null && typeof own !== 'string') return { times: [own], reasons: [], decided: true };
  const gps = readKeywordGps(keywords);
  const plain = readPlainKeywords(keywords, { scale, onlyEnd: gps?.isSharpCap ?? false });
  const reasons = [...(own === null ? [] : [own]), ...(gps?.reasons ?? [])];
  const isPlain = 'startUtcNs' in plain;
  const times: FoundTime[] = [];
  if (gps?.time)
    times.push(isPlain ? { ...gps.time, reasons: [...gps.time.reasons, ...comparison(gps.time, plain)] } : gps.time);
  // What spoke against the GPS keywords belongs to the time that stands in for them.
  if (isPlain)
    times.push(
      gps?.time
        ? plain
        : { ...plain, reasons: [...reasons.map((why) => `GPS keywords not used: ${why}`), ...plain.reasons] },
    );
  else reasons.push(...plain);
  return { times, reasons, decided: gps?.time != null };
}

/** How far the other clock in the header is from the GPS start. */
function comparison(gps: FoundTime, other: FoundTime): string[] {
  const seconds = (other.startUtcNs - gps.startUtcNs) / 1_000_000_000n;
  const apart =
    seconds === 0n ? 'within a second' : `${seconds < 0n ? -seconds : seconds} s ${seconds < 0n ? 'behind' : 'ahead'}`;
  return [`the other clock in the header is ${apart} and was not used`];
}
