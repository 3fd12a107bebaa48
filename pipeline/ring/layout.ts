/**
 * Where everything lies in a ring's control block. The addon reads and writes the same bytes (native/ring.h); a test
 * holds the two tables equal. All values are little-endian; offsets are in bytes, `slot.*` from the start of a slot
 * header, `entry.*` from the start of a queue entry.
 *
 * Control block: header | ready queue | slot headers | packet bitmaps (one a slot). The pixels lie in blocks of their own.
 */
export const RING_LAYOUT = {
  'control.magic': 0x47525041, // "APRG"
  'control.version': 1,
  'control.bytes': 4096,

  // Geometry, written once by the creator (u32 unless said).
  'header.magic': 0,
  'header.version': 4,
  'header.slots': 8,
  'header.maxPayloadPackets': 12,
  'header.strideBytes': 16, // u64
  'header.payloadBytes': 24, // u64, what a slot may hold
  'header.queueCapacity': 32,
  'header.queueOffset': 36,
  'header.slotsOffset': 40,
  'header.bitmapsOffset': 44,
  'header.bitmapBytes': 48,
  'header.slotsPerBlock': 52,

  // Running values, each written by one side only and on a cache line of its own.
  'header.queueHead': 128, // u32, entries taken so far (consumer)
  'header.queueTail': 192, // u32, entries put so far (producer)
  'header.slotsInUse': 256, // i32, both sides, atomic
  'header.highWater': 320, // u32 (producer)
  'header.counters': 512, // u64 each, in the order of RING_COUNTERS (producer)

  'entry.bytes': 32,
  'entry.type': 0, // u32, RING_EVENT
  'entry.slot': 4, // i32, -1 when the event has none
  'entry.blockId': 8, // u64
  'entry.count': 16, // u64
  'entry.timeNs': 24, // i64

  'slot.bytes': 256,
  'slot.state': 0, // i32, SLOT_STATE, atomic
  'slot.flags': 4, // SLOT_FLAG bits
  'slot.blockId': 8, // u64
  'slot.cameraTimestamp': 16, // u64
  'slot.firstPacketNs': 24, // i64
  'slot.lastPacketNs': 32, // i64
  'slot.payloadBytes': 40, // u64
  'slot.receivedBytes': 48, // u64
  'slot.payloadPackets': 56,
  'slot.packetsMissing': 60,
  'slot.pixelFormat': 64,
  'slot.width': 68,
  'slot.height': 72,
  'slot.offsetX': 76,
  'slot.offsetY': 80,
  'slot.paddingX': 84,
  'slot.paddingY': 88,
  'slot.payloadType': 92,
  'slot.packetDataBytes': 96,
  'slot.chunkBytes': 100,
  'slot.chunkLayoutId': 104,
  'slot.packetsResent': 108,
  'slot.generation': 112, // counts the frames this slot has held
  'slot.owner': 116, // i32, thread that leased it
} as const;

/** A slot goes free -> filling -> ready -> leased -> free. */
export const SLOT_STATE = { free: 0, filling: 1, ready: 2, leased: 3 } as const;

export const SLOT_FLAG = {
  /** Leader, trailer and every payload packet arrived. */
  complete: 1,
  leaderSeen: 2,
  trailerSeen: 4,
  /** More packets were missing than the policy lets ask for. */
  resendGivenUp: 8,
  /** Leader, trailer and payload do not agree on the size of the frame. */
  sizeMismatch: 16,
} as const;

export const RING_EVENT = {
  /** A frame is closed and waits in a slot. */
  closed: 1,
  /** Frames were dropped because no slot was free. */
  dropped: 2,
  /** Block ids that never showed a packet. */
  skipped: 3,
} as const;

/** The counters of a stream, in the order they lie in the control block. */
export const RING_COUNTERS = [
  'packetsReceived',
  'packetsMissing',
  'packetsResent',
  'packetsDuplicate',
  'packetsLate',
  'packetsInvalid',
  'kernelDrops',
  'resendRequests',
  'packetsRequested',
  'framesComplete',
  'framesIncomplete',
  'framesDroppedRingFull',
  'framesSkipped',
  'bytesReceived',
  'wakeups',
] as const;

export type RingCounterName = (typeof RING_COUNTERS)[number];
/** Cumulative since the ring was created; exact up to 2^53. `packetsMissing` counts those missing when a frame closed. */
export type RingCounters = Record<RingCounterName, number>;
