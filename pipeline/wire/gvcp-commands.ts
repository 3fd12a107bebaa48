/** Commands to a GigE Vision device, both directions: the controller encodes, the device decodes. */
import { readU16, readU32, readU64, writeU16, writeU32, writeU64 } from './big-endian.js';
import { GVCP_COMMAND, GVCP_FLAG, GVCP_HEADER_BYTES, GVCP_KEY, gvcpPayload } from './gvcp-header.js';
import { requireBytes, WireError } from './wire-error.js';

export interface GvcpCommand {
  readonly flags: number;
  /** One of GVCP_COMMAND, or one that we do not know. */
  readonly command: number;
  /** 1..65535. */
  readonly requestId: number;
  /** View of the bytes after the header. */
  readonly payload: Uint8Array;
}

/**
 * Reads the header of a command. Throws `wire.short`; `wire.gvcp-key` when the first byte is not 0x42;
 * `wire.gvcp-length` when the header announces more bytes than there are.
 */
export function parseGvcpCommand(bytes: Uint8Array): GvcpCommand {
  requireBytes(bytes, GVCP_HEADER_BYTES, 'a GVCP command');
  if (bytes[0] !== GVCP_KEY) throw new WireError('wire.gvcp-key', 'not a GVCP command: the first byte is not 0x42');
  return {
    flags: bytes[1] as number,
    command: readU16(bytes, 2),
    requestId: readU16(bytes, 6),
    payload: gvcpPayload(bytes),
  };
}

/** A command with `payloadBytes` zeros behind its header. */
export function command(code: number, requestId: number, payloadBytes: number, flags: number): Uint8Array {
  const bytes = new Uint8Array(GVCP_HEADER_BYTES + payloadBytes);
  bytes[0] = GVCP_KEY;
  bytes[1] = flags;
  writeU16(bytes, 2, code);
  writeU16(bytes, 4, payloadBytes);
  writeU16(bytes, 6, requestId);
  return bytes;
}

const acknowledged = GVCP_FLAG.acknowledgeRequired;

export function encodeDiscovery(requestId: number, options: { broadcastAnswer?: boolean } = {}): Uint8Array {
  const flags = options.broadcastAnswer ? acknowledged | GVCP_FLAG.allowBroadcastAcknowledge : acknowledged;
  return command(GVCP_COMMAND.discovery, requestId, 0, flags);
}

/** Reads one register, or several from a device that can concatenate (GVCP_CAPABILITY.concatenation). */
export function encodeReadReg(requestId: number, addresses: readonly number[]): Uint8Array {
  const bytes = command(GVCP_COMMAND.readReg, requestId, addresses.length * 4, acknowledged);
  addresses.forEach((address, i) => {
    writeU32(bytes, GVCP_HEADER_BYTES + i * 4, address);
  });
  return bytes;
}

/** Addresses of a READREG command. Throws `wire.gvcp-length` when the payload is not whole addresses. */
export function decodeReadReg(payload: Uint8Array): number[] {
  return words(payload, 4, 'READREG').map((at) => readU32(payload, at));
}

export interface RegisterWrite {
  readonly address: number;
  readonly value: number;
}

export function encodeWriteReg(requestId: number, writes: readonly RegisterWrite[]): Uint8Array {
  const bytes = command(GVCP_COMMAND.writeReg, requestId, writes.length * 8, acknowledged);
  writes.forEach((write, i) => {
    writeU32(bytes, GVCP_HEADER_BYTES + i * 8, write.address);
    writeU32(bytes, GVCP_HEADER_BYTES + i * 8 + 4, write.value);
  });
  return bytes;
}

/** Throws `wire.gvcp-length` when the payload is not whole pairs. */
export function decodeWriteReg(payload: Uint8Array): RegisterWrite[] {
  return words(payload, 8, 'WRITEREG').map((at) => ({
    address: readU32(payload, at),
    value: readU32(payload, at + 4),
  }));
}

function words(payload: Uint8Array, size: number, what: string): number[] {
  if (payload.length === 0 || payload.length % size !== 0)
    throw new WireError('wire.gvcp-length', `${what} with ${payload.length} bytes: a multiple of ${size} is needed`);
  return Array.from({ length: payload.length / size }, (_, i) => i * size);
}

/** `count` is a multiple of 4, 4..512; so is `address`. */
export function encodeReadMem(requestId: number, address: number, count: number): Uint8Array {
  const bytes = command(GVCP_COMMAND.readMem, requestId, 8, acknowledged);
  writeU32(bytes, 8, address);
  writeU16(bytes, 14, count);
  return bytes;
}

/** What a READMEM asks for, as sent: whether address and count are allowed is the device's business. */
export function decodeReadMem(payload: Uint8Array): { address: number; count: number } {
  requireBytes(payload, 8, 'READMEM');
  return { address: readU32(payload, 0), count: readU16(payload, 6) };
}

/** `data` holds a multiple of 4 bytes, 4..512. */
export function encodeWriteMem(requestId: number, address: number, data: Uint8Array): Uint8Array {
  const bytes = command(GVCP_COMMAND.writeMem, requestId, 4 + data.length, acknowledged);
  writeU32(bytes, 8, address);
  bytes.set(data, 12);
  return bytes;
}

export function decodeWriteMem(payload: Uint8Array): { address: number; data: Uint8Array } {
  requireBytes(payload, 8, 'WRITEMEM');
  return { address: readU32(payload, 0), data: payload.subarray(4) };
}

/** A range of packets of a block, both ends included. */
export interface PacketResend {
  readonly streamChannel: number;
  /** As on the wire: 1..65535 without extended ids. */
  readonly blockId: bigint;
  readonly firstPacketId: number;
  readonly lastPacketId: number;
  /** 64-bit block ids and 32-bit packet ids. */
  readonly extendedIds: boolean;
}

/** PACKETRESEND has no acknowledge: its answer is the packet, or a GVSP header with an error status. */
export function encodePacketResend(requestId: number, resend: PacketResend): Uint8Array {
  const flags = resend.extendedIds ? GVCP_FLAG.extendedIds : 0;
  const bytes = command(GVCP_COMMAND.packetResend, requestId, resend.extendedIds ? 20 : 12, flags);
  writeU16(bytes, 8, resend.streamChannel);
  if (!resend.extendedIds) writeU16(bytes, 10, Number(resend.blockId & 0xffffn));
  writeU32(bytes, 12, resend.extendedIds ? resend.firstPacketId : resend.firstPacketId & 0xffffff);
  writeU32(bytes, 16, resend.extendedIds ? resend.lastPacketId : resend.lastPacketId & 0xffffff);
  if (resend.extendedIds) writeU64(bytes, 20, resend.blockId);
  return bytes;
}

/** Reads a PACKETRESEND; the flag of its header tells the id mode. */
export function decodePacketResend(payload: Uint8Array, flags: number): PacketResend {
  const extendedIds = (flags & GVCP_FLAG.extendedIds) !== 0;
  requireBytes(payload, extendedIds ? 20 : 12, 'PACKETRESEND');
  const mask = extendedIds ? 0xffffffff : 0x00ffffff;
  return {
    streamChannel: readU16(payload, 0),
    blockId: extendedIds ? readU64(payload, 12) : BigInt(readU16(payload, 2)),
    firstPacketId: (readU32(payload, 4) & mask) >>> 0,
    lastPacketId: (readU32(payload, 8) & mask) >>> 0,
    extendedIds,
  };
}
