/**
 * The time of a frame from a Toupcam frame info. The SDK says of its GPS times that they are there (a flag of the frame), that
 * the receiver is online (option 0x86) and how many satellites it has; neither a lock nor an accuracy is published. So:
 *
 * - no GPS in the frame, or times that cannot be: `coarse` from the camera's microseconds or the receive time, as `stampFrame` has it;
 * - contradicted (end before start, not the exposure as set, the same times as the frame before, whole second against the
 *   host): `untrusted`;
 * - receiver offline, fewer than four satellites, or an accuracy that nobody has measured: `coarse`, within what a
 *   synchronised host proves, else within a second;
 * - else `locked`, within the accuracy handed in. Of a rolling shutter `coarse` by the whole readout, for which of its rows the
 *   times are is not published.
 */

import { utcToTai } from '../clocks/leap-seconds.js';
import { type FrameTime, type Grade, instantsOf } from '../frame-time.js';
import {
  decodeToupcamFrameInfo,
  TOUPCAM_FRAME_INFO_BYTES,
  type ToupcamFrameInfo,
  type ToupcamGps,
} from '../header/toupcam-frame-info.js';
import { rowModelOf } from '../rows/row-model.js';
import { compareWithHost, UNSYNCHRONISED_HOST } from './host-check.js';
import { type StampInput, stampFrame } from './stamp.js';
import type { TimeFlag } from './time-flags.js';

export interface ToupcamStampInput
  extends Pick<StampInput, 'shutter' | 'region' | 'framePeriodNs' | 'exposureNs' | 'receivedNs' | 'hostClock'> {
  readonly info: ToupcamFrameInfo;
  /** Option GPS of the SDK: -1 offline, 1 online. */
  readonly online: boolean;
  /** Bound of the error of its GPS times as somebody measured it; null where nobody has. */
  readonly accuracyNs: bigint | null;
  readonly previous?: ToupcamGps | null;
}

const SECOND = 1_000_000_000n;
/** Years 2015 to 2100. */
const FIRST_NS = 1_420_070_400n * SECOND;
const LAST_NS = 4_102_444_800n * SECOND;
const LONGEST_NS = 7_200n * SECOND;
/** For a position and a time. */
const LEAST_SATELLITES = 4;
const TIMESTAMP_HZ = 1_000_000n;

const abs = (value: bigint): bigint => (value < 0n ? -value : value);

/** Never throws, whatever the info holds. */
export function stampToupcam(input: ToupcamStampInput): FrameTime {
  const { gps } = input.info;
  if (gps === null) return withoutGps(input, input.online ? 'gps-unlocked' : 'toupcam-gps-offline');
  const isPossible = [gps.startUtcNs, gps.endUtcNs].every((ns) => ns >= FIRST_NS && ns < LAST_NS);
  if (!isPossible || abs(gps.endUtcNs - gps.startUtcNs) > LONGEST_NS)
    return withoutGps(input, 'toupcam-gps-implausible');
  return fromGps(input, gps);
}

/** Of a recorded time against the bytes that it came from: rounding of formats. */
const RECORDED_SLACK_NS = 1_000n;

/**
 * Why a recorded `toupcam-gps` time is not what the library told (`info`: 104 bytes that were kept with it); null where it is. `leapSecond`: of
 * the start, whose count then stands for two seconds.
 */
export function toupcamContradiction(
  { startUtcNs, leapSecond }: Pick<FrameTime, 'startUtcNs' | 'leapSecond'>,
  info: Uint8Array,
): string | null {
  if (info.byteLength !== TOUPCAM_FRAME_INFO_BYTES) return 'what the library told is no frame info';
  const { gps } = decodeToupcamFrameInfo(info);
  if (gps === null) return 'what the library told has no GPS times';
  const apart = abs(startUtcNs - gps.startUtcNs);
  if (apart <= RECORDED_SLACK_NS || (leapSecond && apart <= SECOND)) return null;
  return `the start is ${startUtcNs - gps.startUtcNs} ns from what the library told`;
}

/**
 * A time that was judged by the exposure as it was set, with the one that the frame tells: they differ where a sequencer or an automatic sets it.
 * The end stays, for it is what was seen.
 */
export function withToldExposure(time: FrameTime, { exposureUs }: ToupcamFrameInfo): FrameTime {
  const exposureNs = exposureUs === null ? time.exposureNs : BigInt(exposureUs) * 1_000n;
  const longer = exposureNs - time.exposureNs;
  if (abs(longer) <= exposureSlackNs(time.exposureNs)) return time;
  const end = utcToTai(time.endUtcNs, time.endLeapSecond);
  const uncertaintyNs = time.uncertaintyNs + (longer > 0n ? longer : 0n);
  return { ...time, ...instantsOf(end - exposureNs, end), uncertaintyNs };
}

/** Whole microseconds, in whole lines. */
const exposureSlackNs = (exposureNs: bigint): bigint => 100_000n + exposureNs / 1000n;

function fromGps(input: ToupcamStampInput, gps: ToupcamGps): FrameTime {
  const host = input.hostClock ?? UNSYNCHRONISED_HOST;
  const start = utcToTai(gps.startUtcNs);
  const end = utcToTai(gps.endUtcNs);
  const flags: TimeFlag[] = [];
  const delayNs = utcToTai(input.receivedNs) - end;

  const doubts = doubtsOf(input, gps, end - start);
  const verdict = compareWithHost(delayNs, host);
  if (verdict === 'contradicts') doubts.push('gps-host-contradiction');
  flags.push(...doubts);

  let grade: Grade = 'locked';
  let uncertaintyNs = input.accuracyNs ?? 0n;
  const weak: TimeFlag[] = [];
  if (!input.online) weak.push('toupcam-gps-offline');
  if (gps.satellites < LEAST_SATELLITES) weak.push('toupcam-satellites');
  if (input.accuracyNs === null) weak.push('toupcam-accuracy-unknown');
  if (weak.length > 0) {
    grade = 'coarse';
    uncertaintyNs += host.synchronised ? abs(delayNs) + host.boundNs : SECOND;
    flags.push(...weak);
  }
  if (input.shutter.kind === 'unknown') flags.push('shutter-unknown');
  const kind = input.shutter.kind === 'rolling' ? ('rolling' as const) : ('global' as const);
  const rows = rowModelOf(input.shutter, kind, input.region, input.framePeriodNs);
  if (kind === 'rolling') {
    grade = 'coarse';
    uncertaintyNs += rows.readoutBoundNs;
    flags.push('row-offset-unknown');
  }
  if (!host.synchronised) flags.push('host-unsynchronised');
  if (verdict === 'unclear') {
    // Either may be wrong.
    flags.push('host-disagrees');
    grade = 'coarse';
    uncertaintyNs += abs(delayNs);
  }
  if (doubts.length > 0) grade = 'untrusted';
  return {
    ...instantsOf(start, end > start ? end : start),
    rows,
    uncertaintyNs,
    source: 'toupcam-gps',
    grade,
    flags,
    rawHeader: null,
    sequence: input.info.sequence,
  };
}

function doubtsOf({ info, exposureNs, previous }: ToupcamStampInput, gps: ToupcamGps, durationNs: bigint): TimeFlag[] {
  const doubts: TimeFlag[] = [];
  if (durationNs <= 0n) doubts.push('gps-order');
  // As the frame itself tells it, else as it was set.
  const setNs = info.exposureUs === null ? exposureNs : BigInt(info.exposureUs) * 1_000n;
  if (setNs > 0n && abs(durationNs - setNs) > exposureSlackNs(setNs)) doubts.push('gps-duration');
  if (previous && previous.startUtcNs === gps.startUtcNs && previous.endUtcNs === gps.endUtcNs)
    doubts.push('gps-stale');
  return doubts;
}

function withoutGps(input: ToupcamStampInput, flag: TimeFlag): FrameTime {
  const { info, shutter, region, framePeriodNs, exposureNs, receivedNs, hostClock } = input;
  const time = stampFrame({
    headerBytes: null,
    hasGpsHeader: false,
    shutter,
    region,
    framePeriodNs,
    exposureNs: info.exposureUs === null ? exposureNs : BigInt(info.exposureUs) * 1_000n,
    leaderTicks: info.timestampUs ?? 0n,
    tickFrequencyHz: info.timestampUs === null ? 0n : TIMESTAMP_HZ,
    receivedNs,
    ...(hostClock === undefined ? {} : { hostClock }),
  });
  return { ...time, flags: [flag, ...time.flags], sequence: info.sequence };
}
