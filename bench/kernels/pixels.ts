import { bin16 } from '#pipeline/kernels/bin.js';
import { encodeFits16 } from '#pipeline/kernels/fits-pixels.js';
import { addHistogram, histogramLength } from '#pipeline/kernels/histogram.js';
import { onesSum } from '#pipeline/kernels/ones-sum.js';
import { PreviewReducer, previewScratch, previewShape } from '#pipeline/kernels/preview.js';
import { StatisticsAccumulator } from '#pipeline/kernels/statistics.js';
import { type PixelLayout, unpack16 } from '#pipeline/kernels/unpack.js';
import { pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import type { Case, Run, Target } from '../harness.js';
import { HEIGHT, memcpyOfFrame, PIXELS, seconds, skyFrame, WIDTH } from './frame.js';

const COST = 'time';
const FIGURES = { [COST]: { unit: 'ms' } };
const PREVIEW_WIDTH = 960;

type Targets = Readonly<Record<string, Readonly<Record<string, Target>>>>;

const cost = (limit: number): Readonly<Record<string, Target>> => ({
  [COST]: { of: 'ratio', is: 'at most', value: limit },
});

/** A case whose contestants are kernels, by name, on the same frame. */
function memcpyCase(name: string, contestants: Targets, kernels: () => Record<string, () => void>): Case {
  return {
    name,
    reference: 'memcpy of the frame as uint16',
    figures: FIGURES,
    contestants,
    open: () => {
      const memcpy = memcpyOfFrame();
      const run =
        (work: () => void): Run =>
        () => ({ [COST]: 1_000 * seconds(work) });
      return {
        runs: Object.fromEntries(Object.entries(kernels()).map(([contestant, work]) => [contestant, run(work)])),
        reference: () => ({ [COST]: 1_000 * memcpy() }),
      };
    },
  };
}

function layoutOf(name: string): PixelLayout {
  const format = pixelFormatByName(name === 'swap16' ? 'Mono16' : name);
  if (format === undefined) throw new Error(`no format ${name}`);
  return name === 'swap16' ? { ...format, byteOrder: 'big' } : format;
}

const UNPACK: Targets = {
  Mono12p: cost(1),
  Mono12Packed: cost(1),
  Mono14p: cost(1),
  swap16: cost(1.05),
  Mono10p: {},
  Mono10Packed: {},
  Mono8: {},
  Mono16: {},
};

function unpackKernels(): Record<string, () => void> {
  const out = new Uint16Array(PIXELS).fill(1);
  return Object.fromEntries(
    Object.keys(UNPACK).map((name) => {
      const layout = layoutOf(name);
      const payload = new Uint8Array(Math.ceil((PIXELS * layout.bitsPerPixel) / 8)).map((_, i) => i * 37);
      return [name, () => unpack16(payload, layout, 0, PIXELS, out)];
    }),
  );
}

const MEASURE: Targets = {
  statistics: cost(1),
  'histogram of every 8th row': cost(0.4),
  'full histogram': cost(3),
};

function measureKernels(): Record<string, () => void> {
  const pixels = skyFrame();
  const lanes = new Uint32Array(histogramLength(4096));
  return {
    statistics: () => new StatisticsAccumulator(16_383).add(pixels, 0, PIXELS),
    'histogram of every 8th row': () => {
      for (let row = 0; row < HEIGHT; row += 8) addHistogram(pixels, row * WIDTH, WIDTH, 2, lanes, (row + 8) * WIDTH);
    },
    'full histogram': () => addHistogram(pixels, 0, PIXELS, 2, lanes),
  };
}

const REDUCE: Targets = {
  'sum 2 x 2': {},
  'sum 3 x 3': {},
  'sum 4 x 4': {},
  'mean 3 x 3': {},
  [`preview, ${PREVIEW_WIDTH} columns`]: {},
  'FITS pixels': {},
  'sum of the bytes (DATASUM)': {},
};

function reduceKernels(): Record<string, () => void> {
  const pixels = skyFrame();
  const scratch = new Uint32Array(WIDTH);
  const sums = new Uint32Array(PIXELS / 4);
  const means = new Uint16Array(PIXELS / 4);
  const shape = previewShape(WIDTH, HEIGHT, PREVIEW_WIDTH);
  const [mean, maximum] = [new Uint16Array(shape.width * shape.height), new Uint16Array(shape.width * shape.height)];
  const columns = previewScratch(WIDTH);
  const bytes = new Uint8Array(2 * PIXELS).fill(1);
  return {
    'sum 2 x 2': () => bin16(pixels, 0, WIDTH, HEIGHT, 2, 'sum', sums, scratch),
    'sum 3 x 3': () => bin16(pixels, 0, WIDTH, HEIGHT, 3, 'sum', sums, scratch),
    'sum 4 x 4': () => bin16(pixels, 0, WIDTH, HEIGHT, 4, 'sum', sums, scratch),
    'mean 3 x 3': () => bin16(pixels, 0, WIDTH, HEIGHT, 3, 'mean', means, scratch),
    [`preview, ${PREVIEW_WIDTH} columns`]: () =>
      new PreviewReducer({ width: WIDTH, height: HEIGHT, outWidth: PREVIEW_WIDTH }, mean, maximum, columns).addRows(
        pixels,
        0,
        0,
        HEIGHT,
      ),
    'FITS pixels': () => encodeFits16(pixels, PIXELS, bytes, 0),
    'sum of the bytes (DATASUM)': () => void onesSum(bytes, 0, bytes.length),
  };
}

export const pixelCases: readonly Case[] = [
  memcpyCase('unpack to uint16', UNPACK, unpackKernels),
  memcpyCase('statistics', MEASURE, measureKernels),
  memcpyCase('binning, preview, FITS pixels', REDUCE, reduceKernels),
];
