/** The picture without a GPU: the same numbers as webgl-painter.ts, pixel by pixel. */
import { type Colour, type Colours, type Layer, layersOf, type Painter, type Scene, STRIPE } from './painter.js';
import { type Sampling, UNDER } from './sampling.js';

/** Null where the canvas has no 2D context. */
export function canvasPainter(canvas: HTMLCanvasElement): Painter | null {
  const context = canvas.getContext('2d', { alpha: false });
  if (context === null) return null;
  // Kept from paint to paint: megabytes that were made anew for each would be the garbage of each.
  let image: ImageData | null = null;
  let ink: Ink | null = null;
  return {
    kind: '2d',
    paint: (scene) => {
      const { width, height, tones, colours } = scene;
      if (image?.width !== width || image.height !== height) image = context.createImageData(width, height);
      if (ink?.tones !== tones || ink.colours !== colours) ink = inkOf(tones, colours);
      const words = new Uint32Array(image.data.buffer);
      words.fill(wordOf(colours.ground, 255));
      const { preview, truePixels } = layersOf(scene);
      lay(preview, words, scene, ink);
      if (truePixels !== null) lay(truePixels, words, scene, ink);
      context.putImageData(image, 0, 0);
    },
  };
}

/** Words of the canvas for values of a picture. */
interface Ink {
  readonly tones: Uint8Array;
  readonly colours: Colours;
  /** Of the values from 0 on, `steps` from one to the next: a mixture of pixels lies between two values. */
  readonly words: Uint32Array;
  readonly steps: number;
}

/** As many steps as are finer than a level of grey in the steepest stretch, and few enough for a processor's cache. */
const INK_WORDS = 2 ** 18;

function inkOf(tones: Uint8Array, colours: Colours): Ink {
  const steps = Math.max(1, INK_WORDS / tones.length);
  const greys = Uint32Array.from({ length: 256 }, (_, tone) => wordOf(colours.white, tone));
  const words = new Uint32Array(tones.length * steps);
  const last = tones.length - 1;
  for (let at = 0; at < words.length; at++) {
    const below = Math.floor(at / steps);
    const tone = tones[below] as number;
    const next = tones[Math.min(last, below + 1)] as number;
    words[at] = greys[Math.round(tone + (at / steps - below) * (next - tone))] as number;
  }
  return { tones, colours, words, steps };
}

/** A row of a layer as it is on the canvas across. */
interface Row {
  /** Of the layer; -1 before there is one. */
  of: number;
  readonly values: Float32Array;
  /** The largest pixel under each place; of rows without a saturated pixel it says nothing. */
  readonly largest: Uint16Array;
  hasSaturated: boolean;
}

/** Lays the layer over what is on the canvas: first across, then down. */
function lay(layer: Layer, words: Uint32Array, { width, saturatedFrom, colours }: Scene, ink: Ink): void {
  const { columns, rows, height } = layer;
  const { taps } = rows;
  const begin = columns.first.findIndex((first) => first >= 0);
  if (begin === -1) return;
  const end = columns.first.findLastIndex((first) => first >= 0) + 1;
  const across = { begin, end, shares: wholeShares(columns), saturatedFrom };
  // As many as one row of the canvas is made of.
  const held = Array.from({ length: taps }, (): Row => {
    return { of: -1, values: new Float32Array(width), largest: new Uint16Array(width), hasSaturated: false };
  });
  const shares = wholeShares(rows);
  const mixed = new Float32Array(width);
  const stripes = [wordOf(colours.saturated, 255), wordOf(colours.stripe, 255)] as const;
  for (let y = 0; y < rows.first.length; y++) {
    const first = rows.first[y] as number;
    if (first < 0) continue;
    mixed.fill(0);
    const from = y * width;
    const saturated: Row[] = [];
    for (let tap = 0; tap < taps && first + tap < height; tap++) {
      const share = shares[y * taps + tap] as number;
      if (share === 0) continue;
      const row = held[(first + tap) % taps] as Row;
      if (row.of !== first + tap) makeRow(row, first + tap, layer, across);
      const { values } = row;
      for (let x = begin; x < end; x++) mixed[x] = (mixed[x] as number) + share * (values[x] as number);
      if (row.hasSaturated && (rows.shares[y * taps + tap] as number) >= UNDER) saturated.push(row);
    }
    const { steps } = ink;
    for (let x = begin; x < end; x++) words[from + x] = ink.words[((mixed[x] as number) * steps + 0.5) | 0] as number;
    if (saturated.length === 0) continue;
    for (let x = begin; x < end; x++) {
      if (saturated.some(({ largest }) => (largest[x] as number) >= saturatedFrom)) {
        words[from + x] = stripes[((x + y) & STRIPE) === 0 ? 0 : 1];
      }
    }
  }
}

interface Across {
  /** Places of the canvas from the first one that the layer has to behind the last. */
  readonly begin: number;
  readonly end: number;
  readonly shares: Float32Array;
  readonly saturatedFrom: number;
}

function makeRow(row: Row, of: number, { pixels, width, columns }: Layer, across: Across): void {
  const { begin, end, shares, saturatedFrom } = across;
  const { first, taps } = columns;
  const { values, largest } = row;
  const at = of * width;
  row.of = of;
  row.hasSaturated = false;
  for (let x = at; x < at + width && !row.hasSaturated; x++) row.hasSaturated = (pixels[x] as number) >= saturatedFrom;
  for (let x = begin; x < end; x++) {
    const from = at + (first[x] as number);
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const share = shares[x * taps + tap] as number;
      // Behind the last pixel of all there is none.
      if (share > 0) sum += share * (pixels[from + tap] as number);
    }
    values[x] = sum;
  }
  if (!row.hasSaturated) return;
  for (let x = begin; x < end; x++) {
    const from = at + (first[x] as number);
    let most = 0;
    for (let tap = 0; tap < taps; tap++) {
      if ((columns.shares[x * taps + tap] as number) >= UNDER) most = Math.max(most, pixels[from + tap] as number);
    }
    largest[x] = most;
  }
}

/** What each tap counts: its share of the sum of its place. */
function wholeShares({ first, shares, taps }: Sampling): Float32Array {
  const whole = new Float32Array(shares.length);
  for (let place = 0; place < first.length; place++) {
    let sum = 0;
    for (let at = place * taps; at < (place + 1) * taps; at++) sum += shares[at] as number;
    for (let at = place * taps; at < (place + 1) * taps; at++) whole[at] = sum === 0 ? 0 : (shares[at] as number) / sum;
  }
  return whole;
}

/** A colour at a level, as the bytes of a pixel stand in a word of a little-endian machine: browsers run on no other. */
function wordOf([red, green, blue]: Colour, tone: number): number {
  const share = (part: number) => Math.round((part * tone) / 255);
  return (0xff000000 | (share(blue) << 16) | (share(green) << 8) | share(red)) >>> 0;
}
