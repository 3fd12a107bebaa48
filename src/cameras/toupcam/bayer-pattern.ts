/** The colours of a sensor's pixels, as the SDK tells them, and as an image that begins elsewhere shows them. */
import { type PixelFormat, pixelFormatByName } from '#pipeline/wire/pixel-formats.js';

export const BAYER_PATTERNS = ['RG', 'GR', 'GB', 'BG'] as const;
export type BayerPattern = (typeof BAYER_PATTERNS)[number];

/** `fourCc` of get_RawFormat: four letters of two rows, such as GBRG; null for a monochrome sensor (YYYY) and what nobody knows. */
export function patternOfFourCc(fourCc: number): BayerPattern | null {
  const letters = String.fromCharCode(fourCc & 0xff, (fourCc >> 8) & 0xff);
  return BAYER_PATTERNS.find((pattern) => pattern === letters) ?? null;
}

/** The pattern of an image whose first pixel lies `x` columns and `y` rows further on. */
export function shiftedPattern(pattern: BayerPattern, x: number, y: number): BayerPattern {
  const rows: Record<BayerPattern, string> = { RG: 'RGGB', GR: 'GRBG', GB: 'GBRG', BG: 'BGGR' };
  const cell = rows[pattern];
  const at = (column: number, row: number): string => cell[((row + y) & 1) * 2 + ((column + x) & 1)] ?? '';
  return BAYER_PATTERNS.find((known) => known === at(0, 0) + at(1, 0)) ?? pattern;
}

/** Depths that pixel formats have; 11 bit lie in 12. */
const DEPTHS = [8, 10, 12, 14, 16];

/** What raw frames of `bits` are called: a byte a pixel, or two with the value in the low bits. */
export function rawPixelFormat(pattern: BayerPattern | null, bits: number): PixelFormat {
  const depth = DEPTHS.find((known) => known >= bits) ?? 16;
  const name = pattern === null ? `Mono${depth}` : `Bayer${pattern}${depth}`;
  const format = pixelFormatByName(name);
  if (format === undefined) throw new RangeError(`there is no pixel format ${name}`);
  return format;
}
