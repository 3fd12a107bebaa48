/** The header of a SER file, version 3 (SER format description, H. Hahn, 2014-02-06): 178 bytes, little-endian. */
import { StorageError } from '../errors.js';

export const SER_HEADER_BYTES = 178;
/** Bytes of a frame's stamp in the trailer. */
export const SER_STAMP_BYTES = 8;
/** `FrameCount` is a signed 32-bit integer. */
const MOST_FRAMES = 0x7fff_ffff;

const FILE_ID = 'LUCAM-RECORDER';
/** Of an observer, an instrument, a telescope. */
export const SER_TEXT_BYTES = 40;
const AT = {
  fileId: 0,
  luId: 14,
  colorId: 18,
  littleEndian: 22,
  width: 26,
  height: 30,
  depth: 34,
  frameCount: 38,
  observer: 42,
  instrument: 82,
  telescope: 122,
  dateTime: 162,
  dateTimeUtc: 170,
} as const;

/** `ColorID` by the order of colours in the first two rows. */
export const SER_COLORS = { MONO: 0, RGGB: 8, GRBG: 9, GBRG: 10, BGGR: 11, RGB: 100, BGR: 101 } as const;

export interface SerHeader {
  readonly colorId: number;
  /**
   * The flag `LittleEndian`. By the text 1 is little-endian; programs write and read it the other way round, so that pixels in little-endian
   * order go with 0.
   */
  readonly littleEndianFlag: number;
  readonly width: number;
  readonly height: number;
  /** Significant bits of a sample, 1 to 16. */
  readonly depth: number;
  /** 0 while a file is written. */
  readonly frameCount: number;
  /** At most 40 bytes each. */
  readonly observer: string;
  readonly instrument: string;
  readonly telescope: string;
  /** Start of the recording in ticks, local time and UTC. */
  readonly dateTime: bigint;
  readonly dateTimeUtc: bigint;
}

export function encodeSerHeader(header: SerHeader): Uint8Array {
  const bytes = Buffer.alloc(SER_HEADER_BYTES);
  bytes.write(FILE_ID, AT.fileId, 'latin1');
  bytes.writeInt32LE(0, AT.luId);
  bytes.writeInt32LE(header.colorId, AT.colorId);
  bytes.writeInt32LE(header.littleEndianFlag, AT.littleEndian);
  bytes.writeInt32LE(header.width, AT.width);
  bytes.writeInt32LE(header.height, AT.height);
  bytes.writeInt32LE(header.depth, AT.depth);
  bytes.writeInt32LE(header.frameCount, AT.frameCount);
  bytes.write(serText(header.observer), AT.observer, 'latin1');
  bytes.write(serText(header.instrument), AT.instrument, 'latin1');
  bytes.write(serText(header.telescope), AT.telescope, 'latin1');
  bytes.writeBigInt64LE(header.dateTime, AT.dateTime);
  bytes.writeBigInt64LE(header.dateTimeUtc, AT.dateTimeUtc);
  return bytes;
}

/** Whether bytes begin with the FileID, and a whole header can be among them. */
export function hasSerHeader(raw: Uint8Array): boolean {
  return (
    raw.byteLength >= SER_HEADER_BYTES && Buffer.from(raw.subarray(0, FILE_ID.length)).toString('latin1') === FILE_ID
  );
}

/** What stands in the 178 bytes of a header, unjudged. */
export function decodeSerHeader(raw: Uint8Array): SerHeader {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const text = (at: number) =>
    bytes
      .toString('latin1', at, at + SER_TEXT_BYTES)
      .replace(/\0.*$/s, '')
      .trimEnd();
  return {
    colorId: bytes.readInt32LE(AT.colorId),
    littleEndianFlag: bytes.readInt32LE(AT.littleEndian),
    width: bytes.readInt32LE(AT.width),
    height: bytes.readInt32LE(AT.height),
    depth: bytes.readInt32LE(AT.depth),
    frameCount: bytes.readInt32LE(AT.frameCount),
    observer: text(AT.observer),
    instrument: text(AT.instrument),
    telescope: text(AT.telescope),
    dateTime: bytes.readBigInt64LE(AT.dateTime),
    dateTimeUtc: bytes.readBigInt64LE(AT.dateTimeUtc),
  };
}

/** The bytes that set `FrameCount`, and where they go. */
export function frameCountPatch(frames: number): { readonly offset: number; readonly bytes: Uint8Array } {
  if (frames > MOST_FRAMES) {
    throw new StorageError('storage.ser-full', `a SER file counts ${MOST_FRAMES} frames at most, not ${frames}`);
  }
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(frames);
  return { offset: AT.frameCount, bytes };
}

/** Where red, green and blue stand in a pixel of three samples; null where a pixel has one. */
export function serColorOrder(colorId: number): readonly [number, number, number] | null {
  return colorId === SER_COLORS.RGB ? [0, 1, 2] : colorId === SER_COLORS.BGR ? [2, 1, 0] : null;
}

/** Bytes of a frame's pixels. */
export function serFrameBytes({ colorId, width, height, depth }: SerHeader): number {
  const planes = serColorOrder(colorId) === null ? 1 : 3;
  return width * height * planes * (depth > 8 ? 2 : 1);
}

/** Text as SER has it: printable ASCII, anything else `?`, cut after `most` characters. */
export function serText(text: string, most = SER_TEXT_BYTES): string {
  return text.replace(/[^\x20-\x7e]/gu, '?').slice(0, most);
}
