/** The Rice code of one row, as plainly as it can be said: the specification of the native kernel. */
import type { RiceValues } from './rice.js';

/** `select`: bits that tell a block's split; `raw`: the split from which on differences are written as they are. */
const FORMATS: Readonly<Record<number, { readonly select: number; readonly raw: number }>> = {
  1: { select: 3, raw: 6 },
  2: { select: 4, raw: 14 },
  4: { select: 5, raw: 25 },
};
/** Values of a block. */
export const RICE_BLOCK = 32;

/** How values of `size` bytes are coded. */
export function riceFormat(size: number): { readonly select: number; readonly raw: number } {
  return FORMATS[size] ?? { select: 5, raw: 25 };
}

function formatOf(values: RiceValues) {
  const size = values.BYTES_PER_ELEMENT;
  const format = riceFormat(size);
  // All ones of the width; values are kept without sign.
  return { ...format, bits: size * 8, mask: 2 ** (size * 8) - 1 };
}

/** The low bits of a number that may exceed 32 bits or be negative, without sign. */
const masked = (value: number, mask: number) => (mask === 0xffff_ffff ? value >>> 0 : value & mask);

class BitWriter {
  readonly #out: Uint8Array;
  #bit: number;

  constructor(out: Uint8Array, offset: number) {
    this.#out = out;
    this.#bit = offset * 8;
  }

  put(value: number, bits: number): void {
    for (let i = bits - 1; i >= 0; i--, this.#bit++) {
      const at = this.#bit >> 3;
      if ((this.#bit & 7) === 0) this.#out[at] = 0;
      if ((value >>> i) & 1) this.#out[at] = (this.#out[at] as number) | (0x80 >> (this.#bit & 7));
    }
  }

  get bytes(): number {
    return Math.ceil(this.#bit / 8);
  }
}

/** Codes `values` (at least one) into `out` from `offset` on; returns the bytes. */
export function encodeRow(values: RiceValues, flip: number, out: Uint8Array, offset: number): number {
  const { select, raw, bits, mask } = formatOf(values);
  const writer = new BitWriter(out, offset);
  let previous = masked((values[0] as number) ^ flip, mask);
  writer.put(previous, bits);
  for (let start = 0; start < values.length; start += RICE_BLOCK) {
    const folded: number[] = [];
    let sum = 0;
    for (let i = start; i < Math.min(values.length, start + RICE_BLOCK); i++) {
      const value = masked((values[i] as number) ^ flip, mask);
      const difference = masked(value - previous, mask);
      // 0, -1, 1, -2, 2 ... become 0, 1, 2, 3, 4 ...
      folded.push(difference > mask / 2 ? 2 * (mask - difference) + 1 : 2 * difference);
      sum += folded.at(-1) as number;
      previous = value;
    }
    const spread = Math.max(0, (sum - Math.floor(folded.length / 2) - 1) / folded.length);
    const half = Math.floor(Math.floor(spread) / 2);
    const split = half === 0 ? 0 : 32 - Math.clz32(half);
    if (split >= raw) {
      writer.put(raw + 1, select);
      for (const value of folded) writer.put(value, bits);
    } else if (sum === 0) {
      writer.put(0, select);
    } else {
      writer.put(split + 1, select);
      for (const value of folded) {
        for (let zeros = Math.floor(value / 2 ** split); zeros > 0; zeros--) writer.put(0, 1);
        writer.put(1, 1);
        writer.put(value, split);
      }
    }
  }
  return writer.bytes - offset;
}

/** Decodes `code` into `out`; false where it ends early or stands for no value. */
export function decodeRow(code: Uint8Array, flip: number, out: RiceValues): boolean {
  const { select, raw, bits, mask } = formatOf(out);
  let bit = 0;
  const end = code.length * 8;
  const bitAt = (at: number): number => (at < end ? ((code[at >> 3] as number) >> (7 - (at & 7))) & 1 : 0);
  const take = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i++, bit++) value = value * 2 + bitAt(bit);
    return value;
  };
  let value = take(bits);
  for (let start = 0; start < out.length; start += RICE_BLOCK) {
    const kind = take(select);
    if (kind > raw + 1) return false;
    const split = kind - 1;
    for (let i = start; i < Math.min(out.length, start + RICE_BLOCK); i++) {
      let folded = 0;
      if (kind === raw + 1) folded = take(bits);
      else if (kind !== 0) {
        const first = bit;
        while (bit < end && bitAt(bit) === 0) bit++;
        const zeros = bit - first;
        bit++;
        folded = zeros * 2 ** split + take(split);
      }
      if (bit > end || folded > mask) return false;
      value = masked(value + (folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2), mask);
      out[i] = masked(value ^ flip, mask);
    }
  }
  return bit <= end;
}
