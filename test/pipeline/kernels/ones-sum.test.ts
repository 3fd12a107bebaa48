import * as assert from 'uvu/assert';
import { KernelError } from '#pipeline/kernels/kernel-error.js';
import { addOnesSums, onesSum, onesSumReference, shiftOnesSum } from '#pipeline/kernels/ones-sum.js';
import { againWithoutAvx2 } from '#test/support/portable.js';
import { randomBytes, randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';

test('the sum is that of big-endian words with the carry brought round, worked out by hand', () => {
  const sumOf = (...bytes: number[]): number => onesSum(Uint8Array.from(bytes), 0, bytes.length);
  assert.is(sumOf(), 0);
  assert.is(sumOf(0, 0, 0, 0, 0), 0);
  assert.is(sumOf(1, 2, 3, 4), 0x01020304);
  assert.is(sumOf(1, 2, 3, 4, 0x10), 0x11020304);
  assert.is(sumOf(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 2), 2);
  assert.is(sumOf(0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 1), 0xffff_ffff);
  assert.is(sumOf(...new Array<number>(400).fill(0xff)), 0xffff_ffff);
});

test('the addon sums as the specification does, at any start and length', () => {
  const random = randomOf(4);
  const bytes = randomBytes(70_000, 1);
  for (let length = 0; length < 300; length++) {
    const offset = Math.floor(random() * 70);
    assert.is(onesSum(bytes, offset, length), onesSumReference(bytes, offset, length), `${offset}+${length}`);
  }
  assert.is(onesSum(bytes, 0, 70_000), onesSumReference(bytes, 0, 70_000));
  const full = new Uint8Array(1_000_003).fill(0xff);
  assert.is(onesSum(full, 1, 1_000_002), onesSumReference(full, 1, 1_000_002));
  for (const [offset, length] of [
    [-1, 4],
    [0, 70_001],
    [70_000, 1],
    [0, Number.NaN],
  ] as const) {
    assert.throws(
      () => onesSum(bytes, offset, length),
      (error: unknown) => error instanceof KernelError,
    );
  }
});

test('parts of any length add up to the sum of the whole', () => {
  const random = randomOf(8);
  for (let round = 0; round < 300; round++) {
    const bytes = round % 10 === 0 ? new Uint8Array(500) : randomBytes(500, round);
    let sum = 0;
    for (let at = 0; at < bytes.length; ) {
      const length = Math.min(bytes.length - at, Math.floor(random() * 40));
      sum = addOnesSums(sum, shiftOnesSum(onesSum(bytes, at, length), at));
      at += length;
    }
    assert.is(sum, onesSum(bytes, 0, bytes.length));
  }
});

againWithoutAvx2(import.meta.url);
test.run();
