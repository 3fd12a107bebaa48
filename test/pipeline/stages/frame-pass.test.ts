import * as assert from 'uvu/assert';
import { encodeFits16Reference } from '#pipeline/kernels/fits-pixels.js';
import { histogramLength, mergeHistogram } from '#pipeline/kernels/histogram.js';
import { previewShape } from '#pipeline/kernels/preview.js';
import { riceBound, riceDecode } from '#pipeline/kernels/rice.js';
import { StatisticsAccumulator } from '#pipeline/kernels/statistics.js';
import { unpack16Reference } from '#pipeline/kernels/unpack.js';
import { planBands } from '#pipeline/stages/band-plan.js';
import { bandPass, PassScratch } from '#pipeline/stages/frame-pass.js';
import { NO_BINNING } from '#pipeline/stages/recorded-shape.js';
import { type FrameSteps, HISTOGRAM_BINS, STAGES, StageClock } from '#pipeline/stages/steps.js';
import { type PixelFormat, pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import { randomBytes } from '#test/support/random.js';
import { test } from '#test/support/test.js';

const FORMAT = pixelFormatByName('Mono14p') as PixelFormat;
/** Two bands, an odd width, rows that begin inside a byte. */
const [WIDTH, HEIGHT, PREVIEW] = [4_767, 3_600, 100];
const payload = randomBytes(Math.ceil((WIDTH * HEIGHT * 14) / 8), 3);
const pixels = new Uint16Array(WIDTH * HEIGHT);
unpack16Reference(payload, FORMAT, 0, pixels.length, pixels);

const ALL: FrameSteps = { encoding: 'rice', statistics: true, histogram: 'sampled', preview: true };

/** Every band of the frame in the given order, each with a worker's memory of its own, as different workers would. */
function pass(steps: FrameSteps, order: (bands: number) => number[]) {
  const bands = planBands(WIDTH, HEIGHT, PREVIEW);
  const rowBound = steps.encoding === 'rice' ? riceBound(WIDTH, 2) : 2 * WIDTH;
  const shape = previewShape(WIDTH, HEIGHT, PREVIEW);
  const out = new Uint8Array(steps.encoding === 'none' ? 0 : HEIGHT * rowBound);
  const rowBytes = new Uint32Array(HEIGHT);
  const total = new StatisticsAccumulator(2 ** 14 - 1);
  const histogram = new Uint32Array(HISTOGRAM_BINS);
  const plane = () => new Uint16Array(shape.width * shape.height);
  const preview = { width: PREVIEW, mean: plane(), maximum: plane() };
  const clock = new StageClock();
  let encodedBytes = 0;
  for (const index of order(bands.length)) {
    const band = bands[index];
    if (band === undefined) throw new Error('no such band');
    const lanes = new Uint32Array(histogramLength(HISTOGRAM_BINS));
    const result = bandPass({
      payload,
      format: FORMAT,
      binning: NO_BINNING,
      width: WIDTH,
      height: HEIGHT,
      band,
      skipRows: 1,
      steps,
      out,
      outOffset: band.firstRow * rowBound,
      rowBytes,
      histogram: lanes,
      preview: steps.preview ? preview : null,
      scratch: new PassScratch(),
      clock,
    });
    total.merge(result.sums);
    mergeHistogram(lanes, histogram);
    encodedBytes += result.encodedBytes;
  }
  return { bands, out, rowBytes, statistics: total.result(), histogram, preview, encodedBytes, clock };
}

const upward = (bands: number) => Array.from({ length: bands }, (_, i) => i);

test('a frame passed over in bands gives its pixels, statistics, histogram and preview', () => {
  const { bands, out, rowBytes, statistics, histogram, encodedBytes, clock } = pass(ALL, upward);
  assert.is(bands.length, 2);
  const row = new Uint16Array(WIDTH);
  for (const band of bands) {
    let at = band.firstRow * riceBound(WIDTH, 2);
    for (let y = band.firstRow; y < band.firstRow + band.rows; y++) {
      riceDecode(out, at, rowBytes[y] ?? 0, WIDTH, 0x8000, row, 0);
      assert.equal(row, pixels.subarray(y * WIDTH, (y + 1) * WIDTH), `row ${y}`);
      at += rowBytes[y] ?? 0;
    }
  }
  assert.is(
    rowBytes.reduce((sum, bytes) => sum + bytes, 0),
    encodedBytes,
  );
  // Row 0 holds the GPS header and is left out.
  const measured = pixels.subarray(WIDTH);
  let sum = 0;
  for (const value of measured) sum += value;
  assert.is(statistics?.mean, sum / measured.length);
  const counted = new Uint32Array(HISTOGRAM_BINS);
  let sampled = 0;
  for (let y = 1; y < HEIGHT; y += 8, sampled++) {
    for (let x = 0; x < WIDTH; x++) {
      const bin = (pixels[y * WIDTH + x] as number) >> 2;
      counted[bin] = (counted[bin] ?? 0) + 1;
    }
  }
  assert.is(sampled, 450);
  assert.equal(histogram, counted);
  const seconds = clock.seconds();
  for (const stage of STAGES) if (stage !== 'stack' && stage !== 'hdu') assert.ok(seconds[stage] > 0, stage);
});

test('the order in which bands are done changes nothing', () => {
  const [one, two] = [pass(ALL, upward), pass(ALL, (bands) => upward(bands).reverse())];
  assert.equal(two.statistics, one.statistics);
  assert.equal(two.histogram, one.histogram);
  assert.equal(two.preview, one.preview);
  assert.equal(two.rowBytes, one.rowBytes);
  assert.is(Buffer.compare(two.out, one.out), 0);
});

test('steps that are left out leave nothing, and plain pixels stand in order', () => {
  const nothing = pass({ encoding: 'none', statistics: false, histogram: 'off', preview: false }, upward);
  assert.is(nothing.statistics, null);
  assert.is(nothing.encodedBytes, 0);
  assert.is(
    nothing.histogram.some((count) => count > 0),
    false,
  );
  const raw = pass({ encoding: 'raw', statistics: true, histogram: 'full', preview: false }, upward);
  const expected = new Uint8Array(2 * pixels.length);
  encodeFits16Reference(pixels, pixels.length, expected, 0);
  assert.is(Buffer.compare(raw.out, expected), 0);
  assert.is(
    raw.histogram.reduce((sum, count) => sum + count, 0),
    WIDTH * (HEIGHT - 1),
  );
});

test.run();
