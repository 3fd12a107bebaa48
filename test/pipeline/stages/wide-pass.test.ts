import * as assert from 'uvu/assert';
import { encodeFits32Reference } from '#pipeline/kernels/fits-pixels.js';
import { addHistogramReference, histogramLength, mergeHistogram } from '#pipeline/kernels/histogram.js';
import { onesSum } from '#pipeline/kernels/ones-sum.js';
import { PreviewReducer, previewScratch, previewShape } from '#pipeline/kernels/preview.js';
import { riceBound, riceEncode } from '#pipeline/kernels/rice.js';
import { StatisticsAccumulator } from '#pipeline/kernels/statistics.js';
import { bandPass, PassScratch } from '#pipeline/stages/frame-pass.js';
import { FrameWorkspaces } from '#pipeline/stages/frame-workspace.js';
import { NO_BINNING, recordedShape } from '#pipeline/stages/recorded-shape.js';
import { HISTOGRAM_BINS, StageClock } from '#pipeline/stages/steps.js';
import { pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import { randomPixels } from '#test/support/random.js';
import { test } from '#test/support/test.js';

/** Several tiles, and a width that is no multiple of anything. */
const [WIDTH, HEIGHT, PREVIEW] = [1_237, 331, 100];
const format = pixelFormatByName('Mono32');
assert.ok(format);

function pass(values: Uint32Array, encoding: 'rice' | 'raw', largestValue: number | null) {
  const { width, height, sampleBytes, largest } = recordedShape(
    format as never,
    WIDTH,
    HEIGHT,
    NO_BINNING,
    largestValue,
  );
  const rowBound = encoding === 'rice' ? riceBound(width, sampleBytes) : width * sampleBytes;
  const out = new Uint8Array(height * rowBound);
  const rowBytes = new Uint32Array(height);
  const lanes = new Uint32Array(histogramLength(HISTOGRAM_BINS));
  const board = previewShape(WIDTH, HEIGHT, PREVIEW);
  const preview = {
    width: PREVIEW,
    mean: new Uint16Array(PREVIEW * board.height),
    maximum: new Uint16Array(PREVIEW * board.height),
  };
  // A payload that begins at an odd byte.
  const payload = new Uint8Array(values.byteLength + 1).subarray(1);
  payload.set(new Uint8Array(values.buffer));
  const result = bandPass({
    ...{
      payload,
      width: WIDTH,
      height: HEIGHT,
      binning: NO_BINNING,
      largestValue,
      out,
      outOffset: 0,
      rowBytes,
      preview,
    },
    format: format as never,
    band: { firstRow: 0, rows: HEIGHT },
    skipRows: 1,
    steps: { encoding, statistics: true, histogram: 'full', preview: true },
    histogram: lanes,
    scratch: new PassScratch(),
    clock: new StageClock(),
  });
  const total = new StatisticsAccumulator(largest);
  total.merge(result.sums);
  const histogram = new Uint32Array(HISTOGRAM_BINS);
  mergeHistogram(lanes, histogram);
  return {
    ...result,
    code: out.subarray(0, result.encodedBytes),
    rowBytes,
    preview,
    histogram,
    statistics: total.result(),
  };
}

/** What is made of `values` shifted down by `shift`, 65535 where that is too much. */
function seenOf(values: Uint32Array, shift: number) {
  const seen = Uint16Array.from(values, (value) => Math.min(65_535, Math.floor(value / 2 ** shift)));
  const { height } = previewShape(WIDTH, HEIGHT, PREVIEW);
  const [mean, maximum] = [new Uint16Array(PREVIEW * height), new Uint16Array(PREVIEW * height)];
  new PreviewReducer({ width: WIDTH, height: HEIGHT, outWidth: PREVIEW }, mean, maximum, previewScratch(WIDTH)).addRows(
    seen,
    0,
    0,
    HEIGHT,
  );
  const lanes = new Uint32Array(histogramLength(HISTOGRAM_BINS));
  addHistogramReference(seen, WIDTH, seen.length - WIDTH, 4, lanes);
  const histogram = new Uint32Array(HISTOGRAM_BINS);
  mergeHistogram(lanes, histogram);
  return { mean, maximum, histogram };
}

test('frames of 32 bits become the code, the sums, the preview and the histogram of their values', () => {
  const low = randomPixels(WIDTH * HEIGHT, 16, 7);
  const sums = Uint32Array.from(low, (value, i) => value * 8 + (i % 8));
  const full = Uint32Array.from(low, (value, i) => ((value << 16) | (low[(i + 5) % low.length] ?? 0)) >>> 0);
  for (const [name, values, largest, shift] of [
    ['sums of 3 x 3', sums, 9 * 65_535, 4],
    ['all bits', full, null, 16],
    ['more than the camera said', full, 65_535, 0],
  ] as const) {
    const rice = pass(values, 'rice', largest);
    const raw = pass(values, 'raw', largest);
    const room = new Uint8Array(HEIGHT * riceBound(WIDTH, 4));
    const lengths = new Uint32Array(HEIGHT);
    const bytes = riceEncode(values, 0, WIDTH, HEIGHT, 2 ** 31, room, 0, lengths, 0);
    assert.is(Buffer.compare(rice.code, room.subarray(0, bytes)), 0, name);
    assert.equal(rice.rowBytes, lengths, name);
    const expected = new Uint8Array(values.byteLength);
    encodeFits32Reference(values, values.length, expected, 0);
    assert.is(Buffer.compare(raw.code, expected), 0, name);
    assert.is(raw.dataSum, onesSum(expected, 0, expected.length), name);
    const { mean, maximum, histogram } = seenOf(values, shift);
    assert.equal([raw.preview.mean, raw.preview.maximum], [mean, maximum], name);
    assert.equal(raw.histogram, histogram, name);
    let [sum, squares, saturated] = [0n, 0n, 0];
    for (const value of values.subarray(WIDTH)) {
      sum += BigInt(value);
      squares += BigInt(value) ** 2n;
      if (value >= (largest ?? 2 ** 32 - 1)) saturated++;
    }
    assert.equal([raw.sums.sum, raw.sums.sumOfSquares, raw.sums.saturated], [sum, squares, saturated], name);
    assert.ok((raw.statistics?.stddev ?? 0) > 0, name);
  }
});

test('sums of squares beyond 64 bits cross to the thread that makes the frame whole', () => {
  const workspace = FrameWorkspaces.create({ count: 1, bands: 2, rows: 4 }).at(0);
  const all = new StatisticsAccumulator(2 ** 32 - 1);
  for (let i = 0; i < 3; i++) all.add(new Uint32Array(1_000).fill(2 ** 32 - 1), 0, 1_000);
  workspace.keep(1, all.sums(), 77, 88);
  assert.equal(workspace.sums(1), all.sums());
  assert.equal([workspace.encodedBytes(1), workspace.dataSum(1)], [77, 88]);
  assert.ok(workspace.sums(1).sumOfSquares > 2n ** 64n);
});

test.run();
