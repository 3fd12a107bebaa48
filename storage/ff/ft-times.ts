/** FT files of RMS: u32 count, then for each frame u32 number and f64 seconds since 1970, little-endian (RMS/Formats/FTfile.py). */
import { type FoundTime, isPlausibleInstant, spanFields } from '#gps/found/found-time.js';
import type { FileBytes } from '../times/file-bytes.js';
import type { TimedFrame, TimedFrames } from '../times/timed-frame.js';

const ENTRY_BYTES = 12;
const BATCH = 4096;
/** A double of 1.7e9 seconds has steps of 2^-22 s. */
const STEP =
  'the clock of the computer, as a double with steps of 0.24 us; when in the exposure it was read is not said';

/** Nanoseconds of seconds in a double; null for what is no time. */
function utcNsOf(seconds: number): bigint | null {
  if (!Number.isFinite(seconds) || Math.abs(seconds) > 1e11) return null;
  const whole = Math.floor(seconds);
  const utcNs = BigInt(whole) * 1_000_000_000n + BigInt(Math.round((seconds - whole) * 1e9));
  return isPlausibleInstant(utcNs) ? utcNs : null;
}

/** Whether the file can be one: the format has no magic, so its first time must be plausible. */
export function isFt(bytes: FileBytes): boolean {
  const head = bytes.upTo(0, 4 + ENTRY_BYTES);
  if (head.byteLength < 4 + ENTRY_BYTES || head.readUInt32LE(0) < 1) return false;
  return head.readUInt32LE(4) < 2 ** 31 && utcNsOf(head.readDoubleLE(8)) !== null;
}

/** A frame for each entry. Throws StorageError `storage.times-broken` for a file that is too short to have one. */
export function* ftTimes(bytes: FileBytes): TimedFrames {
  const count = bytes.exactly(0, 4, 'the count of an FT file').readUInt32LE();
  const held = Math.min(count, Math.floor(bytes.left(4) / ENTRY_BYTES));
  let before: bigint | null = null;
  for (let first = 0; first < held; first += BATCH) {
    const batch = bytes.upTo(4 + first * ENTRY_BYTES, Math.min(BATCH, held - first) * ENTRY_BYTES);
    for (let at = 0; at + ENTRY_BYTES <= batch.byteLength; at += ENTRY_BYTES) {
      const utcNs = utcNsOf(batch.readDoubleLE(at + 4));
      yield entryOf(batch.readUInt32LE(at), first + at / ENTRY_BYTES + 1, utcNs, before);
      before = utcNs ?? before;
    }
  }
  const rest = bytes.size - 4 - held * ENTRY_BYTES;
  if (held < count) return [`${count} times are counted, the file holds ${held}`];
  return rest > 0 ? [`${rest} bytes behind the last time`] : [];
}

function entryOf(number: number, place: number, utcNs: bigint | null, before: bigint | null): TimedFrame {
  if (utcNs === null) return { frame: place, times: [], reasons: ['the number is no time'] };
  const doubts = before !== null && utcNs <= before ? ['not later than the frame before'] : [];
  const time: FoundTime = {
    ...spanFields({ start: { utcNs, leapSecond: false }, exposureNs: null }),
    uncertaintyNs: null,
    source: 'host-clock',
    grade: doubts.length > 0 ? 'untrusted' : 'coarse',
    reasons: [...doubts, STEP],
    sequence: number,
    family: 'rms-ft',
  };
  return { frame: place, times: [time], reasons: [] };
}
