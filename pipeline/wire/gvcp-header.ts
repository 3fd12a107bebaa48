/** Numbers and the 8-byte header of GVCP. As read by Wireshark's dissector and Aravis; all fields big-endian. */
import { readU16 } from './big-endian.js';
import { WireError } from './wire-error.js';

export const GVCP_PORT = 3956;
export const GVCP_KEY = 0x42;
export const GVCP_HEADER_BYTES = 8;
/** Most data bytes of one READMEM or WRITEMEM, and with them the longest message: header, address, data. */
export const GVCP_DATA_BYTES = 512;
export const GVCP_MESSAGE_BYTES = 540;

/** Command codes; the acknowledge of a command has the code + 1. PENDING_ACK answers any of them. */
export const GVCP_COMMAND = {
  discovery: 0x0002,
  forceIp: 0x0004,
  packetResend: 0x0040,
  readReg: 0x0080,
  writeReg: 0x0082,
  readMem: 0x0084,
  writeMem: 0x0086,
  pendingAck: 0x0089,
  event: 0x00c0,
  eventData: 0x00c2,
  action: 0x0100,
} as const;

export const GVCP_FLAG = {
  acknowledgeRequired: 0x01,
  /** In PACKETRESEND and EVENT: block ids have 64 bits. */
  extendedIds: 0x10,
  /** In DISCOVERY: the answer may be a broadcast. */
  allowBroadcastAcknowledge: 0x10,
  /** In ACTION: a time follows, at which the action is due. */
  scheduledAction: 0x80,
} as const;

/** The bytes after a header, as many as it announces. */
export function gvcpPayload(bytes: Uint8Array): Uint8Array {
  const length = readU16(bytes, 4);
  if (bytes.length < GVCP_HEADER_BYTES + length)
    throw new WireError('wire.gvcp-length', `the GVCP header announces ${length} bytes, ${bytes.length - 8} follow`);
  return bytes.subarray(GVCP_HEADER_BYTES, GVCP_HEADER_BYTES + length);
}
