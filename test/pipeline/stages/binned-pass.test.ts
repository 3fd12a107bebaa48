import * as assert from 'uvu/assert';
import { bin16Reference } from '#pipeline/kernels/bin.js';
import { encodeFits16Reference, encodeFits32Reference } from '#pipeline/kernels/fits-pixels.js';
import { histogramLength } from '#pipeline/kernels/histogram.js';
import { addOnesSums, onesSum, shiftOnesSum } from '#pipeline/kernels/ones-sum.js';
import { riceBound, riceEncode } from '#pipeline/kernels/rice.js';
import { StatisticsAccumulator } from '#pipeline/kernels/statistics.js';
import { unpack16Reference } from '#pipeline/kernels/unpack.js';
import { planBands } from '#pipeline/stages/band-plan.js';
import { bandPass, PassScratch } from '#pipeline/stages/frame-pass.js';
import { type Binning, recordedShape } from '#pipeline/stages/recorded-shape.js';
import { HISTOGRAM_BINS, StageClock } from '#pipeline/stages/steps.js';
import { payloadBytesOf, pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import { randomBytes } from '#test/support/random.js';
import { test } from '#test/support/test.js';

/** Several bands, an odd width, rows and columns that fill no box. */
const [WIDTH, HEIGHT] = [4_763, 3_607];

/** A frame, and what it becomes. */
function frameOf(formatName: string, binning: Binning) {
  const format = pixelFormatByName(formatName);
  assert.ok(format);
  const payload = randomBytes(payloadBytesOf(format, WIDTH, HEIGHT), 3);
  const shape = recordedShape(format, WIDTH, HEIGHT, binning);
  const pixels = new Uint16Array(WIDTH * HEIGHT);
  unpack16Reference(payload, format, 0, pixels.length, pixels);
  const count = shape.width * shape.height;
  let binned = new Uint32Array(count);
  if (binning.factor === 1) binned = Uint32Array.from(pixels);
  else bin16Reference(pixels, 0, WIDTH, HEIGHT, binning.factor, binning.by, binned);
  const kind = shape.sampleBytes === 1 ? Uint8Array : shape.sampleBytes === 2 ? Uint16Array : Uint32Array;
  return { format, payload, binning, shape, values: new kind(binned) };
}

function pass(
  { format, payload, binning, shape }: ReturnType<typeof frameOf>,
  encoding: 'rice' | 'raw' | 'little-endian',
) {
  const rowBound = encoding === 'rice' ? riceBound(shape.width, shape.sampleBytes) : shape.width * shape.sampleBytes;
  const out = new Uint8Array(shape.height * rowBound);
  const rowBytes = new Uint32Array(shape.height);
  const total = new StatisticsAccumulator(shape.largest);
  const bands = planBands(shape.width, shape.height, 0, binning.factor ** 2);
  assert.ok(bands.length > 1);
  const parts: Uint8Array[] = [];
  let [sum, before] = [0, 0];
  for (const band of bands) {
    const outOffset = band.firstRow * rowBound;
    const result = bandPass({
      payload,
      format,
      width: WIDTH,
      height: HEIGHT,
      binning,
      band,
      skipRows: 1,
      steps: { encoding, statistics: true, histogram: 'full', preview: false },
      out,
      outOffset,
      rowBytes,
      histogram: new Uint32Array(histogramLength(HISTOGRAM_BINS)),
      preview: null,
      scratch: new PassScratch(),
      clock: new StageClock(),
    });
    total.merge(result.sums);
    parts.push(out.subarray(outOffset, outOffset + result.encodedBytes));
    sum = addOnesSums(sum, shiftOnesSum(result.dataSum, before));
    before += result.encodedBytes;
  }
  return { code: Buffer.concat(parts), sum, rowBytes, statistics: total.result() };
}

test('bands of 8, 16 and 32 bits, binned or not, give the code, the sum and the statistics of the whole frame', () => {
  for (const [formatName, factor, by, sampleBytes] of [
    ['Mono8', 1, 'sum', 1],
    ['Mono8', 3, 'mean', 1],
    ['Mono12p', 2, 'sum', 2],
    ['Mono14p', 3, 'sum', 4],
  ] as const) {
    const frame = frameOf(formatName, { factor, by });
    const { shape, values } = frame;
    assert.is(shape.sampleBytes, sampleBytes);
    for (const encoding of ['rice', 'raw', 'little-endian'] as const) {
      const name = `${formatName} ${by} ${factor} ${encoding}`;
      const { code, sum, rowBytes, statistics } = pass(frame, encoding);
      let expected = new Uint8Array(values.buffer);
      if (encoding === 'rice') {
        const room = new Uint8Array(shape.height * riceBound(shape.width, sampleBytes));
        const lengths = new Uint32Array(shape.height);
        const flip = sampleBytes === 1 ? 0 : 2 ** (8 * sampleBytes - 1);
        const bytes = riceEncode(values, 0, shape.width, shape.height, flip, room, 0, lengths, 0);
        expected = room.subarray(0, bytes);
        assert.equal(rowBytes, lengths, name);
      } else if (encoding === 'raw' && values instanceof Uint16Array) {
        expected = new Uint8Array(values.byteLength);
        encodeFits16Reference(values, values.length, expected, 0);
      } else if (encoding === 'raw' && values instanceof Uint32Array) {
        expected = new Uint8Array(values.byteLength);
        encodeFits32Reference(values, values.length, expected, 0);
      }
      assert.is(Buffer.compare(code, expected), 0, name);
      assert.is(sum, onesSum(expected, 0, expected.length), name);
      let [least, most, total] = [Number.POSITIVE_INFINITY, 0, 0];
      for (const value of values.subarray(shape.width)) {
        least = Math.min(least, value);
        most = Math.max(most, value);
        total += value;
      }
      assert.equal([statistics?.min, statistics?.max], [least, most], name);
      assert.is(statistics?.mean, total / (values.length - shape.width), name);
    }
  }
});

test.run();
