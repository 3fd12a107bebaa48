/** Looks at whether the next frame of a stream is late: more than its exposure and what readouts have been measured to take have passed. */
import type { ToupcamMode } from './camera-mode.js';
import { FrameTimeLimit, type TimeLimitSettings } from './frame-time-limit.js';

/** Most time between two looks. */
const LOOK_MS = 250;
const LEAST_LOOK_MS = 10;

export interface WatchedStream {
  /** As it is now: exposure and rate may change while frames stream. */
  readonly mode: () => ToupcamMode;
  readonly settings: () => TimeLimitSettings;
  /** Whether it is known now when the next frame is to come. */
  readonly isWatched: () => boolean;
  /** No frame has come within `limitMs`; the watch is over until it is armed again. */
  readonly late: (limitMs: number) => void;
}

export class FrameWatch {
  readonly #stream: WatchedStream;
  readonly #limit = new FrameTimeLimit();
  #timer: NodeJS.Timeout | null = null;
  #begunMs = 0;
  /** Of the last frames: one that was begun before a change of the exposure comes after it. */
  #exposuresMs: [number, number];

  constructor(stream: WatchedStream) {
    this.#stream = stream;
    const exposureMs = this.#exposureMs();
    this.#exposuresMs = [exposureMs, exposureMs];
  }

  /** The stream begins anew: its first frame takes longer than those after it. */
  restarted(): void {
    this.#limit.forget();
    this.begun();
  }

  /** The next exposure begins now. */
  begun(): void {
    this.#begunMs = performance.now();
  }

  /** A frame has come. */
  frame(): void {
    const nowMs = performance.now();
    const exposureMs = this.#exposureMs();
    this.#limit.measured(nowMs - this.#begunMs, Math.max(exposureMs, this.#periodMs()));
    this.#begunMs = nowMs;
    this.#exposuresMs = [this.#exposuresMs[1], exposureMs];
  }

  limitMs(): number {
    const exposureMs = Math.max(...this.#exposuresMs, this.#exposureMs(), this.#periodMs());
    return this.#limit.limitMs(exposureMs, this.#stream.mode().frameBytes, this.#stream.settings());
  }

  isLate(): boolean {
    return performance.now() - this.#begunMs >= this.limitMs();
  }

  arm(): void {
    this.disarm();
    if (!this.#stream.isWatched()) return;
    const leftMs = this.limitMs() - (performance.now() - this.#begunMs);
    // The limit falls as readouts are measured, and with the exposure: looked at again before the time is over.
    this.#timer = setTimeout(() => this.#look(), Math.min(Math.max(leftMs, LEAST_LOOK_MS), LOOK_MS));
  }

  disarm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #exposureMs(): number {
    return Number(this.#stream.mode().longestExposureNs) / 1e6;
  }

  /** Least time from frame to frame beside the exposure. */
  #periodMs(): number {
    const { frameRate, rateLimit } = this.#stream.mode();
    return Math.max(frameRate === null ? 0 : 1000 / frameRate, rateLimit === null ? 0 : 1000 / rateLimit);
  }

  /** Where this thread was held up, frames wait in the library's callback: they are served before a frame is called late. */
  #look(): void {
    if (this.isLate()) setImmediate(() => this.#judge());
    else this.arm();
  }

  #judge(): void {
    if (!this.isLate()) this.arm();
    else if (this.#stream.isWatched()) this.#stream.late(this.limitMs());
  }
}
