import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { KernelError } from '#pipeline/kernels/kernel-error.js';
import {
  type RiceValues,
  riceBound,
  riceDecode,
  riceDecodeReference,
  riceEncode,
  riceEncodeReference,
} from '#pipeline/kernels/rice.js';
import { nativeAddon, nativeAddonReason } from '#pipeline/native/addon.js';
import { withFolder } from '#test/support/appulse.js';
import { peerTest } from '#test/support/peers.js';
import { againWithoutAvx2 } from '#test/support/portable.js';
import { test } from '#test/support/test.js';

interface Row {
  readonly size: number;
  readonly values: readonly number[];
  readonly code: string;
}

const folder = fileURLToPath(new URL('../../../../test/conformance/rice/', import.meta.url));
const rows = JSON.parse(readFileSync(join(folder, 'rows.json'), 'utf8')) as Row[];

function valuesOf({ size, values }: Row): RiceValues {
  if (size === 1) return Uint8Array.from(values);
  return size === 2 ? Uint16Array.from(values) : Uint32Array.from(values);
}

function likeOf(values: RiceValues, length: number): RiceValues {
  return new (values.constructor as new (length: number) => RiceValues)(length);
}

type Encode = typeof riceEncode;

function encoded(encode: Encode, values: RiceValues, flip = 0): Uint8Array {
  const out = new Uint8Array(riceBound(values.length, values.BYTES_PER_ELEMENT));
  const lengths = new Uint32Array(1);
  const bytes = encode(values, 0, values.length, 1, flip, out, 0, lengths, 0);
  assert.is(bytes, lengths[0]);
  return out.slice(0, bytes);
}

/** Holds both encoders and both decoders to what cfitsio made of `row`. */
function checkRow(row: Row): void {
  const values = valuesOf(row);
  const name = `${row.values.length} values of ${row.size} bytes`;
  for (const encode of [riceEncode, riceEncodeReference]) {
    assert.is(Buffer.from(encoded(encode, values)).toString('hex'), row.code, name);
  }
  const code = Buffer.from(row.code, 'hex');
  const [own, reference] = [likeOf(values, values.length), likeOf(values, values.length)];
  riceDecode(code, 0, code.length, values.length, 0, own, 0);
  assert.ok(riceDecodeReference(code, 0, code.length, values.length, 0, reference, 0));
  assert.equal(own, values, name);
  assert.equal(reference, values, name);
}

test('the addon is there', () => {
  assert.ok(nativeAddon() !== null, nativeAddonReason() ?? '');
});

test('rows become the very bytes that cfitsio makes of them, and come back', () => {
  assert.is(rows.length, 332);
  for (const row of rows) checkRow(row);
});

peerTest(test, ['cc', 'libcfitsio-dev'], 'so do rows that nobody has seen before', () =>
  withFolder(async (temporary) => {
    const program = join(temporary, 'rows');
    const built = spawnSync('cc', ['-O2', '-o', program, join(folder, 'rows.c'), '-lcfitsio', '-lm'], {
      encoding: 'utf8',
    });
    assert.is(built.status, 0, built.stderr);
    const seed = String(Date.now());
    const made = spawnSync(program, [seed], { encoding: 'utf8', maxBuffer: 2 ** 28 });
    const fresh = JSON.parse(made.stdout) as Row[];
    assert.ok(fresh.length > 300, `seed ${seed}`);
    for (const row of fresh) checkRow(row);
  }),
);

/** Pixels of a night sky: noise, stars, and a block of stray values every now and then. */
function sky(count: number, sigma: number): Uint16Array {
  const pixels = new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    const noise = Math.random() + Math.random() + Math.random() + Math.random() - 2;
    pixels[i] = Math.max(0, 1000 + 1.7 * sigma * noise + (Math.random() < 0.001 ? Math.random() * 60_000 : 0));
  }
  return pixels;
}

test('the addon and the specification agree on long rows, also with the highest bit turned over', () => {
  for (const sigma of [0, 0.3, 2, 10, 50, 500, 5_000, 40_000]) {
    for (const flip of [0, 0x8000]) {
      const row = sky(4768 + Math.floor(Math.random() * 40), sigma);
      const code = encoded(riceEncode, row, flip);
      assert.equal(code, encoded(riceEncodeReference, row, flip));
      const back = new Uint16Array(row.length);
      riceDecode(code, 0, code.length, row.length, flip, back, 0);
      assert.equal(back, row);
    }
  }
});

test('several rows stand one after the other, and each length is told', () => {
  const pixels = sky(10 * 333 + 5, 10);
  const [own, reference] = [new Uint8Array(10 * riceBound(333, 2) + 7), new Uint8Array(10 * riceBound(333, 2) + 7)];
  const [lengths, expected] = [new Uint32Array(14), new Uint32Array(14)];
  const bytes = riceEncode(pixels, 5, 333, 10, 0x8000, own, 7, lengths, 3);
  assert.is(riceEncodeReference(pixels, 5, 333, 10, 0x8000, reference, 7, expected, 3), bytes);
  assert.equal(lengths, expected);
  assert.equal(own.subarray(0, 7 + bytes), reference.subarray(0, 7 + bytes));
  assert.is(
    lengths.reduce((sum, length) => sum + length, 0),
    bytes,
  );
  let at = 7;
  for (let row = 0; row < 10; row++) {
    const back = new Uint16Array(333);
    riceDecode(own, at, lengths[3 + row] ?? 0, 333, 0x8000, back, 0);
    assert.equal(back, pixels.slice(5 + row * 333, 5 + (row + 1) * 333));
    at += lengths[3 + row] ?? 0;
  }
});

test('the worst row stays within the bound, and nothing behind the bound is written', () => {
  for (const make of [Uint8Array, Uint16Array, Uint32Array]) {
    for (const width of [1, 31, 32, 33, 1000]) {
      const values = new make(width);
      const most = 2 ** (8 * values.BYTES_PER_ELEMENT) - 1;
      for (let i = 0; i < width; i++) values[i] = Math.floor(Math.random() * (most + 1));
      const bound = riceBound(width, values.BYTES_PER_ELEMENT);
      const out = new Uint8Array(bound + 64).fill(0xa5);
      const bytes = riceEncode(values, 0, width, 1, 0, out.subarray(0, bound), 0, new Uint32Array(1), 0);
      assert.ok(bytes + 8 <= bound);
      assert.equal(out.subarray(bound), new Uint8Array(64).fill(0xa5));
    }
  }
});

test('a code that was cut or damaged is refused, or decodes to something, by both decoders alike', () => {
  for (const row of rows) {
    const whole = Buffer.from(row.code, 'hex');
    const width = row.values.length;
    for (let trial = 0; trial < 6; trial++) {
      const code = Uint8Array.from(
        whole.subarray(0, trial < 3 ? Math.floor(Math.random() * whole.length) : whole.length),
      );
      if (trial >= 3 && code.length > 0)
        code[Math.floor(Math.random() * code.length)] = Math.floor(Math.random() * 256);
      const [own, reference] = [likeOf(valuesOf(row), width), likeOf(valuesOf(row), width)];
      const fine = riceDecodeReference(code, 0, code.length, width, 0, reference, 0);
      if (fine) {
        riceDecode(code, 0, code.length, width, 0, own, 0);
        assert.equal(own, reference);
      } else {
        assert.throws(
          () => riceDecode(code, 0, code.length, width, 0, own, 0),
          (error: unknown) => error instanceof KernelError && error.code === 'kernel.rice',
        );
      }
    }
  }
});

test('buffers that do not fit are refused before anything is written', () => {
  const pixels = new Uint16Array(100);
  const lengths = new Uint32Array(2);
  const room = new Uint8Array(2 * riceBound(50, 2));
  const refused = (work: () => unknown, code: string) =>
    assert.throws(work, (error: unknown) => error instanceof KernelError && error.code === code);
  refused(() => riceEncode(pixels, 1, 50, 2, 0, room, 0, lengths, 0), 'kernel.size');
  refused(() => riceEncode(pixels, 0, 50, 2, 0, room, 1, lengths, 0), 'kernel.size');
  refused(() => riceEncode(pixels, 0, 50, 2, 0, room, 0, lengths, 1), 'kernel.size');
  refused(() => riceEncode(pixels, 0, 50, 2, 0, room, 0, lengths, -1), 'kernel.size');
  refused(() => riceEncode(pixels, 0, 0, 2, 0, room, 0, lengths, 0), 'kernel.size');
  refused(() => riceEncode(pixels, 0, 50, 2, 1, room, 0, lengths, 0), 'kernel.flip');
  refused(() => riceDecode(room, 0, room.length + 1, 50, 0, pixels, 0), 'kernel.size');
  refused(() => riceDecode(room, 0, 10, 101, 0, pixels, 0), 'kernel.size');
});

againWithoutAvx2(import.meta.url);
test.run();
