/** Memory for frames that a driver's thread fills and another reads: whole slots are handed over, pixels are never copied. */
import { allocateShared } from '#pipeline/ring/shared-memory.js';
import type { FrameSlot } from './sdk-camera.js';

/** Survives postMessage: the memory is shared, not copied. */
export interface SlotMemoryHandle {
  readonly slots: SharedArrayBuffer;
  /** One word a slot: 0 free, 1 taken. */
  readonly states: SharedArrayBuffer;
  readonly count: number;
  /** Distance of two slots, a multiple of a page. */
  readonly strideBytes: number;
}

const FREE = 0;
const TAKEN = 1;
const PAGE = 4096;
/** What one piece of shared memory can hold. */
const MOST_BYTES = 2 ** 32;

/** Distance of two slots of `slotBytes`: whole pages. */
export const strideOf = (slotBytes: number): number => Math.ceil(slotBytes / PAGE) * PAGE;

export class SlotMemory {
  readonly handle: SlotMemoryHandle;
  /** All slots. */
  readonly bytes: Uint8Array;
  readonly #states: Int32Array;
  #next = 0;

  constructor(handle: SlotMemoryHandle) {
    this.handle = handle;
    this.bytes = new Uint8Array(handle.slots);
    this.#states = new Int32Array(handle.states);
  }

  /** Slots of `slotBytes` each: as many as `count` says, or as one piece of memory holds (4 GiB). Throws RingError. */
  static create(slotBytes: number, count: number): SlotMemory {
    const strideBytes = strideOf(slotBytes);
    const slots = Math.max(1, Math.min(count, Math.floor(MOST_BYTES / strideBytes)));
    return new SlotMemory({
      slots: allocateShared(slots * strideBytes),
      states: new SharedArrayBuffer(4 * slots),
      count: slots,
      strideBytes,
    });
  }

  get count(): number {
    return this.handle.count;
  }

  /** First byte of a slot in `bytes`. */
  offsetOf(index: number): number {
    return index * this.handle.strideBytes;
  }

  /** A free slot, which is the caller's from now on; null where there is none. For the one thread that fills. */
  take(): FrameSlot | null {
    const { count, strideBytes } = this.handle;
    for (let tried = 0; tried < count; tried++) {
      const index = (this.#next + tried) % count;
      if (Atomics.compareExchange(this.#states, index, FREE, TAKEN) !== FREE) continue;
      this.#next = (index + 1) % count;
      const at = this.offsetOf(index);
      return { index, bytes: this.bytes.subarray(at, at + strideBytes) };
    }
    return null;
  }

  /** Gives a slot back, from any thread. */
  free(index: number): void {
    Atomics.store(this.#states, index, FREE);
  }

  /** All slots are free again: nobody has one. */
  reset(): void {
    for (let index = 0; index < this.count; index++) this.free(index);
  }

  get taken(): number {
    let taken = 0;
    for (let index = 0; index < this.count; index++) taken += Atomics.load(this.#states, index);
    return taken;
  }
}
