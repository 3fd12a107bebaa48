/** The state of a camera's clock in words for people: what is wrong first, and nothing that they need not know. */
import type { FrameTime } from '#gps/frame-time.js';
import type { ReceiverState } from '#gps/judge/receiver-state.js';
import { TIME_FLAGS, type TimeFlag } from '#gps/judge/time-flags.js';
import type { HostClockState } from './host-clock.js';

export interface WhyParts {
  readonly hasGpsHeader: boolean | null;
  readonly receiver: ReceiverState | null;
  /** Whether a frame of this run was locked. */
  readonly wasLocked: boolean;
  /** Seconds since a PPS was seen; null: never. */
  readonly withoutPpsS: number | null;
}

/** Flags that lower a grade, the weightiest first; how they are told where it is not as TIME_FLAGS has it. */
const REASONS: readonly (readonly [TimeFlag, string?])[] = [
  ['gps-host-contradiction', "GPS says another second than the host's clock"],
  ['replayed-contradicted'],
  ['replayed-time-missing'],
  ['ptp-contradicted'],
  ['gps-second-step'],
  ['gps-stale', 'the camera repeats an old GPS header'],
  ['gps-order', 'the stamps in the GPS header are not in order'],
  ['gps-ticks-implausible'],
  ['gps-interval', 'the time is off the beat of the frames around'],
  ['gps-duration', 'the stamps do not fit the exposure'],
  ['gps-pps-jump', 'the PPS count has leapt'],
  ['gps-header-missing', 'the GPS header did not arrive'],
  ['gps-header-zero', 'the GPS header is empty: the receiver is off or not there'],
  ['gps-header-implausible', "the camera's first bytes are no GPS header"],
  ['gps-holding', 'the receiver goes on without satellites'],
  ['gps-almanac-young', 'the receiver was cold within the last 12.5 minutes: its leap seconds may be wrong'],
  ['gps-settling', 'the receiver has locked again just now'],
  ['leap-second-ambiguous'],
  ['exposure-changed', 'the exposure is another than was set'],
  ['toupcam-gps-offline', 'the GPS receiver is not there'],
  ['toupcam-gps-implausible', 'the GPS times cannot be'],
  ['toupcam-satellites', 'fewer than four satellites'],
  ['toupcam-accuracy-unknown', 'nobody has measured how right the GPS times of this camera are'],
  ['replayed-foreign'],
  ['replayed-incomplete'],
  ['host-disagrees', "the host's clock, which nobody holds, shows another time"],
];
const MOST_REASONS = 3;

const CLOCKS = {
  'gps-header': 'GPS',
  'toupcam-gps': 'GPS',
  ptp: 'PTP',
  'camera-clock': 'camera clock',
  'host-clock': 'host clock',
} as const;

/** Null where it is locked. */
export function whyNotLocked(time: FrameTime, parts: WhyParts): string | null {
  if (time.grade === 'locked') return null;
  const reasons = [...receiverReasons(time, parts), ...flagReasons(time)];
  const byGps = time.source === 'gps-header' || time.source === 'toupcam-gps';
  if (!byGps) {
    const none = parts.hasGpsHeader === false ? ': this camera writes no GPS header' : '';
    reasons.unshift(`${CLOCKS[time.source]} only${reasons.length > 0 ? '' : none}`);
    if (time.flags.includes('host-unsynchronised')) reasons.push("nobody vouches for the host's clock");
  }
  if (reasons.length === 0) reasons.push('GPS without a lock');
  return reasons.slice(0, MOST_REASONS).join('; ');
}

function receiverReasons({ flags }: FrameTime, { receiver, wasLocked, withoutPpsS }: WhyParts): string[] {
  const reasons: string[] = [];
  if (receiver === 'off' && !flags.includes('gps-header-zero')) reasons.push('the GPS receiver is off or not there');
  else if (receiver === 'searching' || flags.includes('gps-unlocked')) {
    reasons.push(wasLocked ? 'the receiver has lost its satellites' : 'the receiver is searching for satellites');
  }
  if (flags.includes('gps-no-pps') || flags.includes('gps-pps-implausible')) {
    reasons.push(withoutPpsS === null ? 'no PPS so far' : `no PPS for ${withoutPpsS} s`);
  }
  return reasons;
}

function flagReasons({ flags }: FrameTime): string[] {
  return REASONS.filter(([flag]) => flags.includes(flag)).map(([flag, words]) => words ?? TIME_FLAGS[flag]);
}

const RECEIVER: Readonly<Record<ReceiverState, string>> = {
  off: 'off or not there',
  searching: 'searching for satellites',
  unlocked: 'has time, not locked',
  locked: 'locked, with PPS',
  holdover: 'not locked any more, the oscillator holds the time',
};

/** Null where the camera's frames say nothing of a receiver. */
export function receiverInWords(state: ReceiverState | null): string | null {
  return state === null ? null : RECEIVER[state];
}

export function hostInWords({ synchronised, source, boundNs, detail }: HostClockState): string {
  if (!synchronised) return detail.includes('not synchronised') ? detail : `not synchronised: ${detail}`;
  const bound = Number(boundNs) / 1e6;
  const by = source === 'kernel' ? 'says the kernel' : `by ${detail}`;
  return `synchronised ${by}, within ${bound < 10 ? bound.toFixed(2) : Math.round(bound)} ms`;
}
