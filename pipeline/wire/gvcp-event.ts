/**
 * EVENT and EVENTDATA: what a device tells by itself on its message channel. Layout as Wireshark's dissector reads it: an EVENT has
 * one or more records of 16 bytes, 24 with 64-bit block ids; an EVENTDATA one record and data behind it.
 */
import { readU16, readU64, writeU16, writeU64 } from './big-endian.js';
import { command, type GvcpCommand } from './gvcp-commands.js';
import { GVCP_COMMAND, GVCP_FLAG, GVCP_HEADER_BYTES } from './gvcp-header.js';
import { requireBytes, WireError } from './wire-error.js';

export interface GvcpEvent {
  /** Up to 0x8000 the standard's, 0x8001 to 0x8fff errors, from 0x9000 on the device's own. */
  readonly id: number;
  /** 0xffff: of no stream channel. */
  readonly streamChannel: number;
  /** 0: of no block. */
  readonly blockId: bigint;
  /** Ticks of the device's clock; 0: it has none. */
  readonly timestamp: bigint;
  /** View of what follows in an EVENTDATA; empty in an EVENT. */
  readonly data: Uint8Array;
}

/** The standard's own events; those up to 6 are what old devices have instead of named features. */
export const GVCP_EVENT: Readonly<Record<number, string>> = {
  1: 'error',
  2: 'trigger',
  3: 'start of exposure',
  4: 'end of exposure',
  5: 'start of transfer',
  6: 'end of transfer',
  7: 'control switched over to another program',
  8: 'link speed changed',
  9: 'action came late',
};

const SHORT_BYTES = 16;
const EXTENDED_BYTES = 24;
/** More than these do not fit into a message of 576 bytes. */
const MOST_EVENTS = 35;

/** The events of an EVENT or EVENTDATA. @throws WireError `wire.short`, `wire.event` */
export function decodeEvents({ command: code, flags, payload }: GvcpCommand): GvcpEvent[] {
  const extended = (flags & GVCP_FLAG.extendedIds) !== 0;
  const bytes = extended ? EXTENDED_BYTES : SHORT_BYTES;
  requireBytes(payload, bytes, 'an EVENT');
  if (code === GVCP_COMMAND.eventData) return [eventAt(payload, 0, extended, payload.subarray(bytes))];
  const count = Math.floor(payload.length / bytes);
  if (count * bytes !== payload.length || count > MOST_EVENTS)
    throw new WireError('wire.event', `an EVENT of ${payload.length} bytes: 1 to ${MOST_EVENTS} times ${bytes} can be`);
  return Array.from({ length: count }, (_, i) => eventAt(payload, i * bytes, extended, payload.subarray(0, 0)));
}

function eventAt(payload: Uint8Array, at: number, extended: boolean, data: Uint8Array): GvcpEvent {
  return {
    id: readU16(payload, at + 2),
    streamChannel: readU16(payload, at + 4),
    blockId: extended ? readU64(payload, at + 8) : BigInt(readU16(payload, at + 6)),
    timestamp: readU64(payload, at + (extended ? 16 : 8)),
    data,
  };
}

/** An EVENT with these events, or an EVENTDATA where the only one has data. */
export function encodeEvents(requestId: number, events: readonly GvcpEvent[], extended = false): Uint8Array {
  const data = events[0]?.data ?? new Uint8Array(0);
  const code = data.length > 0 ? GVCP_COMMAND.eventData : GVCP_COMMAND.event;
  const bytes = extended ? EXTENDED_BYTES : SHORT_BYTES;
  const flags = GVCP_FLAG.acknowledgeRequired | (extended ? GVCP_FLAG.extendedIds : 0);
  const message = command(code, requestId, events.length * bytes + data.length, flags);
  for (const [i, event] of events.entries()) {
    const at = GVCP_HEADER_BYTES + i * bytes;
    writeU16(message, at + 2, event.id);
    writeU16(message, at + 4, event.streamChannel);
    if (extended) writeU64(message, at + 8, event.blockId);
    else writeU16(message, at + 6, Number(event.blockId & 0xffffn));
    writeU64(message, at + (extended ? 16 : 8), event.timestamp);
  }
  message.set(data, message.length - data.length);
  return message;
}
