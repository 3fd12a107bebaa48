/**
 * The time of a block of 256 frames: FF files of RMS (FITS) and of CAMS (`.bin`, two versions). A host's clock, and the time of
 * the first frame only: a frame that was dropped is not counted, so a place in the block is no time (RMS/Formats/FFfits.py,
 * FFbin.py, BufferedCapture.py).
 */
import { type FoundTime, isPlausibleInstant, spanFields, type TimeFamily } from '#gps/found/found-time.js';
import { type Keywords, keywordInteger, keywordNs, keywordText } from '#gps/found/keyword-values.js';
import { parseWritten, TimeScale } from '#gps/found/written-time.js';
import { scanHeaders } from '../fits/header-scan.js';
import type { FileBytes } from '../times/file-bytes.js';
import type { TimedFrames } from '../times/timed-frame.js';
import { utcNsOfName } from './ff-name.js';

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
  // FIRST is the count of the first frame and 256.
  const number = Math.max(0, (keywordInteger(keywords, 'FIRST') ?? 256) - 256);
  yield blockOf(utcNs, 'rms-ff', frames, framesPerKs, reasons, number);
  return [];
}

/** Header of CAMS's `.bin`: i32 -1 and eight u32 in version 2, five u32 in version 1. */
interface CamsHeader {
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  readonly first: number;
  readonly framesPerKs: bigint;
}

/** The header of a CAMS FF file whose length is that of the header and four planes; null for anything else. */
export function readCamsHeader(bytes: FileBytes): CamsHeader | null {
  const head = bytes.upTo(0, 36);
  if (head.byteLength < 20) return null;
  const isSecond = head.readInt32LE(0) === -1;
  if (isSecond && head.byteLength < 36) return null;
  const words = Array.from({ length: isSecond ? 8 : 5 }, (_, i) => head.readUInt32LE((isSecond ? 4 : 0) + 4 * i));
  const [rows = 0, columns = 0, third = 0, first = 0] = words;
  const frames = isSecond ? third : third > 0 && third <= 16 ? 2 ** third : 0;
  const length = (isSecond ? 36 : 20) + 4 * rows * columns;
  if (rows < 1 || columns < 1 || rows > 65_536 || columns > 65_536 || frames < 1 || frames > 65_536) return null;
  return length === bytes.size ? { rows, columns, frames, first, framesPerKs: BigInt(words[7] ?? 0) } : null;
}

/** One frame, the block's first, by the file's name, because the header has no date. */
export function* camsFfTimes(bytes: FileBytes): TimedFrames {
  const header = readCamsHeader(bytes);
  if (header === null) throw bytes.broken(0, 'no FF file of CAMS: its length is not that of a header and four planes');
  const reasons = ['the header has no date: the milliseconds of the name'];
  yield blockOf(utcNsOfName(bytes.file), 'cams-ff', header.frames, header.framesPerKs, reasons, header.first);
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
