/** Random numbers with a seed, so that a failure can be repeated. */

/** Uniform in 0 to below 1 (Mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function randomBytes(length: number, seed: number): Uint8Array {
  const random = randomOf(seed);
  return Uint8Array.from({ length }, () => random() * 256);
}

/** Pixels of `depth` bits: a sky, stars, runs of one value, and pixels at both ends of the range. */
export function randomPixels(length: number, depth: number, seed: number): Uint16Array {
  const random = randomOf(seed);
  const most = 2 ** depth - 1;
  const pixels = new Uint16Array(length);
  for (let i = 0; i < length; i++) {
    const kind = random();
    if (kind < 0.02) pixels[i] = most;
    else if (kind < 0.04) pixels[i] = 0;
    else if (kind < 0.1) pixels[i] = random() * (most + 1);
    else if (kind < 0.2 && i > 0) pixels[i] = pixels[i - 1] as number;
    else pixels[i] = Math.min(most, most / 8 + random() * Math.min(most, 30));
  }
  return pixels;
}
