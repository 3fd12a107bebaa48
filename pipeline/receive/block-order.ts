/** 16-bit ids run from 1 to 65535 and on to 1; 0 is no id (GigE Vision 2.x). */
const SHORT_IDS = 65535;

/**
 * Numbers the blocks of a stream without end: 16-bit ids are unwrapped against the newest block, and a stream that
 * restarts is numbered on. Numbers stay below 2^53.
 */
export class BlockOrder {
  #newest = 0;
  #newestWire = 0;
  /** Number less wire id, of 64-bit ids. */
  #offset = 0;

  /** The stream's first block keeps its own id. */
  first(wire: number): number {
    this.#newest = wire;
    this.#newestWire = wire;
    this.#offset = 0;
    return wire;
  }

  /** The number of a wire id, nearest to the newest block. May be 0 or less for what came before a first short id. */
  unwrap(wire: number, extended: boolean): number {
    if (extended) return wire + this.#offset;
    let ahead = (wire - this.#newestWire + SHORT_IDS) % SHORT_IDS;
    if (ahead > SHORT_IDS >> 1) ahead -= SHORT_IDS;
    return this.#newest + ahead;
  }

  /** The wire id of a block near the newest one. */
  wireOf(blockId: number, extended: boolean): number {
    if (extended) return blockId - this.#offset;
    const ahead = (blockId - this.#newest) % SHORT_IDS;
    return ((this.#newestWire - 1 + ahead + SHORT_IDS) % SHORT_IDS) + 1;
  }

  successor(wire: number, extended: boolean): number {
    return extended || wire < SHORT_IDS ? wire + 1 : 1;
  }

  /** `blockId`, on the wire `wire`, is the newest now. */
  advance(wire: number, blockId: number): void {
    this.#newest = blockId;
    this.#newestWire = wire;
  }

  /** The stream restarted at wire id `wire`: it goes on as `blockId`. */
  restartAt(wire: number, blockId: number): number {
    this.#offset = blockId - wire;
    this.advance(wire, blockId);
    return blockId;
  }
}
