/**
 * FF files of CAMS, `.bin` (RMS/Formats/FFbin.py). Version 2: i32 -1, then u32 rows, columns, frames, first, camera number,
 * decimation, interlacing (0: progressive), 1000 * frames a second. Version 1: u32 rows, columns, bits, first, camera number, of
 * 2^bits frames. Behind either the planes maximum, frame of maximum, average, deviation, u8, rows from the top. Little-endian.
 */

export const CAMS_HEADER_BYTES = 36;
const FIRST_VERSION_BYTES = 20;
/** What RMS adds to the counter of the first frame, in both of its formats. */
export const FIRST_OFFSET = 256;

export interface CamsHeader {
  readonly version: 1 | 2;
  readonly headerBytes: number;
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  /** As it stands: of RMS the counter of the first frame and 256, of CAMS the counter. */
  readonly first: number;
  readonly cameraNumber: number;
  /** 0 in version 1. */
  readonly framesPerKs: bigint;
}

/** Writes a header of version 2 into the beginning of `target`. */
export function writeCamsHeader(target: Uint8Array, header: Omit<CamsHeader, 'version' | 'headerBytes'>): void {
  const { rows, columns, frames, first, cameraNumber, framesPerKs } = header;
  const view = Buffer.from(target.buffer, target.byteOffset, CAMS_HEADER_BYTES);
  view.writeInt32LE(-1);
  const words = [rows, columns, frames, first, cameraNumber, 1, 0, Number(framesPerKs)];
  for (const [i, word] of words.entries()) view.writeUInt32LE(word >>> 0, 4 + 4 * i);
}

/**
 * The header at the beginning of a file of `fileBytes` bytes, of which `head` holds the first 36; null where its length is not that
 * of a header and four planes.
 */
export function parseCamsHeader(head: Buffer, fileBytes: number): CamsHeader | null {
  if (head.byteLength < FIRST_VERSION_BYTES) return null;
  const version = head.readInt32LE(0) === -1 ? 2 : 1;
  const headerBytes = version === 2 ? CAMS_HEADER_BYTES : FIRST_VERSION_BYTES;
  if (head.byteLength < headerBytes) return null;
  const start = version === 2 ? 4 : 0;
  const words = Array.from({ length: version === 2 ? 8 : 5 }, (_, i) => head.readUInt32LE(start + 4 * i));
  const [rows = 0, columns = 0, third = 0, first = 0, cameraNumber = 0] = words;
  const frames = version === 2 ? third : third > 0 && third <= 16 ? 2 ** third : 0;
  if (rows < 1 || columns < 1 || rows > 65_536 || columns > 65_536 || frames < 1 || frames > 65_536) return null;
  if (fileBytes !== headerBytes + 4 * rows * columns) return null;
  return { version, headerBytes, rows, columns, frames, first, cameraNumber, framesPerKs: BigInt(words[7] ?? 0) };
}

/** The number in a station's code, as CAMS wants one: its first digits; 0 where it has none. */
export function cameraNumberOf(stationCode: string): number {
  return Number(/\d+/.exec(stationCode)?.[0] ?? 0);
}
