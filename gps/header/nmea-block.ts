/**
 * The NMEA text that cameras with a built-in receiver may write behind their 44 bytes: `11 22 33 66`, its length as u32 big-endian, the
 * text, `EE 33 CC 44` (EZCAP_QT, QHYCCD's SDK manual). Whether the length counts anything besides the text is not published, so
 * the closing mark decides where it stands elsewhere. Nothing here throws, whatever the bytes are.
 */
import { type NmeaSentence, splitSentences } from './nmea-sentence.js';

/** A block begins within so many bytes of a frame. */
const BEGINS_WITHIN = 1024;
/** Of a frame's first bytes, as many as hold any block. */
export const NMEA_WINDOW_BYTES = 4096;
/** Behind the first 34 bytes: EZCAP looks from there, others from 44. */
const FIRST_OFFSET = 34;
const OPENING = [0x11, 0x22, 0x33, 0x66] as const;
const CLOSING = [0xee, 0x33, 0xcc, 0x44] as const;
const FRAMING_BYTES = 8;

export interface NmeaBlock {
  /** Of the opening mark, from the frame's first byte. */
  readonly offset: number;
  /** Text bytes as the block says and as they were found. */
  readonly declaredBytes: number;
  readonly textBytes: number;
  /** False: the closing mark is missing, the text ends where the length or the bytes do. */
  readonly closed: boolean;
  readonly sentences: readonly NmeaSentence[];
}

/**
 * The block in the first bytes of a frame. Null where there is no opening mark, or nothing behind it that pixels would not be:
 * neither a closing mark where the length says, nor a sentence whose check sum is right.
 */
export function findNmeaBlock(frame: Uint8Array): NmeaBlock | null {
  const bytes = frame.subarray(0, NMEA_WINDOW_BYTES);
  const last = Math.min(BEGINS_WITHIN, bytes.byteLength) - FRAMING_BYTES;
  for (
    let at = bytes.indexOf(OPENING[0], FIRST_OFFSET);
    at >= 0 && at <= last;
    at = bytes.indexOf(OPENING[0], at + 1)
  ) {
    const block = standsAt(bytes, at, OPENING) ? readBlock(bytes, at) : null;
    if (block !== null) return block;
  }
  return null;
}

function readBlock(bytes: Uint8Array, offset: number): NmeaBlock | null {
  const begin = offset + FRAMING_BYTES;
  const declaredBytes = new DataView(bytes.buffer, bytes.byteOffset + offset + 4, 4).getUint32(0);
  const declaredEnd = begin + declaredBytes;
  const closesThere = standsAt(bytes, declaredEnd, CLOSING);
  const next = indexOfMark(bytes, OPENING, begin);
  const within = next < 0 ? bytes : bytes.subarray(0, next);
  const closing = closesThere ? declaredEnd : indexOfMark(within, CLOSING, begin);
  const end = closing >= 0 ? closing : Math.min(declaredEnd, within.byteLength);
  const sentences = splitSentences(bytes.subarray(begin, end));
  if (!closesThere && !sentences.some(({ checksum }) => checksum === 'right')) return null;
  return { offset, declaredBytes, textBytes: end - begin, closed: closing >= 0, sentences };
}

function standsAt(bytes: Uint8Array, at: number, mark: readonly number[]): boolean {
  return at + mark.length <= bytes.byteLength && mark.every((byte, i) => bytes[at + i] === byte);
}

function indexOfMark(bytes: Uint8Array, mark: readonly number[], from: number): number {
  for (let at = bytes.indexOf(mark[0] ?? 0, from); at >= 0; at = bytes.indexOf(mark[0] ?? 0, at + 1)) {
    if (standsAt(bytes, at, mark)) return at;
  }
  return -1;
}
