/**
 * The time of a frame: everything needed to give the time of any row, to say how sure it is, and to do it again from the
 * bytes it came from. Instants are nanoseconds since 1970 UTC. Plain data: it crosses threads by structured clone.
 */

import type { StampCalibration } from './calibration/stamp-calibration.js';
import { taiToUtc } from './clocks/leap-seconds.js';
import type { RowModel } from './rows/row-model.js';

/**
 * How far a time can be defended, best first. The rules stand with `stampFrame`.
 * locked: GPS, every check passed. holdover: was locked, PPS or lock since lost, within the drift's limit.
 * coarse: camera or host clock, or GPS without lock, with an honest bound. untrusted: contradicted, implausible or stale.
 */
export const GRADES = ['locked', 'holdover', 'coarse', 'untrusted'] as const;
export type Grade = (typeof GRADES)[number];

/** Where a time comes from, best first. Two sources are never mixed in one time. */
export const TIME_SOURCES = ['gps-header', 'ptp', 'toupcam-gps', 'camera-clock', 'host-clock'] as const;
export type TimeSource = (typeof TIME_SOURCES)[number];

export interface FrameTime {
  /** Start, middle and end of exposure of row 0. */
  readonly startUtcNs: bigint;
  readonly midUtcNs: bigint;
  readonly endUtcNs: bigint;
  /** True where `startUtcNs` falls into a leap second: its count is that of the midnight which follows. */
  readonly leapSecond: boolean;
  /** The same of `midUtcNs` and of `endUtcNs`. */
  readonly midLeapSecond: boolean;
  readonly endLeapSecond: boolean;
  readonly exposureNs: bigint;
  /** How the other rows follow row 0. */
  readonly rows: RowModel;
  /** Bound of the error of `startUtcNs` and `endUtcNs`, as far as the source can be defended. */
  readonly uncertaintyNs: bigint;
  readonly source: TimeSource;
  readonly grade: Grade;
  /** What was found wrong or missing, one kebab-case word each, see `stampFrame`. */
  readonly flags: readonly string[];
  /** The 44 bytes of the camera's GPS header as they arrived; null where there are none. */
  readonly rawHeader: Uint8Array | null;
  /** The camera's own count of frames, from its header. */
  readonly sequence: number | null;
  /** The LED calibration that is in these times; left out: none. */
  readonly calibration?: StampCalibration;
  /** What the maker's library told beside the frame, as it stood: the 104 bytes of ToupcamFrameInfoV4; left out: nothing. */
  readonly libraryInfo?: Uint8Array;
}

/** The instants of an exposure of row 0 from `startTai` to `endTai`. */
export function instantsOf(
  startTai: bigint,
  endTai: bigint,
): Pick<
  FrameTime,
  'startUtcNs' | 'midUtcNs' | 'endUtcNs' | 'leapSecond' | 'midLeapSecond' | 'endLeapSecond' | 'exposureNs'
> {
  const exposureNs = endTai - startTai;
  const first = taiToUtc(startTai);
  const middle = taiToUtc(startTai + exposureNs / 2n);
  const last = taiToUtc(endTai);
  return {
    startUtcNs: first.utcNs,
    midUtcNs: middle.utcNs,
    endUtcNs: last.utcNs,
    leapSecond: first.leapSecond,
    midLeapSecond: middle.leapSecond,
    endLeapSecond: last.leapSecond,
    exposureNs,
  };
}
