/** The gap rows of a session, found again by where they belong. Memory grows with the gaps, not with the frames. */
import type { AuditGap } from './rows.js';

export interface KnownGap extends AuditGap {
  /** Its blocks fill a hole between two frames, or lie before or behind a stream's frames. */
  placed: boolean;
}

/** What the rows of one cause add up to. */
export interface CauseTotal {
  readonly cause: string;
  readonly rows: number;
  readonly frames: number;
  /** Rows of frames whose number is not known. */
  readonly unknown: number;
}

/** Gap causes after which block ids begin anew. */
const OUTAGES: ReadonlySet<string> = new Set(['camera-lost', 'failover', 'control']);

/** Between whose frames there were none, so that a row of 0 frames knows their number. */
const WITHOUT_FRAMES: ReadonlySet<string> = new Set(['control']);

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** First place in `sorted` that is no smaller than `value`. */
export function lowerBound<T>(sorted: readonly T[], value: bigint, of: (item: T) => bigint): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (of(sorted[middle] as T) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

const firstOf = (gap: KnownGap): bigint => gap.firstBlock as bigint;
const fromOf = (gap: KnownGap): bigint => gap.fromUtcNs ?? 0n;

export class GapStore {
  readonly #all: KnownGap[] = [];
  /** With block ids, by the first one; as they were told where it is the same. */
  #numbered: KnownGap[] = [];
  /** Without, by the time before them. */
  #unnumbered: KnownGap[] = [];
  #sorted = false;

  add(gap: AuditGap): void {
    this.#all.push({ ...gap, placed: false });
    this.#sorted = false;
  }

  get all(): readonly KnownGap[] {
    return this.#all;
  }

  /**
   * The gap row that begins with block `block` between two frames that begin at `fromUtcNs` and `toUtcNs`. Another stream
   * has the same ids, so its times must fit, except to `damaged` ones.
   */
  beginning(block: bigint, fromUtcNs: bigint, toUtcNs: bigint, damaged: boolean): KnownGap | null {
    this.#sort();
    let first: KnownGap | null = null;
    for (let i = lowerBound(this.#numbered, block, firstOf); i < this.#numbered.length; i++) {
      const gap = this.#numbered[i] as KnownGap;
      if (gap.firstBlock !== block) break;
      if (gap.placed) continue;
      if (fits(gap, fromUtcNs, toUtcNs)) return gap;
      if (damaged) first ??= gap;
    }
    return first;
  }

  /** The first block id above `block`, and not above `last`, with which a gap row begins that is not placed yet. */
  nextBeginning(block: bigint, last: bigint): bigint | null {
    this.#sort();
    for (let i = lowerBound(this.#numbered, block + 1n, firstOf); i < this.#numbered.length; i++) {
      const gap = this.#numbered[i] as KnownGap;
      if (firstOf(gap) > last) return null;
      if (!gap.placed) return firstOf(gap);
    }
    return null;
  }

  /**
   * Gap rows without block ids between two frames: how many frames they tell of, whether any does not know, and whether
   * another stream begins behind them.
   */
  unnumberedBetween(fromUtcNs: bigint, toUtcNs: bigint): { frames: number; unknown: boolean; outage: boolean } {
    this.#sort();
    const found = { frames: 0, unknown: false, outage: false };
    // A damaged time may lie behind the next one; the row has the same.
    const latest = fromUtcNs > toUtcNs ? fromUtcNs : toUtcNs;
    for (let i = lowerBound(this.#unnumbered, fromUtcNs, fromOf); i < this.#unnumbered.length; i++) {
      const gap = this.#unnumbered[i] as KnownGap;
      if (fromOf(gap) > latest) break;
      if (gap.toUtcNs !== null && gap.toUtcNs > latest) continue;
      gap.placed = true;
      found.frames += gap.frames;
      found.unknown ||= gap.frames === 0;
      found.outage ||= OUTAGES.has(gap.cause);
    }
    return found;
  }

  totals(): CauseTotal[] {
    const totals = new Map<string, { cause: string; rows: number; frames: number; unknown: number }>();
    for (const { cause, frames } of this.#all) {
      const total = totals.get(cause) ?? { cause, rows: 0, frames: 0, unknown: 0 };
      total.rows++;
      total.frames += frames;
      if (frames === 0 && !WITHOUT_FRAMES.has(cause)) total.unknown++;
      totals.set(cause, total);
    }
    return [...totals.values()].sort((a, b) => b.frames - a.frames);
  }

  #sort(): void {
    if (this.#sorted) return;
    this.#sorted = true;
    const isNumbered = (gap: KnownGap): boolean => gap.firstBlock !== null && gap.lastBlock !== null;
    this.#numbered = this.#all.filter(isNumbered).sort((a, b) => compare(firstOf(a), firstOf(b)));
    this.#unnumbered = this.#all
      .filter((gap) => !isNumbered(gap) && gap.fromUtcNs !== null)
      .sort((a, b) => compare(fromOf(a), fromOf(b)));
  }
}

/** Times of gap rows are begins of the frames around, or, of frames the disk did not take, their own. */
const SLACK_NS = 1_000_000_000n;

const fits = ({ fromUtcNs, toUtcNs }: AuditGap, from: bigint, to: bigint): boolean =>
  (fromUtcNs === null || fromUtcNs >= from - SLACK_NS) && (toUtcNs === null || toUtcNs <= to + SLACK_NS);
