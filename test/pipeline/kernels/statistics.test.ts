import * as assert from 'uvu/assert';
import {
  addHistogram,
  addHistogramReference,
  histogramLength,
  mergeHistogram,
  mergeHistogramReference,
} from '#pipeline/kernels/histogram.js';
import { KernelError } from '#pipeline/kernels/kernel-error.js';
import { StatisticsAccumulator, statisticsReference } from '#pipeline/kernels/statistics.js';
import { nativeAddon } from '#pipeline/native/addon.js';
import { againWithoutAvx2 } from '#test/support/portable.js';
import { randomPixels } from '#test/support/random.js';
import { test } from '#test/support/test.js';

const empty = () => new BigUint64Array([65_535n, 0n, 0n, 0n, 0n, 0n]);

test('statistics of a few pixels are those worked out by hand', () => {
  const accumulator = new StatisticsAccumulator(4095);
  accumulator.add(Uint16Array.of(9, 2, 4, 4, 4, 5, 5, 7, 4095, 9), 1, 7);
  // 2 4 4 4 5 5 7: mean 31/7, variance (151 - 31^2/7) / 7.
  const result = accumulator.result();
  assert.is(result?.min, 2);
  assert.is(result?.max, 7);
  assert.is(result?.mean, 31 / 7);
  assert.ok(Math.abs((result?.stddev ?? 0) - Math.sqrt((151 - 31 ** 2 / 7) / 7)) < 1e-12);
  assert.is(result?.saturated, 0);
  accumulator.add(Uint16Array.of(4094, 4095, 4096, 65_535), 0, 4);
  assert.is(accumulator.result()?.saturated, 3);
  assert.is(new StatisticsAccumulator(255).result(), null);
});

test('the addon and the specification sum up the same, past a block of sums and at both ends of the range', () => {
  const native = nativeAddon();
  assert.ok(native !== null);
  const corpora = [8, 12, 14, 16].map((depth) => randomPixels(600_011, depth, depth));
  corpora.push(new Uint16Array(600_000).fill(65_535), new Uint16Array(33), new Uint16Array(1_100_000).fill(32_768));
  for (const pixels of corpora) {
    for (const [first, count] of [
      [0, pixels.length],
      [3, Math.min(65_537, pixels.length - 3)],
      [17, 1],
      [16, 16],
      [17, 0],
      [1, 15],
    ] as const) {
      for (const saturation of [0, 255, 4095, 65_535, 65_536]) {
        const [own, reference] = [empty(), empty()];
        statisticsReference(pixels, first, count, saturation, reference);
        native.statistics(pixels, first, count, saturation, own);
        assert.equal(own, reference, `${first}+${count}, ${saturation}`);
      }
    }
  }
});

test('sums of 32 bits are measured alike by the addon and the specification', () => {
  const native = nativeAddon();
  assert.ok(native !== null);
  const corpora = [
    Uint32Array.from(randomPixels(70_003, 16, 20), (value) => value * 16),
    new Uint32Array(1_000).fill(2 ** 24 - 1),
    new Uint32Array(100_000).fill(2 ** 32 - 1),
    Uint32Array.from(randomPixels(70_003, 16, 21), (value, i) => value * 65_536 + i),
    new Uint32Array(7),
  ];
  for (const pixels of corpora) {
    for (const saturation of [0, 65_535, 16 * 65_535, 2 ** 32 - 1]) {
      const [own, reference] = [empty(), empty()];
      statisticsReference(pixels, 3, pixels.length - 3, saturation, reference);
      native.statistics(pixels, 3, pixels.length - 3, saturation, own);
      assert.equal(own, reference);
    }
  }
  const all = new StatisticsAccumulator(16 * 65_535);
  all.add(Uint32Array.of(70_000, 16 * 65_535, 80_000), 0, 3);
  const { min, max, saturated } = all.sums();
  assert.equal([min, max, saturated], [70_000, 1_048_560, 1]);
  const full = new StatisticsAccumulator(2 ** 32 - 1);
  for (let i = 0; i < 5; i++) full.add(new Uint32Array(1_000).fill(2 ** 32 - 1), 0, 1_000);
  assert.is(full.sums().sumOfSquares, 5_000n * (2n ** 32n - 1n) ** 2n);
  full.merge(full.sums());
  assert.equal(full.result(), { min: 2 ** 32 - 1, max: 2 ** 32 - 1, mean: 2 ** 32 - 1, stddev: 0, saturated: 10_000 });
});

test('a frame measured in parts is the frame measured at once', () => {
  const pixels = randomPixels(100_000, 16, 3);
  const whole = new StatisticsAccumulator(65_535);
  whole.add(pixels, 0, pixels.length);
  const merged = new StatisticsAccumulator(65_535);
  for (let at = 0; at < pixels.length; at += 12_345) {
    const part = new StatisticsAccumulator(65_535);
    part.add(pixels, at, Math.min(12_345, pixels.length - at));
    merged.merge(part.sums());
  }
  merged.merge(new StatisticsAccumulator(65_535).sums());
  assert.equal(merged.result(), whole.result());
});

test('a frame of 150 million saturated pixels overflows nothing', () => {
  const part = new StatisticsAccumulator(65_535);
  part.add(new Uint16Array(1_500_000).fill(65_535), 0, 1_500_000);
  const whole = new StatisticsAccumulator(65_535);
  for (let i = 0; i < 100; i++) whole.merge(part.sums());
  assert.equal(whole.result(), { min: 65_535, max: 65_535, mean: 65_535, stddev: 0, saturated: 150_000_000 });
});

test('histograms count every pixel once, the addon as the specification does', () => {
  for (const bins of [256, 4096, 3, 16_384, 20_000]) {
    for (const [depth, shift] of [
      [8, 0],
      [12, 0],
      [16, 4],
      [16, 8],
      [16, 16],
    ] as const) {
      const pixels = randomPixels(10_007, depth, bins + depth);
      const [own, reference] = [new Uint32Array(histogramLength(bins)), new Uint32Array(histogramLength(bins))];
      for (const [first, count] of [
        [0, 10_007],
        [5, 1_003],
        [9_999, 8],
        [7, 0],
      ] as const) {
        addHistogram(pixels, first, count, shift, own);
        addHistogramReference(pixels, first, count, shift, reference);
      }
      assert.equal(own, reference, `${bins} bins, depth ${depth}, shift ${shift}`);
      const merged = new Uint32Array(bins);
      mergeHistogram(own, merged);
      const mergedReference = new Uint32Array(bins);
      mergeHistogramReference(own, mergedReference);
      assert.equal(merged, mergedReference);
      assert.is(
        merged.reduce((sum, count) => sum + count, 0),
        10_007 + 1_003 + 8,
      );
      const bin = Math.min((pixels[0] as number) >> shift, bins - 1);
      assert.ok((merged[bin] ?? 0) > 0);
    }
  }
});

test('a histogram counts what it should', () => {
  const lanes = new Uint32Array(histogramLength(4));
  addHistogram(Uint16Array.of(0, 1, 2, 3, 4, 65_535, 1, 1), 0, 8, 0, lanes);
  const bins = new Uint32Array(4);
  mergeHistogram(lanes, bins);
  assert.equal([...bins], [1, 3, 1, 3]);
});

test('pixels beyond the buffers are refused', () => {
  const pixels = new Uint16Array(10);
  for (const work of [
    () => new StatisticsAccumulator(1).add(pixels, 5, 6),
    () => new StatisticsAccumulator(1).add(pixels, -1, 6),
    () => addHistogram(pixels, 5, 6, 0, new Uint32Array(16)),
    () => addHistogram(pixels, 0, 5, 0, new Uint32Array(3)),
    () => addHistogram(pixels, 0, 5, 17, new Uint32Array(16)),
    () => mergeHistogram(new Uint32Array(17), new Uint32Array(2)),
  ]) {
    assert.throws(work, (error: unknown) => error instanceof KernelError && error.code === 'kernel.size');
  }
});

againWithoutAvx2(import.meta.url);
test.run();
