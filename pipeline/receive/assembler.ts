import type { RingHandle } from '#pipeline/ring/ring.js';
import { BlockOrder } from './block-order.js';
import { JUMP_LIMIT, OpenBlocks } from './open-blocks.js';
import { FRAME, TAKEN } from './open-frame.js';
import type { ResendSink } from './packet-gaps.js';
import { FORMAT, PacketHeader, STATUS, u32 } from './packet-header.js';
import { PacketSize } from './packet-size.js';
import type { ReassemblyPolicy } from './receiver.js';
import { RingProducer } from './ring-producer.js';
import { WaitingPacket } from './waiting-packet.js';

export interface AssemblerOptions {
  readonly ring: RingHandle;
  /** As in ReceiverOptions. */
  readonly extendedIds?: boolean;
  readonly payloadBytes: number;
  readonly packetDataBytes: number;
  readonly policy: ReassemblyPolicy;
}

/** After such a silence an old block id is a new stream, whatever its time stamp says. */
const SILENCE_NS = 1_000_000_000;

/**
 * Turns the packets of one GVSP stream into frames in a ring: the specification, and the twin of native/assembler.cc,
 * which a corpus holds to the same bytes. It does no input or output and knows no clock: `nowNs` is a monotonic time in
 * whole nanoseconds, and `realtimeOffsetNs` what must be added to make it the host's UTC.
 *
 * Frames close strictly in block order. Only the leader of the next block opens it at once; every other packet from
 * outside the open blocks waits until a second one agrees, so that no damaged header can end a frame.
 */
export class Assembler {
  readonly producer: RingProducer;
  readonly #options: AssemblerOptions;
  readonly #header = new PacketHeader();
  readonly #size: PacketSize;
  readonly #order = new BlockOrder();
  readonly #blocks: OpenBlocks;
  #extended: boolean | undefined;
  #begun = false;
  #lastAcceptedNs = 0;
  #timestampHigh = 0;
  #timestampLow = 0;
  /** The packet from outside that waits for a second one. */
  readonly #waiting = new WaitingPacket();

  constructor(options: AssemblerOptions, sink: ResendSink) {
    this.#options = options;
    this.#extended = options.extendedIds;
    this.producer = new RingProducer(options.ring);
    const { geometry } = this.producer.ring;
    const limit =
      options.payloadBytes > 0 ? Math.min(options.payloadBytes, geometry.payloadBytes) : geometry.payloadBytes;
    this.#size = new PacketSize(options.packetDataBytes, limit, geometry.maxPayloadPackets);
    this.#blocks = new OpenBlocks(options, this.producer, this.#size, sink);
  }

  /** Host UTC less monotonic time, ns. The receiver keeps it up to date. */
  set realtimeOffsetNs(offsetNs: bigint) {
    this.#blocks.realtimeOffsetNs = offsetNs;
  }

  /**
   * Before this time `tick` has nothing to do unless a packet comes: 0 where it must be called every millisecond, infinity
   * where nothing is open. A frame that fills without a hole, which is nearly always, needs no tick until it falls silent.
   */
  get restsUntilNs(): number {
    return this.#waiting.bytes > 0 || !this.producer.settled ? 0 : this.#blocks.restsUntilNs;
  }

  /** The stream has 64-bit ids. */
  get extended(): boolean {
    return this.#extended === true;
  }

  /** Takes one datagram. The bytes are copied. */
  push(packet: Uint8Array, nowNs: number): void {
    const { producer } = this;
    producer.count('packetsReceived');
    const header = this.#header;
    if (!header.read(packet) || (this.#extended !== undefined && header.extended !== this.#extended)) {
      producer.count('packetsInvalid');
      return;
    }
    if (header.status !== STATUS.success && header.status !== STATUS.packetResend) {
      this.#answer(nowNs);
      return;
    }
    if (!this.#wellFormed(packet)) {
      producer.count('packetsInvalid');
      return;
    }
    if (!this.#size.known) {
      this.#size.learn(header, packet.length - header.dataOffset);
      return;
    }
    this.#admit(packet, nowNs);
  }

  /** Time passes: asks for missing packets and closes what has waited long enough. */
  tick(nowNs: number): void {
    const { policy } = this.#options;
    if (this.#waiting.bytes > 0 && nowNs - this.#waiting.sinceNs > policy.retentionNs) this.#dropWaiting();
    this.#blocks.ask(nowNs);
    this.#blocks.closeReady(nowNs);
    this.producer.settle();
    this.producer.flush();
  }

  /** The stream is over: closes everything that is open, the incomplete as they are. */
  end(): void {
    if (this.#waiting.bytes > 0) this.#dropWaiting();
    this.#blocks.closeUpTo(this.#blocks.newest);
    this.producer.settle(true);
    this.producer.flush();
  }

  /** Format, packet id and least length fit each other. */
  #wellFormed(packet: Uint8Array): boolean {
    const { format, packetId, dataOffset } = this.#header;
    const length = packet.length - dataOffset;
    const most = this.producer.ring.geometry.maxPayloadPackets;
    if (format === FORMAT.payload) {
      return packetId >= 1 && packetId <= most && length >= 1 && length <= this.#size.limit;
    }
    if (format === FORMAT.leader) return packetId === 0 && length >= 12;
    return format === FORMAT.trailer && packetId >= 2 && packetId <= most + 1 && length >= 4;
  }

  /** A header without data: the device cannot send a packet that it was asked for. */
  #answer(nowNs: number): void {
    const { status, blockId: wire, packetId } = this.#header;
    const known =
      status === STATUS.packetUnavailable ||
      status === STATUS.packetNotYetAvailable ||
      status === STATUS.packetAndPreviousRemoved ||
      status === STATUS.packetRemoved ||
      status === STATUS.packetTemporarilyUnavailable;
    if (!known) {
      this.producer.count('packetsInvalid');
      return;
    }
    if (!this.#begun) return;
    const blockId = this.#order.unwrap(wire, this.#header.extended);
    if (!this.#blocks.isOpen(blockId)) return;
    const frame = this.#blocks.frameOf(blockId);
    if (frame.kind === FRAME.open) frame.answered(status, packetId, nowNs);
  }

  /** Decides whether the packet in `#header` belongs to an open block, begins one, is late, or must wait. */
  #admit(packet: Uint8Array, nowNs: number): void {
    const header = this.#header;
    if (this.#size.awaitLeader) {
      if (header.format !== FORMAT.leader || header.resent) return;
      this.#size.awaitLeader = false;
    }
    const wire = header.blockId;
    const isLeader = header.format === FORMAT.leader;
    if (header.resent && !(this.#begun && this.#blocks.isOpen(this.#order.unwrap(wire, header.extended)))) {
      // The answer to somebody's request for an old block: it never begins or restarts anything.
      this.producer.count('packetsLate');
      return;
    }
    if (!this.#begun) {
      if (isLeader) this.#begin(wire, nowNs);
      else if (!this.#confirm(packet, nowNs)) return;
    } else {
      const blocks = this.#blocks;
      const blockId = this.#order.unwrap(wire, header.extended);
      const next = blockId === blocks.newest + 1;
      if (next && isLeader) {
        this.#begin(wire, nowNs);
      } else if (blockId < blocks.oldest && blocks.oldest - blockId <= JUMP_LIMIT && !this.#restarts(packet, nowNs)) {
        this.producer.count('packetsLate');
        return;
      } else if (!blocks.isOpen(blockId) && !this.#confirm(packet, nowNs)) {
        return;
      }
    }
    this.#deliver(packet, nowNs);
    if (isLeader && this.#waiting.bytes > 0 && this.#waiting.wireBlockId === wire) this.#deliverWaiting(nowNs);
    this.#blocks.closeReady(nowNs);
  }

  /** An old block id that is news: the waiting packet's own block, a leader with a newer time stamp, or one after silence. */
  #restarts(packet: Uint8Array, nowNs: number): boolean {
    const header = this.#header;
    if (this.#waiting.bytes > 0 && this.#waiting.wireBlockId === header.blockId) return true;
    if (header.format !== FORMAT.leader) return false;
    if (nowNs - this.#lastAcceptedNs > SILENCE_NS) return true;
    const high = u32(packet, header.dataOffset + 4);
    const low = u32(packet, header.dataOffset + 8);
    return high > this.#timestampHigh || (high === this.#timestampHigh && low > this.#timestampLow);
  }

  /**
   * A packet from outside the open blocks. True when the one before it agrees: then both blocks are open, and the
   * earlier packet is delivered. Else this one waits in its place.
   */
  #confirm(packet: Uint8Array, nowNs: number): boolean {
    const header = this.#header;
    const wire = header.blockId;
    const waiting = this.#waiting;
    if (waiting.bytes > 0) {
      const same = waiting.wireBlockId === wire;
      const following = this.#order.successor(waiting.wireBlockId, header.extended) === wire;
      const alike = header.extended === waiting.extended;
      if (alike && (same || following) && nowNs - waiting.sinceNs <= this.#options.policy.retentionNs) {
        this.#begin(waiting.wireBlockId, nowNs);
        this.#deliverWaiting(nowNs);
        if (following) this.#begin(wire, nowNs);
        header.read(packet);
        return true;
      }
      this.#dropWaiting();
    }
    waiting.keep(packet, header, nowNs);
    return false;
  }

  #deliverWaiting(nowNs: number): void {
    const packet = this.#waiting.take();
    this.#header.read(packet);
    this.#deliver(packet, nowNs);
  }

  #dropWaiting(): void {
    this.#waiting.bytes = 0;
    this.producer.count('packetsInvalid');
  }

  /** Block `wire` begins, and with it every block between the newest and it. */
  #begin(wire: number, nowNs: number): void {
    const { extended } = this.#header;
    const order = this.#order;
    const blocks = this.#blocks;
    this.#extended = extended;
    let blockId: number;
    if (!this.#begun) {
      this.#begun = true;
      blockId = order.first(wire);
      blocks.startAt(blockId);
    } else {
      blockId = order.unwrap(wire, extended);
      const { newest } = blocks;
      if (blockId <= newest || blockId > newest + JUMP_LIMIT) {
        blocks.closeUpTo(newest);
        if (blockId <= newest) blockId = order.restartAt(wire, newest + 1);
        else blocks.skip(newest + 1, blockId - newest - 1);
        blocks.startAt(blockId);
      }
      order.advance(wire, blockId);
    }
    blocks.openUpTo(blockId, order, extended, nowNs);
  }

  /** Gives the packet in `#header` to its frame. */
  #deliver(packet: Uint8Array, nowNs: number): void {
    const header = this.#header;
    const { producer } = this;
    const frame = this.#blocks.frameOf(this.#order.unwrap(header.blockId, header.extended));
    if (frame.kind === FRAME.unseen)
      frame.begin(producer.allocate(), producer, this.#size.frameBytes, this.#size.dataBytes, nowNs);
    this.#lastAcceptedNs = nowNs;
    if (frame.kind === FRAME.dropped) {
      frame.lastPacketNs = nowNs;
      if (header.format === FORMAT.trailer) frame.trailerSeen = true;
      return;
    }
    const at = header.dataOffset;
    const resentBefore = frame.packetsResent;
    const damagedBefore = frame.packetsDamaged;
    let taken: number;
    if (header.format === FORMAT.payload) {
      taken = frame.takePayload(packet, at, header.packetId, header.resent, nowNs);
      if (taken === TAKEN.accepted) producer.count('bytesReceived', packet.length - at);
    } else if (header.format === FORMAT.leader) {
      taken = frame.takeLeader(packet, at, header.resent, this.#options.payloadBytes > 0, nowNs);
      if (taken === TAKEN.accepted && frame.blockId === this.#blocks.newest) {
        this.#timestampHigh = frame.timestampHigh;
        this.#timestampLow = frame.timestampLow;
      }
    } else {
      taken = frame.takeTrailer(packet, at, header.packetId, header.resent, nowNs);
    }
    if (taken === TAKEN.duplicate) producer.count('packetsDuplicate');
    else if (taken === TAKEN.invalid) producer.count('packetsInvalid');
    producer.count('packetsResent', frame.packetsResent - resentBefore);
    producer.count('packetsInvalid', frame.packetsDamaged - damagedBefore);
  }
}
