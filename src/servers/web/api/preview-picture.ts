/** A picture of 8-bit pixels as PNG or JPEG, made by threads of sharp. */
import sharp from 'sharp';
import type { RawAnswer } from './route.js';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** One byte a pixel, row by row. */
  readonly shown: Uint8Array;
}

const JPEG_QUALITY = 85;

/** The picture as a file, with `headers`. */
export async function pictureAnswer(
  { width, height, shown }: Picture,
  format: 'png' | 'jpeg',
  headers: Readonly<Record<string, string>>,
): Promise<RawAnswer> {
  const raw = sharp(shown, { raw: { width, height, channels: 1 } }).toColourspace('b-w');
  const image = format === 'png' ? raw.png({ compressionLevel: 3 }) : raw.jpeg({ quality: JPEG_QUALITY });
  return { contentType: `image/${format}`, headers, body: await image.toBuffer() };
}
