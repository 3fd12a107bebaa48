/** The camera's oscillator through a session, as the index tells of it about once a minute. */
import { type AuditFinding, auditFinding } from './finding.js';
import { type AuditEvent, numberIn } from './rows.js';

export interface OscillatorSample {
  readonly utcNs: bigint;
  /** Parts per million above 10 MHz. */
  readonly ppm: number;
}

export interface OscillatorRecord {
  readonly samples: number;
  readonly firstPpm: number;
  readonly lastPpm: number;
  readonly minPpm: number;
  readonly maxPpm: number;
  /** Slope of a line through all samples; null for less than two. */
  readonly ppmPerHour: number | null;
  /** For a plot: every sample, or every second, fourth, ... one. */
  readonly curve: readonly OscillatorSample[];
}

const MOST_SAMPLES = 2_048;
const NOMINAL_HZ = 10_000_000;
/** Counts beyond are no PPS counts. */
const LIMIT_PPM = 100;
const NS_PER_HOUR = 3_600e9;

export class OscillatorWatch {
  #curve: OscillatorSample[] = [];
  #stride = 1;
  #samples = 0;
  #first: OscillatorSample | null = null;
  #last: OscillatorSample | null = null;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  /** Sums of a line's fit: hours since the first sample, ppm. */
  #sums = { t: 0, y: 0, tt: 0, ty: 0 };

  event({ data, startUtcNs }: AuditEvent): void {
    const count = numberIn(data, 'ppsCount');
    const ppm = numberIn(data, 'ppm') ?? (count === null ? null : (count / NOMINAL_HZ - 1) * 1e6);
    if (ppm === null) return;
    const sample = { utcNs: startUtcNs, ppm };
    this.#first ??= sample;
    this.#last = sample;
    this.#min = Math.min(this.#min, ppm);
    this.#max = Math.max(this.#max, ppm);
    const t = Number(startUtcNs - this.#first.utcNs) / NS_PER_HOUR;
    const sums = this.#sums;
    this.#sums = { t: sums.t + t, y: sums.y + ppm, tt: sums.tt + t * t, ty: sums.ty + t * ppm };
    if (this.#samples++ % this.#stride !== 0) return;
    this.#curve.push(sample);
    if (this.#curve.length < MOST_SAMPLES) return;
    this.#stride *= 2;
    this.#curve = this.#curve.filter((_, i) => i % 2 === 0);
  }

  /** The record; null where there is none. */
  result(): { oscillator: OscillatorRecord | null; findings: AuditFinding[] } {
    const [first, last, n] = [this.#first, this.#last, this.#samples];
    if (first === null || last === null) return { oscillator: null, findings: [] };
    const { t, y, tt, ty } = this.#sums;
    const spread = n * tt - t * t;
    const oscillator = {
      samples: n,
      firstPpm: first.ppm,
      lastPpm: last.ppm,
      minPpm: this.#min,
      maxPpm: this.#max,
      ppmPerHour: n > 1 && spread > 0 ? (n * ty - t * y) / spread : null,
      curve: this.#curve,
    };
    const off = Math.max(Math.abs(this.#min), Math.abs(this.#max));
    const findings = off > LIMIT_PPM ? [auditFinding('oscillator', `${off.toFixed(2)} ppm off 10 MHz`)] : [];
    return { oscillator, findings };
  }
}
