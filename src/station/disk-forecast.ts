/** Warns before the disk is full: when what is left at the present rate falls below a limit, and again each time it has halved. */
import { formatSeconds, formatSize } from '#src/config/units.js';

/** A rate is the mean over this long; the first one is waited for. */
const WINDOW_MS = 10_000;
/** What is left must be so much above the limit before a warning can come again. */
const RECOVERED = 1.5;
/** Warnings of less than this would come when it is over. */
const LEAST_SECONDS = 10;

export class DiskForecast {
  readonly #warnSeconds: number;
  #samples: { atMs: number; bytes: number }[] = [];
  #nextWarning: number;
  #secondsLeft: number | null = null;
  #message: string | null = null;

  constructor(warnSeconds: number) {
    this.#warnSeconds = warnSeconds;
    this.#nextWarning = warnSeconds;
  }

  /** Seconds until recording stops; null where it does not, or the rate is not known yet. */
  get secondsLeft(): number | null {
    return this.#secondsLeft;
  }

  /** What stands in the status as long as the disk runs out; null where it does not. */
  get message(): string | null {
    return this.#message;
  }

  /**
   * Adds the bytes written so far and those that can still be written; null where something else limits them. Returns a new warning,
   * or null.
   */
  add(bytesWritten: number, bytesLeft: number | null, nowMs = performance.now()): string | null {
    this.#samples.push({ atMs: nowMs, bytes: bytesWritten });
    while (this.#samples.length > 2 && nowMs - (this.#samples[1]?.atMs ?? nowMs) >= WINDOW_MS) this.#samples.shift();
    const first = this.#samples[0] ?? { atMs: nowMs, bytes: bytesWritten };
    const seconds = (nowMs - first.atMs) / 1_000;
    const rate = seconds < WINDOW_MS / 2_000 ? 0 : (bytesWritten - first.bytes) / seconds;
    this.#secondsLeft = bytesLeft === null || rate <= 0 ? null : bytesLeft / rate;
    if (this.#secondsLeft === null || this.#secondsLeft > this.#warnSeconds * RECOVERED) {
      // A pause is no recovery: the limits that were told stay told.
      if (this.#secondsLeft !== null) this.#nextWarning = this.#warnSeconds;
      this.#message = null;
      return null;
    }
    const left = `the disk takes ${formatSeconds(this.#secondsLeft)} more (${formatSize(bytesLeft ?? 0)} at ${formatSize(rate)}/s)`;
    this.#message = this.#secondsLeft < this.#warnSeconds ? left : null;
    if (this.#secondsLeft >= this.#nextWarning) return null;
    while (this.#nextWarning > this.#secondsLeft) this.#nextWarning /= 2;
    if (this.#nextWarning < LEAST_SECONDS) this.#nextWarning = 0;
    return left;
  }
}
