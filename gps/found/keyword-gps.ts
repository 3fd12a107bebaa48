/** Times from the GPS keywords of N.I.N.A., INDI and SharpCap. */

import type { Grade } from '../frame-time.js';
import { encodeQhyHeader, type QhyHeader } from '../header/qhy-header.js';
import { type FoundTime, spanFields } from './found-time.js';
import { type GpsWords, gpsFamily, readGpsWords } from './gps-words.js';
import { type Keywords, keywordInteger, keywordNs, keywordText } from './keyword-values.js';
import { judgeHeader } from './single-header.js';
import { parseWritten, TimeScale } from './written-time.js';

export interface KeywordGps {
  /** Null where the keywords give none. */
  readonly time: FoundTime | null;
  /** Why there is none. */
  readonly reasons: readonly string[];
  /** True for SharpCap, whose DATE-OBS is the GPS start and whose DATE-END is the PC's clock. */
  readonly isSharpCap: boolean;
}

const SECOND = 1_000_000_000n;
/** No sensor takes longer from its first row to its last, nor from there to the row that it tells. */
const LONGEST_READOUT_NS = 10n * SECOND;

/** What SharpCap's GPSSTAT does to the grade; it may have a number or text behind the word. */
const SHARPCAP_STATUS: readonly { readonly word: string; readonly most: Grade; readonly why: string }[] = [
  { word: 'Locked', most: 'locked', why: 'SharpCap found the data locked' },
  { word: 'PartialData', most: 'coarse', why: 'SharpCap: the receiver was not locked (PartialData)' },
  { word: 'BadCalibration', most: 'untrusted', why: 'SharpCap: the LED calibration does not fit the exposure' },
  { word: 'BadTimeStamp', most: 'untrusted', why: 'SharpCap: more than a day from the clock of the PC' },
  { word: 'BadData', most: 'untrusted', why: 'SharpCap found the GPS data bad' },
];

/** The exposure that a header names, nanoseconds; null where it names none or none that can be one. */
export function exposureOf(keywords: Keywords): bigint | null {
  const exposureNs = keywordNs(keywords, SECOND, 'EXPTIME', 'EXPOSURE', 'XPOSURE', 'TELAPSE');
  return exposureNs !== null && exposureNs > 0n && exposureNs < 1_000_000n * SECOND ? exposureNs : null;
}

/** From t0 to the end of the image's row 0 as N.I.N.A. writes it; null where not known. */
export function rowZeroOffsetOf(keywords: Keywords): bigint | null {
  const offsetNs = keywordNs(keywords, 1000n, 'QHY_OFF0');
  if (offsetNs === null || offsetNs < -LONGEST_READOUT_NS || offsetNs > LONGEST_READOUT_NS) return null;
  const firstRow = keywordInteger(keywords, 'YORGSUBF') ?? 0;
  if (firstRow === 0) return offsetNs;
  const linePeriod = keywordNs(keywords, 1n, 'QHY_LP', 'GPS_LP');
  const line = firstRow * (keywordInteger(keywords, 'YBINNING') ?? 1);
  if (linePeriod === null || linePeriod < 0n || line > 1e6 || linePeriod * BigInt(line) > LONGEST_READOUT_NS)
    return null;
  const pairs = !(keywordText(keywords, 'READOUTM', 'READMODE') ?? '').includes('2CMS');
  return offsetNs + linePeriod * BigInt(pairs ? line - (line % 2) : line);
}

/** The time in the GPS keywords; null where the header has none. */
export function readKeywordGps(keywords: Keywords): KeywordGps | null {
  const family = gpsFamily(keywords);
  if (family === null) return null;
  const isSharpCap = family === 'sharpcap';
  if (family === 'gps-text') return { ...textOnly(keywords), isSharpCap };
  const words = readGpsWords(keywords, family, exposureOf(keywords));
  if ('refused' in words) return { time: null, reasons: [words.refused], isSharpCap };
  const status = isSharpCap ? sharpCapStatus(keywords) : null;
  const judged = judgeHeader(encodeQhyHeader(held(words, status)), {
    exposureNs: exposureOf(keywords),
    rowZeroEndOffsetNs: rowZeroOffsetOf(keywords),
  });
  const statusReasons = status === null ? [] : [status.why];
  if (judged.time === null)
    return { time: null, reasons: [...statusReasons, ...judged.reasons, ...words.reasons], isSharpCap };
  const isContradicted =
    status?.most === 'untrusted' || words.reasons.some((reason) => reason.startsWith('contradicted'));
  const grade: Grade = isContradicted ? 'untrusted' : judged.time.grade;
  const time: FoundTime = {
    ...judged.time,
    grade: words.incomplete && grade === 'locked' ? 'coarse' : grade,
    uncertaintyNs: (judged.time.uncertaintyNs ?? 0n) + words.lostNs,
    reasons: [...statusReasons, ...words.reasons, ...judged.time.reasons],
    sequence: keywordInteger(keywords, 'GPS_SEQ'),
    family,
  };
  return { time, reasons: [], isSharpCap };
}

function sharpCapStatus(keywords: Keywords): { readonly most: Grade; readonly why: string } {
  const text = keywordText(keywords, 'GPSSTAT');
  const known = SHARPCAP_STATUS.find(({ word }) => text?.startsWith(word));
  return known ?? { most: 'coarse', why: `GPSSTAT is '${text ?? ''}', which is not known: taken for not locked` };
}

/** The header, its locked statuses taken down to "not locked, data valid" where SharpCap says that it was not. */
function held({ header }: GpsWords, status: { readonly most: Grade } | null): QhyHeader {
  if (status === null || status.most !== 'coarse') return header;
  const lower = (flag: number) => (((flag >> 4) & 3) === 3 ? (flag & 0xcf) | 0x20 : flag);
  const { start, end, now } = header;
  return {
    ...header,
    start: { ...start, flag: lower(start.flag) },
    end: { ...end, flag: lower(end.flag) },
    now: { ...now, flag: lower(now.flag) },
  };
}

/** GPS_SUTC and GPS_EUTC alone, as N.I.N.A. writes them for Toupcam and Moravian cameras. */
function textOnly(keywords: Keywords): Pick<KeywordGps, 'time' | 'reasons'> {
  const scale = new TimeScale(null, null);
  const text = keywordText(keywords, 'GPS_SUTC', 'GPS_ST') ?? '';
  const start = parseWritten(text, scale);
  if ('refused' in start) return { time: null, reasons: [start.refused] };
  const endText = keywordText(keywords, 'GPS_EUTC', 'GPS_ET');
  const end = endText === null ? null : parseWritten(endText, scale);
  const endInstant = end === null || 'refused' in end ? null : end.instant;
  const spanNs = endInstant === null ? null : endInstant.utcNs - start.instant.utcNs;
  const ordered = spanNs !== null && spanNs > 0n;
  const status = keywordText(keywords, 'GPS_STAT');
  return {
    time: {
      ...spanFields({ start: start.instant, exposureNs: ordered ? spanNs : exposureOf(keywords) }),
      uncertaintyNs: null,
      source: 'recorder-gps',
      grade: start.doubt === null && (spanNs === null || spanNs >= 0n) ? 'coarse' : 'untrusted',
      reasons: [
        ...(start.doubt === null ? [] : [start.doubt]),
        ...(spanNs !== null && spanNs < 0n ? ['the end lies before the start'] : []),
        `GPS time as text, last digit ${start.lastDigitNs} ns; no receiver flag and no PPS count to judge it by`,
        ...(status === null ? [] : [`GPS_STAT: ${status}`]),
      ],
      sequence: keywordInteger(keywords, 'GPS_SEQ'),
      family: 'gps-text',
    },
    reasons: [],
  };
}
