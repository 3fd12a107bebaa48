/** Option BLACKLEVEL counts in steps of the depth that is read: 31 of 8 bit, and as many times more as the depth has values. */

const MOST_AT_8_BIT = 31;

/** The largest black level at a depth of 8 to 16 bit: 31, 124, 248, 496, 1984 and 7936 at 8, 10, 11, 12, 14 and 16. */
export function largestBlackLevel(bits: number): number {
  return MOST_AT_8_BIT * 2 ** (Math.min(16, Math.max(8, bits)) - 8);
}
