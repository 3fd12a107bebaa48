import * as assert from 'uvu/assert';
import { KernelError } from '#pipeline/kernels/kernel-error.js';
import {
  type StackMode,
  stackAdd,
  stackAddReference,
  stackBytes,
  stackFinish,
  stackFinishReference,
} from '#pipeline/kernels/stack.js';
import { againWithoutAvx2 } from '#test/support/portable.js';
import { randomOf, randomPixels } from '#test/support/random.js';
import { test } from '#test/support/test.js';

interface Result {
  readonly maximum: Uint16Array;
  readonly frameOfMaximum: Uint16Array;
  readonly average: Float32Array;
  readonly deviation: Float32Array;
  readonly sums: BigUint64Array;
}

interface Cut {
  readonly add: typeof stackAdd;
  readonly finish: typeof stackFinish;
  /** Pixels a tile. */
  readonly tile: number;
  /** Frames of the next batch. */
  readonly batch: () => number;
}

/** Stacks frames of one length, cut into tiles and batches as `cut` says. */
function stacked(mode: StackMode, frames: readonly Uint16Array[], depth: number, cut: Cut): Result {
  const pixels = frames[0]?.length ?? 0;
  const accumulators = new Uint8Array(stackBytes(mode, pixels)).fill(0xee);
  const sums = new BigUint64Array(frames.length);
  const shift = mode === 'rms' ? depth - 8 : 0;
  for (let firstFrame = 0; firstFrame < frames.length; ) {
    const frameCount = Math.min(cut.batch(), frames.length - firstFrame);
    for (let firstPixel = 0; firstPixel < pixels; firstPixel += cut.tile) {
      const count = Math.min(cut.tile, pixels - firstPixel);
      const values = new Uint16Array(frameCount * count);
      for (let k = 0; k < frameCount; k++) {
        values.set(frames[firstFrame + k]?.subarray(firstPixel, firstPixel + count) ?? [], k * count);
      }
      cut.add(
        { mode, accumulators, pixels, firstPixel, count },
        { values, frameCount, firstFrame, shift, sums: sums.subarray(firstFrame, firstFrame + frameCount) },
      );
    }
    firstFrame += frameCount;
  }
  const planes = {
    maximum: new Uint16Array(pixels),
    frameOfMaximum: new Uint16Array(pixels),
    average: new Float32Array(pixels),
    deviation: new Float32Array(pixels),
  };
  cut.finish({ mode, accumulators, pixels, firstPixel: 0, count: pixels }, frames.length, planes);
  return { ...planes, sums };
}

const own: Cut = { add: stackAdd, finish: stackFinish, tile: 100_000, batch: () => 8 };
const columns = (values: readonly (readonly number[])[]) => values.map((frame) => Uint16Array.from(frame));

test('exact: a pixel worked out by hand', () => {
  // 10 20 30 40 and the maximum 90, twice, of which the first counts: the others are 10 20 30 40 90.
  const result = stacked('exact', columns([[10], [90], [20], [30], [40], [90]]), 16, own);
  assert.is(result.maximum[0], 90);
  assert.is(result.frameOfMaximum[0], 1);
  assert.is(result.average[0], 38);
  // Squared distances 784 + 324 + 64 + 4 + 2704 = 3880, over n - 1 = 4.
  assert.is(result.deviation[0], Math.fround(Math.sqrt(970)));
  assert.equal([...result.sums], [10n, 90n, 20n, 30n, 40n, 90n]);
});

test("rms: a pixel worked out by hand after RMS's formulae", () => {
  // The four largest (200 200 150 90) are left out: 50 60 71 remain, N = 7.
  const result = stacked('rms', columns([[50], [200], [60], [150], [71], [200], [90]]), 8, own);
  assert.is(result.maximum[0], 200);
  assert.is(result.frameOfMaximum[0], 1);
  // floor(181 / 3) = 60; floor((11141 - 181 * 60) / 2) = 140; floor(sqrt(140)) = 11.
  assert.is(result.average[0], 60);
  assert.is(result.deviation[0], 11);
});

test('rms: without any spread the deviation is 1, and deeper data count by their top 8 bits', () => {
  const result = stacked(
    'rms',
    Array.from({ length: 6 }, () => Uint16Array.of(0xabf, 0)),
    12,
    own,
  );
  assert.equal([...result.maximum], [0xab, 0]);
  assert.equal([...result.average], [0xab, 0]);
  assert.equal([...result.deviation], [1, 1]);
  assert.equal([...result.frameOfMaximum], [0, 0]);
  assert.equal([...result.sums], new Array(6).fill(BigInt(0xab)));
});

/** What the planes of one pixel should be, straight from their definitions. */
function expectedPixel(mode: StackMode, samples: readonly number[]) {
  const maximum = Math.max(...samples);
  const frame = samples.indexOf(maximum);
  const n = samples.length;
  if (mode === 'rms') {
    const rest = [...samples].sort((a, b) => b - a).slice(4);
    const sum = rest.reduce((a, b) => a + b, 0);
    const squares = rest.reduce((a, b) => a + b * b, 0);
    const average = Math.floor(sum / (n - 4));
    const deviation = Math.max(1, Math.floor(Math.sqrt(Math.floor((squares - sum * average) / (n - 5)))));
    return { maximum, frame, average, deviation };
  }
  const rest = samples.filter((_, i) => i !== frame);
  const average = rest.reduce((a, b) => a + b, 0) / (n - 1);
  const variance = rest.reduce((a, b) => a + (b - average) ** 2, 0) / (n - 2);
  return { maximum, frame, average, deviation: Math.sqrt(variance) };
}

function corpusOf(depth: number, count: number): Uint16Array[] {
  const pixels = 1_003;
  const frames = Array.from({ length: count }, (_, i) => randomPixels(pixels, depth, depth * 1_000 + i));
  // Pixels that never change, are always saturated, or peak in the first or last frame.
  for (const [i, frame] of frames.entries()) {
    frame.fill(0, 0, 20);
    frame.fill(2 ** depth - 1, 20, 40);
    frame[40] = i === 0 ? 200 : 7;
    frame[41] = i === count - 1 ? 200 : 7;
  }
  return frames;
}

test('both modes give what their definitions say, the addon and the specification bit for bit the same, however cut', () => {
  const random = randomOf(5);
  for (const mode of ['exact', 'rms'] as const) {
    for (const [depth, count] of [
      [8, 6],
      [8, 256],
      [12, 41],
      [14, 33],
      [16, 64],
      [16, 256],
    ] as const) {
      const frames = corpusOf(depth, count);
      const result = stacked(mode, frames, depth, own);
      const reference = stacked(mode, frames, depth, {
        add: stackAddReference,
        finish: stackFinishReference,
        tile: 400,
        batch: () => 1 + Math.floor(random() * 8),
      });
      assert.equal(result, reference, `${mode}, ${depth} bits, ${count} frames`);
      const cut = stacked(mode, frames, depth, { ...own, tile: 77, batch: () => 1 + Math.floor(random() * 8) });
      assert.equal(cut, result);
      for (let i = 0; i < 1_003; i++) {
        const samples = frames.map((frame) => (frame[i] as number) >> (mode === 'rms' ? depth - 8 : 0));
        const expected = expectedPixel(mode, samples);
        const where = `${mode}, ${depth} bits, ${count} frames, pixel ${i}`;
        assert.is(result.maximum[i], expected.maximum, where);
        assert.is(result.frameOfMaximum[i], expected.frame, where);
        const close = (a: number, b: number) =>
          assert.ok(Math.abs(a - b) <= 1e-5 * Math.max(1, b), `${where}: ${a}, ${b}`);
        close(result.average[i] ?? 0, expected.average);
        close(result.deviation[i] ?? 0, expected.deviation);
      }
    }
  }
});

test('65,535 saturated frames overflow no sum', () => {
  const tile = {
    mode: 'exact',
    accumulators: new Uint8Array(stackBytes('exact', 16)),
    pixels: 16,
    firstPixel: 0,
    count: 16,
  } as const;
  const values = new Uint16Array(8 * 16).fill(65_535);
  for (let firstFrame = 0; firstFrame < 65_535; ) {
    const frameCount = Math.min(8, 65_535 - firstFrame);
    stackAdd(tile, { values, frameCount, firstFrame, shift: 0, sums: new BigUint64Array(8) });
    firstFrame += frameCount;
  }
  const planes = {
    maximum: new Uint16Array(16),
    frameOfMaximum: new Uint16Array(16),
    average: new Float32Array(16),
    deviation: new Float32Array(16),
  };
  stackFinish(tile, 65_535, planes);
  assert.equal(
    [planes.maximum[9], planes.frameOfMaximum[9], planes.average[9], planes.deviation[9]],
    [65_535, 0, 65_535, 0],
  );
});

test('what does not fit is refused', () => {
  const tile = { mode: 'rms', accumulators: new Uint8Array(110), pixels: 10, firstPixel: 0, count: 10 } as const;
  const frames = { values: new Uint16Array(80), frameCount: 8, firstFrame: 0, shift: 0, sums: new BigUint64Array(8) };
  const refused = (work: () => unknown, code: string) =>
    assert.throws(work, (error: unknown) => error instanceof KernelError && error.code === code);
  refused(() => stackAdd({ ...tile, accumulators: new Uint8Array(109) }, frames), 'kernel.size');
  refused(() => stackAdd({ ...tile, firstPixel: 1 }, frames), 'kernel.size');
  refused(() => stackAdd({ ...tile, accumulators: new Uint8Array(111).subarray(1) }, frames), 'kernel.size');
  refused(() => stackAdd(tile, { ...frames, values: new Uint16Array(79) }), 'kernel.size');
  refused(() => stackAdd(tile, { ...frames, sums: new BigUint64Array(7) }), 'kernel.size');
  refused(() => stackAdd(tile, { ...frames, firstFrame: 249 }), 'kernel.frames');
  refused(() => stackAdd(tile, { ...frames, frameCount: 0 }), 'kernel.frames');
  const planes = {
    maximum: new Uint16Array(10),
    frameOfMaximum: new Uint16Array(10),
    average: new Float32Array(10),
    deviation: new Float32Array(9),
  };
  refused(() => stackFinish(tile, 256, planes), 'kernel.size');
  refused(() => stackFinish(tile, 5, { ...planes, deviation: new Float32Array(10) }), 'kernel.frames');
});

againWithoutAvx2(import.meta.url);
test.run();
