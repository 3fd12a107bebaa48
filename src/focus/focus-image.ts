/** True pixels of a part of a frame, as stars are looked for in them. */

export interface FocusImage {
  readonly width: number;
  readonly height: number;
  /** Row by row. */
  readonly pixels: Uint16Array;
  /** A pixel of this value or above counts as saturated. */
  readonly saturation: number;
}

/** Sensors clip a little below the end of their range where an offset is taken off. */
const CLIPPED_SHARE = 0.98;

/** From which value on a pixel of so many bits counts as saturated. */
export function saturationOf(bitDepth: number): number {
  return Math.floor(CLIPPED_SHARE * (2 ** bitDepth - 1));
}

/**
 * Four pixels of a colour mosaic as one, so that its pattern is no star: each is the mean of a 2 x 2 cell, half as many in each
 * direction. Lengths measured in it count double. One saturated pixel makes its cell saturated.
 */
export function mosaicCells({ width, height, pixels, saturation }: FocusImage): FocusImage {
  const cells = { width: width >> 1, height: height >> 1 };
  const means = new Uint16Array(cells.width * cells.height);
  for (let y = 0; y < cells.height; y++) {
    for (let x = 0; x < cells.width; x++) {
      const at = 2 * y * width + 2 * x;
      const [a, b] = [pixels[at] as number, pixels[at + 1] as number];
      const [c, d] = [pixels[at + width] as number, pixels[at + width + 1] as number];
      means[y * cells.width + x] = Math.max(a, b, c, d) >= saturation ? saturation : Math.round((a + b + c + d) / 4);
    }
  }
  return { ...cells, pixels: means, saturation };
}
