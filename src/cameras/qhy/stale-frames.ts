/**
 * Frames that were under way when the exposure was changed in live mode: exposed before it or across it, and those that wait in the
 * camera's memory (CMOSGUI sees 2 to 3, and drains for 1 s at most). They would be recorded with an exposure that they did not have.
 */

/** Up to this period a second holds three frames. */
const FAST_PERIOD_MS = 333;
const MOST_MS = 1000;

export class StaleFrames {
  #sinceMs: number | null = null;
  #dropped = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** The exposure has been changed. */
  begin(nowMs: number): void {
    this.#sinceMs = nowMs;
    this.#dropped = 0;
  }

  /** Whether the frame that came at `nowMs` is to be dropped; `periodMs` is that from frame to frame. */
  isStale(nowMs: number, periodMs: number): boolean {
    const sinceLast = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    if (this.#sinceMs === null) return false;
    const wanted = periodMs <= FAST_PERIOD_MS ? 3 : 2;
    // One that comes sooner than it can be exposed has waited in the camera.
    const waited = sinceLast < periodMs / 2 && nowMs - this.#sinceMs < MOST_MS;
    if (this.#dropped < wanted || waited) {
      this.#dropped++;
      return true;
    }
    this.#sinceMs = null;
    return false;
  }
}
