/** Answers of a GigE Vision device on its control port. */
import { readU16, readU32, writeU16, writeU32 } from './big-endian.js';
import { GVCP_COMMAND, GVCP_HEADER_BYTES, GVCP_KEY, gvcpPayload } from './gvcp-header.js';
import { requireBytes, WireError } from './wire-error.js';

export interface GvcpAcknowledge {
  /** GVCP_STATUS; 0x8000 and above is an error, whose payload may be empty. */
  readonly status: number;
  /** Code of the command + 1, or PENDING_ACK. */
  readonly answer: number;
  /** The request id of the command. */
  readonly acknowledgeId: number;
  /** View of the bytes after the header. */
  readonly payload: Uint8Array;
}

/**
 * Reads the header of an acknowledge. Throws `wire.short`, `wire.gvcp-length`, and `wire.gvcp-key` for a command, whose
 * first byte is the key 0x42 and not the high byte of a status.
 */
export function parseGvcpAcknowledge(bytes: Uint8Array): GvcpAcknowledge {
  requireBytes(bytes, GVCP_HEADER_BYTES, 'a GVCP acknowledge');
  if (bytes[0] === GVCP_KEY) throw new WireError('wire.gvcp-key', 'a GVCP command where an acknowledge is expected');
  return {
    status: readU16(bytes, 0),
    answer: readU16(bytes, 2),
    acknowledgeId: readU16(bytes, 6),
    payload: gvcpPayload(bytes),
  };
}

/** An acknowledge with `payload` (none for errors) behind its header. */
export function encodeAcknowledge(
  answer: number,
  acknowledgeId: number,
  payload: Uint8Array = new Uint8Array(0),
  status = 0,
): Uint8Array {
  const bytes = new Uint8Array(GVCP_HEADER_BYTES + payload.length);
  writeU16(bytes, 0, status);
  writeU16(bytes, 2, answer);
  writeU16(bytes, 4, payload.length);
  writeU16(bytes, 6, acknowledgeId);
  bytes.set(payload, GVCP_HEADER_BYTES);
  return bytes;
}

/** Answers `command` with an error status and nothing else. */
export function encodeErrorAck(command: number, acknowledgeId: number, status: number): Uint8Array {
  return encodeAcknowledge(command + 1, acknowledgeId, new Uint8Array(0), status);
}

export function encodeReadRegAck(acknowledgeId: number, values: readonly number[]): Uint8Array {
  const payload = new Uint8Array(values.length * 4);
  values.forEach((value, i) => {
    writeU32(payload, i * 4, value);
  });
  return encodeAcknowledge(GVCP_COMMAND.readReg + 1, acknowledgeId, payload);
}

/** Values of a READREG answer, unsigned. */
export function decodeReadRegAck(payload: Uint8Array): number[] {
  return Array.from({ length: Math.floor(payload.length / 4) }, (_, i) => readU32(payload, i * 4));
}

/** `index`: registers (WRITEREG) or bytes (WRITEMEM) written until the end or the first error. */
export function encodeWriteRegAck(acknowledgeId: number, index: number, status = 0): Uint8Array {
  return encodeAcknowledge(GVCP_COMMAND.writeReg + 1, acknowledgeId, written(index), status);
}

export function encodeWriteMemAck(acknowledgeId: number, index: number, status = 0): Uint8Array {
  return encodeAcknowledge(GVCP_COMMAND.writeMem + 1, acknowledgeId, written(index), status);
}

function written(index: number): Uint8Array {
  const payload = new Uint8Array(4);
  writeU16(payload, 2, index);
  return payload;
}

/** The index of a WRITEREG or WRITEMEM answer. */
export function decodeWriteAck(payload: Uint8Array): number {
  requireBytes(payload, 4, 'a WRITEREG or WRITEMEM acknowledge');
  return readU16(payload, 2);
}

export function encodeReadMemAck(acknowledgeId: number, address: number, data: Uint8Array): Uint8Array {
  const payload = new Uint8Array(4 + data.length);
  writeU32(payload, 0, address);
  payload.set(data, 4);
  return encodeAcknowledge(GVCP_COMMAND.readMem + 1, acknowledgeId, payload);
}

export function decodeReadMemAck(payload: Uint8Array): { address: number; data: Uint8Array } {
  requireBytes(payload, 4, 'a READMEM acknowledge');
  return { address: readU32(payload, 0), data: payload.subarray(4) };
}

/** "Not ready yet, wait `milliseconds` more": sent in front of the real answer. */
export function encodePendingAck(acknowledgeId: number, milliseconds: number): Uint8Array {
  const payload = new Uint8Array(4);
  writeU16(payload, 2, milliseconds);
  return encodeAcknowledge(GVCP_COMMAND.pendingAck, acknowledgeId, payload);
}

export function decodePendingAck(payload: Uint8Array): number {
  requireBytes(payload, 4, 'a PENDING_ACK');
  return readU16(payload, 2);
}
