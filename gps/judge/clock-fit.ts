/**
 * The camera's own tick clock against another clock: a straight line, fitted anew with every sample. The camera's clock has
 * no idea of UTC, but it is free of everything that delays a packet, so what hangs on the line keeps its intervals to
 * microseconds.
 *
 * Samples are gathered in bins of a second. A bin of exact samples (GPS) gives their mean; one of late samples (receive times)
 * gives the earliest, because delays are never negative and the shortest of many is nearly constant.
 */

/** Bins that are remembered: ten minutes. */
const BINS = 600;
const BIN_NS = 1_000_000_000;
/** Two camera clocks of crystal do not differ by more; a sample beyond is another clock, or a step. */
const FASTEST_DRIFT = 5e-4;
/** What a line may miss before it is begun anew, nanoseconds: a step of either clock. */
const STEP_NS = 20_000_000;

interface Bin {
  readonly index: number;
  /** Ticks since the origin, nanoseconds by the nominal frequency. */
  x: number;
  /** Other clock less ticks, nanoseconds, of the bin's sample or of the sum of its samples. */
  y: number;
  samples: number;
}

/** Means of bins, and the sums of the squares and products about them. */
interface Moments {
  readonly n: number;
  readonly meanX: number;
  readonly meanY: number;
  readonly xx: number;
  readonly xy: number;
  readonly yy: number;
}

const NOTHING: Moments = { n: 0, meanX: 0, meanY: 0, xx: 0, xy: 0, yy: 0 };

/** With a bin more. */
function joined({ n, meanX, meanY, xx, xy, yy }: Moments, { x, y }: Bin): Moments {
  const [dx, dy] = [x - meanX, y - meanY];
  const weight = n / (n + 1);
  return {
    n: n + 1,
    meanX: meanX + dx / (n + 1),
    meanY: meanY + dy / (n + 1),
    xx: xx + dx * dx * weight,
    xy: xy + dx * dy * weight,
    yy: yy + dy * dy * weight,
  };
}

export class ClockFit {
  readonly #kind: 'exact' | 'late';
  #origin: { readonly ticksNs: bigint; readonly otherNs: bigint } | null = null;
  #bins: Bin[] = [];
  /** Of all bins but the newest, which is the only one that a sample changes. */
  #closed = NOTHING;
  #line = { offset: 0, slope: 0, meanX: 0, rms: 0 };
  /** What the newest line missed a sample by, one after the other. */
  #misses = 0;

  constructor(kind: 'exact' | 'late') {
    this.#kind = kind;
  }

  /** Seconds of samples that the line rests on. */
  get seconds(): number {
    return this.#bins.length;
  }

  /** Scatter of the bins about the line, nanoseconds. */
  get rmsNs(): number {
    return this.#line.rms;
  }

  /** Parts per million that the other clock gains on the camera's. */
  get ppm(): number {
    return this.#line.slope * 1e6;
  }

  /** A sample: the camera's ticks in nanoseconds, and the other clock. */
  add(ticksNs: bigint, otherNs: bigint): void {
    this.#origin ??= { ticksNs, otherNs };
    const x = Number(ticksNs - this.#origin.ticksNs);
    const y = Number(otherNs - this.#origin.otherNs) - x;
    if (x < (this.#bins.at(-1)?.x ?? Number.NEGATIVE_INFINITY) - BIN_NS) this.#again(ticksNs, otherNs);
    else if (this.#isStep(x, y)) this.#again(ticksNs, otherNs);
    else {
      this.#gather(x, y);
      this.#fit();
    }
  }

  /** The other clock at `ticksNs`; null before the first sample. */
  at(ticksNs: bigint): bigint | null {
    if (this.#origin === null) return null;
    const x = Number(ticksNs - this.#origin.ticksNs);
    const y = this.#line.offset + this.#line.slope * (x - this.#line.meanX);
    return this.#origin.otherNs + (ticksNs - this.#origin.ticksNs) + BigInt(Math.round(y));
  }

  /** Nanoseconds from the newest sample to `ticksNs`. */
  since(ticksNs: bigint): number {
    const newest = this.#bins.at(-1);
    if (this.#origin === null || newest === undefined) return Number.POSITIVE_INFINITY;
    return Number(ticksNs - this.#origin.ticksNs) - newest.x;
  }

  reset(): void {
    this.#origin = null;
    this.#bins = [];
    this.#closed = NOTHING;
    this.#line = { offset: 0, slope: 0, meanX: 0, rms: 0 };
    this.#misses = 0;
  }

  #again(ticksNs: bigint, otherNs: bigint): void {
    this.reset();
    this.add(ticksNs, otherNs);
  }

  /** Whether the last three samples missed the line by what no delay and no drift explains. */
  #isStep(x: number, y: number): boolean {
    if (this.#bins.length < 2) return false;
    const miss = y - (this.#line.offset + this.#line.slope * (x - this.#line.meanX));
    // A late sample is a late packet; an early one cannot be.
    const isMiss = this.#kind === 'exact' ? Math.abs(miss) > STEP_NS : miss < -STEP_NS || miss > 1000 * STEP_NS;
    this.#misses = isMiss ? this.#misses + 1 : 0;
    return this.#misses >= 3;
  }

  #gather(x: number, y: number): void {
    const index = Math.floor(x / BIN_NS);
    const bin = this.#bins.at(-1);
    if (bin?.index !== index) {
      this.#bins.push({ index, x, y, samples: 1 });
      if (this.#bins.length > BINS) this.#bins.shift();
      this.#closed = NOTHING;
      for (const closed of this.#bins.slice(0, -1)) this.#closed = joined(this.#closed, closed);
    } else if (this.#kind === 'exact') {
      bin.x = (bin.x * bin.samples + x) / (bin.samples + 1);
      bin.y = (bin.y * bin.samples + y) / (bin.samples + 1);
      bin.samples++;
    } else if (y - bin.y < this.#line.slope * (x - bin.x)) {
      bin.x = x;
      bin.y = y;
    }
  }

  #fit(): void {
    const newest = this.#bins.at(-1);
    // The newest bin has not seen its earliest sample yet.
    const isLeftOut = newest === undefined || (this.#kind === 'late' && this.#bins.length > 3);
    const { n, meanX, meanY, xx, xy, yy } = isLeftOut ? this.#closed : joined(this.#closed, newest);
    const slope = n < 3 || xx === 0 ? 0 : Math.max(-FASTEST_DRIFT, Math.min(FASTEST_DRIFT, xy / xx));
    const squares = Math.max(0, yy - 2 * slope * xy + slope * slope * xx);
    this.#line = { offset: meanY, slope, meanX, rms: Math.sqrt(squares / Math.max(1, n - 2)) };
  }
}
