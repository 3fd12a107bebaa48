/** Which pixel of the preview stands for a pixel of the frame, and when a pixel's row was exposed. */

/** The column (or row) of a preview of `reduced` columns whose box holds column `at` of a frame of `full`: boxes begin at floor(i * full / reduced). */
export function previewIndexOf(at: number, full: number, reduced: number): number {
  return Math.floor(((at + 1) * reduced - 1) / full);
}

/** Start of exposure of a row, ns since 1970 UTC: the first row's, and its share of the way to the last one. */
export function rowStartUtcNs(startUtcNs: bigint, lastRowOffsetNs: bigint, row: number, rows: number): bigint {
  return rows < 2 ? startUtcNs : startUtcNs + (lastRowOffsetNs * BigInt(row)) / BigInt(rows - 1);
}
