/** GPS headers in pixels of every packing, made bit by bit. */
import type { HeaderPacking } from '#gps/header/header-packing.js';

/** A bit string of `bits` a pixel, lowest bit first, of pixels 0 .. count - 1. */
export function bitString(count: number, bits: number, pixelOf: (i: number) => number): Uint8Array {
  const out = new Uint8Array(Math.ceil((count * bits) / 8));
  for (let bit = 0; bit < count * bits; bit++) {
    const set = (pixelOf(Math.floor(bit / bits)) >> (bit % bits)) & 1;
    out[bit >> 3] = (out[bit >> 3] ?? 0) | (set << (bit & 7));
  }
  return out;
}

/** GigE Vision 1.x: high bits, low bits of both, high bits. */
export function packedPairs(count: number, bits: number, pixelOf: (i: number) => number): Uint8Array {
  const low = (i: number) => pixelOf(i) & ((1 << (bits - 8)) - 1);
  const groups = Array.from({ length: count / 2 }, (_, g) => [
    pixelOf(2 * g) >> (bits - 8),
    low(2 * g) | (low(2 * g + 1) << 4),
    pixelOf(2 * g + 1) >> (bits - 8),
  ]);
  return Uint8Array.from(groups.flat());
}

/** Header bytes as they stand in a payload of that packing. */
export function packedHeader(bytes: Uint8Array, packing: HeaderPacking): Uint8Array {
  const at = (i: number) => bytes[i] ?? 0;
  if (packing === 'bytes') return bytes;
  if (packing === 'swapped') return bytes.map((_, i) => at(i ^ 1));
  const [layout = '', half] = packing.split('-');
  const bits = Number.parseInt(layout, 10);
  const pixelOf = (i: number) => at(i) << (half === 'high' ? bits - 8 : 0);
  return layout.endsWith('Packed') ? packedPairs(44, bits, pixelOf) : bitString(44, bits, pixelOf);
}
