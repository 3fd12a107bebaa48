/** Which pixel of the preview stands for a pixel of the frame, and when a pixel's row was exposed. */

import type { RowPairs } from '#gps/rows/row-model.js';

/** The column (or row) of a preview of `reduced` columns whose box holds column `at` of a frame of `full`: boxes begin at floor(i * full / reduced). */
export function previewIndexOf(at: number, full: number, reduced: number): number {
  return Math.floor(((at + 1) * reduced - 1) / full);
}

/**
 * Start of exposure of a row, ns since 1970 UTC: the first row's, and its share of the way to the last one; `pairs`: where lines are read
 * in pairs, counted in lines that end together.
 */
export function rowStartUtcNs(
  startUtcNs: bigint,
  lastRowOffsetNs: bigint,
  row: number,
  rows: number,
  pairs: RowPairs | null = null,
): bigint {
  const lineOf = (each: number): number => {
    if (pairs === null) return each;
    const inReadOrder = lastRowOffsetNs < 0n ? rows - 1 - each : each;
    const line = (pairs.firstLineIsOdd ? 1 : 0) + inReadOrder * pairs.linesPerRow;
    return line - (line % 2);
  };
  const lines = BigInt(lineOf(rows - 1) - lineOf(0));
  return lines === 0n ? startUtcNs : startUtcNs + (lastRowOffsetNs * BigInt(lineOf(row) - lineOf(0))) / lines;
}
