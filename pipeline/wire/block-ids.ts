/**
 * Turns the 16-bit block ids of standard GVSP, which run 1..65535 and then 1 again (0 is invalid), into ids that only
 * grow: id 65535 is followed by 65536. The nearest candidate wins, so packets of an older block that arrive late keep
 * the number they had. The first id seen keeps its own value; what is older than a first id near 1 gets 0 or less.
 */
export class BlockIdUnwrapper {
  #newest: bigint | null = null;

  /** The newest id handed out, or null before the first. */
  get newest(): bigint | null {
    return this.#newest;
  }

  /** The unwrapped id of `blockId` (1..65535). 0 and anything above 65535 gives null: an invalid packet. */
  unwrap(blockId: number): bigint | null {
    if (!(blockId >= 1 && blockId <= 0xffff)) return null;
    if (this.#newest === null) {
      this.#newest = BigInt(blockId);
      return this.#newest;
    }
    const newest16 = wireBlockId(this.#newest);
    let step = blockId - newest16;
    if (step > HALF) step -= CYCLE;
    else if (step < -HALF) step += CYCLE;
    const unwrapped = this.#newest + BigInt(step);
    if (step > 0) this.#newest = unwrapped;
    return unwrapped;
  }

  /** After a restart of the stream: `blockId` becomes the next id after all that were handed out, and is returned. */
  restart(blockId: number): bigint {
    if (this.#newest === null) this.#newest = BigInt(blockId);
    else this.#newest += BigInt((((blockId - wireBlockId(this.#newest)) % CYCLE) + CYCLE) % CYCLE || CYCLE);
    return this.#newest;
  }
}

/** Ids 1..65535: one cycle. */
const CYCLE = 65535;
const HALF = 32767;

/** The 16-bit id that stands for an unwrapped id on the wire: 1..65535. */
export function wireBlockId(blockId: bigint): number {
  return Number((blockId - 1n) % BigInt(CYCLE)) + 1;
}
