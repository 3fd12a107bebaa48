/** Rates over the last seconds, from counts that only grow. */
export class Rates {
  #samples: { atMs: number; frames: number; bytes: number }[] = [];
  readonly #windowMs: number;

  constructor(windowMs = 3_000) {
    this.#windowMs = windowMs;
  }

  /** Adds the counts of now and returns what they grew by a second. */
  add(frames: number, bytes: number): { framesPerSecond: number; gigabitsPerSecond: number } {
    const now = performance.now();
    this.#samples.push({ atMs: now, frames, bytes });
    while (this.#samples.length > 2 && now - (this.#samples[0]?.atMs ?? now) > this.#windowMs) this.#samples.shift();
    const first = this.#samples[0] ?? { atMs: now, frames, bytes };
    const seconds = (now - first.atMs) / 1_000;
    // A count that fell belongs to a new ring: the window starts again.
    if (bytes < first.bytes || frames < first.frames) this.#samples = [{ atMs: now, frames, bytes }];
    if (seconds <= 0 || bytes < first.bytes || frames < first.frames)
      return { framesPerSecond: 0, gigabitsPerSecond: 0 };
    return {
      framesPerSecond: (frames - first.frames) / seconds,
      gigabitsPerSecond: ((bytes - first.bytes) * 8) / seconds / 1e9,
    };
  }
}
