import { RING_LAYOUT as L, SLOT_FLAG } from '#pipeline/ring/layout.js';
import { missingRangesOf } from '#pipeline/ring/slot.js';
import { PacketGaps } from './packet-gaps.js';
import { u16, u32 } from './packet-header.js';
import type { RingProducer } from './ring-producer.js';

export const FRAME = {
  empty: 0,
  /** Its successor began, but no packet of it was seen yet. */
  unseen: 1,
  open: 2,
  /** No slot was free when it began: its packets are only waited out. */
  dropped: 3,
} as const;

/** What became of a packet. */
export const TAKEN = { accepted: 0, duplicate: 1, invalid: 2 } as const;
type Taken = (typeof TAKEN)[keyof typeof TAKEN];

const END = { presumed: 0, byShortPacket: 1, byTrailer: 2 } as const;

const PAYLOAD_TYPE = { image: 0x0001, chunkData: 0x0004, extendedChunk: 0x0005, withChunks: 0x4000 } as const;
const IMAGE_LEADER_BYTES = 36;
/** No sensor has more columns or rows; products below stay exact. */
const SIDE_LIMIT = 2 ** 20;

/**
 * A frame between its first packet and its closing: which packets are in, where it ends, what its leader and trailer
 * say. Where it ends is presumed from the camera's payload size, and known once a short packet or the trailer came;
 * either is taken back when a payload packet behind it turns up, for then it was damaged.
 */
export class OpenFrame extends PacketGaps {
  kind: number = FRAME.empty;
  blockId = 0;
  wireBlockId = 0;
  slot = -1;
  firstPacketNs = 0;
  lastPacketNs = 0;
  /** When a later block began, -1 until then. */
  successorNs = -1;
  leaderSeen = false;
  trailerSeen = false;
  receivedBytes = 0;
  packetsResent = 0;
  /** Packets that were taken and turned out to be damaged. */
  packetsDamaged = 0;
  /** High and low word of the leader's time stamp. */
  timestampHigh = 0;
  timestampLow = 0;
  #end: number = END.presumed;
  #packetDataBytes = 0;
  /** Where the frame ends unless it is shorter: bytes and packets. */
  #presumedBytes = 0;
  #presumedPackets = 0;
  #bytes = 0;
  #highest = 0;
  #payloadReceived = 0;
  #payload: Uint8Array = NO_BYTES;
  #payloadType = 0;
  #leaderBytes = 0;
  #pixelFormat = 0;
  #width = 0;
  /** As the leader says, and as the trailer does; 0 where it says nothing. */
  #height = 0;
  #trailerLines = 0;
  #offsetX = 0;
  #offsetY = 0;
  #paddingX = 0;
  #paddingY = 0;
  #chunkBytes = 0;
  #chunkLayoutId = 0;

  /** The block is known to exist, nothing more. */
  beginUnseen(blockId: number, wireBlockId: number, nowNs: number): void {
    this.kind = FRAME.unseen;
    this.blockId = blockId;
    this.wireBlockId = wireBlockId;
    this.slot = -1;
    this.firstPacketNs = nowNs;
    this.lastPacketNs = nowNs;
    this.successorNs = -1;
    this.trailerSeen = false;
    this.nextAskNs = 0;
  }

  /** The first packet has come and `slot` was free (or -1). `presumedBytes`: the most payload it can have. */
  begin(slot: number, producer: RingProducer, presumedBytes: number, packetDataBytes: number, nowNs: number): void {
    this.firstPacketNs = nowNs;
    this.lastPacketNs = nowNs;
    this.slot = slot;
    this.leaderSeen = false;
    this.trailerSeen = false;
    if (slot < 0) {
      this.kind = FRAME.dropped;
      return;
    }
    this.kind = FRAME.open;
    this.#end = END.presumed;
    this.#packetDataBytes = packetDataBytes;
    this.#presume(presumedBytes);
    this.#highest = 0;
    this.#payloadReceived = 0;
    this.#payload = producer.ring.payload(slot);
    this.receivedBytes = 0;
    this.packetsResent = 0;
    this.packetsDamaged = 0;
    this.timestampHigh = 0;
    this.timestampLow = 0;
    this.#payloadType = 0;
    this.#leaderBytes = 0;
    this.#pixelFormat = 0;
    this.#width = 0;
    this.#height = 0;
    this.#trailerLines = 0;
    this.#offsetX = 0;
    this.#offsetY = 0;
    this.#paddingX = 0;
    this.#paddingY = 0;
    this.#chunkBytes = 0;
    this.#chunkLayoutId = 0;
    this.beginGaps(producer.ring.bitmap(slot), slot);
  }

  get complete(): boolean {
    return this.leaderSeen && this.trailerSeen && this.#payloadReceived === this.payloadPackets;
  }

  /** Nothing but the leader: the camera may still be exposing. */
  get leaderOnly(): boolean {
    return this.leaderSeen && this.received === 1;
  }

  /** The data of a leader begin at `at`. The caller has checked that at least 12 bytes are there. */
  takeLeader(packet: Uint8Array, at: number, resent: boolean, sizeIsGiven: boolean, nowNs: number): Taken {
    if (this.leaderSeen) return TAKEN.duplicate;
    const payloadType = u16(packet, at + 2);
    const shape = payloadType & 0x3fff;
    const hasGeometry = shape === PAYLOAD_TYPE.image || shape === PAYLOAD_TYPE.extendedChunk;
    if (hasGeometry && packet.length - at < IMAGE_LEADER_BYTES) return TAKEN.invalid;
    this.leaderSeen = true;
    this.#payloadType = payloadType;
    this.timestampHigh = u32(packet, at + 4);
    this.timestampLow = u32(packet, at + 8);
    if (hasGeometry) {
      this.#pixelFormat = u32(packet, at + 12);
      this.#width = u32(packet, at + 16);
      this.#height = u32(packet, at + 20);
      this.#offsetX = u32(packet, at + 24);
      this.#offsetY = u32(packet, at + 28);
      this.#paddingX = u16(packet, at + 32);
      this.#paddingY = u16(packet, at + 34);
      if (payloadType === PAYLOAD_TYPE.image) this.#leaderBytes = this.#imageBytes(this.#height);
      if (!sizeIsGiven) this.#presumeFromLeader();
    }
    this.#mark(0, resent, nowNs);
    if (this.trailerSeen) this.#holdToGeometry(nowNs);
    return TAKEN.accepted;
  }

  /** The data of a trailer begin at `at`; at least 4 bytes are there. */
  takeTrailer(packet: Uint8Array, at: number, packetId: number, resent: boolean, nowNs: number): Taken {
    if (this.trailerSeen) return packetId === this.payloadPackets + 1 ? TAKEN.duplicate : TAKEN.invalid;
    const packets = packetId - 1;
    if (packets > this.#presumedPackets || packets < this.#highest) return TAKEN.invalid;
    if (this.#end === END.byShortPacket && packets !== this.payloadPackets) this.#undoEnd(nowNs);
    if (packets !== this.payloadPackets) {
      this.#setEnd(packets, Math.min(packets * this.#packetDataBytes, this.#presumedBytes));
    }
    if (this.#end === END.presumed) this.#end = END.byTrailer;
    this.trailerSeen = true;
    const length = packet.length - at;
    const payloadType = u16(packet, at + 2);
    const shape = payloadType & 0x3fff;
    if (shape === PAYLOAD_TYPE.image && length >= 8) {
      this.#trailerLines = u32(packet, at + 4);
      if (payloadType & PAYLOAD_TYPE.withChunks && length >= 16) {
        this.#chunkBytes = u32(packet, at + 8);
        this.#chunkLayoutId = u32(packet, at + 12);
      }
    } else if (shape === PAYLOAD_TYPE.chunkData && length >= 8) {
      this.#chunkBytes = u32(packet, at + 4);
    } else if (shape === PAYLOAD_TYPE.extendedChunk && length >= 16) {
      this.#chunkBytes = u32(packet, at + 4);
      this.#trailerLines = u32(packet, at + 8);
      this.#chunkLayoutId = u32(packet, at + 12);
    }
    this.#mark(packetId, resent, nowNs);
    if (this.leaderSeen) this.#holdToGeometry(nowNs);
    this.noteGaps(this.payloadPackets + 1, nowNs);
    return TAKEN.accepted;
  }

  /** Payload packet `packetId` (at least 1) with `length` (1 to a full packet's) bytes from `at`. */
  takePayload(packet: Uint8Array, at: number, packetId: number, resent: boolean, nowNs: number): Taken {
    const length = packet.length - at;
    if (packetId > this.#presumedPackets) return TAKEN.invalid;
    if (packetId > this.payloadPackets) this.#undoEnd(nowNs);
    if (this.has(packetId)) return TAKEN.duplicate;
    const offset = (packetId - 1) * this.#packetDataBytes;
    const wanted = Math.min(this.#packetDataBytes, this.#bytes - offset);
    if (length !== wanted) {
      const mayEndHere = packetId >= this.#highest && (!this.trailerSeen || packetId === this.payloadPackets);
      if (length > wanted || !mayEndHere) return TAKEN.invalid;
      if (this.leaderSeen && this.trailerSeen && offset + length < this.#leastBytes) return TAKEN.invalid;
      this.#setEnd(packetId, offset + length);
      if (!this.trailerSeen) this.#end = END.byShortPacket;
    }
    this.#payload.set(packet.subarray(at), offset);
    if (packetId > this.#highest) this.#highest = packetId;
    this.#payloadReceived += 1;
    this.receivedBytes += length;
    this.#mark(packetId, resent, nowNs);
    return TAKEN.accepted;
  }

  /** Zeroes what is missing and writes the slot's header. Returns the number of missing packets. */
  close(producer: RingProducer, realtimeOffsetNs: bigint): number {
    if (this.leaderSeen) this.#holdToGeometry(this.lastPacketNs);
    const missing = this.payloadPackets + 2 - this.received;
    if (missing > 0) {
      const ranges = missingRangesOf(this.bitmap, this.payloadPackets, this.#packetDataBytes, this.#bytes);
      for (const range of ranges) this.#payload.fill(0, range.offset, range.offset + range.length);
    }
    producer.clearBehind(this.slot, this.#bytes);
    let flags = missing === 0 ? SLOT_FLAG.complete : 0;
    if (this.leaderSeen) flags |= SLOT_FLAG.leaderSeen;
    if (this.trailerSeen) flags |= SLOT_FLAG.trailerSeen;
    if (this.givenUp) flags |= SLOT_FLAG.resendGivenUp;
    if (this.#payloadType === PAYLOAD_TYPE.image && this.#leaderBytes !== this.#bytes) flags |= SLOT_FLAG.sizeMismatch;
    const { view } = producer;
    const at = producer.headerOf(this.slot);
    const set32 = (offset: number, value: number) => view.setUint32(at + offset, value, true);
    const set64 = (offset: number, value: bigint) => view.setBigUint64(at + offset, value, true);
    set32(L['slot.flags'], flags);
    set64(L['slot.blockId'], BigInt(this.blockId));
    set64(L['slot.cameraTimestamp'], (BigInt(this.timestampHigh) << 32n) | BigInt(this.timestampLow));
    set64(L['slot.firstPacketNs'], BigInt(this.firstPacketNs) + realtimeOffsetNs);
    set64(L['slot.lastPacketNs'], BigInt(this.lastPacketNs) + realtimeOffsetNs);
    set64(L['slot.payloadBytes'], BigInt(this.#bytes));
    set64(L['slot.receivedBytes'], BigInt(this.receivedBytes));
    set32(L['slot.payloadPackets'], this.payloadPackets);
    set32(L['slot.packetsMissing'], missing);
    set32(L['slot.pixelFormat'], this.#pixelFormat);
    set32(L['slot.width'], this.#width);
    set32(L['slot.height'], this.#lines);
    set32(L['slot.offsetX'], this.#offsetX);
    set32(L['slot.offsetY'], this.#offsetY);
    set32(L['slot.paddingX'], this.#paddingX);
    set32(L['slot.paddingY'], this.#paddingY);
    set32(L['slot.payloadType'], this.#payloadType);
    set32(L['slot.packetDataBytes'], this.#packetDataBytes);
    set32(L['slot.chunkBytes'], this.#chunkBytes);
    set32(L['slot.chunkLayoutId'], this.#chunkLayoutId);
    set32(L['slot.packetsResent'], this.packetsResent);
    return missing;
  }

  #mark(packetId: number, resent: boolean, nowNs: number): void {
    if (this.receive(packetId, nowNs) || resent) this.packetsResent += 1;
    this.lastPacketNs = nowNs;
  }

  #presume(bytes: number): void {
    this.#presumedBytes = bytes;
    this.#presumedPackets = Math.ceil(bytes / this.#packetDataBytes);
    this.#bytes = bytes;
    this.payloadPackets = this.#presumedPackets;
  }

  /** Without the camera's payload size the leader's geometry is the best word there is. */
  #presumeFromLeader(): void {
    const bytes = this.#leaderBytes;
    if (bytes === 0 || bytes > this.#presumedBytes || this.#end !== END.presumed) return;
    if (Math.ceil(bytes / this.#packetDataBytes) < this.#highest) return;
    if (Math.ceil(bytes / this.#packetDataBytes) < this.payloadPackets) {
      this.#setEnd(Math.ceil(bytes / this.#packetDataBytes), bytes);
    }
    this.#presume(bytes);
  }

  #setEnd(packets: number, bytes: number): void {
    this.shrink(packets);
    this.#bytes = bytes;
  }

  /** A packet behind the end came: what named the end was damaged, and counts as not received. */
  #undoEnd(nowNs: number): void {
    const lastPacket = this.payloadPackets;
    if (this.trailerSeen) {
      this.trailerSeen = false;
      this.#trailerLines = 0;
      this.unreceive(lastPacket + 1, nowNs);
      this.packetsDamaged += 1;
    }
    this.#undoShortPacket(nowNs);
    this.#end = END.presumed;
    this.#bytes = this.#presumedBytes;
    this.payloadPackets = this.#presumedPackets;
  }

  /** The last packet was cut short on the way, and counts as not received. The caller says where the frame ends. */
  #undoShortPacket(nowNs: number): void {
    const lastPacket = this.payloadPackets;
    if (this.has(lastPacket) && this.#bytes < lastPacket * this.#packetDataBytes) {
      this.unreceive(lastPacket, nowNs);
      this.packetsDamaged += 1;
      this.#payloadReceived -= 1;
      this.receivedBytes -= this.#bytes - (lastPacket - 1) * this.#packetDataBytes;
    }
  }

  /**
   * Leader and trailer are in, or the frame closes: an image that ends before their geometry does was cut short on the
   * way. Its last packet is missing, and so is a trailer that names too few packets.
   */
  #holdToGeometry(nowNs: number): void {
    const bytes = this.#leastBytes;
    if (this.#bytes >= bytes) return;
    const packets = Math.ceil(bytes / this.#packetDataBytes);
    if (packets === this.payloadPackets) this.#undoShortPacket(nowNs);
    else this.#undoEnd(nowNs);
    this.#setEnd(packets, bytes);
    this.#end = this.trailerSeen ? END.byTrailer : END.byShortPacket;
    this.noteGaps(packets + 1, nowNs);
  }

  /** The least payload that the leader's geometry allows, 0 where it says nothing: no image, or one with chunks. */
  get #leastBytes(): number {
    if (this.#leaderBytes === 0) return 0;
    return Math.min(this.#imageBytes(this.#lines), this.#presumedBytes);
  }

  /** A trailer may declare fewer lines than the leader did. */
  get #lines(): number {
    return this.#trailerLines > 0 ? Math.min(this.#trailerLines, this.#height) : this.#height;
  }

  #imageBytes(lines: number): number {
    if (this.#width > SIDE_LIMIT || lines > SIDE_LIMIT) return 0;
    const bits = (this.#pixelFormat >>> 16) & 0xff;
    return Math.ceil((this.#width * lines * bits) / 8) + this.#paddingX * lines + this.#paddingY;
  }
}

const NO_BYTES = new Uint8Array(0);
