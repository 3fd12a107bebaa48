/** Finds the pixels that an LED lights, from a frame without its light and one with it. */
import { LedFitError } from '#gps/calibration/led-edge.js';

export interface Image {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint16Array;
}

/** Rows and columns of the image, the last ones included. */
export interface Spot {
  readonly firstRow: number;
  readonly lastRow: number;
  readonly firstColumn: number;
  readonly lastColumn: number;
}

/** Side of the blocks that are compared. */
const BLOCK = 8;
/** Least light of the brightest block, in standard deviations of all blocks. */
const LEAST_CONTRAST = 12;
/** A block belongs to the spot from this part of the brightest one's light on. */
const LIT_PART = 0.7;
/** Blocks about the brightest one that the spot may reach: light all over the image needs no more to be measured by. */
const MOST_REACH = 16;

/** The spot around the brightest block. @throws LedFitError `led.not-seen` */
export function findSpot(dark: Image, lit: Image): Spot {
  const { width, height } = dark;
  const columns = Math.max(1, Math.floor(width / BLOCK));
  const rows = Math.max(1, Math.floor(height / BLOCK));
  const light = new Float64Array(columns * rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) light[row * columns + column] = blockLight(dark, lit, row, column);
  }
  let brightest = 0;
  for (let i = 1; i < light.length; i++) if ((light[i] as number) > (light[brightest] as number)) brightest = i;
  const most = light[brightest] as number;
  const sizes = light.map(Math.abs).sort();
  const sigma = 1.4826 * (sizes[Math.floor(sizes.length / 2)] as number);
  // An LED that lights the whole image makes every block as bright: then there is no darkness to compare with.
  const flooded = sigma > 0.5 * most;
  if (most < 1 || (!flooded && most < LEAST_CONTRAST * sigma)) {
    throw new LedFitError(
      'led.not-seen',
      `the LED is not seen anywhere: the brightest block gained ${most.toFixed(1)} units, noise makes ${sigma.toFixed(1)}; is it on, in the image, bright enough?`,
    );
  }
  return grow(light, columns, rows, brightest);
}

function blockLight(dark: Image, lit: Image, row: number, column: number): number {
  const { width, height } = dark;
  let sum = 0;
  let count = 0;
  for (let y = row * BLOCK; y < Math.min(height, (row + 1) * BLOCK); y++) {
    for (let x = column * BLOCK; x < Math.min(width, (column + 1) * BLOCK); x++) {
      sum += (lit.pixels[y * width + x] as number) - (dark.pixels[y * width + x] as number);
      count++;
    }
  }
  return sum / count;
}

/** The blocks that hang together with the brightest one and are nearly as bright. */
function grow(light: Float64Array, columns: number, rows: number, brightest: number): Spot {
  const least = LIT_PART * (light[brightest] as number);
  const [middleRow, middleColumn] = [Math.floor(brightest / columns), brightest % columns];
  const far = (y: number, x: number) => Math.abs(y - middleRow) > MOST_REACH || Math.abs(x - middleColumn) > MOST_REACH;
  const seen = new Set([brightest]);
  const waiting = [brightest];
  let [top, bottom, left, right] = [rows, 0, columns, 0];
  for (let block = waiting.pop(); block !== undefined; block = waiting.pop()) {
    const [row, column] = [Math.floor(block / columns), block % columns];
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
    [left, right] = [Math.min(left, column), Math.max(right, column)];
    for (const [y, x] of [
      [row - 1, column],
      [row + 1, column],
      [row, column - 1],
      [row, column + 1],
    ] as const) {
      const next = y * columns + x;
      if (y < 0 || y >= rows || x < 0 || x >= columns || far(y, x) || seen.has(next) || (light[next] as number) < least)
        continue;
      seen.add(next);
      waiting.push(next);
    }
  }
  return {
    firstRow: top * BLOCK,
    lastRow: bottom * BLOCK + BLOCK - 1,
    firstColumn: left * BLOCK,
    lastColumn: right * BLOCK + BLOCK - 1,
  };
}
