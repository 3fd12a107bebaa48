/** What an observer is told of a camera's clock: the grade of the newest frame's time, since when, and what stands behind it. */

import type { GpsdWitness } from '#gps/clocks/gpsd-report.js';
import type { FrameTime } from '#gps/frame-time.js';
import type { NmeaFix } from '#gps/header/nmea-fix.js';
import { decodeQhyHeader, isPlausiblePps } from '#gps/header/qhy-header.js';
import { decodeToupcamFrameInfo } from '#gps/header/toupcam-frame-info.js';
import type { ReceiverState } from '#gps/judge/receiver-state.js';
import type { SecondCheck } from '#gps/judge/second-guard.js';
import { hostInWords, receiverInWords, whyNotLocked } from './clock-words.js';
import type { HostClockState } from './host-clock.js';
import type { Clock } from './station-state.js';

/** What is known of the time besides that of the frames. */
export interface ClockWitnesses {
  /** Whether the camera says that it writes a GPS header; null where it says nothing. */
  readonly hasGpsHeader: boolean | null;
  readonly receiver: ReceiverState | null;
  /** Above 10 MHz; null before the first count. */
  readonly oscillatorPpm: number | null;
  readonly second: SecondCheck | null;
  readonly almanacAgeS: number | null;
  readonly host: HostClockState;
  readonly gpsd: GpsdWitness | null;
  readonly nmea: NmeaFix | null;
}

/** The almanac with the leap seconds is sent every 12.5 minutes. */
const ALMANAC_S = 750;

export class ClockPanel {
  #newest: FrameTime | null = null;
  #sinceUtcNs = 0n;
  #wasLocked = false;
  /** Start of the newest frame that was seen with a PPS. */
  #ppsUtcNs: bigint | null = null;

  /** The next frame's time. */
  frame(time: FrameTime): void {
    if (time.grade !== this.#newest?.grade) this.#sinceUtcNs = time.startUtcNs;
    this.#newest = time;
  }

  /** Null before the first frame. */
  clock(known: ClockWitnesses): Clock | null {
    const time = this.#newest;
    if (time === null) return null;
    if (time.grade === 'locked') this.#wasLocked = true;
    const { flags } = time;
    const ppsCount = ppsCountOf(time);
    if (ppsCount !== null) this.#ppsUtcNs = time.startUtcNs;
    const withoutPpsS = this.#ppsUtcNs === null ? null : Number((time.startUtcNs - this.#ppsUtcNs) / 1_000_000_000n);
    const { hasGpsHeader, receiver, oscillatorPpm, second, host, gpsd, nmea } = known;
    return {
      grade: time.grade,
      source: time.source,
      uncertaintyNs: String(time.uncertaintyNs),
      why: whyNotLocked(time, { hasGpsHeader, receiver, wasLocked: this.#wasLocked, withoutPpsS }),
      sinceUtcNs: String(this.#sinceUtcNs),
      flags: [...flags],
      receiver: receiverInWords(receiver),
      ppsCount,
      ppsErrorPpb: oscillatorPpm === null ? null : Math.round(oscillatorPpm * 1_000),
      satellites: nmea?.satellitesUsed ?? satellitesOf(time) ?? gpsd?.satellitesUsed ?? null,
      almanac: nmea?.leapSecondsReceived ?? almanacOf(flags, known.almanacAgeS),
      hostOffsetNs: second === null ? null : String(second.delayNs),
      host: hostInWords(host),
    };
  }
}

/** Of the last second, where the frame's header tells one that can be. */
function ppsCountOf({ source, rawHeader }: FrameTime): number | null {
  if (source !== 'gps-header' || rawHeader === null) return null;
  const { ppsCount } = decodeQhyHeader(rawHeader);
  return isPlausiblePps(ppsCount) ? ppsCount : null;
}

function satellitesOf({ libraryInfo }: FrameTime): number | null {
  return libraryInfo === undefined ? null : (decodeToupcamFrameInfo(libraryInfo).gps?.satellites ?? null);
}

/** A receiver that was seen without time has the almanac when it has had time for as long as that takes to be sent. */
function almanacOf(flags: readonly string[], ageS: number | null): boolean | null {
  if (flags.includes('gps-almanac-young')) return false;
  return ageS !== null && ageS >= ALMANAC_S ? true : null;
}
