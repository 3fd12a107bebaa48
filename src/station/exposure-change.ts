/**
 * An exposure that is set while frames stream. Frames that were begun before still have the former one, and cameras take a new one over
 * some frames later. Where the header's two stamps span the exposure they tell which one a frame has; else its arrival does, and times
 * of frames that may have either are no better than the difference.
 */
import type { FrameTime } from '#gps/frame-time.js';
import { decodeQhyHeader, stampUtcNs } from '#gps/header/qhy-header.js';
import type { CameraTiming } from '#gps/judge/frame-evidence.js';

/** Frame periods after which a camera has taken a new exposure over. */
const PERIODS = 4n;
/** Where the camera does not tell its period. */
const UNKNOWN_PERIOD_NS = 100_000_000n;
/** Delivery of a frame, at most. */
const DELIVERY_NS = 1_000_000_000n;

interface Announced {
  readonly timing: CameraTiming;
  /** Frames that come before have the former exposure. */
  readonly fromNs: bigint;
  /** Frames that come behind have it. */
  readonly untilNs: bigint;
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const distance = (a: bigint, b: bigint): bigint => (a > b ? a - b : b - a);

export class ExposureChange {
  /** Oldest first. */
  #announced: Announced[] = [];
  /** Times of frames are in doubt by so much until then. */
  #doubt = { ns: 0n, untilNs: 0n };

  /** Whether frames are waited for that have another exposure. */
  get pending(): boolean {
    return this.#announced.length > 0;
  }

  /** The exposure was set at `nowNs`, host time; the newest that frames are known to have is `former`'s. */
  announce(former: CameraTiming, timing: CameraTiming, nowNs: bigint): void {
    const period = larger(former.framePeriodNs ?? UNKNOWN_PERIOD_NS, timing.framePeriodNs ?? UNKNOWN_PERIOD_NS);
    const [least, most] = [smaller(former.exposureNs, timing.exposureNs), larger(former.exposureNs, timing.exposureNs)];
    const untilNs = nowNs + 2n * most + PERIODS * period + DELIVERY_NS;
    this.#announced.push({ timing, fromNs: nowNs + least, untilNs });
  }

  /** Another stream begins. */
  reset(): void {
    this.#announced = [];
    this.#doubt = { ns: 0n, untilNs: 0n };
  }

  /** The timing that begins with a frame; null where none does. `header`: where it has a GPS header. */
  adopt(now: CameraTiming, receivedNs: bigint, header: Uint8Array | null): CameraTiming | null {
    const spanNs = now.shutter.kind === 'global' && header !== null ? stampedNs(header) : null;
    const found = spanNs === null ? this.#byArrival(receivedNs) : this.#byStamps(now, receivedNs, spanNs);
    if (found < 0) return null;
    const { timing, untilNs } = this.#announced[found] as Announced;
    this.#announced.splice(0, found + 1);
    if (spanNs === null) this.#doubt = { ns: distance(now.exposureNs, timing.exposureNs), untilNs };
    return timing;
  }

  /** A frame's time with the doubt about its exposure in it. */
  doubted(time: FrameTime, receivedNs: bigint): FrameTime {
    const { ns, untilNs } = this.#doubt;
    return ns === 0n || receivedNs >= untilNs ? time : { ...time, uncertaintyNs: time.uncertaintyNs + ns };
  }

  #byArrival(receivedNs: bigint): number {
    return this.#announced.findLastIndex(({ fromNs }) => receivedNs >= fromNs);
  }

  /** The one that the stamps are nearest to; one that never showed is believed in the end, so that the difference is told. */
  #byStamps(now: CameraTiming, receivedNs: bigint, spanNs: bigint): number {
    let found = -1;
    let nearest = distance(spanNs, now.exposureNs);
    for (const [i, { timing, untilNs }] of this.#announced.entries()) {
      const away = distance(spanNs, timing.exposureNs);
      if (away < nearest || receivedNs >= untilNs) found = i;
      nearest = smaller(nearest, away);
    }
    return found;
  }
}

function stampedNs(bytes: Uint8Array): bigint {
  const { start, end, ppsCount } = decodeQhyHeader(bytes);
  return stampUtcNs(end, ppsCount) - stampUtcNs(start, ppsCount);
}
