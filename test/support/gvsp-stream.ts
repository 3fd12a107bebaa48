/** Small GVSP streams for tests: packets of frames whose bytes can be told apart, and random numbers from a seed. */
import { GVSP, writeGvspHeader, writeImageLeader, writeImageTrailer } from '#pipeline/wire/gvsp.js';

export const MONO8 = 0x01080001;

export interface FramePlan {
  /** As on the wire. */
  readonly block: number;
  readonly extended?: boolean;
  readonly width: number;
  readonly height: number;
  /** Data bytes of a full payload packet. */
  readonly dataBytes: number;
  readonly timestamp?: bigint;
  /** Bytes sent after the image (chunks); the leader stays the image's. */
  readonly extraBytes?: number;
  readonly payloadType?: number;
}

/** The payload of a frame: never zero, and different in each frame at nearly every byte. */
export function framePayload(plan: FramePlan): Buffer {
  const payload = Buffer.allocUnsafe(plan.width * plan.height + (plan.extraBytes ?? 0));
  for (let i = 0; i < payload.length; i++) payload[i] = 1 + ((i * 7 + (i >>> 8) * 13 + plan.block * 101) % 255);
  return payload;
}

/** Header and data of one packet. */
export function gvspPacket(
  block: number,
  format: number,
  packetId: number,
  data: Uint8Array,
  extended = false,
  status = 0,
): Buffer {
  const packet = Buffer.alloc((extended ? 20 : 8) + data.length);
  const at = writeGvspHeader(packet, { status, extended, format, blockId: BigInt(block), packetId });
  packet.set(data, at);
  return packet;
}

/** All packets of a frame in order: leader, payload, trailer. */
export function framePackets(plan: FramePlan, payload: Uint8Array = framePayload(plan)): Buffer[] {
  const extended = plan.extended ?? false;
  const leader = Buffer.alloc(36);
  const payloadType = plan.payloadType ?? 1;
  writeImageLeader(leader, 0, {
    payloadType,
    timestamp: plan.timestamp ?? BigInt(plan.block) * 1_000_000n,
    pixelFormat: MONO8,
    width: plan.width,
    height: plan.height,
  });
  const packets = [gvspPacket(plan.block, GVSP.leader, 0, leader, extended)];
  for (let offset = 0; offset < payload.length; offset += plan.dataBytes) {
    const data = payload.subarray(offset, offset + plan.dataBytes);
    packets.push(gvspPacket(plan.block, GVSP.payload, packets.length, data, extended));
  }
  const chunks = payloadType & 0x4000 ? { chunks: { bytes: payload.length, layoutId: 7 } } : {};
  const trailer = Buffer.alloc(payloadType & 0x4000 ? 16 : 8);
  writeImageTrailer(trailer, 0, { sizeY: plan.height, ...chunks });
  packets.push(gvspPacket(plan.block, GVSP.trailer, packets.length, trailer, extended));
  return packets;
}

/** Mulberry32: numbers in [0, 1) from a seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
