/**
 * What the stated uncertainty of a time is made of, as named terms that add up to it. An index does not keep the terms, so
 * they are derived from the frame's source, grade and flags by the rules that made it; what no rule explains stands as
 * `not attributed`, and a stated uncertainty smaller than its known terms shows as a negative one.
 */
import type { Grade } from '../frame-time.js';
import { type AuditEvent, type AuditFrame, numberIn } from './rows.js';

export interface BudgetTerm {
  readonly name: string;
  readonly ns: bigint;
}

/** Of the frames of one grade and source. */
export interface Budget {
  readonly grade: Grade;
  readonly source: string;
  readonly frames: number;
  readonly smallestNs: bigint;
  readonly largestNs: bigint;
  /** The frame with the largest uncertainty. */
  readonly largestFrame: number;
  /** Of that frame; they add up to `largestNs`. */
  readonly terms: readonly BudgetTerm[];
  /** Of the frame with the smallest one. */
  readonly smallestTerms: readonly BudgetTerm[];
  /** Frames with a part that no rule explains, and the largest such part. */
  readonly notAttributedFrames: number;
  readonly notAttributedNs: bigint;
  /** Frames that state less than the terms that are known of them. */
  readonly understatedFrames: number;
}

export const NOT_ATTRIBUTED = 'not attributed';

const SECOND = 1_000_000_000n;
/** A stamp's last digit, and what the maker states for the receiver (20 to 100 ns). */
const TICK_NS = 100n;
const RECEIVER_NS = 100n;
/** What stamp.ts allows for an unknown offset of row 0, and for the way from the end of an exposure to the first packet. */
const ROW_OFFSET_NS = 20_000_000n;
const DELIVERY_NS = 200_000_000n;
/** What a camera clock that PTP holds is good to, switches included. */
const PTP_NS = 10_000n;

/** More are one session's no longer. */
const MOST_CALIBRATIONS = 1_000;

interface Known {
  readonly terms: BudgetTerm[];
  /** Names of what has no fixed size; together they take what is left. */
  readonly open: string[];
}

/**
 * Terms that add up to the stated uncertainty of a frame with these flags. `calibrationNs`: what an LED calibration adds where
 * one was in force; 0 where none was.
 */
export function budgetTerms(
  frame: Pick<AuditFrame, 'source' | 'grade' | 'uncertaintyNs' | 'exposureNs' | 'flags'>,
  calibrationNs = 0n,
): BudgetTerm[] {
  const { terms: known, open } = knownTerms(frame, new Set(frame.flags.split(' ')));
  const terms = known.filter((term) => term.ns !== 0n);
  const left = () => frame.uncertaintyNs - terms.reduce((sum, term) => sum + term.ns, 0n);
  if (frame.source === 'gps-header' && calibrationNs > 0n && left() >= calibrationNs) {
    terms.push({ name: 'LED calibration, 3 sigma', ns: calibrationNs });
  }
  const rest = left();
  if (rest === 0n) return terms;
  return [...terms, { name: rest > 0n && open.length > 0 ? open.join(' and ') : NOT_ATTRIBUTED, ns: rest }];
}

function knownTerms(frame: Pick<AuditFrame, 'source' | 'grade' | 'exposureNs'>, flags: ReadonlySet<string>): Known {
  switch (frame.source) {
    case 'gps-header':
      return headerTerms(frame.grade, flags);
    case 'ptp':
      return {
        terms: [
          { name: 'PTP', ns: PTP_NS },
          { name: 'exposure', ns: flags.has('leader-moment-unknown') ? frame.exposureNs : 0n },
        ],
        open: [],
      };
    case 'camera-clock':
      if (flags.has('camera-clock-by-gps')) return { terms: stampTerms(), open: ['line through locked frames'] };
      return { terms: arrivalTerms(frame.exposureNs), open: [hostName(flags), 'camera clock against the host'] };
    case 'host-clock':
      return { terms: arrivalTerms(frame.exposureNs), open: [hostName(flags)] };
    case 'toupcam-gps':
      return { terms: [], open: ['accuracy of the receiver, as it was measured or a host proves it'] };
    default:
      return { terms: [], open: [] };
  }
}

const stampTerms = (): BudgetTerm[] => [
  { name: 'tick resolution', ns: TICK_NS },
  { name: 'receiver', ns: RECEIVER_NS },
];

const arrivalTerms = (exposureNs: bigint): BudgetTerm[] => [
  { name: 'exposure', ns: exposureNs },
  { name: 'delivery', ns: DELIVERY_NS },
];

const hostName = (flags: ReadonlySet<string>): string =>
  flags.has('host-unsynchronised') ? 'unsynchronised host clock' : 'host clock bound';

function headerTerms(grade: Grade, flags: ReadonlySet<string>): Known {
  const terms = stampTerms();
  const open: string[] = [];
  // An untrusted time has no budget: its bound is what it would be, and it is not.
  if (grade === 'untrusted') return { terms, open };
  const hasPps = !flags.has('gps-no-pps') && !flags.has('gps-pps-implausible');
  const wholeSecond = grade === 'coarse' && ((flags.has('gps-holding') && hasPps) || flags.has('gps-settling'));
  if (wholeSecond) terms.push({ name: 'whole second not proven', ns: SECOND });
  if (flags.has('leap-second-ambiguous')) terms.push({ name: 'which second at the leap second', ns: SECOND });
  if (flags.has('row-offset-unknown')) terms.push({ name: 'unknown row offset', ns: ROW_OFFSET_NS });
  if (grade === 'holdover' || !hasPps) open.push('oscillator without PPS');
  if (grade === 'coarse' && flags.has('gps-holding') && !hasPps) open.push('difference to the host');
  if (flags.has('gps-interval') || flags.has('gps-second-step')) open.push('off the beat of its neighbours');
  if (flags.has('gps-pps-jump')) open.push('odd PPS count');
  if (flags.has('exposure-changed')) open.push('exposure that nobody set');
  if (flags.has('row-offset-unknown') && open.length === 0) open.push('unknown line period');
  // A count that differs by a few ticks from the seconds around, and neighbours that scatter, widen the bound without a flag.
  if (hasPps && open.length === 0) open.push('scatter of the PPS count and of the beat');
  return { terms, open };
}

interface Gathering {
  readonly grade: Grade;
  readonly source: string;
  frames: number;
  smallest: AuditFrame;
  largest: AuditFrame;
  notAttributedFrames: number;
  notAttributedNs: bigint;
  understatedFrames: number;
}

export class BudgetWatch {
  readonly #gatherings = new Map<string, Gathering>();
  #last: AuditFrame | null = null;
  #gathering: Gathering | null = null;
  #left = 0n;
  /** In the order of time. */
  readonly #calibrations: { readonly fromUtcNs: bigint; readonly boundNs: bigint }[] = [];

  /** An LED calibration that goes into the times from here on; before the frames. */
  calibration({ data, startUtcNs }: AuditEvent): void {
    const sigmaNs = numberIn(data, 'sigmaNs');
    if (sigmaNs === null || sigmaNs < 0 || this.#calibrations.length >= MOST_CALIBRATIONS) return;
    this.#calibrations.push({ fromUtcNs: startUtcNs, boundNs: 3n * BigInt(Math.round(sigmaNs)) });
  }

  frame(frame: AuditFrame): void {
    const last = this.#last;
    this.#last = frame;
    const same = last !== null && last.grade === frame.grade && last.source === frame.source;
    if (!same || this.#gathering === null) this.#gathering = this.#of(frame);
    const gathering = this.#gathering;
    gathering.frames++;
    if (
      !same ||
      last.uncertaintyNs !== frame.uncertaintyNs ||
      last.exposureNs !== frame.exposureNs ||
      last.flags !== frame.flags
    ) {
      if (frame.uncertaintyNs > gathering.largest.uncertaintyNs) gathering.largest = frame;
      if (frame.uncertaintyNs < gathering.smallest.uncertaintyNs) gathering.smallest = frame;
      const rest = this.#terms(frame).at(-1);
      this.#left = rest?.name === NOT_ATTRIBUTED ? rest.ns : 0n;
    }
    if (this.#left > 0n) {
      gathering.notAttributedFrames++;
      if (this.#left > gathering.notAttributedNs) gathering.notAttributedNs = this.#left;
    } else if (this.#left < 0n) gathering.understatedFrames++;
  }

  result(): Budget[] {
    return [...this.#gatherings.values()].map(({ smallest, largest, ...counts }) => ({
      ...counts,
      smallestNs: smallest.uncertaintyNs,
      largestNs: largest.uncertaintyNs,
      largestFrame: largest.number,
      terms: this.#terms(largest),
      smallestTerms: this.#terms(smallest),
    }));
  }

  #terms(frame: AuditFrame): BudgetTerm[] {
    const [first] = this.#calibrations;
    const inForce = this.#calibrations.findLast(({ fromUtcNs }) => fromUtcNs <= frame.startUtcNs) ?? first;
    return budgetTerms(frame, inForce?.boundNs ?? 0n);
  }

  #of(frame: AuditFrame): Gathering {
    const key = `${frame.grade} ${frame.source}`;
    let gathering = this.#gatherings.get(key);
    if (gathering === undefined) {
      gathering = {
        grade: frame.grade,
        source: frame.source,
        frames: 0,
        smallest: frame,
        largest: frame,
        notAttributedFrames: 0,
        notAttributedNs: 0n,
        understatedFrames: 0,
      };
      this.#gatherings.set(key, gathering);
    }
    return gathering;
  }
}
