/** What all cameras of a station have written to the disk that they share: it is full for all of them at the same moment. */
export class DiskUse {
  /** Bytes told last, by writer. */
  readonly #told = new WeakMap<object, number>();
  #bytes = 0;

  /** `bytes`: what `writer` has written so far. Returns what all of them have written. */
  add(writer: object, bytes: number): number {
    this.#bytes += Math.max(0, bytes - (this.#told.get(writer) ?? 0));
    this.#told.set(writer, bytes);
    return this.#bytes;
  }
}
