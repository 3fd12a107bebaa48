/**
 * Times from the keywords of the FITS standard (FITS 4.0, section 9) and their older customs: a clock that nobody names, so
 * `coarse` at best. Start: DATE-BEG, DATE-OBS (with TIME-OBS where it has no time of day), else the middle (DATE-AVG,
 * MIDPOINT), else the end (DATE-END), else a Modified Julian Date.
 */
import {
  addNs,
  elapsedNs,
  type FoundSource,
  type FoundTime,
  type Instant,
  isPlausibleInstant,
  spanFields,
} from './found-time.js';
import { exposureOf } from './keyword-gps.js';
import { type Keywords, keywordNs, keywordNumber, keywordText } from './keyword-values.js';
import { parseMjd, parseWritten, type TimeScale, type WrittenTime } from './written-time.js';

export interface PlainOptions {
  readonly scale: TimeScale;
  /** The start keywords hold another clock's time than the end keywords: only the end is read. */
  readonly onlyEnd: boolean;
}

interface Anchor {
  readonly keyword: string;
  readonly at: 'start' | 'middle' | 'end';
  readonly instant: Instant;
  readonly lastDigitNs: bigint;
  readonly isMjd: boolean;
}

const SECOND = 1_000_000_000n;

/** The time of a plain header; a list of reasons where it gives none (empty where it does not even try). */
export function readPlainKeywords(keywords: Keywords, { scale, onlyEnd }: PlainOptions): FoundTime | readonly string[] {
  const reasons: string[] = [];
  const doubts: string[] = [];
  const anchor = anchorOf(keywords, scale, onlyEnd, reasons, doubts);
  if (anchor === null) return reasons;
  const exposureNs = exposureOf(keywords);
  const { start, end, spanNs } = spanOf(keywords, scale, anchor, exposureNs, reasons, doubts);
  if (!onlyEnd) doubts.push(...mjdContradiction(keywords, scale, start, spanNs ?? 0n));
  const stated = keywordNs(keywords, SECOND, 'TIMSYER');
  const uncertaintyNs = stated !== null && stated > 0n ? stated : anchor.isMjd ? anchor.lastDigitNs : null;
  const source: FoundSource = onlyEnd ? 'host-clock' : 'unknown-clock';
  return {
    ...spanFields({ start, end, exposureNs: spanNs }),
    uncertaintyNs,
    source,
    grade: doubts.length > 0 ? 'untrusted' : 'coarse',
    reasons: [
      ...doubts,
      ...reasons,
      `${anchor.keyword} of ${onlyEnd ? "the computer's clock" : 'a clock that the header does not name'}, last digit ${anchor.lastDigitNs} ns`,
      ...(uncertaintyNs === null ? ['nothing in the header bounds the error'] : []),
      ...(stated !== null && stated > 0n ? ['uncertainty as TIMSYER states it'] : []),
    ],
    sequence: null,
    family: 'fits',
  };
}

/** The keyword that the time hangs on. What was passed over goes to `reasons`. */
function anchorOf(
  keywords: Keywords,
  scale: TimeScale,
  onlyEnd: boolean,
  reasons: string[],
  doubts: string[],
): Anchor | null {
  const date = keywordText(keywords, 'DATE-OBS', 'DATEOBS');
  const clock = keywordText(keywords, 'TIME-OBS', 'TIMEOBS', 'UTC-OBS', 'UT-OBS');
  const joined = date !== null && clock !== null && !/[T ]\d/.test(date) ? `${date}T${clock}` : date;
  const candidates: readonly (readonly [string, Anchor['at'], string | null, 'iso' | 'mjd'])[] = [
    ['DATE-BEG', 'start', keywordText(keywords, 'DATE-BEG'), 'iso'],
    ['DATE-OBS', 'start', joined, 'iso'],
    ['DATE-AVG', 'middle', keywordText(keywords, 'DATE-AVG'), 'iso'],
    ['MIDPOINT', 'middle', keywordText(keywords, 'MIDPOINT'), 'iso'],
    ['DATE-END', 'end', keywordText(keywords, 'DATE-END'), 'iso'],
    ['MJD-BEG', 'start', keywordNumber(keywords, 'MJD-BEG'), 'mjd'],
    ['MJD-OBS', 'start', keywordNumber(keywords, 'MJD-OBS'), 'mjd'],
    ['MJD-AVG', 'middle', keywordNumber(keywords, 'MJD-AVG'), 'mjd'],
    ['MJD-END', 'end', keywordNumber(keywords, 'MJD-END'), 'mjd'],
  ];
  for (const [keyword, at, text, kind] of candidates) {
    if (text === null || (onlyEnd && at !== 'end')) continue;
    const written: WrittenTime = kind === 'mjd' ? parseMjd(text, scale) : parseWritten(text, scale);
    if ('refused' in written) {
      reasons.push(`${keyword} not used: ${written.refused}`);
    } else if (!isPlausibleInstant(written.instant.utcNs)) {
      reasons.push(`${keyword} not used: '${text}' is no time of an exposure`);
    } else if (kind === 'iso' && written.lastDigitNs >= 86_400n * SECOND) {
      reasons.push(`${keyword} not used: '${text}' has no time of day`);
    } else {
      if (written.doubt !== null) doubts.push(written.doubt);
      const { instant, lastDigitNs } = written;
      return { keyword, at, instant, lastDigitNs, isMjd: kind === 'mjd' };
    }
  }
  return null;
}

interface Span {
  readonly start: Instant;
  readonly end: Instant | null;
  readonly spanNs: bigint | null;
}

/** Start, end and exposure around the anchor. */
function spanOf(
  keywords: Keywords,
  scale: TimeScale,
  anchor: Anchor,
  exposureNs: bigint | null,
  reasons: string[],
  doubts: string[],
): Span {
  if (anchor.at === 'start') {
    const told = anchor.isMjd ? null : keywordText(keywords, 'DATE-END');
    const end = told === null ? null : parseWritten(told, scale);
    if (end === null || 'refused' in end) return { start: anchor.instant, end: null, spanNs: exposureNs };
    const spanNs = elapsedNs(anchor.instant, end.instant);
    const slackNs = 1_000_000n + anchor.lastDigitNs + end.lastDigitNs + (exposureNs ?? 0n) / 1000n;
    const apart = exposureNs === null ? 0n : spanNs - exposureNs;
    if (spanNs < 0n || apart > slackNs || apart < -slackNs) {
      const why =
        exposureNs === null
          ? 'lies before the start'
          : `is ${spanNs} ns after the start, the exposure is ${exposureNs} ns`;
      reasons.push(`DATE-END not used: it ${why}, so it may be another clock's`);
      if (exposureNs === null) doubts.push('the end lies before the start');
      return { start: anchor.instant, end: null, spanNs: exposureNs };
    }
    return { start: anchor.instant, end: end.instant, spanNs: exposureNs ?? spanNs };
  }
  if (exposureNs === null) {
    doubts.push(
      `${anchor.keyword} is the ${anchor.at} of an exposure whose length is not known: the start is not known`,
    );
    return { start: anchor.instant, end: anchor.at === 'end' ? anchor.instant : null, spanNs: null };
  }
  const before = anchor.at === 'middle' ? exposureNs / 2n : exposureNs;
  reasons.push(`the start is ${anchor.keyword} less ${anchor.at === 'middle' ? 'half the exposure' : 'the exposure'}`);
  return { start: addNs(anchor.instant, -before), end: null, spanNs: exposureNs };
}

/** MJD-OBS far outside of the exposure that DATE-OBS begins: one of them is wrong. Programs put it at start, middle or end. */
function mjdContradiction(keywords: Keywords, scale: TimeScale, start: Instant, exposureNs: bigint): string[] {
  const text = keywordNumber(keywords, 'MJD-OBS');
  const mjd = text === null ? null : parseMjd(text, scale);
  if (mjd === null || 'refused' in mjd) return [];
  const apart = mjd.instant.utcNs - start.utcNs;
  const slack = 2n * SECOND + mjd.lastDigitNs;
  return apart < -slack || apart > exposureNs + slack
    ? [`MJD-OBS is ${apart} ns from the start by the other keywords`]
    : [];
}
