/** The time of a frame whose header has no PPS count: its stamps by the ticks since the last one. */
import { utcToTai } from '../clocks/leap-seconds.js';
import { type FrameTime, instantsOf } from '../frame-time.js';
import { type QhyHeader, type QhyStamp, stampUtcNs } from '../header/qhy-header.js';
import type { ExposureWatch } from './exposure-watch.js';
import type { FreeTime, Holdover } from './holdover.js';
import { labelled } from './leap-labels.js';

/** What the header marks as the end of the exposure. */
export interface FreeEnds {
  /** As the header has it, TAI. */
  readonly headerEnd: bigint;
  /** Where the ticks put it, TAI. */
  readonly end: bigint;
  /** The exposure that the camera is set to. */
  readonly setExposureNs: bigint;
}

export class FreeRun {
  readonly #holdover: Holdover;
  readonly #exposure: ExposureWatch;

  constructor(holdover: Holdover, exposure: ExposureWatch) {
    this.#holdover = holdover;
    this.#exposure = exposure;
  }

  /** The time of a stamp that is `expected` at one of these instants; null where none was locked before. */
  at(stamp: QhyStamp, expected: readonly bigint[]): FreeTime | null {
    // The label's ticks by the frequency of the last pulses.
    const labelTai = (frequencyHz: number) => {
      const ticksNs = BigInt(Math.round((stamp.ticks * 1e9) / frequencyHz));
      return labelled(stampUtcNs({ ...stamp, ticks: 0 }, null) + ticksNs, expected[0] ?? null);
    };
    return this.#holdover.at(stamp, labelTai, expected);
  }

  /** `base` with its instants where the ticks put them: the header's end, before at `headerEnd`, at `end`. */
  frameTime(base: FrameTime, header: QhyHeader, { headerEnd, end, setExposureNs }: FreeEnds): FrameTime {
    const { rows } = base;
    // The rows' offsets stay as they are: what the header's end stamp marks has moved.
    const last = end + utcToTai(base.endUtcNs, base.endLeapSecond) - headerEnd;
    const { startOffsetNs = 0n, endOffsetNs = 0n, stampExcessNs = 0n } = base.calibration ?? {};
    // Exposures seen so far are calibrated, the stamps are not.
    const seen = this.#exposure.exposureNs;
    const stamped = seen === null ? setExposureNs + stampExcessNs : seen + startOffsetNs - endOffsetNs;
    const start = rows.shutter === 'global' ? this.at(header.start, [end - stamped]) : null;
    const first = start === null ? last - base.exposureNs : start.tai + startOffsetNs;
    return { ...base, ...instantsOf(first, last > first ? last : first) };
  }
}
