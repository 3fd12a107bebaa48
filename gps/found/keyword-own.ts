/**
 * Times from the headers that Appulse writes (storage/fits/image-hdu.ts). The recorder judged them among their neighbours and
 * against the host, so its grade stands, unless the header contradicts itself.
 */

import { GRADES, type Grade, TIME_SOURCES } from '../frame-time.js';
import { looksLikeGpsHeader } from '../header/plausible-header.js';
import { decodeQhyHeader, QHY_HEADER_BYTES, stampUtcNs } from '../header/qhy-header.js';
import { toupcamContradiction } from '../judge/toupcam-stamp.js';
import { type FoundSource, type FoundTime, type Instant, spanFields } from './found-time.js';
import { isTrue, type Keywords, keywordInteger, keywordNs, keywordText } from './keyword-values.js';
import { flagReason } from './single-header.js';
import { parseWritten, type TimeScale } from './written-time.js';

/** Of a frame of 44 GPS bytes against its DATE-OBS: rounding, and an oscillator that was followed over many seconds. */
const SLACK_NS = 1_000_000n;
const SECOND_NS = 1_000_000_000n;
const LONGEST_NS = 1_000_000n * SECOND_NS;
const DAY_NS = 86_400n * SECOND_NS;

/** The time of one of our headers; null where it is none of ours, text where it is and gives none. */
export function readOwnKeywords(keywords: Keywords, scale: TimeScale): FoundTime | string | null {
  const gradeText = keywordText(keywords, 'TIMEGRAD');
  if (gradeText === null) return null;
  const start = instantOf(keywords, scale, 'DATE-BEG', 'DATE-OBS');
  if (start === null) return 'a header of Appulse without a DATE-OBS that can be read';
  const known = GRADES.find((grade) => grade === gradeText);
  const sourceText = keywordText(keywords, 'TIMESRC');
  const source: FoundSource = TIME_SOURCES.find((each) => each === sourceText) ?? 'unknown-clock';
  const uncertaintyNs = keywordNs(keywords, 1n, 'TIMEUNC');
  const toldExposure = keywordNs(keywords, SECOND_NS, 'EXPTIME', 'XPOSURE');
  const exposureNs = toldExposure !== null && toldExposure >= 0n && toldExposure < LONGEST_NS ? toldExposure : null;
  const doubts = [
    ...(known === undefined ? [`TIMEGRAD is '${gradeText}', which is no grade`] : []),
    ...(toldExposure !== exposureNs ? ['EXPTIME is no exposure'] : []),
    ...rawContradiction(keywords, start, exposureNs ?? 0n, uncertaintyNs ?? 0n),
    ...libraryContradiction(keywords, start),
  ];
  const isStack = keywords.has('STACKMOD');
  return {
    ...spanFields({
      start,
      mid: instantOf(keywords, scale, 'DATE-AVG'),
      end: instantOf(keywords, scale, 'DATE-END'),
      exposureNs,
    }),
    uncertaintyNs,
    source,
    grade: doubts.length > 0 ? 'untrusted' : (known as Grade),
    reasons: [
      ...doubts,
      ...(isStack ? ['a stack: the grade is that of its first frame, the span that of all of them'] : []),
      ...flagsOf(keywords).map(flagReason),
      ...(doubts.length === 0 ? [`graded ${gradeText} when it was recorded`] : []),
    ],
    sequence: keywordInteger(keywords, 'SEQUENCE'),
    family: 'appulse',
  };
}

function instantOf(keywords: Keywords, scale: TimeScale, ...names: readonly string[]): Instant | null {
  const text = keywordText(keywords, ...names);
  const written = text === null ? null : parseWritten(text, scale);
  return written === null || 'refused' in written ? null : written.instant;
}

/** TIMEFLAG, and TIMEFLG2 and on. */
function flagsOf(keywords: Keywords): string[] {
  const words: string[] = [];
  for (let i = 1; i <= 99; i++) {
    const line = keywordText(keywords, i === 1 ? 'TIMEFLAG' : `TIMEFLG${i}`);
    if (line === null) break;
    words.push(...line.split(/\s+/));
  }
  return words;
}

/** The 44 bytes of GPSRAW1 and GPSRAW2; null where they are not there or no hexadecimal. */
export function rawHeaderOf(keywords: Keywords): Uint8Array | null {
  const hex = `${keywordText(keywords, 'GPSRAW1') ?? ''}${keywordText(keywords, 'GPSRAW2') ?? ''}`;
  if (hex.length !== 2 * QHY_HEADER_BYTES || !/^[0-9a-f]*$/i.test(hex)) return null;
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

/** A GPS time that the raw bytes beside it do not give: somebody changed one of them. */
function rawContradiction(keywords: Keywords, start: Instant, exposureNs: bigint, uncertaintyNs: bigint): string[] {
  const raw = rawHeaderOf(keywords);
  if (raw === null || keywordText(keywords, 'TIMESRC') !== 'gps-header') return [];
  // About a leap second the camera's label may be off by one, which the recorder knew from the frames before.
  const sinceMidnight = ((start.utcNs % DAY_NS) + DAY_NS) % DAY_NS;
  if (sinceMidnight < 2n * SECOND_NS || sinceMidnight > DAY_NS - 2n * SECOND_NS) return [];
  if (!looksLikeGpsHeader(raw)) return ['TIMESRC is gps-header, and GPSRAW1 and GPSRAW2 are no GPS header'];
  const header = decodeQhyHeader(raw);
  const isRolling = keywordText(keywords, 'SHUTTER') === 'rolling';
  const byHeader = isRolling
    ? stampUtcNs(header.end, header.ppsCount) + rowZeroOffset(keywords) - exposureNs
    : stampUtcNs(header.start, header.ppsCount) + (keywordNs(keywords, 1n, 'CALSTART') ?? 0n);
  const apart = byHeader - start.utcNs;
  const limit = uncertaintyNs + SLACK_NS;
  return apart > limit || apart < -limit ? [`DATE-OBS is ${-apart} ns from what GPSRAW1 and GPSRAW2 give`] : [];
}

/** The same of a time by what ToupTek's library told, which stands in TOUPINF1 to TOUPINF4. */
function libraryContradiction(keywords: Keywords, { utcNs, leapSecond }: Instant): string[] {
  if (!keywords.has('TOUPINF1') || keywordText(keywords, 'TIMESRC') !== 'toupcam-gps') return [];
  const hex = [1, 2, 3, 4].map((part) => keywordText(keywords, `TOUPINF${part}`) ?? '').join('');
  const info = /^([0-9a-f]{2})*$/i.test(hex) ? new Uint8Array(Buffer.from(hex, 'hex')) : new Uint8Array(0);
  const why = toupcamContradiction({ startUtcNs: utcNs, leapSecond }, info);
  return why === null ? [] : [`DATE-OBS is not that of TOUPINF1 to TOUPINF4: ${why}`];
}

/** From t0 to the end of the image's row 0, by the row model in the header. */
function rowZeroOffset(keywords: Keywords): bigint {
  const offsetNs = keywordNs(keywords, 1n, 'ROW0OFF') ?? 0n;
  const lineNs = keywordNs(keywords, 1n, 'LINEPER') ?? 0n;
  const first = keywordInteger(keywords, 'ROWFIRST') ?? 0;
  const rows = keywordInteger(keywords, 'ZNAXIS2', 'NAXIS2') ?? 1;
  const isBottomUp = keywordText(keywords, 'ROWDIR') === 'bottom-up';
  const line = first + (isBottomUp ? (rows - 1) * (keywordInteger(keywords, 'ROWLINES') ?? 1) : 0);
  return offsetNs + lineNs * BigInt(isTrue(keywords, 'ROWPAIRS') ? line - (line % 2) : line);
}
