/**
 * The times in a SER file (SER format description version 3, H. Hahn, 2014): a header of 178 bytes, little-endian, the frames,
 * and behind them a stamp of 64 bits for each, 100 ns since 0001-01-01 UTC.
 *
 * What others got wrong and what is done about it: stamps since 1601 (FILETIME) are told by their size, which leaves no year in
 * common; stamps in the other byte order by the same; a trailer that a crash took is said to be missing; the flag of the pixels'
 * byte order is written both ways round and says nothing of the stamps, which are little-endian always.
 */
import { type FoundTime, isPlausibleInstant, spanFields } from '#gps/found/found-time.js';
import { formatUtc } from '#gps/instant.js';
import { type FileBytes, printable } from '../times/file-bytes.js';
import type { TimedFrame, TimedFrames } from '../times/timed-frame.js';

const HEADER_BYTES = 178;
const STAMP_BYTES = 8;
/** Stamps that are read at a time. */
const BATCH = 8192;
/** The format's own name, and what INDI's recorder writes instead. */
const NAMES = ['LUCAM-RECORDER', 'INDI-RECORDER'];
/** 100 ns from 0001-01-01 and from 1601-01-01 to 1970-01-01. */
const TICKS_0001_TO_1970 = 621_355_968_000_000_000n;
const TICKS_1601_TO_1970 = 116_444_736_000_000_000n;
const SECOND_NS = 1_000_000_000n;
const NEAR_NS = 900n * SECOND_NS;

interface SerHeader {
  readonly frames: number;
  readonly frameBytes: number;
  readonly startUtcNs: bigint | null;
  readonly startLocalNs: bigint | null;
  readonly notes: readonly string[];
}

export function isSer(beginning: Uint8Array): boolean {
  const name = Buffer.from(beginning.subarray(0, 14)).toString('latin1');
  return NAMES.some((known) => name.startsWith(known));
}

/** A frame for each stamp; for a file without stamps one for the header's start. Throws StorageError `storage.times-broken`. */
export function* serTimes(bytes: FileBytes): TimedFrames {
  const header = readHeader(bytes);
  const notes = [...header.notes];
  const held = Math.floor((bytes.size - HEADER_BYTES) / header.frameBytes);
  const trailer = HEADER_BYTES + header.frames * header.frameBytes;
  if (header.frames > held) {
    notes.push(
      `the header counts ${header.frames} frames, the file holds ${held}: the rest and all stamps are missing`,
    );
  }
  const stamps = header.frames > held || header.frames === 0 ? 0 : Math.floor(bytes.left(trailer) / STAMP_BYTES);
  const read = Math.min(stamps, header.frames);
  if (header.frames === 0) {
    notes.push(
      `the header counts no frames, so the recording was not closed: up to ${held} frames, their stamps were not written`,
    );
  } else if (stamps === 0 && header.frames <= held) notes.push(`no stamps behind the ${header.frames} frames`);
  else if (read > 0 && read < header.frames)
    notes.push(`stamps for ${read} of ${header.frames} frames: the end of the file is missing`);
  if (read === 0) {
    yield { frame: 1, times: startTime(header), reasons: ['no stamp, and no start in the header'] };
    return notes;
  }
  yield* stampedFrames(bytes, header, trailer, read);
  return notes;
}

function readHeader(bytes: FileBytes): SerHeader {
  const raw = bytes.exactly(0, HEADER_BYTES, 'the header of a SER file');
  if (!isSer(raw)) throw bytes.broken(0, "no SER file: it does not begin with 'LUCAM-RECORDER'");
  const notes: string[] = [];
  const name = printable(raw.toString('latin1', 0, 14).replace(/\0.*$/s, ''));
  if (name !== NAMES[0]) notes.push(`begins with '${name}' where the format wants '${NAMES[0]}'`);
  const colour = raw.readInt32LE(18);
  const width = raw.readInt32LE(26);
  const height = raw.readInt32LE(30);
  const depth = raw.readInt32LE(34);
  const frames = raw.readInt32LE(38);
  if (width < 1 || height < 1) throw bytes.broken(26, `frames of ${width} x ${height} pixels`);
  if (depth < 1 || depth > 16) throw bytes.broken(34, `${depth} bits a pixel, where 1 to 16 are allowed`);
  if (frames < 0) throw bytes.broken(38, `${frames} frames`);
  const planes = colour === 100 || colour === 101 ? 3 : 1;
  return {
    frames,
    frameBytes: width * height * planes * (depth > 8 ? 2 : 1),
    startLocalNs: plausible(raw.readBigInt64LE(162)),
    startUtcNs: plausible(raw.readBigInt64LE(170)),
    notes,
  };
}

const since0001 = (ticks: bigint): bigint => (ticks - TICKS_0001_TO_1970) * 100n;

function plausible(ticks: bigint): bigint | null {
  return isPlausibleInstant(since0001(ticks)) ? since0001(ticks) : null;
}

const OF_CLOCK = 'SER names neither the clock of its stamps nor whether they mark begin, middle or end of exposure';

function timeOf(utcNs: bigint, doubts: readonly string[], reasons: readonly string[]): FoundTime {
  return {
    ...spanFields({ start: { utcNs, leapSecond: false }, exposureNs: null }),
    uncertaintyNs: null,
    source: 'unknown-clock',
    grade: doubts.length > 0 ? 'untrusted' : 'coarse',
    reasons: [...doubts, ...reasons, OF_CLOCK],
    sequence: null,
    family: 'ser',
  };
}

function startTime({ startUtcNs }: SerHeader): FoundTime[] {
  return startUtcNs === null ? [] : [timeOf(startUtcNs, [], ['DateTime_UTC of the header, no stamp of a frame'])];
}

/** How the 64 bits of a file's stamps are to be read. */
interface Reading {
  readonly ticksAt: (batch: Buffer, offset: number) => bigint;
  readonly toUtcNs: (ticks: bigint) => bigint;
  readonly notes: readonly string[];
}

const littleEndian = (batch: Buffer, offset: number) => batch.readBigInt64LE(offset);
const bigEndian = (batch: Buffer, offset: number) => batch.readBigInt64BE(offset);
const since1601 = (ticks: bigint): bigint => (ticks - TICKS_1601_TO_1970) * 100n;
const MISTAKEN = 'stamps counted from 1601 (FILETIME) where SER counts from 0001: read from 1601';
const SWAPPED = 'stamps in big-endian order, where SER has little-endian: read as big-endian';
const READINGS: readonly Reading[] = [
  { ticksAt: littleEndian, toUtcNs: since0001, notes: [] },
  { ticksAt: littleEndian, toUtcNs: since1601, notes: [MISTAKEN] },
  { ticksAt: bigEndian, toUtcNs: since0001, notes: [SWAPPED] },
  { ticksAt: bigEndian, toUtcNs: since1601, notes: [SWAPPED, MISTAKEN] },
];

/** The reading by which the first stamp that is not zero is a plausible time; the format's own where none is. */
function readingOf(batch: Buffer): Reading {
  const [proper] = READINGS as readonly [Reading];
  for (let at = 0; at + STAMP_BYTES <= batch.byteLength; at += STAMP_BYTES) {
    if (littleEndian(batch, at) === 0n) continue;
    const found = READINGS.find(({ ticksAt, toUtcNs }) => isPlausibleInstant(toUtcNs(ticksAt(batch, at))));
    if (found !== undefined) return found;
  }
  return proper;
}

function* stampedFrames(
  bytes: FileBytes,
  header: SerHeader,
  trailer: number,
  count: number,
): Generator<TimedFrame, void> {
  let reading: Reading | null = null;
  let before: bigint | null = null;
  let fileDoubts: readonly string[] | null = null;
  for (let first = 0; first < count; first += BATCH) {
    const batch = bytes.upTo(trailer + first * STAMP_BYTES, Math.min(BATCH, count - first) * STAMP_BYTES);
    reading ??= readingOf(batch);
    for (let at = 0; at + STAMP_BYTES <= batch.byteLength; at += STAMP_BYTES) {
      const frame = first + at / STAMP_BYTES + 1;
      const ticks = reading.ticksAt(batch, at);
      const utcNs = reading.toUtcNs(ticks);
      if (!isPlausibleInstant(utcNs)) {
        const why = ticks === 0n ? 'the stamp is zero' : `the stamp ${ticks} is no time by either epoch`;
        yield { frame, times: [], reasons: [why] };
        continue;
      }
      fileDoubts ??= zoneDoubts(utcNs, header);
      const doubts = [...fileDoubts];
      if (before !== null && utcNs < before) doubts.push('earlier than the frame before');
      if (before !== null && utcNs === before) doubts.push('the same stamp as the frame before');
      before = utcNs;
      yield { frame, times: [timeOf(utcNs, doubts, reading.notes)], reasons: [] };
    }
  }
}

/** Stamps that go with the header's local start and not with its UTC start are local time. */
function zoneDoubts(firstUtcNs: bigint, { startUtcNs, startLocalNs }: SerHeader): string[] {
  const far = (a: bigint, b: bigint) => a - b > NEAR_NS || b - a > NEAR_NS;
  if (startUtcNs === null || !far(firstUtcNs, startUtcNs)) return [];
  if (startLocalNs !== null && !far(firstUtcNs, startLocalNs))
    return ['the stamps go with DateTime (local), not with DateTime_UTC'];
  return [`the first stamp is far from the header's start of ${formatUtc(startUtcNs, 0)}`];
}
