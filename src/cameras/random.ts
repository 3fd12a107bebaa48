/**
 * Random numbers that depend on a seed and nothing else (sfc32), so that scenes and faults can be computed again.
 * `keys` beside the seed make independent series: Random(seed, frame), Random(seed, frame, 2), ...
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  #spare: number | null = null;

  constructor(seed: number, ...keys: number[]) {
    this.#a = seed >>> 0;
    this.#b = Math.floor(seed / 2 ** 32) >>> 0;
    this.#c = 0x9e3779b9;
    for (let i = 0; i < 12; i++) this.uint32();
    for (const key of keys) {
      this.#a = (this.#a ^ key) >>> 0;
      this.#b = (this.#b ^ Math.floor(key / 2 ** 32)) >>> 0;
      for (let i = 0; i < 12; i++) this.uint32();
    }
  }

  /** 0..2^32-1. */
  uint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** 0 <= x < 1, 32 bits of it. */
  float(): number {
    return this.uint32() * 2 ** -32;
  }

  /** An integer 0..count-1. */
  below(count: number): number {
    return Math.floor(this.float() * count);
  }

  /** Mean 0, standard deviation 1. */
  normal(): number {
    if (this.#spare !== null) {
      const spare = this.#spare;
      this.#spare = null;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.float()));
    const angle = 2 * Math.PI * this.float();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Poisson; above a mean of 60 by its normal limit, rounded, whose skewness (0.13) no longer matters here. */
  poisson(mean: number): number {
    if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = this.float(); product > limit; product *= this.float()) count++;
    return count;
  }
}
