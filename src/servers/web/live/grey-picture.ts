/** A preview as other programs take it: stretched to 8 bits of grey. */
import type { Preview } from '#pipeline/stages/preview-board.js';
import type { PreviewPlane } from './live-protocol.js';
import { levelsOfPlane, type Stretch, toneTable, transferOf } from './stretch.js';

/** Levels of `preview.width` x `preview.height` pixels, row by row. */
export function greyOf(preview: Preview, stretch: Stretch, plane: PreviewPlane): Uint8Array {
  const pixels = preview[plane];
  const { bitDepth } = preview;
  const levels = levelsOfPlane(plane, pixels, preview.histogram, bitDepth);
  const tones = toneTable(transferOf(stretch, levels, bitDepth), bitDepth);
  const grey = new Uint8Array(pixels.length);
  for (let i = 0; i < grey.length; i++) grey[i] = tones[pixels[i] as number] ?? 255;
  return grey;
}
