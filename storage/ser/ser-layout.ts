/** What stands where in a SER file by anyone, as far as its header and its size agree. */
import { isPlausibleInstant } from '#gps/found/found-time.js';
import { type FileBytes, printable } from '../times/file-bytes.js';
import { decodeSerHeader, SER_HEADER_BYTES, SER_STAMP_BYTES, type SerHeader, serFrameBytes } from './ser-header.js';
import { utcNsOfTicks } from './ser-ticks.js';

/** The format's own name, and what INDI's recorder writes instead. */
const NAMES = ['LUCAM-RECORDER', 'INDI-RECORDER'];
const NAME_BYTES = 14;

export interface SerLayout {
  readonly header: SerHeader;
  readonly frameBytes: number;
  /** Frames whose pixels are in the file. */
  readonly frames: number;
  /** Stamps that are read, from `trailer` on; 0 where there are none. */
  readonly stamps: number;
  readonly trailer: number;
  /** What of the file is not as the format wants it. */
  readonly notes: readonly string[];
}

export function isSer(beginning: Uint8Array): boolean {
  const name = Buffer.from(beginning.subarray(0, NAME_BYTES)).toString('latin1');
  return NAMES.some((known) => name.startsWith(known));
}

/** Throws StorageError `storage.times-broken` for what is no SER file. */
export function serLayout(bytes: FileBytes): SerLayout {
  const { header, notes } = readHeader(bytes);
  const frameBytes = serFrameBytes(header);
  const declared = header.frameCount;
  const held = Math.floor((bytes.size - SER_HEADER_BYTES) / frameBytes);
  const uncounted = declared === 0 ? stampedFrames(bytes, frameBytes) : 0;
  const counted = declared === 0 ? uncounted : declared;
  const trailer = SER_HEADER_BYTES + counted * frameBytes;
  const whole = counted > 0 && counted <= held;
  const found = whole ? Math.floor(bytes.left(trailer) / SER_STAMP_BYTES) : 0;
  const stamps = Math.min(found, counted);
  if (declared > held) {
    notes.push(`the header counts ${declared} frames, the file holds ${held}: the rest and all stamps are missing`);
  } else if (uncounted > 0) {
    notes.push(`the header counts no frames; by its size the file holds ${uncounted} with their stamps`);
  } else if (declared === 0) {
    notes.push(
      `the header counts no frames, so the recording was not closed: up to ${held} frames, their stamps were not written`,
    );
  } else if (stamps === 0) notes.push(`no stamps behind the ${declared} frames`);
  else if (stamps < declared) notes.push(`stamps for ${stamps} of ${declared} frames: the end of the file is missing`);
  return { header, frameBytes, frames: whole ? counted : held, stamps, trailer, notes };
}

/** The frames of a file whose header was not completed, though its trailer was: the size leaves no other number. */
function stampedFrames(bytes: FileBytes, frameBytes: number): number {
  const frames = (bytes.size - SER_HEADER_BYTES) / (frameBytes + SER_STAMP_BYTES);
  if (!Number.isInteger(frames) || frames < 1) return 0;
  const last = bytes.upTo(bytes.size - SER_STAMP_BYTES, SER_STAMP_BYTES);
  const first = bytes.upTo(SER_HEADER_BYTES + frames * frameBytes, SER_STAMP_BYTES);
  const isStamp = (stamp: Buffer) => isPlausibleInstant(utcNsOfTicks(stamp.readBigInt64LE(0)));
  return isStamp(first) && isStamp(last) ? frames : 0;
}

function readHeader(bytes: FileBytes): { header: SerHeader; notes: string[] } {
  const raw = bytes.exactly(0, SER_HEADER_BYTES, 'the header of a SER file');
  if (!isSer(raw)) throw bytes.broken(0, "no SER file: it does not begin with 'LUCAM-RECORDER'");
  const notes: string[] = [];
  const name = printable(raw.toString('latin1', 0, NAME_BYTES).replace(/\0.*$/s, ''));
  if (name !== NAMES[0]) notes.push(`begins with '${name}' where the format wants '${NAMES[0]}'`);
  const header = decodeSerHeader(raw);
  const { width, height, depth, frameCount } = header;
  if (width < 1 || height < 1) throw bytes.broken(26, `frames of ${width} x ${height} pixels`);
  if (depth < 1 || depth > 16) throw bytes.broken(34, `${depth} bits a pixel, where 1 to 16 are allowed`);
  if (frameCount < 0) throw bytes.broken(38, `${frameCount} frames`);
  return { header, notes };
}
