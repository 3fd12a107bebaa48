/** Ranges of frames in a list that stays short: where there are too many, neighbours become one, the small ones first. */

export interface FrameRange {
  readonly fromFrame: number;
  readonly toFrame: number;
  /** Frames in it; fewer than its numbers span where neighbours that are no neighbours became one. */
  readonly frames: number;
  readonly fromUtcNs: bigint;
  readonly toUtcNs: bigint;
}

export class FrameRanges<T extends FrameRange> {
  readonly #limit: number;
  readonly #join: (a: T, b: T) => T;
  #ranges: T[] = [];
  #joined = false;

  /** `join` makes one range of two that follow each other. The list holds `limit` to twice as many. */
  constructor(limit: number, join: (a: T, b: T) => T) {
    this.#limit = limit;
    this.#join = join;
  }

  get list(): readonly T[] {
    return this.#ranges;
  }

  /** True where ranges were joined that were different. */
  get joined(): boolean {
    return this.#joined;
  }

  /** A range behind all others. */
  add(range: T): void {
    this.#ranges.push(range);
    if (this.#ranges.length > 2 * this.#limit) this.#shorten();
  }

  /** Once through the list, joining neighbours that are together no larger than what makes it short enough. */
  #shorten(): void {
    this.#joined = true;
    const pairs = this.#ranges.slice(1).map((range, i) => range.frames + (this.#ranges[i] as T).frames);
    const surplus = this.#ranges.length - this.#limit;
    const largest = pairs.sort((a, b) => a - b)[surplus] ?? Number.POSITIVE_INFINITY;
    const kept: T[] = [];
    let left = surplus;
    for (const range of this.#ranges) {
      const last = kept.at(-1);
      if (left > 0 && last !== undefined && last.frames + range.frames <= largest) {
        kept[kept.length - 1] = this.#join(last, range);
        left--;
      } else kept.push(range);
    }
    while (left-- > 0 && kept.length > 1) {
      const range = kept.pop() as T;
      kept[kept.length - 1] = this.#join(kept.at(-1) as T, range);
    }
    this.#ranges = kept;
  }
}

/** The range over both, and what lies between. */
export function span(a: FrameRange, b: FrameRange): FrameRange {
  return {
    fromFrame: Math.min(a.fromFrame, b.fromFrame),
    toFrame: Math.max(a.toFrame, b.toFrame),
    frames: a.frames + b.frames,
    fromUtcNs: a.fromUtcNs,
    toUtcNs: b.toUtcNs,
  };
}
