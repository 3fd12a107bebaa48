import { PPS_SENTINEL, QHY_EPOCH_UNIX_S, type QhyStamp } from '#gps/header/qhy-header.js';
import { Random } from '../random.js';
import type { GpsReceiver } from './gps-receiver.js';
import { floorDiv, SECOND_NS, wholeSecond } from './time-scales.js';

export interface Oscillator {
  /** Parts in a million above 10 MHz. */
  readonly ppm: number;
  /** The PPS count is off by -1, 0 or 1, drawn from the seed for each second. */
  readonly jitter: boolean;
}

/** Counter ticks after which the second rolls over without a PPS: the PPS count then reads this number. */
const TIMEOUT_TICKS = BigInt(PPS_SENTINEL);

/**
 * The counter in the camera that makes the header's stamps: it counts the oscillator's ticks since the last PPS. Without a
 * PPS in time the second rolls over by itself after 10,000,500 ticks, 50 us late each time, and the PPS count reads that. An
 * oscillator more than 50 ppm fast gets there before every PPS: its seconds begin early, and the PPS sets them right.
 */
export class StampCounter {
  readonly #receiver: GpsReceiver;
  /** In mHz. */
  readonly #rate: bigint;
  readonly #oscillator: Oscillator;
  readonly #seed: number;
  /** Where the seconds are counted from where there never was a PPS. */
  readonly #anchorTaiNs: bigint;

  constructor(receiver: GpsReceiver, oscillator: Oscillator, originTaiNs: bigint, seed: number) {
    this.#receiver = receiver;
    this.#oscillator = oscillator;
    this.#rate = BigInt(Math.round((1e7 + 10 * oscillator.ppm) * 1000));
    this.#anchorTaiNs = wholeSecond(originTaiNs);
    this.#seed = seed;
  }

  /** The stamp of an instant in `frame`. */
  stamp(taiNs: bigint, frame: number): QhyStamp {
    const since = this.#receiver.lastPps(taiNs) ?? this.#anchorTaiNs;
    const ticks = this.#ticks(since, taiNs);
    const rolledOver = floorDiv(ticks, TIMEOUT_TICKS);
    const unixS = Number(this.#receiver.labelS(since) + rolledOver) + this.#receiver.errorS(frame);
    return {
      flag: this.#receiver.flag(frame),
      seconds: unixS - QHY_EPOCH_UNIX_S,
      ticks: Number(ticks - rolledOver * TIMEOUT_TICKS),
    };
  }

  /** The PPS count that reads at an instant: ticks between the last two PPS, if neither was missed or came too late. */
  ppsCount(taiNs: bigint): number {
    const last = this.#receiver.lastPps(taiNs);
    if (last === null || this.#ticks(last, taiNs) >= TIMEOUT_TICKS) return PPS_SENTINEL;
    if (this.#receiver.outageAt(last - SECOND_NS)) return PPS_SENTINEL;
    const jitter = this.#oscillator.jitter
      ? new Random(this.#seed, 0x707073, Number(last / SECOND_NS)).below(3) - 1
      : 0;
    return Math.min(PPS_SENTINEL, Number((this.#rate + 500n) / 1000n) + jitter);
  }

  /** The fault that the PPS count shows at an instant; null: none. */
  outage(taiNs: bigint): string | null {
    const last = this.#receiver.lastPps(taiNs) ?? wholeSecond(taiNs);
    const missed = [last + SECOND_NS, last, last - SECOND_NS].filter((second) => second <= taiNs);
    return missed.map((second) => this.#receiver.outageAt(second)?.fault ?? null).find((name) => name !== null) ?? null;
  }

  #ticks(fromTaiNs: bigint, toTaiNs: bigint): bigint {
    return floorDiv((toTaiNs - fromTaiNs) * this.#rate, 1_000_000_000_000n);
  }
}
