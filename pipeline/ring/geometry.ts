import { AppulseError } from '#gps/errors.js';
import { RING_LAYOUT } from './layout.js';

/** A ring that cannot be made or attached to, or a slot that does not exist. */
export class RingError extends AppulseError {}

/** What a ring is asked to hold. */
export interface RingRequest {
  /** Largest payload of a frame, bytes. */
  readonly payloadBytes: number;
  readonly slots: number;
  /** Payload packets of the largest frame: ceil(payloadBytes / data bytes of a packet). */
  readonly maxPayloadPackets: number;
}

/** Sizes and places of a ring's memory, bytes unless said. */
export interface RingGeometry extends RingRequest {
  /** Distance of two slots: a multiple of 4096 with at least 64 spare bytes behind the payload. */
  readonly strideBytes: number;
  readonly slotsPerBlock: number;
  readonly queueCapacity: number;
  readonly queueOffset: number;
  readonly slotsOffset: number;
  readonly bitmapsOffset: number;
  readonly bitmapBytes: number;
  readonly controlBytes: number;
}

/** The largest block: 65536 pages of 64 KiB, the most one WebAssembly.Memory and one Uint8Array can span. */
const MAX_BLOCK_BYTES = 2 ** 32;
const TAIL_BYTES = 64;

const roundUp = (value: number, multiple: number) => Math.ceil(value / multiple) * multiple;

/** Bytes of one slot: the payload, a spare tail, up to whole pages. */
export function strideBytesOf(payloadBytes: number): number {
  return roundUp(payloadBytes + TAIL_BYTES, 4096);
}

/** Lays a ring out. Throws RingError on a request that cannot be met. */
export function ringGeometry(request: RingRequest): RingGeometry {
  const { payloadBytes, slots, maxPayloadPackets } = request;
  for (const [name, value] of Object.entries({ payloadBytes, slots, maxPayloadPackets })) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new RingError('ring.geometry', `a ring needs a positive ${name}, got ${value}`);
  }
  const strideBytes = strideBytesOf(payloadBytes);
  if (strideBytes > MAX_BLOCK_BYTES)
    throw new RingError('ring.frame-too-large', `a frame of ${payloadBytes} bytes does not fit one 4 GiB block`);
  // Four entries a slot, so that closed frames always find room behind the drops and skips between them.
  let queueCapacity = 256;
  while (queueCapacity < 4 * slots) queueCapacity *= 2;
  const queueOffset = RING_LAYOUT['control.bytes'];
  const slotsOffset = queueOffset + queueCapacity * RING_LAYOUT['entry.bytes'];
  const bitmapsOffset = slotsOffset + slots * RING_LAYOUT['slot.bytes'];
  const bitmapBytes = roundUp(Math.ceil((maxPayloadPackets + 2) / 8), 64);
  return {
    payloadBytes,
    slots,
    maxPayloadPackets,
    strideBytes,
    slotsPerBlock: Math.min(slots, Math.floor(MAX_BLOCK_BYTES / strideBytes)),
    queueCapacity,
    queueOffset,
    slotsOffset,
    bitmapsOffset,
    bitmapBytes,
    controlBytes: bitmapsOffset + slots * bitmapBytes,
  };
}

/**
 * How many slots a stream gets: two seconds of it, at least 16 (128 when a frame is below 1 MiB), as far as the budget
 * goes, never below 3.
 */
export function ringDepth(payloadBytes: number, framesPerSecond: number, budgetBytes: number): number {
  const least = payloadBytes < 2 ** 20 ? 128 : 16;
  const wanted = Math.max(Math.ceil(2 * framesPerSecond), least);
  const affordable = Math.floor(budgetBytes / strideBytesOf(payloadBytes));
  return Math.max(3, Math.min(wanted, affordable));
}
