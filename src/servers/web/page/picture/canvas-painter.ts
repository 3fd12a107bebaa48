/** The picture without a GPU: the same numbers as webgl-painter.ts, pixel by pixel. */
import { previewIndexOf } from '#src/servers/web/live/picture-geometry.js';
import { type Colour, type Painter, pixelMap, type Scene, STRIPE } from './painter.js';

/** Null where the canvas has no 2D context. */
export function canvasPainter(canvas: HTMLCanvasElement): Painter | null {
  const context = canvas.getContext('2d', { alpha: false });
  if (context === null) return null;
  return { kind: '2d', paint: (scene) => paint(context, scene) };
}

function paint(context: CanvasRenderingContext2D, scene: Scene): void {
  const { frameWidth, frameHeight, preview, truePixels, tones, saturatedFrom, colours, placement } = scene;
  const { width, height } = scene;
  const columns = pixelMap(placement.left, placement.scale, width, frameWidth);
  const rows = pixelMap(placement.top, placement.scale, height, frameHeight);
  const previewColumns = columns.map((at) => previewIndexOf(at, frameWidth, preview.width));
  const image = context.createImageData(width, height);
  const words = new Uint32Array(image.data.buffer);
  const greys = Uint32Array.from({ length: 256 }, (_, tone) => wordOf(colours.white, tone));
  const ground = wordOf(colours.ground, 255);
  const stripes = [wordOf(colours.saturated, 255), wordOf(colours.stripe, 255)] as const;
  for (let y = 0; y < height; y++) {
    const row = rows[y] as number;
    const previewAt = previewIndexOf(row, frameHeight, preview.height) * preview.width;
    const inRows = truePixels !== null && row >= truePixels.y && row < truePixels.y + truePixels.height;
    for (let x = 0; x < width; x++) {
      const column = columns[x] as number;
      const at = y * width + x;
      if (row < 0 || column < 0) {
        words[at] = ground;
        continue;
      }
      const inside = inRows && column >= truePixels.x && column < truePixels.x + truePixels.width;
      const value = inside
        ? (truePixels.pixels[(row - truePixels.y) * truePixels.width + column - truePixels.x] as number)
        : (preview.pixels[previewAt + (previewColumns[x] as number)] as number);
      if (value >= saturatedFrom) words[at] = stripes[((x + y) & STRIPE) === 0 ? 0 : 1];
      else words[at] = greys[tones[Math.min(value, tones.length - 1)] as number] as number;
    }
  }
  context.putImageData(image, 0, 0);
}

/** A colour at a level, as the bytes of a pixel stand in a word of a little-endian machine: browsers run on no other. */
function wordOf([red, green, blue]: Colour, tone: number): number {
  const share = (part: number) => Math.round((part * tone) / 255);
  return (0xff000000 | (share(blue) << 16) | (share(green) << 8) | share(red)) >>> 0;
}
