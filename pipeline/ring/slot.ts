import { RING_LAYOUT as L, SLOT_FLAG } from './layout.js';

/** A slot's header, read out at one moment. Bytes and counts are plain numbers, ids and instants are bigint. */
export interface SlotInfo {
  readonly slot: number;
  /** SLOT_STATE value. */
  readonly state: number;
  readonly complete: boolean;
  readonly leaderSeen: boolean;
  readonly trailerSeen: boolean;
  readonly resendGivenUp: boolean;
  readonly sizeMismatch: boolean;
  /** Unwrapped: counts on where 16-bit ids wrap and where a stream restarts. */
  readonly blockId: bigint;
  /** Ticks of the camera's clock as in the leader; 0 without one. */
  readonly cameraTimestamp: bigint;
  /** Kernel receive times of the first and the last accepted packet, ns since 1970-01-01 UTC by the host's clock. */
  readonly firstPacketNs: bigint;
  readonly lastPacketNs: bigint;
  /** Payload the frame declares by its leader, trailer and packets; never more than a slot holds. */
  readonly payloadBytes: number;
  readonly receivedBytes: number;
  readonly payloadPackets: number;
  /** Leader and trailer count as packets. */
  readonly packetsMissing: number;
  readonly packetsResent: number;
  /** Data bytes of a full payload packet. */
  readonly packetDataBytes: number;
  readonly pixelFormat: number;
  readonly width: number;
  readonly height: number;
  readonly offsetX: number;
  readonly offsetY: number;
  readonly paddingX: number;
  readonly paddingY: number;
  readonly payloadType: number;
  readonly chunkBytes: number;
  readonly chunkLayoutId: number;
  readonly generation: number;
  /** Thread that leased the slot, 0 when it is not leased. */
  readonly owner: number;
}

/** Bytes of a frame that never arrived; zero in the slot. */
export interface MissingRange {
  readonly offset: number;
  readonly length: number;
}

/** Reads the header of `slot`, which lies at byte `at` of the control block. */
export function readSlotHeader(control: DataView, at: number, slot: number, state: number): SlotInfo {
  const u32 = (offset: number) => control.getUint32(at + offset, true);
  const u64 = (offset: number) => control.getBigUint64(at + offset, true);
  const flags = u32(L['slot.flags']);
  return {
    slot,
    state,
    complete: (flags & SLOT_FLAG.complete) !== 0,
    leaderSeen: (flags & SLOT_FLAG.leaderSeen) !== 0,
    trailerSeen: (flags & SLOT_FLAG.trailerSeen) !== 0,
    resendGivenUp: (flags & SLOT_FLAG.resendGivenUp) !== 0,
    sizeMismatch: (flags & SLOT_FLAG.sizeMismatch) !== 0,
    blockId: u64(L['slot.blockId']),
    cameraTimestamp: u64(L['slot.cameraTimestamp']),
    firstPacketNs: control.getBigInt64(at + L['slot.firstPacketNs'], true),
    lastPacketNs: control.getBigInt64(at + L['slot.lastPacketNs'], true),
    payloadBytes: Number(u64(L['slot.payloadBytes'])),
    receivedBytes: Number(u64(L['slot.receivedBytes'])),
    payloadPackets: u32(L['slot.payloadPackets']),
    packetsMissing: u32(L['slot.packetsMissing']),
    packetsResent: u32(L['slot.packetsResent']),
    packetDataBytes: u32(L['slot.packetDataBytes']),
    pixelFormat: u32(L['slot.pixelFormat']),
    width: u32(L['slot.width']),
    height: u32(L['slot.height']),
    offsetX: u32(L['slot.offsetX']),
    offsetY: u32(L['slot.offsetY']),
    paddingX: u32(L['slot.paddingX']),
    paddingY: u32(L['slot.paddingY']),
    payloadType: u32(L['slot.payloadType']),
    chunkBytes: u32(L['slot.chunkBytes']),
    chunkLayoutId: u32(L['slot.chunkLayoutId']),
    generation: u32(L['slot.generation']),
    owner: control.getInt32(at + L['slot.owner'], true),
  };
}

/**
 * The byte ranges whose packets are not in the bitmap, neighbours merged. Bit 0 is the leader, bit k payload packet k,
 * which holds the bytes from (k - 1) * packetDataBytes (GigE Vision 2.x streaming protocol).
 */
export function missingRangesOf(
  bitmap: Uint32Array,
  payloadPackets: number,
  packetDataBytes: number,
  payloadBytes: number,
): MissingRange[] {
  const ranges: MissingRange[] = [];
  let packet = 1;
  while (packet <= payloadPackets) {
    const word = bitmap[packet >>> 5] as number;
    if (word === 0xffffffff) {
      packet = ((packet >>> 5) + 1) << 5;
      continue;
    }
    if (word & (1 << (packet & 31))) {
      packet += 1;
      continue;
    }
    const first = packet;
    while (packet <= payloadPackets && !((bitmap[packet >>> 5] as number) & (1 << (packet & 31)))) packet += 1;
    const offset = Math.min((first - 1) * packetDataBytes, payloadBytes);
    const end = Math.min((packet - 1) * packetDataBytes, payloadBytes);
    if (end > offset) ranges.push({ offset, length: end - offset });
  }
  return ranges;
}
