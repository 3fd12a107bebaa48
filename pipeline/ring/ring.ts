import { RingError, type RingGeometry, type RingRequest, ringGeometry } from './geometry.js';
import { RING_LAYOUT as L, RING_COUNTERS, RING_EVENT, type RingCounters, SLOT_STATE } from './layout.js';
import { allocateShared, prefault } from './shared-memory.js';
import { type MissingRange, missingRangesOf, readSlotHeader, type SlotInfo } from './slot.js';

/** A ring's memory. Survives postMessage and workerData: the memory is shared, not copied. */
export interface RingHandle {
  readonly control: SharedArrayBuffer;
  readonly blocks: readonly SharedArrayBuffer[];
}

/** What the producer tells the consumer, in block order. */
export type RingEvent =
  /** A frame waits in `slot` (state ready). */
  | { readonly type: 'closed'; readonly slot: number; readonly blockId: bigint }
  /** `count` frames from `blockId` on found no free slot; `firstPacketNs`: kernel receive time of the first. */
  | { readonly type: 'dropped'; readonly blockId: bigint; readonly count: number; readonly firstPacketNs: bigint }
  /** `count` block ids from `blockId` on never showed a packet. */
  | { readonly type: 'skipped'; readonly blockId: bigint; readonly count: number };

/**
 * Frame slots in shared memory with one producer (a receiver) and one consumer (the pipeline worker), plus any number of
 * readers that hold a lease. Nothing in it blocks: with no free slot the producer drops the frame and says so.
 */
export class Ring {
  readonly handle: RingHandle;
  readonly geometry: RingGeometry;
  readonly slots: number;
  /** The whole control block, for the producer. */
  readonly control: Uint8Array;
  readonly #view: DataView;
  readonly #words: Int32Array;
  readonly #payloads: Uint8Array[] = [];
  readonly #bitmaps: Uint32Array[] = [];

  private constructor(handle: RingHandle, geometry: RingGeometry) {
    this.handle = handle;
    this.geometry = geometry;
    this.slots = geometry.slots;
    this.control = new Uint8Array(handle.control);
    this.#view = new DataView(handle.control);
    this.#words = new Int32Array(handle.control);
    for (let slot = 0; slot < geometry.slots; slot++) {
      const block = handle.blocks[Math.floor(slot / geometry.slotsPerBlock)];
      if (block === undefined) throw new RingError('ring.handle', 'the ring has fewer blocks than its slots need');
      const offset = (slot % geometry.slotsPerBlock) * geometry.strideBytes;
      this.#payloads.push(new Uint8Array(block, offset, geometry.payloadBytes));
      this.#bitmaps.push(
        new Uint32Array(handle.control, geometry.bitmapsOffset + slot * geometry.bitmapBytes, geometry.bitmapBytes / 4),
      );
    }
  }

  /** Allocates a ring; `prefault` it before frames come. Throws RingError. */
  static create(request: RingRequest): Ring {
    const geometry = ringGeometry(request);
    const blocks: SharedArrayBuffer[] = [];
    for (let slot = 0; slot < geometry.slots; slot += geometry.slotsPerBlock) {
      blocks.push(allocateShared(Math.min(geometry.slotsPerBlock, geometry.slots - slot) * geometry.strideBytes));
    }
    const control = allocateShared(geometry.controlBytes);
    const view = new DataView(control);
    view.setUint32(L['header.magic'], L['control.magic'], true);
    view.setUint32(L['header.version'], L['control.version'], true);
    view.setUint32(L['header.slots'], geometry.slots, true);
    view.setUint32(L['header.maxPayloadPackets'], geometry.maxPayloadPackets, true);
    view.setBigUint64(L['header.strideBytes'], BigInt(geometry.strideBytes), true);
    view.setBigUint64(L['header.payloadBytes'], BigInt(geometry.payloadBytes), true);
    view.setUint32(L['header.queueCapacity'], geometry.queueCapacity, true);
    view.setUint32(L['header.queueOffset'], geometry.queueOffset, true);
    view.setUint32(L['header.slotsOffset'], geometry.slotsOffset, true);
    view.setUint32(L['header.bitmapsOffset'], geometry.bitmapsOffset, true);
    view.setUint32(L['header.bitmapBytes'], geometry.bitmapBytes, true);
    view.setUint32(L['header.slotsPerBlock'], geometry.slotsPerBlock, true);
    return new Ring({ control, blocks }, geometry);
  }

  /** The same ring in another thread. Throws RingError when the handle is none. */
  static attach(handle: RingHandle): Ring {
    const view = new DataView(handle.control);
    if (
      view.byteLength < L['control.bytes'] ||
      view.getUint32(L['header.magic'], true) !== L['control.magic'] ||
      view.getUint32(L['header.version'], true) !== L['control.version']
    ) {
      throw new RingError('ring.handle', 'this memory is no ring of this version');
    }
    const geometry = ringGeometry({
      slots: view.getUint32(L['header.slots'], true),
      payloadBytes: Number(view.getBigUint64(L['header.payloadBytes'], true)),
      maxPayloadPackets: view.getUint32(L['header.maxPayloadPackets'], true),
    });
    return new Ring(handle, geometry);
  }

  /** Begins the counts anew for another stream. Throws RingError while a slot is in use or an event waits. */
  reset(): void {
    if (this.fillLevel() > 0 || this.pending() > 0)
      throw new RingError('ring.in-use', `${this.fillLevel()} slots of the ring are still in use`);
    for (const index of RING_COUNTERS.keys()) this.#view.setBigUint64(L['header.counters'] + 8 * index, 0n, true);
    Atomics.store(this.#words, L['header.highWater'] >>> 2, 0);
  }

  /** Has the kernel give every page now, so that no receive thread meets a page fault. Before the first frame. */
  prefault(): Promise<void> {
    return prefault([this.handle.control, ...this.handle.blocks]);
  }

  /** The bytes a slot may hold. Only `SlotInfo.payloadBytes` of them belong to the frame in it. */
  payload(slot: number): Uint8Array {
    return this.#payloads[slot] ?? this.#noSlot(slot);
  }

  /** A bit a packet: 0 the leader, 1..N payload, N + 1 the trailer. */
  bitmap(slot: number): Uint32Array {
    return this.#bitmaps[slot] ?? this.#noSlot(slot);
  }

  /** The slot's header, read out now. */
  slot(slot: number): SlotInfo {
    return readSlotHeader(this.#view, this.#headerOf(slot), slot, this.state(slot));
  }

  /** SLOT_STATE value of a slot. */
  state(slot: number): number {
    return Atomics.load(this.#words, this.#headerOf(slot) >>> 2);
  }

  /** Byte ranges of the frame in `slot` that never arrived, in order, neighbours merged. They are zero in the slot. */
  missingRanges(slot: number): MissingRange[] {
    const at = this.#headerOf(slot);
    return missingRangesOf(
      this.bitmap(slot),
      this.#view.getUint32(at + L['slot.payloadPackets'], true),
      this.#view.getUint32(at + L['slot.packetDataBytes'], true),
      Number(this.#view.getBigUint64(at + L['slot.payloadBytes'], true)),
    );
  }

  /** The next event, or null when there is none. For the one consumer. */
  take(): RingEvent | null {
    const head = Atomics.load(this.#words, L['header.queueHead'] >>> 2) >>> 0;
    const tail = Atomics.load(this.#words, L['header.queueTail'] >>> 2) >>> 0;
    if (head === tail) return null;
    const at = this.geometry.queueOffset + (head & (this.geometry.queueCapacity - 1)) * L['entry.bytes'];
    const type = this.#view.getUint32(at + L['entry.type'], true);
    const slot = this.#view.getInt32(at + L['entry.slot'], true);
    const blockId = this.#view.getBigUint64(at + L['entry.blockId'], true);
    const count = Number(this.#view.getBigUint64(at + L['entry.count'], true));
    const firstPacketNs = this.#view.getBigInt64(at + L['entry.timeNs'], true);
    Atomics.store(this.#words, L['header.queueHead'] >>> 2, (head + 1) | 0);
    if (type === RING_EVENT.closed) return { type: 'closed', slot, blockId };
    if (type === RING_EVENT.dropped) return { type: 'dropped', blockId, count, firstPacketNs };
    return { type: 'skipped', blockId, count };
  }

  /** Events that wait to be taken: closed frames, drops and skips. */
  pending(): number {
    const head = Atomics.load(this.#words, L['header.queueHead'] >>> 2);
    return (Atomics.load(this.#words, L['header.queueTail'] >>> 2) - head) >>> 0;
  }

  /** Takes a ready slot for reading in the name of `owner` (a thread id). Throws RingError when it is not ready. */
  lease(slot: number, owner: number): void {
    const word = this.#headerOf(slot) >>> 2;
    if (Atomics.compareExchange(this.#words, word, SLOT_STATE.ready, SLOT_STATE.leased) !== SLOT_STATE.ready)
      throw new RingError('ring.lease', `slot ${slot} is not ready, it cannot be leased`);
    Atomics.store(this.#words, word + (L['slot.owner'] >>> 2), owner);
  }

  /** Gives a ready or leased slot back to the producer. Throws RingError when it is neither. */
  free(slot: number): void {
    const word = this.#headerOf(slot) >>> 2;
    const state = Atomics.load(this.#words, word);
    if (state !== SLOT_STATE.ready && state !== SLOT_STATE.leased)
      throw new RingError('ring.free', `slot ${slot} is neither ready nor leased, it cannot be freed`);
    Atomics.store(this.#words, word + (L['slot.owner'] >>> 2), 0);
    // Before the state: the producer must never count more slots in use than there are.
    Atomics.sub(this.#words, L['header.slotsInUse'] >>> 2, 1);
    Atomics.store(this.#words, word, SLOT_STATE.free);
  }

  /** Frees every slot that `owner` still leases (a thread that died) and returns which. */
  reclaim(owner: number): number[] {
    const reclaimed: number[] = [];
    for (let slot = 0; slot < this.slots; slot++) {
      const word = this.#headerOf(slot) >>> 2;
      if (Atomics.load(this.#words, word) !== SLOT_STATE.leased) continue;
      if (Atomics.load(this.#words, word + (L['slot.owner'] >>> 2)) !== owner) continue;
      this.free(slot);
      reclaimed.push(slot);
    }
    return reclaimed;
  }

  /** Slots that are not free. */
  fillLevel(): number {
    return Atomics.load(this.#words, L['header.slotsInUse'] >>> 2);
  }

  /** The most slots that were ever in use at once. */
  highWater(): number {
    return Atomics.load(this.#words, L['header.highWater'] >>> 2);
  }

  counters(): RingCounters {
    const counters = {} as RingCounters;
    for (const [index, name] of RING_COUNTERS.entries())
      counters[name] = Number(this.#view.getBigUint64(L['header.counters'] + 8 * index, true));
    return counters;
  }

  #headerOf(slot: number): number {
    if (!(slot >= 0 && slot < this.slots)) this.#noSlot(slot);
    return this.geometry.slotsOffset + slot * L['slot.bytes'];
  }

  #noSlot(slot: number): never {
    throw new RingError('ring.slot', `the ring has slots 0 to ${this.slots - 1}, not ${slot}`);
  }
}
