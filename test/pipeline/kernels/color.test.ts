import * as assert from 'uvu/assert';
import {
  colorMean,
  colorMeanReference,
  colorPlane,
  colorPlaneReference,
  fromPlanes,
  toPlanes,
} from '#pipeline/kernels/color.js';
import { KernelError } from '#pipeline/kernels/kernel-error.js';
import { nativeAddon, nativeAddonReason } from '#pipeline/native/addon.js';
import { againWithoutAvx2 } from '#test/support/portable.js';
import { randomBytes } from '#test/support/random.js';
import { test } from '#test/support/test.js';

function native() {
  const addon = nativeAddon();
  if (addon === null) throw new Error(`no addon: ${nativeAddonReason()}`);
  return addon;
}

test('planes and means of a few pixels are those worked out by hand', () => {
  const pixels = Uint8Array.of(9, 9, 9, 1, 2, 3, 255, 255, 255, 0, 0, 1, 0, 1, 1);
  const [bytes, values] = [new Uint8Array(4), new Uint16Array(4)];
  for (const [sample, expected] of [
    [0, [1, 255, 0, 0]],
    [1, [2, 255, 0, 1]],
    [2, [3, 255, 1, 1]],
  ] as const) {
    colorPlane(pixels, sample, 1, 4, bytes, values);
    assert.equal([[...bytes], [...values]], [expected, expected]);
  }
  // A third is rounded down, two thirds up.
  colorMean(pixels, 1, 4, values);
  assert.equal([...values], [2, 255, 0, 1]);
});

test('the addon and the specification agree, whatever the length and the place in memory', () => {
  const all = randomBytes(3 * 5_000 + 1, 3).subarray(1);
  for (const count of [0, 1, 2, 15, 16, 17, 31, 33, 64, 100, 1_003, 4_999]) {
    for (const first of [0, 1]) {
      for (const sample of [0, 1, 2]) {
        const [own, reference] = [0, 1].map(() => [new Uint8Array(count + 1), new Uint16Array(count + 1)] as const);
        assert.ok(own && reference);
        native().colorPlane(all, sample, first, count, ...own);
        colorPlaneReference(all, sample, first, count, ...reference);
        assert.equal(own, reference, `sample ${sample} of ${count} pixels from ${first}`);
      }
      const [own, reference] = [new Uint16Array(count + 1), new Uint16Array(count + 1)];
      native().colorMean(all, first, count, own);
      colorMeanReference(all, first, count, reference);
      assert.equal(own, reference, `${count} means from ${first}`);
    }
  }
  // Every sum that there can be.
  const sums = Uint8Array.from({ length: 766 * 3 }, (_, i) => {
    const sum = Math.floor(i / 3);
    return Math.min(255, Math.max(0, sum - 255 * (i % 3)));
  });
  const mean = new Uint16Array(766);
  native().colorMean(sums, 0, 766, mean);
  assert.equal(
    [...mean],
    Array.from({ length: 766 }, (_, sum) => Math.round(sum / 3)),
  );
});

test('planes become pixels again, in either order of colours', () => {
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
  ] as const) {
    const pixels = randomBytes(3 * 77, 5);
    const planes = new Uint8Array(pixels.length);
    toPlanes(pixels, planes, order);
    assert.equal([planes[0], planes[77], planes[154]], [pixels[order[0]], pixels[1], pixels[order[2]]]);
    const again = new Uint8Array(pixels.length);
    fromPlanes(planes, again, order);
    assert.equal(again, pixels);
  }
});

test('buffers that are too short are refused', () => {
  const short = (work: () => unknown) =>
    assert.throws(work, (error: unknown) => error instanceof KernelError && error.code === 'kernel.size');
  const [pixels, bytes, values] = [new Uint8Array(14), new Uint8Array(4), new Uint16Array(4)];
  short(() => colorPlane(pixels, 0, 0, 5, new Uint8Array(5), new Uint16Array(5)));
  short(() => colorPlane(pixels, 0, 1, 4, bytes, values));
  short(() => colorPlane(pixels, 0, 0, 4, bytes, new Uint16Array(3)));
  short(() => colorPlane(pixels, 0, 0, 4, new Uint8Array(3), values));
  short(() => colorPlane(pixels, 3, 0, 4, bytes, values));
  short(() => colorPlane(pixels, 0, -1, 4, bytes, values));
  short(() => colorMean(pixels, 0, 5, new Uint16Array(5)));
  short(() => colorMean(pixels, 0, 4, new Uint16Array(3)));
  assert.throws(() => native().colorPlane(pixels, 0, 1, 4, bytes, values), /too short/);
  assert.throws(() => native().colorPlane(pixels, 3, 0, 4, bytes, values), /too short/);
  assert.throws(() => native().colorMean(pixels, 2, 3, values), /too short/);
});

againWithoutAvx2(import.meta.url);
test.run();
