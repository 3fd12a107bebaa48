import { RING_EVENT } from '#pipeline/ring/layout.js';
import type { RingHandle } from '#pipeline/ring/ring.js';
import { BlockOrder } from './block-order.js';
import { FRAME, OpenFrame, TAKEN } from './open-frame.js';
import { REQUEST_FLOOR, type ResendSink } from './packet-gaps.js';
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

/** Open blocks lie in a window of this many ids; a power of two. */
const WINDOW = 256;
/** As far behind, a packet is late; as far ahead, blocks were skipped. Beyond, the stream has restarted. */
export const JUMP_LIMIT = 100;
/** A frame that has begun and shows nothing for so long is asked for to its end. */
const IDLE_NS = 20_000_000;
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
  /** Host UTC less monotonic time, ns. The receiver keeps it up to date. */
  realtimeOffsetNs = 0n;
  readonly producer: RingProducer;
  readonly #options: AssemblerOptions;
  readonly #sink: ResendSink;
  readonly #header = new PacketHeader();
  readonly #size: PacketSize;
  readonly #order = new BlockOrder();
  readonly #frames: OpenFrame[];
  #extended: boolean | undefined;
  /** Blocks oldest..newest are open (or unseen); none when oldest > newest. */
  #oldest = 1;
  #newest = 0;
  #begun = false;
  #lastAcceptedNs = 0;
  #timestampHigh = 0;
  #timestampLow = 0;
  /** The packet from outside that waits for a second one. */
  readonly #waiting = new WaitingPacket();

  constructor(options: AssemblerOptions, sink: ResendSink) {
    this.#options = options;
    this.#sink = sink;
    this.#extended = options.extendedIds;
    this.producer = new RingProducer(options.ring);
    const { geometry } = this.producer.ring;
    const limit =
      options.payloadBytes > 0 ? Math.min(options.payloadBytes, geometry.payloadBytes) : geometry.payloadBytes;
    this.#size = new PacketSize(options.packetDataBytes, limit, geometry.maxPayloadPackets);
    const dueOfSlot: (Float64Array | undefined)[] = new Array(geometry.slots).fill(undefined);
    this.#frames = Array.from({ length: WINDOW }, () => new OpenFrame(options.policy, dueOfSlot));
  }

  /**
   * Before this time `tick` has nothing to do unless a packet comes: 0 where it must be called every millisecond, infinity
   * where nothing is open. A frame that fills without a hole, which is nearly always, needs no tick until it falls silent.
   */
  get restsUntilNs(): number {
    if (this.#waiting.bytes > 0 || this.#newest > this.#oldest || !this.producer.settled) return 0;
    if (this.#newest < this.#oldest) return Number.POSITIVE_INFINITY;
    const frame = this.#frameOf(this.#newest);
    if (frame.kind !== FRAME.open || frame.holes > 0) return 0;
    return frame.lastPacketNs + Math.min(IDLE_NS, this.#options.policy.retentionNs);
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
    for (let blockId = this.#oldest; blockId <= this.#newest; blockId++) {
      const frame = this.#frameOf(blockId);
      if (frame.kind === FRAME.open && !frame.complete) {
        const idle = nowNs - frame.lastPacketNs > IDLE_NS && !(blockId === this.#newest && frame.leaderOnly);
        if (frame.successorNs >= 0 || idle) frame.noteGaps(frame.payloadPackets + 1, nowNs);
        const before = this.#requests;
        const asked = frame.ask(frame.wireBlockId, nowNs, this.#ask);
        this.producer.count('packetsRequested', asked);
        this.producer.count('resendRequests', this.#requests - before);
      } else if (frame.kind === FRAME.unseen) {
        this.#askUnseen(frame, nowNs);
      }
    }
    this.#closeReady(nowNs);
    this.producer.settle();
    this.producer.flush();
  }

  /** The stream is over: closes everything that is open, the incomplete as they are. */
  end(): void {
    if (this.#waiting.bytes > 0) this.#dropWaiting();
    this.#closeUpTo(this.#newest);
    this.producer.settle(true);
    this.producer.flush();
  }

  #requests = 0;
  readonly #ask: ResendSink = (wireBlockId, first, last) => {
    this.#requests += 1;
    this.#sink(wireBlockId, first, last);
  };

  #frameOf(blockId: number): OpenFrame {
    return this.#frames[blockId % WINDOW] as OpenFrame;
  }

  #isOpen(blockId: number): boolean {
    return blockId >= this.#oldest && blockId <= this.#newest;
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
    if (!this.#isOpen(blockId)) return;
    const frame = this.#frameOf(blockId);
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
    if (header.resent && !(this.#begun && this.#isOpen(this.#order.unwrap(wire, header.extended)))) {
      // The answer to somebody's request for an old block: it never begins or restarts anything.
      this.producer.count('packetsLate');
      return;
    }
    if (!this.#begun) {
      if (isLeader) this.#begin(wire, nowNs);
      else if (!this.#confirm(packet, nowNs)) return;
    } else {
      const blockId = this.#order.unwrap(wire, header.extended);
      const next = blockId === this.#newest + 1;
      if (next && isLeader) {
        this.#begin(wire, nowNs);
      } else if (blockId < this.#oldest && this.#oldest - blockId <= JUMP_LIMIT && !this.#restarts(packet, nowNs)) {
        this.producer.count('packetsLate');
        return;
      } else if (!this.#isOpen(blockId) && !this.#confirm(packet, nowNs)) {
        return;
      }
    }
    this.#deliver(packet, nowNs);
    if (isLeader && this.#waiting.bytes > 0 && this.#waiting.wireBlockId === wire) this.#deliverWaiting(nowNs);
    this.#closeReady(nowNs);
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
    this.#extended = extended;
    let blockId: number;
    if (!this.#begun) {
      this.#begun = true;
      blockId = order.first(wire);
      this.#oldest = blockId;
      this.#newest = blockId - 1;
    } else {
      blockId = order.unwrap(wire, extended);
      if (blockId <= this.#newest || blockId > this.#newest + JUMP_LIMIT) {
        this.#closeUpTo(this.#newest);
        if (blockId <= this.#newest) blockId = order.restartAt(wire, this.#newest + 1);
        else this.#skip(this.#newest + 1, blockId - this.#newest - 1);
        this.#oldest = blockId;
        this.#newest = blockId - 1;
      }
      order.advance(wire, blockId);
    }
    if (blockId - this.#oldest >= WINDOW) this.#closeUpTo(blockId - WINDOW);
    if (this.#newest >= this.#oldest) this.#frameOf(this.#newest).successorNs = nowNs;
    for (let id = this.#newest + 1; id <= blockId; id++) {
      const frame = this.#frameOf(id);
      frame.beginUnseen(id, order.wireOf(id, extended), nowNs);
      if (id < blockId) frame.successorNs = nowNs;
    }
    this.#newest = blockId;
  }

  /** Gives the packet in `#header` to its frame. */
  #deliver(packet: Uint8Array, nowNs: number): void {
    const header = this.#header;
    const { producer } = this;
    const frame = this.#frameOf(this.#order.unwrap(header.blockId, header.extended));
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
      if (taken === TAKEN.accepted && frame.blockId === this.#newest) {
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

  /** A block that showed no packet is asked for whole when it is small. */
  #askUnseen(frame: OpenFrame, nowNs: number): void {
    const { policy } = this.#options;
    if (!this.#asksUnseen() || nowNs - frame.firstPacketNs < policy.firstRequestNs || nowNs < frame.nextAskNs) return;
    const last = this.#size.framePackets + 1;
    frame.nextAskNs = nowNs + policy.repeatRequestNs;
    this.producer.count('resendRequests');
    this.producer.count('packetsRequested', last + 1);
    this.#sink(frame.wireBlockId, 0, last);
  }

  #asksUnseen(): boolean {
    const { policy, payloadBytes } = this.#options;
    return policy.resend && payloadBytes > 0 && this.#size.framePackets + 2 <= REQUEST_FLOOR;
  }

  #closable(frame: OpenFrame, nowNs: number): boolean {
    const { holdNs, retentionNs } = this.#options.policy;
    if (frame.kind === FRAME.unseen) {
      return nowNs - frame.firstPacketNs >= (this.#asksUnseen() ? retentionNs : holdNs);
    }
    const idle = nowNs - frame.lastPacketNs >= retentionNs;
    if (frame.kind === FRAME.dropped) return frame.trailerSeen || frame.successorNs >= 0 || idle;
    if (frame.complete) return true;
    if (frame.hopeless && frame.successorNs >= 0 && nowNs - frame.successorNs >= holdNs) return true;
    return idle && !(frame.blockId === this.#newest && frame.leaderOnly);
  }

  #closeReady(nowNs: number): void {
    let last = this.#oldest - 1;
    while (last < this.#newest && this.#closable(this.#frameOf(last + 1), nowNs)) last += 1;
    if (last >= this.#oldest) this.#closeUpTo(last);
  }

  /** Closes blocks oldest..last in order. */
  #closeUpTo(last: number): void {
    let skipped = 0;
    for (; this.#oldest <= last; this.#oldest++) {
      const blockId = this.#oldest;
      const frame = this.#frameOf(blockId);
      if (frame.kind === FRAME.unseen) {
        skipped += 1;
        continue;
      }
      if (skipped > 0) this.#skip(blockId - skipped, skipped);
      skipped = 0;
      if (frame.kind === FRAME.open) this.#close(frame);
      else this.#drop(frame);
    }
    if (skipped > 0) this.#skip(this.#oldest - skipped, skipped);
  }

  #close(frame: OpenFrame): void {
    const { producer } = this;
    const damagedBefore = frame.packetsDamaged;
    const missing = frame.close(producer, this.realtimeOffsetNs);
    producer.count('packetsInvalid', frame.packetsDamaged - damagedBefore);
    producer.count(missing === 0 ? 'framesComplete' : 'framesIncomplete');
    producer.count('packetsMissing', missing);
    producer.putClosed(frame.slot, frame.blockId);
  }

  #drop(frame: OpenFrame): void {
    this.producer.count('framesDroppedRingFull');
    this.producer.putLost(RING_EVENT.dropped, frame.blockId, 1, BigInt(frame.firstPacketNs) + this.realtimeOffsetNs);
  }

  #skip(blockId: number, count: number): void {
    if (count === 0) return;
    this.producer.count('framesSkipped', count);
    this.producer.putLost(RING_EVENT.skipped, blockId, count, 0n);
  }
}
