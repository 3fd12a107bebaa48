import type { ShutterModel } from '#gps/rows/shutter.js';
import { Random } from '../random.js';
import { type ClockFault, faultsNamed, isActive } from './clock-faults.js';
import { ExposureSchedule, type FrameRate } from './exposure-schedule.js';
import { FrameOrder, type Slot } from './frame-order.js';
import { GpsReceiver, type GpsState } from './gps-receiver.js';
import { HeaderWriter, headerPulse, type Pulse, sequenceOf } from './header-writer.js';
import type { LedPulse } from './led-spot.js';
import { type ClockworkRegion, firstSensorRow, rowDelayNs, sensorRowOf } from './row-delays.js';
import { StampCounter } from './stamp-counter.js';
import { floorDiv, SECOND_NS, taiOfUtc, utcOfTai } from './time-scales.js';

/**
 * What the leader's time stamp counts, in nanoseconds: `utc` as POSIX counts, `free` since the camera's power-on, `ptp` TAI.
 */
export type LeaderScale = 'utc' | 'free' | 'ptp';
export const POWER_ON_NS = 3_723_000_000_000n;

/** How much later than the stamps and the shutter's model say an exposure really begins and ends. */
export interface Lateness {
  readonly startNs: bigint;
  readonly endNs: bigint;
}

export interface ClockworkSetup extends FrameRate {
  readonly shutter: ShutterModel;
  /** The size that the header tells: that of the sensor. */
  readonly sensor: { readonly width: number; readonly height: number };
  readonly region: ClockworkRegion;
  /** Start of exposure of the sensor's first row in frame 0. */
  readonly originUtcNs: bigint;
  readonly gps: GpsState;
  readonly leaderScale: LeaderScale;
  /** From the camera's power-on to the origin; left out: {@link POWER_ON_NS}. */
  readonly poweredNs?: bigint;
  /** Left out: none. */
  readonly lateness?: Lateness;
  readonly faults: readonly ClockFault[];
  readonly seed: number;
}

/** When a frame was really exposed: row 0 of the image, the row that the file shows first. */
export interface FrameTruth {
  readonly startUtcNs: bigint;
  readonly endUtcNs: bigint;
  /** `startUtcNs` is in a leap second. Its count is that of the midnight which follows, so the end may count less. */
  readonly leapSecond: boolean;
  readonly exposureNs: bigint;
  /** Names of the faults that touch this frame. */
  readonly faults: readonly string[];
}

export interface ClockFrame {
  /** The exposure's index. */
  readonly frame: number;
  /** As the camera counts it, 32 bits. */
  readonly sequence: number;
  readonly truth: FrameTruth;
  /** What the camera writes over the first bytes of the payload: 44 bytes, 88 with `header-16bit`. */
  readonly header: Uint8Array;
  readonly leaderTicks: bigint;
  /** The scene of which exposure, or nothing but zeros. */
  readonly pixels: { readonly kind: 'scene'; readonly frame: number } | { readonly kind: 'zero' };
  /** From the end of exposure of the first row read to the first packet at a host. */
  readonly hostDelayNs: bigint;
}

/** One exposure's way out of the camera. */
export interface Delivery {
  /** Counts what is sent; null: the exposure never left the camera. */
  readonly block: bigint | null;
  readonly frame: ClockFrame;
  /** Those of the frame and those of its delivery. */
  readonly faults: readonly string[];
  /** When its first packet arrives by a host clock that is right. */
  readonly receivedUtcNs: bigint;
}

const ON_TIME: Lateness = { startNs: 0n, endNs: 0n };
/** Least and mean additional time from readout to the host: FIFO, kernel, and what is in their way. */
const LEAST_DELAY_NS = 200_000;
const MEAN_JITTER_NS = 150_000;

/**
 * The simulated camera's clockwork: when frames are exposed, what the camera says of it, and what is sent, faults included.
 * Pure: the same setup gives the same frames, in any order of asking. Rows end as QHYCCD's rolling shutters do: row r of the
 * sensor at t0 + end offset + line period x r, r rounded down to even where rows are read in pairs.
 */
export class Clockwork {
  readonly #setup: ClockworkSetup;
  readonly #schedule: ExposureSchedule;
  readonly #order: FrameOrder;
  readonly #originTaiNs: bigint;
  readonly #driftPpb: bigint;
  readonly #headers: HeaderWriter;
  /** What the first row read is later than the sensor's first. */
  readonly #readDelayNs: bigint;
  #receiver: GpsReceiver;
  #counter: StampCounter;

  constructor(setup: ClockworkSetup) {
    this.#setup = setup;
    this.#schedule = new ExposureSchedule(setup, setup.faults);
    this.#order = new FrameOrder(setup.faults);
    this.#originTaiNs = taiOfUtc(setup.originUtcNs);
    this.#driftPpb = BigInt(Math.round(sum(faultsNamed(setup.faults, 'drift').map(({ ppm }) => ppm)) * 1000));
    this.#readDelayNs = rowDelayNs(setup.shutter, firstSensorRow(setup.region));
    this.#headers = new HeaderWriter(setup.sensor, setup.faults, setup.seed);
    [this.#receiver, this.#counter] = this.#windUp();
  }

  /** Another rate or exposure from frame `frame` on. */
  change(frame: number, rate: FrameRate): void {
    this.#schedule.change(frame, rate);
    [this.#receiver, this.#counter] = this.#windUp();
  }

  /** When frame `frame` can begin at the earliest, in nanoseconds after the origin: the camera is ready for a trigger. */
  readyNs(frame: number): bigint {
    if (frame === 0) return 0n;
    return this.#schedule.startNs(frame - 1) + BigInt(Math.round(this.#schedule.periodNs(frame - 1)));
  }

  /** A trigger: frame `frame`, the newest, begins `startNs` after the origin. */
  startAt(frame: number, startNs: bigint): void {
    this.#schedule.startAt(frame, startNs);
    [this.#receiver, this.#counter] = this.#windUp();
  }

  exposureNs(frame: number): bigint {
    return this.#schedule.exposureNs(frame);
  }

  /** The time that a delivery of slot `index` has: the frame period, or a half where two must leave in one. */
  turnNs(index: number): number {
    const alone = this.#order.exposureAt(index) === index && this.#order.slot(index).delivered.length < 2;
    return this.#schedule.periodNs(index) / (alone ? 1 : 2);
  }

  /** What is delivered in place `index` of the stream, and what is lost there. */
  slot(index: number): Slot {
    return this.#order.slot(index);
  }

  /** When delivery `turn` (0, 1) of slot `index` can leave the camera, in nanoseconds after the origin. */
  leavesNs(index: number, turn: number): bigint {
    // The second of two at one time waits for half of the first.
    const exchanged = this.#order.exposureAt(index) < index ? 1 : 0;
    const waitNs = BigInt(Math.round(((turn + exchanged) * this.#schedule.periodNs(index)) / 2));
    return this.#readStartNs(this.#order.lastNeeded(index)) + waitNs;
  }

  /** The `exposures` first exposures as they are delivered, block by block from `firstBlock`, and lost ones in between. */
  *delivery(exposures: number, firstBlock = 1n): Generator<Delivery> {
    let block = firstBlock;
    let latest = -1n;
    for (let index = 0; index < exposures; index++) {
      const { delivered, lost } = this.slot(index);
      for (const [turn, item] of delivered.entries()) {
        const frame = this.frame(item.frame);
        const taiNs = this.#originTaiNs + this.leavesNs(index, turn) + this.#hostDelayNs(index);
        latest = taiNs > latest ? taiNs : latest + 1000n;
        const faults = [...frame.truth.faults, ...item.faults];
        yield { block: block++, frame, faults, receivedUtcNs: utcOfTai(latest).utcNs };
      }
      for (const item of lost) {
        const frame = this.frame(item.frame);
        const taiNs = this.#originTaiNs + this.leavesNs(index, 0);
        yield {
          block: null,
          frame,
          faults: [...frame.truth.faults, ...item.faults],
          receivedUtcNs: utcOfTai(taiNs).utcNs,
        };
      }
    }
  }

  /** Exposure `n`: 0, 1, ... */
  frame(n: number): ClockFrame {
    const { startTaiNs, endTaiNs } = this.#exposed(n, 0);
    const zero = faultsNamed(this.#setup.faults, 'all-zero').some((fault) => isActive(fault, n));
    const { utcNs: startUtcNs, leapSecond } = utcOfTai(startTaiNs);
    const { utcNs: endUtcNs } = utcOfTai(endTaiNs);
    const exposureNs = endTaiNs - startTaiNs;
    return {
      frame: n,
      sequence: sequenceOf(n, this.#setup.faults),
      truth: { startUtcNs, endUtcNs, leapSecond, exposureNs, faults: this.#faultNames(n) },
      header: this.#headers.header(n, this.#pulse(n), this.#receiver, this.#counter),
      leaderTicks: this.ticksAt(this.#schedule.startNs(n) + this.#readDelayNs),
      pixels: zero ? { kind: 'zero' } : { kind: 'scene', frame: n },
      hostDelayNs: this.#hostDelayNs(n),
    };
  }

  /** End of exposure of row `imageRow` of frame `n`. */
  rowEndUtcNs(n: number, imageRow: number): bigint {
    return utcOfTai(this.#exposed(n, imageRow).endTaiNs).utcNs;
  }

  /** How long the LED shines into the exposure of row `imageRow` of frame `n`, nanoseconds. */
  litNs(n: number, imageRow: number, { edge, offsetNs, widthNs }: LedPulse): number {
    const { startTaiNs, endTaiNs } = this.#exposed(n, imageRow);
    const mark = this.#pulse(n)[edge === 'start' ? 'startTaiNs' : 'endTaiNs'];
    const from = Math.max(offsetNs, Number(startTaiNs - mark));
    return Math.max(0, Math.min(offsetNs + widthNs, Number(endTaiNs - mark)) - from);
  }

  /** What the camera's tick clock shows `sinceOriginNs` after the origin. */
  ticksAt(sinceOriginNs: bigint): bigint {
    const taiNs = this.#originTaiNs + sinceOriginNs;
    const drift = floorDiv(sinceOriginNs * this.#driftPpb, SECOND_NS);
    switch (this.#setup.leaderScale) {
      case 'utc':
        return utcOfTai(taiNs).utcNs + drift;
      case 'free':
        return (this.#setup.poweredNs ?? POWER_ON_NS) + sinceOriginNs + drift;
      case 'ptp':
        return taiNs + drift;
    }
  }

  /** The receiver's troubles are given by frames; when those are depends on the rate. */
  #windUp(): readonly [GpsReceiver, StampCounter] {
    const { faults, gps, seed } = this.#setup;
    const receiver = new GpsReceiver(gps, faults, (frame) => this.#startTaiNs(frame));
    const oscillator = faultsNamed(faults, 'oscillator')[0] ?? { ppm: 0, jitter: false };
    return [receiver, new StampCounter(receiver, oscillator, this.#originTaiNs, seed)];
  }

  #pulse(frame: number): Pulse {
    const { shutter, faults } = this.#setup;
    return headerPulse(shutter, this.#startTaiNs(frame), this.#schedule.exposureNs(frame), faults);
  }

  /** When row `imageRow` is really exposed. */
  #exposed(frame: number, imageRow: number): Pulse {
    const { startNs, endNs } = this.#setup.lateness ?? ON_TIME;
    const taiNs = this.#startTaiNs(frame) + this.#rowDelayNs(imageRow);
    const startTaiNs = taiNs + startNs;
    const endTaiNs = taiNs + this.#schedule.exposureNs(frame) + endNs;
    return { startTaiNs, endTaiNs: endTaiNs > startTaiNs ? endTaiNs : startTaiNs };
  }

  /** Start of exposure of the sensor's first row, by the stamps. */
  #startTaiNs(frame: number): bigint {
    return this.#originTaiNs + this.#schedule.startNs(frame);
  }

  /** From the origin to the end of exposure of the first row that is read. */
  #readStartNs(frame: number): bigint {
    return this.#schedule.startNs(frame) + this.#schedule.exposureNs(frame) + this.#readDelayNs;
  }

  #rowDelayNs(imageRow: number): bigint {
    return rowDelayNs(this.#setup.shutter, sensorRowOf(this.#setup.region, imageRow));
  }

  #hostDelayNs(frame: number): bigint {
    const share = new Random(this.#setup.seed, 0x64656c61, frame).float();
    return BigInt(Math.round(LEAST_DELAY_NS - MEAN_JITTER_NS * Math.log(1 - share)));
  }

  #faultNames(frame: number): string[] {
    const names = new Set<string>();
    for (const fault of this.#setup.faults) {
      if (fault.name === 'leap-second' ? this.#inLeapSecond(frame) : touches(fault, frame)) names.add(fault.name);
    }
    const outage = this.#counter.outage(this.#pulse(frame).endTaiNs);
    if (outage !== null) names.add(outage);
    return [...names];
  }

  #inLeapSecond(frame: number): boolean {
    return [this.#pulse(frame), this.#exposed(frame, 0)]
      .flatMap(({ startTaiNs, endTaiNs }) => [startTaiNs, endTaiNs])
      .some((taiNs) => utcOfTai(taiNs).leapSecond);
  }
}

/** Whether a fault shows in frame `frame` itself; what happens to its delivery is told there. */
function touches(fault: ClockFault, frame: number): boolean {
  switch (fault.name) {
    case 'repeat':
    case 'stale':
    case 'out-of-order':
    case 'frame-gap':
      return false;
    case 'sequence-reset':
      return frame === fault.first;
    case 'sequence-wrap':
      return frame === fault.before;
    case 'exposure':
      return frame === fault.first || frame === fault.first + fault.frames;
    default:
      return isActive(fault, frame);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
