/** Pixels of a recorded frame as they are shown: a region of it, binned until it has no more columns than wanted, 16 bits each. */
import { AppulseError } from '#gps/errors.js';
import { UsageError } from '#src/config/usage-error.js';
import type { PixelRegion } from '#src/station/station-face.js';
import { type Levels, levelsOf } from '../live/stretch.js';

export const MOST_IMAGE_PIXELS = 16 * 2 ** 20;

export interface FrameImage extends PixelRegion {
  /** Pixels of the frame that became one, columns and rows alike. */
  readonly binning: number;
  /** Of the image. */
  readonly columns: number;
  readonly rows: number;
  /** Bits that were taken away from below, so that a pixel has 16; 0 but for frames of more. */
  readonly shift: number;
  readonly bitDepth: number;
  readonly pixels: Uint16Array;
}

export interface ImageRequest {
  /** Left out: all of the frame. */
  readonly region?: PixelRegion;
  /** The most columns of the image. */
  readonly columns: number;
  /** What a pixel of the image is of those behind it. */
  readonly plane: 'mean' | 'maximum';
}

export interface DecodedPixels {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  readonly data: Uint8Array | Uint16Array | Uint32Array;
}

/** @throws UsageError `usage.region` for one that is not in the frame, AppulseError `image.too-large` */
export function imageOf(frame: DecodedPixels, request: ImageRequest): FrameImage {
  const region = request.region ?? { x: 0, y: 0, width: frame.width, height: frame.height };
  checkRegion(region, frame);
  const binning = Math.ceil(region.width / request.columns);
  const columns = Math.ceil(region.width / binning);
  const rows = Math.ceil(region.height / binning);
  if (columns * rows > MOST_IMAGE_PIXELS) {
    throw new AppulseError(
      'image.too-large',
      `${columns} x ${rows} pixels are more than ${MOST_IMAGE_PIXELS}: ask for fewer columns or a smaller region`,
    );
  }
  const shift = Math.max(0, frame.bitDepth - 16);
  const shape = { ...region, binning, columns, rows, shift, bitDepth: frame.bitDepth - shift };
  const pixels = new Uint16Array(new SharedArrayBuffer(2 * columns * rows));
  fill(pixels, frame, shape, request.plane === 'maximum');
  return { ...shape, pixels };
}

/** Rows between two that are counted. */
const COUNTED_ROW_STEP = 8;

/** Levels of the sky in all of a frame, in the values of its images. */
export function levelsOfFrame({ width, height, bitDepth, data }: DecodedPixels): Levels {
  const shift = Math.max(0, bitDepth - 16);
  const counts = new Uint32Array(2 ** (bitDepth - shift));
  for (let row = 0; row < height; row += COUNTED_ROW_STEP) {
    for (let at = row * width; at < (row + 1) * width; at++) {
      const value = Math.min(counts.length - 1, (data[at] as number) >>> shift);
      counts[value] = (counts[value] as number) + 1;
    }
  }
  return levelsOf(counts, bitDepth - shift) ?? { median: 0, sigma: 1, high: 1 };
}

function checkRegion({ x, y, width, height }: PixelRegion, frame: DecodedPixels): void {
  if (width >= 1 && height >= 1 && x + width <= frame.width && y + height <= frame.height) return;
  throw new UsageError(
    'usage.region',
    `the region ${width} x ${height} at ${x}, ${y} is not in a frame of ${frame.width} x ${frame.height} pixels`,
  );
}

function fill(pixels: Uint16Array, frame: DecodedPixels, shape: Omit<FrameImage, 'pixels'>, largest: boolean): void {
  const { x, y, width, height, binning, columns, rows, shift } = shape;
  const values = new Float64Array(columns);
  const factor = 2 ** shift;
  for (let row = 0; row < rows; row++) {
    const first = row * binning;
    const last = Math.min(first + binning, height);
    values.fill(0);
    for (let line = first; line < last; line++) {
      let at = (y + line) * frame.width + x;
      for (let column = 0; column < columns; column++) {
        const end = at + Math.min(binning, width - column * binning);
        let value = values[column] as number;
        for (; at < end; at++) {
          const pixel = frame.data[at] as number;
          value = largest ? Math.max(value, pixel) : value + pixel;
        }
        values[column] = value;
      }
    }
    for (let column = 0; column < columns; column++) {
      const count = largest ? 1 : (last - first) * Math.min(binning, width - column * binning);
      pixels[row * columns + column] = Math.floor((values[column] as number) / count / factor);
    }
  }
}
