/** How long a camera of the station runs: by frames or by time, or until it is stopped. */
import type { SessionLimits } from './messages.js';

export class RunLimits {
  readonly #limits: SessionLimits;
  #received = 0;
  #startedMs: number | null = null;

  constructor(limits: SessionLimits) {
    this.#limits = limits;
  }

  /** Whether a stream has ever run. */
  get started(): boolean {
    return this.#startedMs !== null;
  }

  /** A stream runs. */
  streaming(): void {
    this.#startedMs ??= performance.now();
  }

  get framesReceived(): number {
    return this.#received;
  }

  received(frames: number): void {
    this.#received += frames;
  }

  /** Frames to come at most; null: no such limit. */
  framesLeft(): number | null {
    const { frames } = this.#limits;
    return frames === null ? null : Math.max(0, frames - this.#received);
  }

  /** Of the duration, which counts from the first stream on; null where there is none. */
  secondsLeft(): number | null {
    const { durationNs } = this.#limits;
    if (durationNs === null) return null;
    const ran = this.#startedMs === null ? 0 : performance.now() - this.#startedMs;
    return Number(durationNs) / 1e9 - ran / 1_000;
  }
}
