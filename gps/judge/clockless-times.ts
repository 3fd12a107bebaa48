/**
 * Times of frames that bring no GPS time of their own: from the camera's ticks, on a line that locked frames before have drawn,
 * else on the one that the receive times draw; from the camera's clock itself where PTP holds it; from the host at last.
 */

import { type FrameTime, instantsOf, type TimeSource } from '../frame-time.js';
import { ClockFit } from './clock-fit.js';
import type { HostWitness } from './second-guard.js';

/** Seconds of locked frames that make a line to be trusted for a while. */
const LEAST_SECONDS = 5;
/** How long, nanoseconds. */
const GPS_LINE_LASTS_NS = 600e9;
/** By how much a camera's crystal may change its rate beyond what the line shows, parts per million: temperature of a night. */
const RATE_DOUBT_PPM = 0.5;
/** Of a camera clock that PTP holds: what switches that do not take part let open. */
const PTP_UNCERTAINTY_NS = 10_000n;

const DAY_NS = 86_400_000_000_000n;
/** What scheduling and the kernel's time stamp may take away from a delay of zero. */
const SLACK_NS = 50_000_000n;
/** From the end of exposure to the first packet, with frames that wait in the camera's memory. */
const LONGEST_DELIVERY_NS = 10_000_000_000n;

export interface ClocklessEvidence {
  /** What a single frame's evidence makes of it. */
  readonly base: FrameTime;
  /** The leader's ticks as nanoseconds; null where there are none. */
  readonly ticksNs: bigint | null;
  readonly receivedTai: bigint;
  /** The ticks are TAI, held by PTP. */
  readonly ptp: boolean;
  readonly host: HostWitness;
}

export class ClocklessTimes {
  /** Of ticks against the end of exposure, by locked frames. */
  readonly #byGps = new ClockFit('exact');
  /** Of ticks against receive times. */
  readonly #byHost = new ClockFit('late');

  /** A locked frame: its ticks, and the end of its exposure. */
  learn(ticksNs: bigint | null, endTai: bigint): void {
    if (ticksNs !== null) this.#byGps.add(ticksNs, endTai);
  }

  reset(): void {
    this.#byGps.reset();
    this.#byHost.reset();
  }

  judge({ base, ticksNs, receivedTai, ptp, host }: ClocklessEvidence): FrameTime {
    if (ticksNs === null) return base;
    this.#byHost.add(ticksNs, receivedTai);
    // What the leader's stamp marks, begin or end of the exposure, is not said anywhere.
    if (ptp && isTai(ticksNs, receivedTai, base.exposureNs, host)) {
      return at(base, ticksNs, 'ptp', PTP_UNCERTAINTY_NS + base.exposureNs, 'leader-moment-unknown');
    }
    const time = this.#byLine(base, ticksNs);
    return ptp ? { ...time, flags: [...time.flags, 'ptp-contradicted'] } : time;
  }

  #byLine(base: FrameTime, ticksNs: bigint): FrameTime {
    const byGps = this.#byGps.at(ticksNs);
    const sinceNs = this.#byGps.since(ticksNs);
    if (byGps !== null && this.#byGps.seconds >= LEAST_SECONDS && sinceNs < GPS_LINE_LASTS_NS) {
      const bound = 200 + 4 * this.#byGps.rmsNs + Math.max(0, sinceNs) * RATE_DOUBT_PPM * 1e-6;
      return at(base, byGps, 'camera-clock', BigInt(Math.ceil(bound)), 'camera-clock-by-gps');
    }
    const byHost = this.#byHost.at(ticksNs);
    return byHost === null ? base : at(base, byHost, 'camera-clock', base.uncertaintyNs, 'camera-clock-by-host');
  }
}

/**
 * Whether ticks can be TAI: a PTP master may as well hand out UTC, 37 s less, or time since it was switched on. A host that nobody
 * vouches for can only tell the last.
 */
function isTai(ticksNs: bigint, receivedTai: bigint, exposureNs: bigint, host: HostWitness): boolean {
  const delayNs = receivedTai - ticksNs;
  if (!host.synchronised) return delayNs > -DAY_NS && delayNs < DAY_NS;
  return delayNs > -(host.boundNs + SLACK_NS) && delayNs < host.boundNs + exposureNs + LONGEST_DELIVERY_NS;
}

/** `base` with row 0 ending at `endTai`. */
function at(base: FrameTime, endTai: bigint, source: TimeSource, uncertaintyNs: bigint, flag: string): FrameTime {
  return {
    ...base,
    ...instantsOf(endTai - base.exposureNs, endTai),
    uncertaintyNs,
    source,
    grade: base.grade === 'untrusted' ? 'untrusted' : 'coarse',
    flags: [...base.flags, flag],
  };
}
