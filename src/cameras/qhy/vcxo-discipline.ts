/**
 * Brings the camera's 10 MHz oscillator to its frequency by the count of its ticks between two PPS, which stands in the header: the value
 * of its DAC goes by steps of half the size each time it crosses the goal (as OccuRec does it). Which way the DAC pulls is found out.
 */
import { isPlausiblePps, NOMINAL_PPS_COUNT } from '#gps/header/qhy-header.js';

export const VCXO_MIDDLE = 2000;
export const VCXO_MOST = 4095;
const FIRST_STEP = 100;
const GOAL_TICKS = 2;
/** Seconds until the count of a whole second shows a change. */
const SETTLE_S = 2.5;
const AGAIN_S = 120;

export class VcxoDiscipline {
  #value: number;
  #step = FIRST_STEP;
  #direction = 1;
  #lastError: number | null = null;
  #dueS = 0;

  constructor(value = VCXO_MIDDLE) {
    this.#value = value;
  }

  /** Takes the count of a locked header at `nowS` of any steady clock; returns the DAC's next value, or null to leave it. */
  next(ppsCount: number, nowS: number): number | null {
    // The sentinel of a second without PPS must never steer anything.
    if (nowS < this.#dueS || !isPlausiblePps(ppsCount)) return null;
    const error = ppsCount - NOMINAL_PPS_COUNT;
    if (Math.abs(error) <= GOAL_TICKS) {
      this.#step = FIRST_STEP;
      this.#lastError = null;
      this.#dueS = nowS + AGAIN_S;
      return null;
    }
    const before = this.#lastError;
    if (before !== null) {
      const crossed = Math.sign(before) !== Math.sign(error);
      if (crossed) this.#step = Math.max(1, Math.floor(this.#step / 2));
      else if (Math.abs(error) > Math.abs(before)) this.#direction = -this.#direction;
    }
    const wanted = this.#value - Math.sign(error) * this.#direction * this.#step;
    const value = Math.min(VCXO_MOST, Math.max(0, wanted));
    this.#lastError = error;
    this.#dueS = nowS + (value === this.#value ? AGAIN_S : SETTLE_S);
    if (value === this.#value) return null;
    this.#value = value;
    return value;
  }
}
