import { RECEIVER_STATUS } from '#gps/header/qhy-header.js';
import { type ClockFault, type FaultSpan, faultsNamed, isActive, type LeapLabel } from './clock-faults.js';
import { SECOND_NS, utcOfTai, wholeSecond } from './time-scales.js';

export type GpsState = 'locked' | 'unlocked' | 'searching' | 'off';

/** A time without PPS. */
export interface PpsOutage {
  /** Null: since before the stream. */
  readonly fromTaiNs: bigint | null;
  /** Null: to the end. */
  readonly toTaiNs: bigint | null;
  /** Null: the receiver's state from the start. */
  readonly fault: string | null;
}

const STATUS_OF_STATE: Record<GpsState, number> = {
  locked: RECEIVER_STATUS.locked,
  unlocked: RECEIVER_STATUS.unlockedValid,
  searching: RECEIVER_STATUS.searching,
  off: RECEIVER_STATUS.off,
};
/** What the receiver says of itself while it has no PPS. */
const STATUS_OF_OUTAGE = {
  'lock-loss': RECEIVER_STATUS.searching,
  holding: RECEIVER_STATUS.unlockedValid,
  'pps-missing': RECEIVER_STATUS.locked,
} as const;

/** Position of the simulated station, words as in the header: 41.1711 N, 73.3275 W. */
const LATITUDE_RAW = 411_026_600;
const LONGITUDE_RAW = 1_073_196_500;

/** The GPS receiver beside the camera: what it says of itself, when its PPS comes, and what it calls a second. */
export class GpsReceiver {
  readonly #state: GpsState;
  readonly #faults: readonly ClockFault[];
  readonly #outages: readonly PpsOutage[];
  readonly #leapLabel: LeapLabel;

  /** `startTaiNs`: when a frame's exposure begins, which is when its faults do. */
  constructor(state: GpsState, faults: readonly ClockFault[], startTaiNs: (frame: number) => bigint) {
    this.#state = state;
    this.#faults = faults;
    this.#leapLabel = faultsNamed(faults, 'leap-second')[0]?.label ?? 'hold-next';
    const outages = faultsNamed(faults, 'lock-loss', 'holding', 'pps-missing').map((fault) => ({
      fault: fault.name,
      ...timesOf(fault, startTaiNs),
    }));
    const never = { fault: null, fromTaiNs: null, toTaiNs: null };
    this.#outages = state === 'locked' ? outages : [never, ...outages];
  }

  /** Status in two bits at `frame`, the worst that applies. */
  status(frame: number): number {
    const statuses = faultsNamed(this.#faults, 'lock-loss', 'holding', 'pps-missing')
      .filter((fault) => isActive(fault, frame))
      .map((fault) => STATUS_OF_OUTAGE[fault.name]);
    return Math.min(STATUS_OF_STATE[this.#state], ...statuses);
  }

  /**
   * The flag byte. A locked one is 0x33 as in a real header: PPS seen, second locked. It stays so where the PPS is
   * missing under the status locked: the low bits are undocumented, and a reader must not need them.
   */
  flag(frame: number): number {
    const status = this.status(frame);
    return (status << 4) | (status === RECEIVER_STATUS.locked ? 3 : 0);
  }

  /** The position words; 0 without a valid fix. */
  position(frame: number): { readonly latitudeRaw: number; readonly longitudeRaw: number } {
    const valid = this.status(frame) >= RECEIVER_STATUS.unlockedValid;
    return { latitudeRaw: valid ? LATITUDE_RAW : 0, longitudeRaw: valid ? LONGITUDE_RAW : 0 };
  }

  /** Seconds that the receiver is ahead at `frame`. */
  errorS(frame: number): number {
    const errors = faultsNamed(this.#faults, 'whole-second', 'almanac').filter((fault) => isActive(fault, frame));
    return errors.reduce((sum, { seconds }) => sum + seconds, 0);
  }

  /** Why there is no PPS at the whole second `taiNs`; null: there is one. */
  outageAt(taiNs: bigint): PpsOutage | null {
    const covers = ({ fromTaiNs, toTaiNs }: PpsOutage) =>
      (fromTaiNs === null || taiNs >= fromTaiNs) && (toTaiNs === null || taiNs < toTaiNs);
    return this.#outages.find(covers) ?? null;
  }

  /** The last PPS at or before an instant; null: none since before the stream. */
  lastPps(taiNs: bigint): bigint | null {
    for (let second = wholeSecond(taiNs); ; ) {
      const outage = this.outageAt(second);
      if (outage === null) return second;
      if (outage.fromTaiNs === null) return null;
      second = wholeSecond(outage.fromTaiNs - 1n);
    }
  }

  /** The Unix count that the receiver gives the whole second `taiNs`, without {@link errorS}. */
  labelS(taiNs: bigint): bigint {
    const { utcNs, leapSecond } = utcOfTai(taiNs);
    return utcNs / SECOND_NS - (leapSecond && this.#leapLabel === 'repeat' ? 1n : 0n);
  }
}

function timesOf({ first, frames }: FaultSpan, startTaiNs: (frame: number) => bigint) {
  return {
    fromTaiNs: first === 0 ? null : startTaiNs(first),
    toTaiNs: Number.isFinite(frames) ? startTaiNs(first + frames) : null,
  };
}
