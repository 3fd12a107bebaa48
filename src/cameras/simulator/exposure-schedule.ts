import { type ClockFault, faultsNamed } from './clock-faults.js';

export interface FrameRate {
  readonly fps: number;
  readonly exposureNs: bigint;
}

interface Segment extends FrameRate {
  readonly firstFrame: number;
  /** Start of exposure of its first frame. */
  readonly startNs: bigint;
}

/** Start of frame `n` after a start at 0, in whole ticks of 100 ns. */
function startInSegmentNs(n: number, fps: number): bigint {
  return BigInt(Math.floor((n * 1e7) / fps)) * 100n;
}

/** When each frame's exposure begins and how long it is, in nanoseconds after the first frame's start. */
export class ExposureSchedule {
  readonly #exposureFaults: readonly Extract<ClockFault, { readonly name: 'exposure' }>[];
  #segments: Segment[] = [];

  constructor(rate: FrameRate, faults: readonly ClockFault[]) {
    this.#exposureFaults = [...faultsNamed(faults, 'exposure')].sort((a, b) => a.first - b.first);
    this.#append(0, rate);
    this.#appendFaults(0, rate);
  }

  /** A new rate from frame `frame` on; it ends a fault that has changed the exposure before. */
  change(frame: number, rate: FrameRate): void {
    this.#append(frame, rate);
    this.#appendFaults(frame + 1, rate);
  }

  /** Frame `frame`, the newest, begins then and not a period after the one before. */
  startAt(frame: number, startNs: bigint): void {
    const { fps, exposureNs } = this.#at(frame);
    this.#segments = this.#segments.filter((segment) => segment.firstFrame < frame);
    this.#segments.push({ fps, exposureNs, firstFrame: frame, startNs });
  }

  startNs(frame: number): bigint {
    const segment = this.#at(frame);
    return segment.startNs + startInSegmentNs(frame - segment.firstFrame, segment.fps);
  }

  exposureNs(frame: number): bigint {
    return this.#at(frame).exposureNs;
  }

  periodNs(frame: number): number {
    return 1e9 / this.#at(frame).fps;
  }

  #at(frame: number): Segment {
    return (this.#segments.findLast((segment) => segment.firstFrame <= frame) ?? this.#segments[0]) as Segment;
  }

  #appendFaults(fromFrame: number, nominal: FrameRate): void {
    for (const { first, frames, exposureNs } of this.#exposureFaults) {
      if (first < fromFrame) continue;
      this.#append(first, { ...nominal, exposureNs });
      if (Number.isFinite(frames)) this.#append(first + frames, nominal);
    }
  }

  /** Also forgets what was to follow. */
  #append(firstFrame: number, rate: FrameRate): void {
    const startNs = this.#segments.length === 0 ? 0n : this.startNs(firstFrame);
    this.#segments = this.#segments.filter((segment) => segment.firstFrame < firstFrame);
    this.#segments.push({ ...attainable(rate), firstFrame, startNs });
  }
}

/** A frame takes at least its exposure. */
function attainable(rate: FrameRate): FrameRate {
  return { exposureNs: rate.exposureNs, fps: Math.min(rate.fps, 1e9 / Number(rate.exposureNs)) };
}
