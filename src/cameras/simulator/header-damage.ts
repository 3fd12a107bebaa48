import { Random } from '../random.js';

/** Each pair of bytes exchanged, as by a reader of 16-bit words of the other order. */
export function swappedPairs(bytes: Uint8Array): Uint8Array {
  return bytes.map((_, at) => bytes[at ^ 1] ?? 0);
}

/** Each byte in a pixel of 16 bits, little-endian: twice as long. */
export function inPixelsOf16(bytes: Uint8Array, byte: 'low' | 'high'): Uint8Array {
  const spread = new Uint8Array(bytes.length * 2);
  for (const [at, value] of bytes.entries()) spread[2 * at + (byte === 'low' ? 0 : 1)] = value;
  return spread;
}

/** Sky in pixels of 8 bits: mean 100, read and photon noise. */
export function skyPixels(count: number, seed: number, frame: number): Uint8Array {
  const random = new Random(seed, 0x696d67, frame);
  return Uint8Array.from({ length: count }, () => Math.max(0, Math.min(255, Math.round(100 + 10 * random.normal()))));
}
