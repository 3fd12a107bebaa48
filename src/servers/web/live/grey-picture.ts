/** Pixels as other programs take them: stretched to 8 bits of grey, as the page shows them. */
import { levelsOfPixels, type StretchChoice, toneTable, transferOf } from './stretch.js';

/** A level for each of `pixels`, which have `bitDepth` bits. */
export function greyOf(pixels: Uint16Array, bitDepth: number, choice: StretchChoice): Uint8Array {
  const tones = toneTable(transferOf(choice, levelsOfPixels(pixels, bitDepth), bitDepth), bitDepth);
  const grey = new Uint8Array(pixels.length);
  for (let i = 0; i < grey.length; i++) grey[i] = tones[pixels[i] as number] ?? 255;
  return grey;
}
