import * as assert from 'uvu/assert';
import { colorMeanReference, toPlanes } from '#pipeline/kernels/color.js';
import { addHistogramReference, histogramLength, mergeHistogram } from '#pipeline/kernels/histogram.js';
import { addOnesSums, onesSum, shiftOnesSum } from '#pipeline/kernels/ones-sum.js';
import { PreviewReducer, previewScratch, previewShape } from '#pipeline/kernels/preview.js';
import { riceBound, riceEncode } from '#pipeline/kernels/rice.js';
import { StatisticsAccumulator } from '#pipeline/kernels/statistics.js';
import { planBands } from '#pipeline/stages/band-plan.js';
import { bandPass, PassScratch } from '#pipeline/stages/frame-pass.js';
import { NO_BINNING } from '#pipeline/stages/recorded-shape.js';
import { type Encoding, HISTOGRAM_BINS, StageClock } from '#pipeline/stages/steps.js';
import { pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import { randomPixels } from '#test/support/random.js';
import { test } from '#test/support/test.js';

/** Several tiles, and a width that is no multiple of anything; two bands a plane by what a pixel is said to weigh. */
const [WIDTH, HEIGHT, PREVIEW, WEIGHT] = [1_237, 531, 100, 30];
/** A payload that begins at an odd byte. */
const payload = Uint8Array.from(randomPixels(3 * WIDTH * HEIGHT + 1, 8, 4)).subarray(1);

function pass(name: string, encoding: Encoding, interleaved: boolean) {
  const format = pixelFormatByName(name);
  assert.ok(format);
  const bands = planBands(WIDTH, HEIGHT, PREVIEW, WEIGHT, interleaved ? 1 : 3);
  const rowBound = encoding === 'rice' ? riceBound(WIDTH, 1) : WIDTH * (interleaved ? 3 : 1);
  const rows = interleaved ? HEIGHT : 3 * HEIGHT;
  const out = new Uint8Array(rows * rowBound);
  const rowBytes = new Uint32Array(rows);
  const lanes = new Uint32Array(histogramLength(HISTOGRAM_BINS));
  const board = previewShape(WIDTH, HEIGHT, PREVIEW);
  const preview = {
    width: PREVIEW,
    mean: new Uint16Array(PREVIEW * board.height),
    maximum: new Uint16Array(PREVIEW * board.height),
  };
  const total = new StatisticsAccumulator(255);
  const parts: Uint8Array[] = [];
  let [bytes, dataSum] = [0, 0];
  for (const band of bands) {
    const outOffset = ((band.plane ?? 0) * HEIGHT + band.firstRow) * rowBound;
    const result = bandPass({
      ...{ payload, format, width: WIDTH, height: HEIGHT, binning: NO_BINNING, interleaved, band, out, outOffset },
      ...{ rowBytes, preview, skipRows: 1, histogram: lanes, scratch: new PassScratch(), clock: new StageClock() },
      steps: { encoding, statistics: true, histogram: 'full', preview: true },
    });
    parts.push(out.subarray(outOffset, outOffset + result.encodedBytes));
    dataSum = addOnesSums(dataSum, shiftOnesSum(result.dataSum, bytes));
    bytes += result.encodedBytes;
    total.merge(result.sums);
  }
  const histogram = new Uint32Array(HISTOGRAM_BINS);
  mergeHistogram(lanes, histogram);
  return { bands: bands.length, code: Buffer.concat(parts), dataSum, rowBytes, preview, histogram, sums: total.sums() };
}

/** What is seen of all samples but those of the first row, which may hold a GPS header. */
function expectedSums() {
  const samples = Uint16Array.from(payload.subarray(3 * WIDTH));
  const all = new StatisticsAccumulator(255);
  all.add(samples, 0, samples.length);
  const lanes = new Uint32Array(histogramLength(HISTOGRAM_BINS));
  addHistogramReference(samples, 0, samples.length, 0, lanes);
  const histogram = new Uint32Array(HISTOGRAM_BINS);
  mergeHistogram(lanes, histogram);
  return { sums: all.sums(), histogram };
}

function expectedPreview() {
  const mean = new Uint16Array(WIDTH * HEIGHT);
  colorMeanReference(payload, 0, mean.length, mean);
  const { height } = previewShape(WIDTH, HEIGHT, PREVIEW);
  const planes = [new Uint16Array(PREVIEW * height), new Uint16Array(PREVIEW * height)] as const;
  const shape = { width: WIDTH, height: HEIGHT, outWidth: PREVIEW };
  new PreviewReducer(shape, ...planes, previewScratch(WIDTH)).addRows(mean, 0, 0, HEIGHT);
  return planes;
}

test('frames of three colours become planes of red, green and blue, or stay as they come, with all that is measured of them', () => {
  const { sums, histogram } = expectedSums();
  const preview = expectedPreview();
  for (const [name, order] of [
    ['RGB8', [0, 1, 2]],
    ['BGR8', [2, 1, 0]],
  ] as const) {
    const planes = new Uint8Array(payload.length);
    toPlanes(payload, planes, order);
    const room = new Uint8Array(3 * HEIGHT * riceBound(WIDTH, 1));
    const lengths = new Uint32Array(3 * HEIGHT);
    const codeBytes = riceEncode(planes, 0, WIDTH, 3 * HEIGHT, 0, room, 0, lengths, 0);
    for (const [encoding, interleaved, expected] of [
      ['rice', false, room.subarray(0, codeBytes)],
      ['raw', false, planes],
      ['little-endian', true, payload],
    ] as const) {
      const made = pass(name, encoding, interleaved);
      const what = `${name} ${encoding}`;
      assert.is(made.bands, interleaved ? 2 : 6, what);
      assert.is(Buffer.compare(made.code, expected), 0, what);
      assert.is(made.dataSum, onesSum(expected, 0, expected.length), what);
      if (encoding === 'rice') assert.equal(made.rowBytes, lengths);
      assert.equal(made.sums, sums, what);
      assert.equal(made.histogram, histogram, what);
      assert.equal([made.preview.mean, made.preview.maximum], [...preview], what);
    }
  }
});

test('bands of planes are those of one plane, three times', () => {
  const one = planBands(9_000, 2_000, 320);
  assert.ok(one.length > 1);
  const three = planBands(9_000, 2_000, 320, 1, 3);
  assert.equal(
    three,
    [0, 1, 2].flatMap((plane) => one.map((band) => ({ ...band, plane }))),
  );
});

test.run();
