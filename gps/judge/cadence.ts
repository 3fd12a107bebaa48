/**
 * The beat of a camera's frames. A header has no checksum; but a free-running camera exposes its frames one period after the
 * other, so a time that is off the beat of its neighbours is in doubt, whatever its flags say. Instants are TAI.
 */

/** Frames that the period is taken from. */
const WINDOW = 32;
/** Intervals after which the beat counts. */
const LEAST_INTERVALS = 3;
/** A beat that scatters by more is none: the camera is triggered. Nanoseconds. */
const IRREGULAR_NS = 100_000;
/** Two stamps are cut to a tick each, and the frame itself is some ticks early or late. */
const TOLERANCE_NS = 1_000;
/** Stamps are cut to it. */
const TICK_NS = 100;
/** The camera's pixel clock against the GPS, over the time since the last frame that was believed. */
const DRIFT = 5e-7;

/** A frame as it stands on the beat: `index` counts frames by the camera's own count, or by block ids where that tells nothing. */
interface Beat {
  readonly tai: bigint;
  readonly block: bigint;
  readonly sequence: number | null;
  readonly index: number;
}

export interface CadenceVerdict {
  /** How much later the frame is than its neighbours let expect, nanoseconds; null where there is no beat to go by. */
  readonly deviationNs: number | null;
  /** Beyond it the frame is off the beat. */
  readonly toleranceNs: number;
  /** How far it is off, where ticks and the scatter of its neighbours do not explain it: adds to the bound of its time. */
  readonly jitterNs: number;
  /** What was expected; null as above. */
  readonly expectedTai: bigint | null;
  /** By what the frames between were counted. */
  readonly countedBy: 'sequence' | 'block';
  /** Block ids and the camera's own count went equally far. */
  readonly countsAgree: boolean;
}

/** How much further a 32-bit count went, from -2^31 to 2^31. */
export function sequenceStep(from: number, to: number): number {
  const step = (to - from) >>> 0;
  return step >= 2 ** 31 ? step - 2 ** 32 : step;
}

export class Cadence {
  #beats: Beat[] = [];
  #residuals: number[] = [];
  /** Median of how far frames were off the beat, nanoseconds. */
  #scatterNs = 0;
  /** Frames off the beat, one after the other: three that keep a beat of their own are a new one. */
  #strangers: Beat[] = [];

  /** Nanoseconds from frame to frame; null before the beat is known. */
  get periodNs(): number | null {
    const [first, last] = [this.#beats[0], this.#beats.at(-1)];
    if (first === undefined || last === undefined || this.#beats.length <= LEAST_INTERVALS) return null;
    return Number(last.tai - first.tai) / (last.index - first.index);
  }

  /** Whether frames come on a beat at all. */
  get regular(): boolean {
    return this.periodNs !== null && this.#scatterNs < IRREGULAR_NS;
  }

  /** The newest frame that was believed. */
  get last(): Beat | null {
    return this.#beats.at(-1) ?? null;
  }

  /** When a frame should be, by its block id and by the camera's own count; nothing without a beat. */
  expectations(block: bigint, sequence: number | null): bigint[] {
    const last = this.last;
    const period = this.periodNs;
    if (last === null || period === null || !this.regular) return [];
    const at = (steps: number) => last.tai + BigInt(Math.round(period * steps));
    const byBlock = at(Number(block - last.block));
    if (sequence === null || last.sequence === null) return [byBlock];
    return [byBlock, at(sequenceStep(last.sequence, sequence))];
  }

  /** Holds a frame against the beat. `extraNs`: what its own uncertainty adds. */
  check(tai: bigint, block: bigint, sequence: number | null, extraNs = 0): CadenceVerdict {
    const last = this.last;
    const period = this.periodNs;
    const none = {
      deviationNs: null,
      toleranceNs: 0,
      jitterNs: 0,
      expectedTai: null,
      countedBy: 'block' as const,
      countsAgree: true,
    };
    if (last === null || period === null || !this.regular) return none;
    const byBlock = this.#verdict(last, period, tai, Number(block - last.block), 'block', extraNs);
    if (sequence === null || last.sequence === null) return byBlock;
    const steps = sequenceStep(last.sequence, sequence);
    const bySequence = this.#verdict(last, period, tai, steps, 'sequence', extraNs);
    const nearer = Math.abs(bySequence.deviationNs ?? 0) <= Math.abs(byBlock.deviationNs ?? 0) ? bySequence : byBlock;
    return { ...nearer, countsAgree: steps === Number(block - last.block) };
  }

  /** The frame is believed. */
  accept(tai: bigint, block: bigint, sequence: number | null, verdict: CadenceVerdict): void {
    const last = this.last;
    const steps =
      last === null
        ? 0
        : verdict.countedBy === 'sequence' || verdict.deviationNs === null
          ? stepsOf(last, block, sequence)
          : Number(block - last.block);
    // An older frame that came late is no news.
    if (last !== null && (steps <= 0 || tai <= last.tai)) return;
    this.#strangers = [];
    this.#beats.push({ tai, block, sequence, index: (last?.index ?? 0) + steps });
    if (this.#beats.length > WINDOW) this.#beats.shift();
    if (verdict.deviationNs === null) return;
    this.#residuals.push(Math.abs(verdict.deviationNs));
    if (this.#residuals.length > WINDOW) this.#residuals.shift();
    this.#scatterNs = [...this.#residuals].sort((x, y) => x - y)[this.#residuals.length >> 1] ?? 0;
  }

  /** The frame is off the beat. True where it and the two before keep a beat of their own: that is the beat now. */
  doubt(tai: bigint, block: bigint, sequence: number | null): boolean {
    const before = this.#strangers.at(-1);
    const steps = before === undefined ? 0 : stepsOf(before, block, sequence);
    if (before !== undefined && (steps <= 0 || tai <= before.tai)) this.#strangers = [];
    const index = this.#strangers.length === 0 ? 0 : (before?.index ?? 0) + steps;
    this.#strangers.push({ tai, block, sequence, index });
    const [a, b, c] = this.#strangers.slice(-3);
    if (a === undefined || b === undefined || c === undefined) return false;
    const first = Number(b.tai - a.tai) / (b.index - a.index);
    const second = Number(c.tai - b.tai) / (c.index - b.index);
    const span = Number(c.tai - a.tai);
    if (Math.abs(first - second) > 2 * TOLERANCE_NS + span * DRIFT) return false;
    this.#beats = [a, b, c];
    this.#residuals = [];
    this.#scatterNs = 0;
    this.#strangers = [];
    return true;
  }

  /** Another stream: nothing of the beat before holds. */
  reset(): void {
    this.#beats = [];
    this.#residuals = [];
    this.#scatterNs = 0;
    this.#strangers = [];
  }

  #verdict(
    last: Beat,
    period: number,
    tai: bigint,
    steps: number,
    countedBy: 'sequence' | 'block',
    extraNs: number,
  ): CadenceVerdict {
    const expectedTai = last.tai + BigInt(Math.round(period * steps));
    const apart = Math.abs(period * steps);
    const toleranceNs = TOLERANCE_NS + 6 * this.#scatterNs + apart * DRIFT + extraNs;
    const deviationNs = Number(tai - expectedTai);
    // A beat that keeps to the tick scatters by half of one at most.
    const scattered = this.#scatterNs > TICK_NS / 2 ? 3 * this.#scatterNs : 0;
    const explained = TICK_NS + scattered + apart * DRIFT + extraNs;
    return {
      deviationNs,
      toleranceNs,
      jitterNs: Math.abs(deviationNs) <= explained ? 0 : Math.abs(deviationNs),
      expectedTai,
      countedBy,
      countsAgree: true,
    };
  }
}

function stepsOf(from: Beat, block: bigint, sequence: number | null): number {
  if (sequence === null || from.sequence === null) return Number(block - from.block);
  return sequenceStep(from.sequence, sequence);
}
