/**
 * The maximum of the previews of the last seconds, pixel by pixel: a meteor leaves its trail. Time is cut into parts, each with a running
 * maximum; a whole part is forgotten at once, so that the picture reaches back between 7/8 of the time and all of it.
 */
const PARTS = 8;

export class MaximumHold {
  readonly #partMs: number;
  /** Newest last. */
  #parts: { readonly number: number; readonly plane: Uint16Array }[] = [];
  #length = 0;

  constructor(seconds: number) {
    this.#partMs = (seconds * 1_000) / PARTS;
  }

  /** `plane`: the maximum plane of a preview. A plane of another size begins anew. `nowMs`: of a clock that only goes forward. */
  add(plane: Uint16Array, nowMs: number): void {
    if (plane.length !== this.#length) {
      this.#parts = [];
      this.#length = plane.length;
    }
    const number = Math.floor(nowMs / this.#partMs);
    this.#parts = this.#parts.filter((part) => part.number > number - PARTS);
    const newest = this.#parts.at(-1);
    if (newest?.number === number) raise(newest.plane, plane);
    else this.#parts.push({ number, plane: plane.slice() });
  }

  /** The maximum of what is held; empty before the first plane. */
  plane(): Uint16Array {
    const [oldest, ...others] = this.#parts;
    if (oldest === undefined) return new Uint16Array();
    const whole = oldest.plane.slice();
    for (const { plane } of others) raise(whole, plane);
    return whole;
  }
}

function raise(held: Uint16Array, plane: Uint16Array): void {
  for (let i = 0; i < held.length; i++) {
    const value = plane[i] as number;
    if (value > (held[i] as number)) held[i] = value;
  }
}
