/** From everything that was seen of a frame with a GPS header to its grade and bound. The rules stand in docs/timing.md. */

import { calibrationBoundNs } from '../calibration/stamp-calibration.js';
import type { FrameTime, Grade } from '../frame-time.js';
import { RECEIVER_STATUS } from '../header/qhy-header.js';
import { HOLDOVER_LIMIT_NS } from './holdover.js';
import type { SecondVerdict } from './second-guard.js';
import type { TimeFlag } from './time-flags.js';

/** Ticks by which a PPS count may differ from the seconds around it: a tick of jitter at each edge, and drift. */
export const PPS_TOLERANCE = 5;

/** A tick is 0.1 us, and the maker states as much for the receiver (20 to 100 ns). */
const LOCKED_NS = 200n;
const SECOND = 1_000_000_000n;
const TICK_NS = 100n;

export interface Observation {
  /** What the frame says by itself. */
  readonly base: FrameTime;
  /** The worst of its stamps' receiver statuses. */
  readonly status: number;
  readonly hasPps: boolean;
  /** It has no PPS, and its time follows from the ticks since the last one. */
  readonly free: boolean;
  /** A locked time is known to go on from. */
  readonly wasLocked: boolean;
  /** Bound of what was lost since then. */
  readonly driftNs: bigint;
  /** How far off the beat of its neighbours, nanoseconds; 0: on it, or there is none. */
  readonly offBeatNs: bigint;
  /** How far off the beat it is, though on it, beyond what its neighbours' scatter explains. */
  readonly jitterNs: bigint;
  /** Off by whole seconds. */
  readonly leapt: boolean;
  /** It goes on from a frame that was believed. */
  readonly unbroken: boolean;
  readonly second: SecondVerdict;
  /** What an unclear second leaves open, nanoseconds. */
  readonly secondDoubtNs: bigint;
  /** Ticks between its PPS count and those of the seconds around. */
  readonly oddPps: number;
  readonly exposure: { readonly addedNs: bigint; readonly changed: boolean };
  /** The same frame came before. */
  readonly again: boolean;
  /** About a leap second, with nothing before to tell which second is meant. */
  readonly ambiguous: boolean;
  /** The receiver was cold so short a while ago that it may not have the leap seconds yet. */
  readonly almanacYoung: boolean;
  /** The receiver has been locked for some frames, or from the first on. */
  readonly settled: boolean;
}

export interface Verdict {
  readonly grade: Grade;
  readonly uncertaintyNs: bigint;
  readonly flags: readonly string[];
  /** Nothing speaks against the frame: the next ones may be held against it. */
  readonly believed: boolean;
  readonly contradicted: boolean;
}

/** Flags that make a time `untrusted`, whatever else speaks for it. */
const CONTRADICTIONS: ReadonlySet<string> = new Set<TimeFlag>([
  'gps-ticks-implausible',
  'gps-order',
  'gps-duration',
  'gps-stale',
  'gps-host-contradiction',
  'gps-second-step',
  'gps-pps-implausible',
]);

const RANK: readonly Grade[] = ['locked', 'holdover', 'coarse', 'untrusted'];
const worse = (a: Grade, b: Grade): Grade => (RANK.indexOf(a) >= RANK.indexOf(b) ? a : b);

export function gradeFrame(seen: Observation): Verdict {
  const flags = flagsOf(seen);
  const odd = seen.oddPps > PPS_TOLERANCE;
  const contradicted =
    flags.some((flag) => CONTRADICTIONS.has(flag)) || (seen.base.grade === 'untrusted' && !seen.free);
  const inDoubt = seen.offBeatNs > 0n || odd || seen.exposure.changed || seen.ambiguous || seen.second === 'unclear';
  const reached = reachedGrade(seen);
  let grade = reached.grade;
  if (inDoubt || (seen.base.grade === 'coarse' && seen.status === RECEIVER_STATUS.locked))
    grade = worse(grade, 'coarse');
  if (contradicted) grade = 'untrusted';
  const doubtNs =
    seen.offBeatNs +
    seen.jitterNs +
    seen.exposure.addedNs +
    seen.secondDoubtNs +
    BigInt(Math.ceil(seen.oddPps)) * TICK_NS +
    (seen.ambiguous ? SECOND : 0n);
  return {
    grade,
    flags,
    uncertaintyNs: reached.uncertaintyNs + doubtNs,
    believed: !contradicted && !seen.exposure.changed && seen.offBeatNs === 0n,
    contradicted,
  };
}

/** The grade and bound by receiver and PPS alone. */
function reachedGrade(seen: Observation): { grade: Grade; uncertaintyNs: bigint } {
  const { base, status, hasPps, driftNs } = seen;
  // What an unknown row offset adds stands in the bound that the frame has by itself, where it is locked.
  const holding = base.flags.includes('gps-holding');
  const lockedNs = holding ? LOCKED_NS + calibrationBoundNs(base.calibration) : base.uncertaintyNs;
  if (status === RECEIVER_STATUS.locked && hasPps) {
    if (seen.settled) return { grade: 'locked', uncertaintyNs: lockedNs };
    if (seen.unbroken) return { grade: 'holdover', uncertaintyNs: lockedNs };
    return { grade: 'coarse', uncertaintyNs: lockedNs + SECOND };
  }
  const within = driftNs <= HOLDOVER_LIMIT_NS;
  if (seen.free) return { grade: within ? 'holdover' : 'coarse', uncertaintyNs: lockedNs + driftNs };
  if (hasPps && seen.wasLocked && seen.unbroken && within)
    return { grade: 'holdover', uncertaintyNs: lockedNs + driftNs };
  const alone = status === RECEIVER_STATUS.locked ? 'untrusted' : 'coarse';
  return { grade: worse(alone, base.grade), uncertaintyNs: base.uncertaintyNs };
}

function flagsOf(seen: Observation): string[] {
  const flags = new Set<string>(seen.base.flags);
  const add = (when: boolean, flag: TimeFlag): void => {
    if (when) flags.add(flag);
  };
  add(seen.again, 'gps-stale');
  add(seen.leapt, 'gps-second-step');
  add(seen.offBeatNs > 0n && !seen.leapt, 'gps-interval');
  add(seen.second === 'contradicted', 'gps-host-contradiction');
  add(seen.second === 'unclear' || seen.second === 'no-witness', 'host-disagrees');
  add(seen.oddPps > PPS_TOLERANCE, 'gps-pps-jump');
  add(seen.exposure.changed, 'exposure-changed');
  add(seen.ambiguous, 'leap-second-ambiguous');
  add(seen.almanacYoung && seen.second !== 'proven', 'gps-almanac-young');
  add(seen.status === RECEIVER_STATUS.locked && seen.hasPps && !seen.settled, 'gps-settling');
  return [...flags];
}
