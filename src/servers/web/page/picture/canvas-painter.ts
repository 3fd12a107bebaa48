/** The picture without a GPU: the same numbers as webgl-painter.ts, pixel by pixel. */
import { type Colour, type Layer, layersOf, type Painter, type Scene, STRIPE } from './painter.js';
import { UNDER } from './sampling.js';

/** Null where the canvas has no 2D context. */
export function canvasPainter(canvas: HTMLCanvasElement): Painter | null {
  const context = canvas.getContext('2d', { alpha: false });
  if (context === null) return null;
  return { kind: '2d', paint: (scene) => paint(context, scene) };
}

/** Values of the canvas, below 0 where there are none, and the largest pixel under each. */
interface Plane {
  readonly values: Float32Array;
  readonly largest: Uint16Array;
}

function planeOf(length: number): Plane {
  return { values: new Float32Array(length), largest: new Uint16Array(length) };
}

function paint(context: CanvasRenderingContext2D, scene: Scene): void {
  const { tones, saturatedFrom, colours, width, height } = scene;
  const plane = planeOf(width * height);
  plane.values.fill(-1);
  const { preview, truePixels } = layersOf(scene);
  lay(preview, plane);
  if (truePixels !== null) lay(truePixels, plane);
  const image = context.createImageData(width, height);
  const words = new Uint32Array(image.data.buffer);
  const greys = Uint32Array.from({ length: 256 }, (_, tone) => wordOf(colours.white, tone));
  const ground = wordOf(colours.ground, 255);
  const stripes = [wordOf(colours.saturated, 255), wordOf(colours.stripe, 255)] as const;
  const last = tones.length - 1;
  for (let at = 0; at < words.length; at++) {
    const value = plane.values[at] as number;
    if (value < 0) words[at] = ground;
    else if ((plane.largest[at] as number) >= saturatedFrom) {
      const x = at % width;
      words[at] = stripes[((x + (at - x) / width) & STRIPE) === 0 ? 0 : 1];
    } else {
      const below = Math.min(last, Math.floor(value));
      const tone = tones[below] as number;
      const next = tones[Math.min(last, below + 1)] as number;
      words[at] = greys[Math.round(tone + (value - below) * (next - tone))] as number;
    }
  }
  context.putImageData(image, 0, 0);
}

/** Lays the layer's pixels over what the plane holds: first across, then down. */
function lay({ pixels, width, height, columns, rows }: Layer, { values, largest }: Plane): void {
  const places = columns.first.length;
  // Rows of the layer as they are on the canvas across; made where they are needed.
  const across: (Plane | undefined)[] = new Array(height);
  const rowAt = (row: number): Plane => {
    const made = across[row] ?? planeOf(places);
    if (across[row] !== undefined) return made;
    across[row] = made;
    for (let x = 0; x < places; x++) {
      const first = columns.first[x] as number;
      if (first < 0) continue;
      let sum = 0;
      let total = 0;
      let most = 0;
      for (let tap = 0; tap < columns.taps; tap++) {
        const share = columns.shares[x * columns.taps + tap] as number;
        if (share === 0) continue;
        const value = pixels[row * width + first + tap] as number;
        sum += share * value;
        total += share;
        if (share >= UNDER && value > most) most = value;
      }
      made.values[x] = sum / total;
      made.largest[x] = most;
    }
    return made;
  };
  for (let y = 0; y < rows.first.length; y++) {
    const first = rows.first[y] as number;
    if (first < 0) continue;
    const shares = rows.shares.subarray(y * rows.taps, (y + 1) * rows.taps);
    const taken = Array.from(shares, (share, tap) => (share === 0 ? null : { share, row: rowAt(first + tap) })).filter(
      (each) => each !== null,
    );
    const total = taken.reduce((sum, { share }) => sum + share, 0);
    if (first > 0) across[first - 1] = undefined;
    for (let x = 0; x < places; x++) {
      if ((columns.first[x] as number) < 0) continue;
      let sum = 0;
      let most = 0;
      for (const { share, row } of taken) {
        sum += share * (row.values[x] as number);
        if (share >= UNDER && (row.largest[x] as number) > most) most = row.largest[x] as number;
      }
      values[y * places + x] = sum / total;
      largest[y * places + x] = most;
    }
  }
}

/** A colour at a level, as the bytes of a pixel stand in a word of a little-endian machine: browsers run on no other. */
function wordOf([red, green, blue]: Colour, tone: number): number {
  const share = (part: number) => Math.round((part * tone) / 255);
  return (0xff000000 | (share(blue) << 16) | (share(green) << 8) | share(red)) >>> 0;
}
