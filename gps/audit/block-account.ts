/**
 * Whether every frame that was produced is accounted for: block ids of frames and gap rows together cover a stream's range
 * without hole and without overlap. A stream ends where the camera changes or was lost; its block ids begin anew then.
 */
import { type AuditFinding, auditFinding } from './finding.js';
import { type FrameRange, FrameRanges, span } from './frame-ranges.js';
import { type CauseTotal, type GapStore, type KnownGap, lowerBound } from './gap-store.js';
import type { AuditFrame } from './rows.js';

/** What lies between a frame and the row before it. */
export interface Between {
  /** The frame begins another stream: its block id says nothing of what lies between. */
  newStream: boolean;
  /** Frames that gap rows tell of by block id. */
  missing: number;
  /** Block ids that nothing accounts for. */
  holes: number;
}

export interface Accounting {
  readonly rows: number;
  /** Of them, those whose pixels were lost with their file. */
  readonly rowsMissing: number;
  readonly streams: number;
  readonly gaps: readonly CauseTotal[];
  /** Block ids that nothing accounts for, and those that are accounted for twice. */
  readonly holes: number;
  readonly overlaps: number;
  /** Every block id between a stream's first and last frame is accounted for, once. */
  readonly complete: boolean;
}

/** Blocks one after the other that have rows, all of them with pixels or none. */
interface Run {
  readonly missing: boolean;
  readonly first: bigint;
  last: bigint;
  readonly fromUtcNs: bigint;
  toUtcNs: bigint;
}

interface Hole extends FrameRange {
  readonly blocks: number;
  readonly firstBlock: bigint;
  readonly lastBlock: bigint;
}

/** Runs that are remembered to hold gap rows against: more come only of an index that lacks its gap rows. */
const MOST_RUNS = 200_000;
const MOST_HOLES = 100;
/** How late a running session may tell of a gap: frames that the disk did not take are told of within a minute. */
const PENDING_NS = 61_000_000_000n;

export class BlockAccount {
  readonly #gaps: GapStore;
  readonly #streams: Run[][] = [];
  readonly #holes = new FrameRanges<Hole>(MOST_HOLES, (a, b) => ({
    ...span(a, b),
    blocks: a.blocks + b.blocks,
    firstBlock: a.firstBlock,
    lastBlock: b.lastBlock,
  }));
  readonly #findings: AuditFinding[] = [];
  readonly #between: Between = { newStream: true, missing: 0, holes: 0 };
  #previous: AuditFrame | null = null;
  #runs: Run[] = [];
  #runCount = 0;
  #rows = 0;
  #rowsMissing = 0;
  #blockOrders = 0;
  #overlaps = 0;

  constructor(gaps: GapStore) {
    this.#gaps = gaps;
  }

  /** The next row. The answer is good until the next call. */
  frame(frame: AuditFrame): Between {
    const between = this.#between;
    between.newStream = false;
    between.missing = 0;
    between.holes = 0;
    const previous = this.#previous;
    this.#previous = frame;
    this.#rows++;
    if (frame.missing) this.#rowsMissing++;
    if (previous === null || previous.cameraId !== frame.cameraId) this.#beginStream(between);
    else if (frame.blockId !== previous.blockId + 1n) this.#leap(previous, frame, between);
    this.#cover(frame);
    return between;
  }

  #leap(previous: AuditFrame, frame: AuditFrame, between: Between): void {
    const { outage } = this.#gaps.unnumberedBetween(previous.startUtcNs, frame.startUtcNs);
    const back = frame.blockId <= previous.blockId;
    if (outage || back) {
      this.#beginStream(between);
      if (outage || this.#blockOrders++ >= MOST_HOLES) return;
      const range = rangeOf(previous, frame);
      const evidence = `block ${previous.blockId} is followed by block ${frame.blockId}`;
      this.#findings.push(auditFinding('block-order', evidence, range));
      return;
    }
    const last = frame.blockId - 1n;
    let block = previous.blockId + 1n;
    const damaged = previous.grade === 'untrusted' || frame.grade === 'untrusted';
    while (block <= last) {
      const gap = this.#gaps.beginning(block, previous.startUtcNs, frame.startUtcNs, damaged);
      if (gap === null) {
        const next = this.#gaps.nextBeginning(block, last) ?? last + 1n;
        this.#hole(previous, frame, block, next - 1n);
        between.holes += Number(next - block);
        block = next;
        continue;
      }
      gap.placed = true;
      const end = gap.lastBlock as bigint;
      if (end > last) this.#overlap(gap, `also block ${frame.blockId}, which has a row`);
      const to = end < last ? end : last;
      between.missing += Number(to - block + 1n);
      block = end < block ? block + 1n : end + 1n;
    }
  }

  #beginStream(between: Between): void {
    between.newStream = true;
    this.#runs = [];
    this.#streams.push(this.#runs);
  }

  #cover({ blockId, missing, startUtcNs }: AuditFrame): void {
    const run = this.#runs.at(-1);
    if (run !== undefined && run.missing === missing && run.last + 1n === blockId) {
      run.last = blockId;
      run.toUtcNs = startUtcNs;
    } else if (this.#runCount++ < MOST_RUNS) {
      this.#runs.push({ missing, first: blockId, last: blockId, fromUtcNs: startUtcNs, toUtcNs: startUtcNs });
    }
  }

  #hole(previous: AuditFrame, frame: AuditFrame, firstBlock: bigint, lastBlock: bigint): void {
    const blocks = Number(lastBlock - firstBlock + 1n);
    this.#holes.add({ ...rangeOf(previous, frame), blocks, firstBlock, lastBlock });
  }

  #overlap(gap: KnownGap, what: string): void {
    if (++this.#overlaps > MOST_HOLES) return;
    const evidence = `the gap row of blocks ${gap.firstBlock} to ${gap.lastBlock} (${gap.cause}) tells of ${what}`;
    this.#findings.push(auditFinding('overlap', evidence));
  }

  /** `running`: rows may still follow. */
  result(running: boolean): { accounting: Accounting; findings: AuditFinding[] } {
    this.#checkRest();
    const findings = [...this.#findings];
    const newest = this.#previous?.startUtcNs ?? 0n;
    let holes = 0;
    for (const hole of this.#holes.list) {
      holes += hole.blocks;
      const blocks = hole.blocks === 1 ? 'block id' : 'block ids';
      const evidence = `${hole.blocks} ${blocks} from ${hole.firstBlock} to ${hole.lastBlock}, between frames ${hole.fromFrame} and ${hole.toFrame}`;
      const kind = running && newest - hole.toUtcNs < PENDING_NS ? 'hole-pending' : 'hole';
      findings.push(auditFinding(kind, evidence, hole));
    }
    const gaps = this.#gaps.totals();
    const unknown = gaps.filter((total) => total.unknown > 0);
    if (unknown.length > 0) {
      const rows = unknown.map((total) => `${total.unknown} x ${total.cause}`).join(', ');
      findings.push(auditFinding('outage', `gap rows without a number of frames: ${rows}`));
    }
    const accounting = {
      rows: this.#rows,
      rowsMissing: this.#rowsMissing,
      streams: this.#streams.length,
      gaps,
      holes,
      overlaps: this.#overlaps,
      complete: holes === 0 && this.#overlaps === 0 && this.#blockOrders === 0,
    };
    return { accounting, findings };
  }

  /** Gap rows that fill no hole: before or behind a stream's frames, or about rows that lost their pixels; else too many. */
  #checkRest(): void {
    const placed = this.#gaps.all
      .filter((gap) => gap.placed && gap.firstBlock !== null)
      .sort((a, b) => ((a.firstBlock as bigint) < (b.firstBlock as bigint) ? -1 : 1));
    for (const gap of this.#gaps.all) {
      if (gap.placed || gap.firstBlock === null || gap.lastBlock === null) continue;
      gap.placed = true;
      const run = this.#streams.flatMap((runs) => presentIn(runs, gap)).at(0);
      if (run !== undefined) {
        this.#overlap(gap, `blocks that have rows, ${run.first} to ${run.last}`);
        continue;
      }
      // A row that tells of fewer frames than it spans stands around others.
      const whole = BigInt(gap.frames) === gap.lastBlock - gap.firstBlock + 1n;
      const twin = whole ? twinOf(placed, gap) : undefined;
      if (twin !== undefined) this.#overlap(gap, `blocks of another one, ${twin.firstBlock} to ${twin.lastBlock}`);
    }
  }
}

const rangeOf = (previous: AuditFrame, frame: AuditFrame): FrameRange => ({
  fromFrame: previous.number,
  toFrame: frame.number,
  frames: 2,
  fromUtcNs: previous.startUtcNs,
  toUtcNs: frame.startUtcNs,
});

/** The first run of rows with pixels that shares blocks and time with `gap`. */
function presentIn(runs: readonly Run[], gap: KnownGap): Run[] {
  const [first, last] = [gap.firstBlock as bigint, gap.lastBlock as bigint];
  for (let i = lowerBound(runs, first, (run) => run.last); i < runs.length; i++) {
    const run = runs[i] as Run;
    if (run.first > last) break;
    const before = gap.toUtcNs !== null && gap.toUtcNs <= run.fromUtcNs;
    const behind = gap.fromUtcNs !== null && gap.fromUtcNs >= run.toUtcNs;
    if (!run.missing && !before && !behind) return [run];
  }
  return [];
}

/** One of `placed`, by first block, that shares blocks and time with `gap`. */
function twinOf(placed: readonly KnownGap[], gap: KnownGap): KnownGap | undefined {
  const [first, last] = [gap.firstBlock as bigint, gap.lastBlock as bigint];
  const end = lowerBound(placed, last + 1n, (other) => other.firstBlock as bigint);
  for (let i = end - 1; i >= 0 && i > end - 64; i--) {
    const other = placed[i] as KnownGap;
    const apart =
      (other.lastBlock as bigint) < first ||
      (other.toUtcNs !== null && gap.fromUtcNs !== null && other.toUtcNs <= gap.fromUtcNs) ||
      (other.fromUtcNs !== null && gap.toUtcNs !== null && other.fromUtcNs >= gap.toUtcNs);
    if (!apart) return other;
  }
  return undefined;
}
