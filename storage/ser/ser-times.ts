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
import type { FileBytes } from '../times/file-bytes.js';
import type { TimedFrame, TimedFrames } from '../times/timed-frame.js';
import { SER_STAMP_BYTES, type SerHeader } from './ser-header.js';
import { isSer, type SerLayout, serLayout } from './ser-layout.js';
import { stampOfNote } from './ser-stamp.js';
import { utcNsOfTicks } from './ser-ticks.js';

/** Stamps that are read at a time. */
const BATCH = 8192;
/** 100 ns from 1601-01-01 to 1970-01-01. */
const TICKS_1601_TO_1970 = 116_444_736_000_000_000n;
const SECOND_NS = 1_000_000_000n;
const NEAR_NS = 900n * SECOND_NS;

export { isSer };

/** A frame for each stamp; for a file without stamps one for the header's start. Throws StorageError `storage.times-broken`. */
export function* serTimes(bytes: FileBytes): TimedFrames {
  const layout = serLayout(bytes);
  if (layout.stamps === 0) {
    yield { frame: 1, times: startTime(layout.header), reasons: ['no stamp, and no start in the header'] };
    return layout.notes;
  }
  yield* stampedFrames(bytes, layout);
  return layout.notes;
}

function plausible(ticks: bigint): bigint | null {
  return isPlausibleInstant(utcNsOfTicks(ticks)) ? utcNsOfTicks(ticks) : null;
}

/** What SER leaves open, and what the file says of it nevertheless. */
function meaningOf({ instrument }: SerHeader): string {
  const stamp = stampOfNote(instrument);
  return stamp === null
    ? 'SER names neither the clock of its stamps nor whether they mark begin, middle or end of exposure'
    : `stamps mark the ${stamp} of the exposure of row 0, by the file's own note; SER does not name their clock`;
}

function timeOf(utcNs: bigint, doubts: readonly string[], reasons: readonly string[]): FoundTime {
  return {
    ...spanFields({ start: { utcNs, leapSecond: false }, exposureNs: null }),
    uncertaintyNs: null,
    source: 'unknown-clock',
    grade: doubts.length > 0 ? 'untrusted' : 'coarse',
    reasons: [...doubts, ...reasons],
    sequence: null,
    family: 'ser',
  };
}

function startTime(header: SerHeader): FoundTime[] {
  const startUtcNs = plausible(header.dateTimeUtc);
  if (startUtcNs === null) return [];
  return [timeOf(startUtcNs, [], ['DateTime_UTC of the header, no stamp of a frame', meaningOf(header)])];
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
  { ticksAt: littleEndian, toUtcNs: utcNsOfTicks, notes: [] },
  { ticksAt: littleEndian, toUtcNs: since1601, notes: [MISTAKEN] },
  { ticksAt: bigEndian, toUtcNs: utcNsOfTicks, notes: [SWAPPED] },
  { ticksAt: bigEndian, toUtcNs: since1601, notes: [SWAPPED, MISTAKEN] },
];

/** The reading by which the first stamp that is not zero is a plausible time; the format's own where none is. */
function readingOf(batch: Buffer): Reading {
  const [proper] = READINGS as readonly [Reading];
  for (let at = 0; at + SER_STAMP_BYTES <= batch.byteLength; at += SER_STAMP_BYTES) {
    if (littleEndian(batch, at) === 0n) continue;
    const found = READINGS.find(({ ticksAt, toUtcNs }) => isPlausibleInstant(toUtcNs(ticksAt(batch, at))));
    if (found !== undefined) return found;
  }
  return proper;
}

function* stampedFrames(bytes: FileBytes, { header, trailer, stamps: count }: SerLayout): Generator<TimedFrame, void> {
  const meaning = meaningOf(header);
  let reading: Reading | null = null;
  let before: bigint | null = null;
  let fileDoubts: readonly string[] | null = null;
  for (let first = 0; first < count; first += BATCH) {
    const batch = bytes.upTo(trailer + first * SER_STAMP_BYTES, Math.min(BATCH, count - first) * SER_STAMP_BYTES);
    reading ??= readingOf(batch);
    for (let at = 0; at + SER_STAMP_BYTES <= batch.byteLength; at += SER_STAMP_BYTES) {
      const frame = first + at / SER_STAMP_BYTES + 1;
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
      yield { frame, times: [timeOf(utcNs, doubts, [...reading.notes, meaning])], reasons: [] };
    }
  }
}

/** Stamps that go with the header's local start and not with its UTC start are local time. */
function zoneDoubts(firstUtcNs: bigint, { dateTime, dateTimeUtc }: SerHeader): string[] {
  const startUtcNs = plausible(dateTimeUtc);
  const startLocalNs = plausible(dateTime);
  const far = (a: bigint, b: bigint) => a - b > NEAR_NS || b - a > NEAR_NS;
  if (startUtcNs === null || !far(firstUtcNs, startUtcNs)) return [];
  if (startLocalNs !== null && !far(firstUtcNs, startLocalNs))
    return ['the stamps go with DateTime (local), not with DateTime_UTC'];
  return [`the first stamp is far from the header's start of ${formatUtc(startUtcNs, 0)}`];
}
