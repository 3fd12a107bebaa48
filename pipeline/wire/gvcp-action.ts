/**
 * ACTION: one datagram, to one device or to all of a network, that lets each device whose keys fit do what it is set to do, at
 * once or at a time of a clock that they share. Layout as Wireshark's dissector reads it.
 */
import { readU32, readU64, writeU32, writeU64 } from './big-endian.js';
import { command } from './gvcp-commands.js';
import { GVCP_COMMAND, GVCP_FLAG, GVCP_HEADER_BYTES } from './gvcp-header.js';
import { requireBytes } from './wire-error.js';

export interface Action {
  /** 32 bits each: the device's key and the group's key must be equal, of the masks one bit common. */
  readonly deviceKey: number;
  readonly groupKey: number;
  readonly groupMask: number;
  /** Ticks of the devices' clock, with PTP nanoseconds of TAI since 1970; null: at once. */
  readonly time: bigint | null;
}

const KEYS_BYTES = 12;
const TIME_BYTES = 8;

/** `acknowledged`: each device that takes it answers. */
export function encodeAction(requestId: number, action: Action, acknowledged = true): Uint8Array {
  const { deviceKey, groupKey, groupMask, time } = action;
  const flags = (acknowledged ? GVCP_FLAG.acknowledgeRequired : 0) | (time === null ? 0 : GVCP_FLAG.scheduledAction);
  const bytes = command(GVCP_COMMAND.action, requestId, KEYS_BYTES + (time === null ? 0 : TIME_BYTES), flags);
  writeU32(bytes, GVCP_HEADER_BYTES, deviceKey);
  writeU32(bytes, GVCP_HEADER_BYTES + 4, groupKey);
  writeU32(bytes, GVCP_HEADER_BYTES + 8, groupMask);
  if (time !== null) writeU64(bytes, GVCP_HEADER_BYTES + KEYS_BYTES, time);
  return bytes;
}

/** Reads an ACTION; the flag of its header tells whether a time follows. @throws WireError `wire.short` */
export function decodeAction(payload: Uint8Array, flags: number): Action {
  const scheduled = (flags & GVCP_FLAG.scheduledAction) !== 0;
  requireBytes(payload, scheduled ? KEYS_BYTES + TIME_BYTES : KEYS_BYTES, 'ACTION');
  return {
    deviceKey: readU32(payload, 0),
    groupKey: readU32(payload, 4),
    groupMask: readU32(payload, 8),
    time: scheduled ? readU64(payload, KEYS_BYTES) : null,
  };
}

/** Whether a device with these keys is meant. */
export function isMeantBy(action: Action, own: Pick<Action, 'deviceKey' | 'groupKey' | 'groupMask'>): boolean {
  return (
    action.deviceKey === own.deviceKey &&
    action.groupKey === own.groupKey &&
    (action.groupMask & own.groupMask) >>> 0 !== 0
  );
}
