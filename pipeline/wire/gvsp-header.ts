/**
 * The header that every GVSP packet begins with, and the numbers of the stream protocol. Layout as read by Wireshark's dissector and Aravis; all fields big-endian.
 */
import { readU16, readU24, readU32, readU64, writeU16, writeU24, writeU32, writeU64 } from './big-endian.js';
import { requireBytes, WireError } from './wire-error.js';

/** Packet formats: the low 7 bits of byte 4. */
export const GVSP = {
  leader: 1,
  trailer: 2,
  payload: 3,
  allIn: 4,
  h264: 5,
  multiZone: 6,
  multiPart: 7,
  genDc: 8,
} as const;

/** Payload types of leaders and trailers. The two high bits are flags beside the type. */
export const PAYLOAD_TYPE = {
  image: 0x0001,
  rawData: 0x0002,
  file: 0x0003,
  chunkData: 0x0004,
  extendedChunkData: 0x0005,
  jpeg: 0x0006,
  jpeg2000: 0x0007,
  h264: 0x0008,
  multiZoneImage: 0x0009,
  multiPart: 0x000a,
  genDcContainer: 0x000b,
  genDcComponent: 0x000c,
  withChunks: 0x4000,
  deviceSpecific: 0x8000,
} as const;

/** Flags of the extended header (byte 2..3). */
export const GVSP_FLAG = { resend: 0x0001, previousBlockDropped: 0x0002, resendRangeError: 0x0004 } as const;

export const GVSP_HEADER_STANDARD = 8;
export const GVSP_HEADER_EXTENDED = 20;
/** IP (20) + UDP (8) + GVSP header: what SCPS, the packet size register, counts beside the data. */
export const GVSP_OVERHEAD_STANDARD = 36;
export const GVSP_OVERHEAD_EXTENDED = 48;
/** Data bytes of an image leader and of an image trailer without chunks. */
export const IMAGE_LEADER_BYTES = 36;
export const IMAGE_TRAILER_BYTES = 8;

export interface GvspHeader {
  /** 0 ok, 0x0100 this is a resend, 0x8000 and above an error (GVCP_STATUS). */
  status: number;
  /** True with 64-bit block ids and 32-bit packet ids. */
  extended: boolean;
  /** GVSP_FLAG bits; 0 in a standard header. */
  flags: number;
  /** One of GVSP. */
  format: number;
  /** 1..65535 wrapping to 1 in a standard header; 0 is invalid in both. */
  blockId: bigint;
  /** 0 leader, 1..N payload, N+1 trailer. */
  packetId: number;
  headerBytes: number;
}

/**
 * Reads the header of a packet. Throws `wire.short`, and `wire.gvsp-format` for a format that GigE Vision does not
 * define, except in error answers (status 0x8000 and above), which are a header alone.
 * `into` is filled and returned when given, so that a receiver need not make an object a packet.
 */
export function parseGvspHeader(bytes: Uint8Array, into?: GvspHeader): GvspHeader {
  requireBytes(bytes, GVSP_HEADER_STANDARD, 'a GVSP header');
  const kind = bytes[4] as number;
  const extended = (kind & 0x80) !== 0;
  if (extended) requireBytes(bytes, GVSP_HEADER_EXTENDED, 'an extended GVSP header');
  const status = readU16(bytes, 0);
  const format = kind & 0x7f;
  if ((format === 0 || format > GVSP.genDc) && status < 0x8000)
    throw new WireError('wire.gvsp-format', `GVSP packet format ${format} is not defined; drop the packet`);
  const header = into ?? { status, extended, flags: 0, format, blockId: 0n, packetId: 0, headerBytes: 0 };
  header.status = status;
  header.extended = extended;
  header.format = format;
  header.flags = extended ? readU16(bytes, 2) : 0;
  header.blockId = extended ? readU64(bytes, 8) : BigInt(readU16(bytes, 2));
  header.packetId = extended ? readU32(bytes, 16) : readU24(bytes, 5);
  header.headerBytes = extended ? GVSP_HEADER_EXTENDED : GVSP_HEADER_STANDARD;
  return header;
}

/** What `writeGvspHeader` needs; the block id is already the one of the wire (1..65535 without extended ids). */
export type GvspHeaderFields = Omit<GvspHeader, 'headerBytes' | 'status' | 'flags'> & {
  status?: number;
  flags?: number;
};

/** Writes the header at the start of `target`; returns its length, 8 or 20. */
export function writeGvspHeader(target: Uint8Array, header: GvspHeaderFields): number {
  const bytes = header.extended ? GVSP_HEADER_EXTENDED : GVSP_HEADER_STANDARD;
  requireBytes(target, bytes, 'the target of a GVSP header');
  writeU16(target, 0, header.status ?? 0);
  if (!header.extended) {
    writeU16(target, 2, Number(header.blockId & 0xffffn));
    target[4] = header.format;
    writeU24(target, 5, header.packetId);
    return bytes;
  }
  writeU16(target, 2, header.flags ?? 0);
  writeU32(target, 4, ((0x80 | header.format) << 24) >>> 0);
  writeU64(target, 8, header.blockId);
  writeU32(target, 16, header.packetId);
  return bytes;
}

/** Data bytes of a full payload packet when the packet size register SCPS reads `packetBytes`. */
export function payloadDataBytes(packetBytes: number, extended: boolean): number {
  return packetBytes - (extended ? GVSP_OVERHEAD_EXTENDED : GVSP_OVERHEAD_STANDARD);
}
