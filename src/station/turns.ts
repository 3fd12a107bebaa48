/**
 * Turns that come so many times a second. One that is taken late does not put off those behind it, up to half a turn: frames that come
 * as often as the turns, some early and some late, each find one.
 */
export class Turns {
  readonly #everyMs: number;
  #nextMs = 0;

  constructor(perSecond: number) {
    this.#everyMs = 1_000 / perSecond;
  }

  /** `nowMs`: of a clock that only goes forward. */
  hasCome(nowMs: number): boolean {
    return nowMs >= this.#nextMs;
  }

  /** One that is taken before it has come begins the count anew. */
  take(nowMs: number): void {
    const lateMs = Math.min(Math.max(0, nowMs - this.#nextMs), this.#everyMs / 2);
    this.#nextMs = nowMs - lateMs + this.#everyMs;
  }
}
