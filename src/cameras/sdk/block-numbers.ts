/** Block ids of a stream: they rise by one, and by as many more as frames are known to be lost. */

/** A count that jumps further than this was set anew: no camera loses so many frames between two that arrive. */
const LONGEST_LOSS = 2 ** 20;

export class BlockNumbers {
  #last = 0n;
  #sequence: number | null = null;
  /** Frames that are lost before the next one. */
  #lost = 0;

  /** The block id of the newest frame; 0n before the first. */
  get last(): bigint {
    return this.#last;
  }

  /** Frames that are known to be lost by other means than their count. */
  lose(frames: number): void {
    if (Number.isSafeInteger(frames) && frames > 0) this.#lost += Math.min(frames, LONGEST_LOSS);
  }

  /** A frame that came with the count `sequence` and is not passed on. */
  leaveOut(sequence: number | null): void {
    this.#sequence = sequence;
    this.lose(1);
  }

  /** Takes the frames that are lost and that no block id will show, because no frame follows. */
  takeUnshown(): number {
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }

  /** The library may count anew: what the next frame's count is says nothing about frames before. */
  restarted(): void {
    this.#sequence = null;
  }

  /** The block id of the next frame, whose count in the library is `sequence`; null where it has none. */
  next(sequence: number | null): bigint {
    const before = this.#sequence;
    const step = sequence === null || before === null ? 1 : sequence - before;
    const gap = Number.isSafeInteger(step) && step > 1 && step <= LONGEST_LOSS ? step - 1 : 0;
    this.#sequence = sequence;
    this.#last += 1n + BigInt(gap) + BigInt(this.#lost);
    this.#lost = 0;
    return this.#last;
  }
}
