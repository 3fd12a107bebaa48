import { RING_EVENT } from '#pipeline/ring/layout.js';
import type { BlockOrder } from './block-order.js';
import { FRAME, OpenFrame } from './open-frame.js';
import { REQUEST_FLOOR, type ResendSink } from './packet-gaps.js';
import type { PacketSize } from './packet-size.js';
import type { ReassemblyPolicy } from './receiver.js';
import type { RingProducer } from './ring-producer.js';

/** Open blocks lie in a window of this many ids; a power of two. */
const WINDOW = 256;
/** As far behind, a packet is late; as far ahead, blocks were skipped. Beyond, the stream has restarted. */
export const JUMP_LIMIT = 100;
/** A frame that has begun and shows nothing for so long is asked for to its end. */
const IDLE_NS = 20_000_000;

interface OpenBlocksOptions {
  /** 0: not known. */
  readonly payloadBytes: number;
  readonly policy: ReassemblyPolicy;
}

/**
 * The blocks that have begun and are not closed, oldest..newest without a hole: asks for what they miss, and closes them strictly in
 * block order, each complete, given up, or as one that never showed a packet.
 */
export class OpenBlocks {
  /** Host UTC less monotonic time, ns. */
  realtimeOffsetNs = 0n;
  readonly #options: OpenBlocksOptions;
  readonly #producer: RingProducer;
  readonly #size: PacketSize;
  readonly #sink: ResendSink;
  readonly #frames: OpenFrame[];
  /** None is open when oldest > newest. */
  #oldest = 1;
  #newest = 0;
  /** Made by the frame that is asked for now, and those before it. */
  #requests = 0;
  readonly #ask: ResendSink = (wireBlockId, first, last) => {
    this.#requests += 1;
    this.#sink(wireBlockId, first, last);
  };

  constructor(options: OpenBlocksOptions, producer: RingProducer, size: PacketSize, sink: ResendSink) {
    this.#options = options;
    this.#producer = producer;
    this.#size = size;
    this.#sink = sink;
    const dueOfSlot: (Float64Array | undefined)[] = new Array(producer.ring.geometry.slots).fill(undefined);
    this.#frames = Array.from({ length: WINDOW }, () => new OpenFrame(options.policy, dueOfSlot));
  }

  get oldest(): number {
    return this.#oldest;
  }

  get newest(): number {
    return this.#newest;
  }

  /** As the assembler's, by what is open. */
  get restsUntilNs(): number {
    if (this.#newest > this.#oldest) return 0;
    if (this.#newest < this.#oldest) return Number.POSITIVE_INFINITY;
    const frame = this.frameOf(this.#newest);
    if (frame.kind !== FRAME.open || frame.holes > 0) return 0;
    return frame.lastPacketNs + Math.min(IDLE_NS, this.#options.policy.retentionNs);
  }

  /** The frame of block `blockId`, which is open. */
  frameOf(blockId: number): OpenFrame {
    return this.#frames[blockId % WINDOW] as OpenFrame;
  }

  /** Whether the block has begun, or one behind it, and is not closed. */
  isOpen(blockId: number): boolean {
    return blockId >= this.#oldest && blockId <= this.#newest;
  }

  /** Where none is open: block `blockId` will be the first. */
  startAt(blockId: number): void {
    this.#oldest = blockId;
    this.#newest = blockId - 1;
  }

  /** Opens the blocks behind the newest, to `blockId`. */
  openUpTo(blockId: number, order: BlockOrder, extended: boolean, nowNs: number): void {
    if (blockId - this.#oldest >= WINDOW) this.closeUpTo(blockId - WINDOW);
    if (this.#newest >= this.#oldest) this.frameOf(this.#newest).successorNs = nowNs;
    for (let id = this.#newest + 1; id <= blockId; id++) {
      const frame = this.frameOf(id);
      frame.beginUnseen(id, order.wireOf(id, extended), nowNs);
      if (id < blockId) frame.successorNs = nowNs;
    }
    this.#newest = blockId;
  }

  /** Time passes: asks for packets that are missing. */
  ask(nowNs: number): void {
    for (let blockId = this.#oldest; blockId <= this.#newest; blockId++) {
      const frame = this.frameOf(blockId);
      if (frame.kind === FRAME.open && !frame.complete) {
        const idle = nowNs - frame.lastPacketNs > IDLE_NS && !(blockId === this.#newest && frame.leaderOnly);
        if (frame.successorNs >= 0 || idle) frame.noteGaps(frame.payloadPackets + 1, nowNs);
        const before = this.#requests;
        const asked = frame.ask(frame.wireBlockId, nowNs, this.#ask);
        this.#producer.count('packetsRequested', asked);
        this.#producer.count('resendRequests', this.#requests - before);
      } else if (frame.kind === FRAME.unseen) {
        this.#askUnseen(frame, nowNs);
      }
    }
  }

  /** A block that showed no packet is asked for whole when it is small. */
  #askUnseen(frame: OpenFrame, nowNs: number): void {
    const { policy } = this.#options;
    if (!this.#asksUnseen() || nowNs - frame.firstPacketNs < policy.firstRequestNs || nowNs < frame.nextAskNs) return;
    const last = this.#size.framePackets + 1;
    frame.nextAskNs = nowNs + policy.repeatRequestNs;
    this.#producer.count('resendRequests');
    this.#producer.count('packetsRequested', last + 1);
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

  /** Closes, in block order, what has waited long enough. */
  closeReady(nowNs: number): void {
    let last = this.#oldest - 1;
    while (last < this.#newest && this.#closable(this.frameOf(last + 1), nowNs)) last += 1;
    if (last >= this.#oldest) this.closeUpTo(last);
  }

  /** Closes blocks oldest..last in order. */
  closeUpTo(last: number): void {
    let skipped = 0;
    for (; this.#oldest <= last; this.#oldest++) {
      const blockId = this.#oldest;
      const frame = this.frameOf(blockId);
      if (frame.kind === FRAME.unseen) {
        skipped += 1;
        continue;
      }
      if (skipped > 0) this.skip(blockId - skipped, skipped);
      skipped = 0;
      if (frame.kind === FRAME.open) this.#close(frame);
      else this.#drop(frame);
    }
    if (skipped > 0) this.skip(this.#oldest - skipped, skipped);
  }

  #close(frame: OpenFrame): void {
    const producer = this.#producer;
    const damagedBefore = frame.packetsDamaged;
    const missing = frame.close(producer, this.realtimeOffsetNs);
    producer.count('packetsInvalid', frame.packetsDamaged - damagedBefore);
    producer.count(missing === 0 ? 'framesComplete' : 'framesIncomplete');
    producer.count('packetsMissing', missing);
    producer.putClosed(frame.slot, frame.blockId);
  }

  #drop(frame: OpenFrame): void {
    this.#producer.count('framesDroppedRingFull');
    this.#producer.putLost(RING_EVENT.dropped, frame.blockId, 1, BigInt(frame.firstPacketNs) + this.realtimeOffsetNs);
  }

  /** Blocks of which nothing came. */
  skip(blockId: number, count: number): void {
    if (count === 0) return;
    this.#producer.count('framesSkipped', count);
    this.#producer.putLost(RING_EVENT.skipped, blockId, count, 0n);
  }
}
