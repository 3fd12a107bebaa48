/** A picture of 16-bit pixels for the eye: stretched to 8 bits, as PNG or JPEG. Black and white are of the picture where they are not given. */
import sharp from 'sharp';
import type { RawAnswer } from './route.js';

export interface Stretch {
  readonly stretch: 'linear' | 'asinh';
  readonly black?: number | undefined;
  readonly white?: number | undefined;
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint16Array;
}

const LEVELS = 65_536;
/** Shares of the pixels that are black and not yet white. */
const BLACK_SHARE = 0.02;
const WHITE_SHARE = 0.9995;
/** How steep the curve is where it is dark. */
const SOFTENING = 10;
const JPEG_QUALITY = 85;

/** The picture as a file, with `headers`. */
export async function pictureAnswer(
  { width, height, pixels }: Picture,
  stretch: Stretch,
  format: 'png' | 'jpeg',
  headers: Readonly<Record<string, string>>,
): Promise<RawAnswer> {
  const raw = sharp(stretched(pixels, stretch), { raw: { width, height, channels: 1 } }).toColourspace('b-w');
  const image = format === 'png' ? raw.png({ compressionLevel: 3 }) : raw.jpeg({ quality: JPEG_QUALITY });
  return { contentType: `image/${format}`, headers, body: await image.toBuffer() };
}

/** 8 bits a pixel. */
export function stretched(pixels: Uint16Array, { stretch, black, white }: Stretch): Buffer {
  const [low, high] = limitsOf(pixels, black, white);
  const table = new Uint8Array(LEVELS);
  for (let value = 0; value < LEVELS; value++) {
    const share = Math.min(1, Math.max(0, (value - low) / (high - low)));
    const shown = stretch === 'linear' ? share : Math.asinh(SOFTENING * share) / Math.asinh(SOFTENING);
    table[value] = Math.round(255 * shown);
  }
  const shown = Buffer.allocUnsafe(pixels.length);
  for (let i = 0; i < pixels.length; i++) shown[i] = table[pixels[i] as number] as number;
  return shown;
}

function limitsOf(pixels: Uint16Array, black?: number, white?: number): readonly [low: number, high: number] {
  const histogram = new Uint32Array(LEVELS);
  if (black === undefined || white === undefined) {
    for (const pixel of pixels) histogram[pixel] = (histogram[pixel] as number) + 1;
  }
  const valueAt = (share: number): number => {
    let left = share * pixels.length;
    const found = histogram.findIndex((count) => {
      left -= count;
      return left < 0;
    });
    return found < 0 ? LEVELS - 1 : found;
  };
  const low = black ?? valueAt(BLACK_SHARE);
  return [low, Math.max(low + 1, white ?? valueAt(WHITE_SHARE))];
}
