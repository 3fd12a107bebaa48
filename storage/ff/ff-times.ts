/**
 * The time of a block of 256 frames: FF files of RMS (FITS) and of CAMS (`.bin`, two versions). Unless it is one of ours, a host's
 * clock, and the time of the first frame only: a frame that was dropped is not counted, so a place in the block is no time
 * (RMS/Formats/FFfits.py, FFbin.py, BufferedCapture.py).
 */
import { type FoundTime, isPlausibleInstant, spanFields, type TimeFamily } from '#gps/found/found-time.js';
import { readKeywordTimes } from '#gps/found/keyword-times.js';
import { type Keywords, keywordInteger, keywordNs, keywordText } from '#gps/found/keyword-values.js';
import { parseWritten, TimeScale } from '#gps/found/written-time.js';
import { scanHeaders } from '../fits/header-scan.js';
import type { FileBytes } from '../times/file-bytes.js';
import type { TimedFrames } from '../times/timed-frame.js';
import { CAMS_HEADER_BYTES, type CamsHeader, FIRST_OFFSET, parseCamsHeader } from './cams-bin.js';
import { counterOfName, utcNsOfName } from './ff-name.js';

const SECOND_NS = 1_000_000_000n;
const FIRST_ONLY =
  'the clock of the computer less a delay that was set by hand; the first frame of the block only, dropped frames are not counted';

/** Whether the primary header is that of an FF file of RMS. */
export function isRmsFf(keywords: Keywords): boolean {
  return keywords.get('NAXIS') === 0 && ['NROWS', 'NCOLS', 'NFRAMES', 'FIRST', 'FPS'].every((key) => keywords.has(key));
}

/** One frame, the block's first. Throws StorageError `storage.times-broken`. */
export function* rmsFfTimes(bytes: FileBytes): TimedFrames {
  const headers = scanHeaders(bytes);
  const first = headers.next();
  const keywords: Keywords = first.done ? new Map() : first.value.keywords;
  const number = Math.max(0, (keywordInteger(keywords, 'FIRST') ?? FIRST_OFFSET) - FIRST_OFFSET);
  // One of ours says where its time comes from, and how good it is.
  const own = keywords.has('TIMEGRAD') ? readKeywordTimes(keywords).times[0] : undefined;
  if (own !== undefined) {
    yield { frame: 1, times: [{ ...own, sequence: number }], reasons: [] };
    return [];
  }
  const frames = keywordInteger(keywords, 'NFRAMES') ?? 0;
  const framesPerKs = keywordNs(keywords, 1000n, 'FPS') ?? 0n;
  const text = keywordText(keywords, 'DATE-OBS');
  const written = text === null ? null : parseWritten(text, new TimeScale(null, null));
  const named = utcNsOfName(bytes.file);
  const reasons: string[] = [];
  let utcNs = named;
  if (written !== null && !('refused' in written)) {
    utcNs = written.instant.utcNs;
    const apart = named === null ? 0n : utcNs - named;
    if (apart < 0n || apart >= 1_000_000n)
      reasons.push(`the name says another time, ${apart / 1_000_000n} ms before DATE-OBS`);
  } else {
    reasons.push('no DATE-OBS that can be read: the milliseconds of the name');
  }
  yield blockOf(utcNs, 'rms-ff', frames, framesPerKs, reasons, number);
  return [];
}

/** The header of a CAMS FF file whose length is that of the header and four planes; null for anything else. */
export function readCamsHeader(bytes: FileBytes): CamsHeader | null {
  return parseCamsHeader(bytes.upTo(0, CAMS_HEADER_BYTES), bytes.size);
}

/** One frame, the block's first, by the file's name, because the header has no date. */
export function* camsFfTimes(bytes: FileBytes): TimedFrames {
  const header = readCamsHeader(bytes);
  if (header === null) throw bytes.broken(0, 'no FF file of CAMS: its length is not that of a header and four planes');
  const reasons = ['the header has no date: the milliseconds of the name'];
  // RMS adds 256 to the counter, CAMS does not: the name, which has the counter in both, tells them apart.
  const isOfRms = counterOfName(bytes.file) === header.first - FIRST_OFFSET;
  const counter = header.first - (isOfRms ? FIRST_OFFSET : 0);
  yield blockOf(utcNsOfName(bytes.file), 'cams-ff', header.frames, header.framesPerKs, reasons, counter);
  return [];
}

function blockOf(
  utcNs: bigint | null,
  family: TimeFamily,
  frames: number,
  framesPerKs: bigint,
  reasons: readonly string[],
  sequence: number,
) {
  if (utcNs === null || !isPlausibleInstant(utcNs)) {
    return { frame: 1, times: [], reasons: ['neither the header nor the name of the file gives a time'] };
  }
  const spanNs = framesPerKs > 0n && frames > 0 ? (BigInt(frames) * 1000n * SECOND_NS) / framesPerKs : null;
  const time: FoundTime = {
    ...spanFields({ start: { utcNs, leapSecond: false }, exposureNs: spanNs }),
    uncertaintyNs: null,
    source: 'host-clock',
    grade: 'coarse',
    reasons: [
      ...reasons,
      FIRST_ONLY,
      ...(spanNs === null ? [] : [`the exposure given is the block's: ${frames} frames at the nominal rate`]),
    ],
    sequence,
    family,
  };
  return { frame: 1, times: [time], reasons: [] };
}
