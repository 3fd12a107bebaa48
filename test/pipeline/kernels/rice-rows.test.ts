import * as assert from 'uvu/assert';
import { KernelError } from '#pipeline/kernels/kernel-error.js';
import { type RiceValues, riceBound, riceEncode, riceEncodeReference } from '#pipeline/kernels/rice.js';
import { riceDecodeRows, riceDecodeRowsReference } from '#pipeline/kernels/rice-rows.js';
import { againWithoutAvx2 } from '#test/support/portable.js';
import { randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';

const KINDS = [Uint8Array, Uint16Array, Uint32Array] as const;

/** Noise of `sigma` with stray values in it. */
function image(kind: (typeof KINDS)[number], count: number, sigma: number, seed: number): RiceValues {
  const random = randomOf(seed);
  const values = new kind(count);
  const most = 2 ** (8 * values.BYTES_PER_ELEMENT) - 1;
  for (let i = 0; i < count; i++) {
    values[i] = random() < 0.002 ? most * random() : Math.min(most, 60 + sigma * (random() + random() + random()));
  }
  return values;
}

/** The table of the rows and their code, as a FITS file has them. */
function coded(values: RiceValues, width: number, rows: number, flip: number): Uint8Array {
  const room = new Uint8Array(rows * riceBound(width, values.BYTES_PER_ELEMENT));
  const lengths = new Uint32Array(rows);
  const bytes = riceEncode(values, 0, width, rows, flip, room, 0, lengths, 0);
  const expected = new Uint8Array(room.length);
  riceEncodeReference(values, 0, width, rows, flip, expected, 0, new Uint32Array(rows), 0);
  assert.is(Buffer.compare(room.subarray(0, bytes), expected.subarray(0, bytes)), 0);
  const data = Buffer.alloc(8 * rows + bytes);
  let at = 0;
  for (const [row, length] of lengths.entries()) {
    data.writeUInt32BE(length, 8 * row);
    data.writeUInt32BE(at, 8 * row + 4);
    at += length;
  }
  data.set(room.subarray(0, bytes), 8 * rows);
  return data;
}

const likeOf = (values: RiceValues): RiceValues =>
  new (values.constructor as new (length: number) => RiceValues)(values.length);

test('an image of any width comes back whole, by the addon and by the specification', () => {
  for (const [k, kind] of KINDS.entries()) {
    for (const [width, rows] of [
      [1, 1],
      [31, 9],
      [32, 3],
      [100, 50],
      [4_767, 4],
    ] as const) {
      for (const sigma of [0, 0.4, 3, 30, 500, 40_000]) {
        const values = image(kind, width * rows, sigma, width + k);
        const flip = sigma % 2 === 0 ? 0 : 2 ** (8 * values.BYTES_PER_ELEMENT - 1);
        const data = coded(values, width, rows, flip);
        const [own, reference] = [likeOf(values), likeOf(values)];
        riceDecodeRows(data, rows, width, flip, own);
        assert.is(riceDecodeRowsReference(data, rows, width, flip, reference), -1);
        assert.equal(own, values);
        assert.equal(reference, values);
      }
    }
  }
});

test('the first damaged row is named, and damage never reaches beyond the buffers', () => {
  const random = randomOf(3);
  let refused = 0;
  for (let round = 0; round < 600; round++) {
    const values = image(KINDS[round % 3] ?? Uint8Array, 40 * 10, 30, round);
    const data = coded(values, 40, 10, 0);
    const damaged = round % 4 === 0 ? data.slice(0, 80 + Math.floor(random() * (data.length - 80))) : data.slice();
    if (round % 4 !== 0) damaged[Math.floor(random() * damaged.length)] = Math.floor(random() * 256);
    const [own, reference] = [likeOf(values), likeOf(values)];
    const broken = riceDecodeRowsReference(damaged, 10, 40, 0, reference);
    try {
      riceDecodeRows(damaged, 10, 40, 0, own);
      assert.is(broken, -1);
      assert.equal(own, reference);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      refused++;
      assert.is(error.code, 'kernel.rice');
      assert.match(error.message, `row ${broken} `);
    }
  }
  assert.ok(refused > 50, `${refused} refused`);
});

test('buffers that do not fit are refused', () => {
  const data = coded(new Uint16Array(100), 10, 10, 0);
  for (const [rows, width, out] of [
    [10, 11, new Uint16Array(100)],
    [10, 10, new Uint16Array(99)],
    [1_000, 1, new Uint16Array(1_000)],
    [-1, 10, new Uint16Array(100)],
  ] as const) {
    assert.throws(
      () => riceDecodeRows(data, rows, width, 0, out),
      (error: unknown) => error instanceof KernelError && error.code === 'kernel.size',
    );
  }
});

againWithoutAvx2(import.meta.url);
test.run();
