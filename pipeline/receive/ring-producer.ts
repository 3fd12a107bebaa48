import {
  RING_LAYOUT as L,
  RING_COUNTERS,
  RING_EVENT,
  type RingCounterName,
  SLOT_STATE,
} from '#pipeline/ring/layout.js';
import { Ring, type RingHandle } from '#pipeline/ring/ring.js';

/** The receiver's side of a ring: takes free slots, hands closed frames over, keeps the counters. */
export class RingProducer {
  readonly ring: Ring;
  /** View of the control block for whoever fills slot headers. */
  readonly view: DataView;
  /** Grows with every event put: a receiver wakes its consumer when it has moved. */
  eventsPut = 0;
  readonly #words: Int32Array;
  readonly #counters = new Float64Array(RING_COUNTERS.length);
  /** How far each slot was ever written: what lies behind a shorter frame must not show. */
  readonly #extents: Float64Array;
  readonly #queueReserve: number;
  #cursor = 0;
  /** A run of drops and skips that waits for room in the queue; `#runCount` 0: none. */
  #runType = 0;
  #runBlockId = 0;
  #runCount = 0;
  #runTimeNs = 0n;

  constructor(handle: RingHandle) {
    this.ring = Ring.attach(handle);
    this.view = new DataView(handle.control);
    this.#words = new Int32Array(handle.control);
    this.#extents = new Float64Array(this.ring.slots).fill(this.ring.geometry.payloadBytes);
    this.#queueReserve = 2 * this.ring.slots + 8;
    // A ring may be handed from one receiver to the next; its counters go on.
    const counters = this.ring.counters();
    for (const [index, name] of RING_COUNTERS.entries()) this.#counters[index] = counters[name];
  }

  count(name: RingCounterName, by = 1): void {
    const index = COUNTER_INDEX[name];
    this.#counters[index] = (this.#counters[index] as number) + by;
  }

  /** Makes the counters visible to other threads. */
  flush(): void {
    for (let index = 0; index < this.#counters.length; index++)
      this.view.setBigUint64(L['header.counters'] + 8 * index, BigInt(this.#counters[index] as number), true);
  }

  /** Byte offset of a slot's header in the control block. */
  headerOf(slot: number): number {
    return this.ring.geometry.slotsOffset + slot * L['slot.bytes'];
  }

  /** A free slot, now filling, its bitmap clear; -1 when there is none. */
  allocate(): number {
    const { slots } = this.ring;
    for (let tried = 0; tried < slots; tried++) {
      const slot = (this.#cursor + tried) % slots;
      const at = this.headerOf(slot);
      if (Atomics.load(this.#words, at >>> 2) !== SLOT_STATE.free) continue;
      this.#cursor = (slot + 1) % slots;
      const inUse = Atomics.add(this.#words, L['header.slotsInUse'] >>> 2, 1) + 1;
      if (inUse > this.view.getUint32(L['header.highWater'], true))
        this.view.setUint32(L['header.highWater'], inUse, true);
      const generation = at + L['slot.generation'];
      this.view.setUint32(generation, (this.view.getUint32(generation, true) + 1) >>> 0, true);
      this.ring.bitmap(slot).fill(0);
      Atomics.store(this.#words, at >>> 2, SLOT_STATE.filling);
      return slot;
    }
    return -1;
  }

  /** Gives a slot back that is filling, and that nobody was told of. */
  giveBack(slot: number): void {
    const word = this.headerOf(slot) >>> 2;
    if (Atomics.load(this.#words, word) !== SLOT_STATE.filling) return;
    this.#extents[slot] = this.ring.geometry.payloadBytes;
    // Before the state: the slots in use must never be more than there are.
    Atomics.sub(this.#words, L['header.slotsInUse'] >>> 2, 1);
    Atomics.store(this.#words, word, SLOT_STATE.free);
  }

  /** Zeroes what older frames left in `slot` behind the first `bytes`. */
  clearBehind(slot: number, bytes: number): void {
    const extent = this.#extents[slot] as number;
    if (bytes < extent) this.ring.payload(slot).fill(0, bytes, extent);
    this.#extents[slot] = bytes;
  }

  /** Hands a filled slot over. Its place in the queue is always there: see `#queueReserve`. */
  putClosed(slot: number, blockId: number): void {
    this.#putRun();
    Atomics.store(this.#words, this.headerOf(slot) >>> 2, SLOT_STATE.ready);
    this.#put(RING_EVENT.closed, slot, blockId, 1, 0n);
  }

  /** Tells of frames without a slot. With a queue nearly full they join one run, so that none is ever left untold. */
  putLost(type: typeof RING_EVENT.dropped | typeof RING_EVENT.skipped, blockId: number, count: number, timeNs: bigint) {
    if (this.#runCount > 0) {
      if (this.#runType !== type) this.#runType = RING_EVENT.dropped;
      this.#runCount += count;
      if (this.#runTimeNs === 0n) this.#runTimeNs = timeNs;
      return;
    }
    if (this.#room() > this.#queueReserve) {
      this.#put(type, -1, blockId, count, timeNs);
      return;
    }
    this.#runType = type;
    this.#runBlockId = blockId;
    this.#runCount = count;
    this.#runTimeNs = timeNs;
  }

  /** No run of losses waits for room. */
  get settled(): boolean {
    return this.#runCount === 0;
  }

  /** Puts a waiting run of losses once there is room again (or anyhow, at the end). */
  settle(anyhow = false): void {
    if (this.#runCount > 0 && (anyhow || this.#room() > this.#queueReserve)) this.#putRun();
  }

  #putRun(): void {
    if (this.#runCount === 0) return;
    this.#put(this.#runType, -1, this.#runBlockId, this.#runCount, this.#runTimeNs);
    this.#runCount = 0;
  }

  #room(): number {
    const head = Atomics.load(this.#words, L['header.queueHead'] >>> 2);
    const tail = Atomics.load(this.#words, L['header.queueTail'] >>> 2);
    return this.ring.geometry.queueCapacity - ((tail - head) >>> 0);
  }

  #put(type: number, slot: number, blockId: number, count: number, timeNs: bigint): void {
    const { queueOffset, queueCapacity } = this.ring.geometry;
    const tail = Atomics.load(this.#words, L['header.queueTail'] >>> 2) >>> 0;
    const at = queueOffset + (tail & (queueCapacity - 1)) * L['entry.bytes'];
    this.view.setUint32(at + L['entry.type'], type, true);
    this.view.setInt32(at + L['entry.slot'], slot, true);
    this.view.setBigUint64(at + L['entry.blockId'], BigInt(blockId), true);
    this.view.setBigUint64(at + L['entry.count'], BigInt(count), true);
    this.view.setBigInt64(at + L['entry.timeNs'], timeNs, true);
    Atomics.store(this.#words, L['header.queueTail'] >>> 2, (tail + 1) | 0);
    this.eventsPut += 1;
  }
}

const COUNTER_INDEX = Object.fromEntries(RING_COUNTERS.map((name, index) => [name, index])) as Record<
  RingCounterName,
  number
>;
