import * as assert from 'uvu/assert';
import { encodeFits16Reference } from '#pipeline/kernels/fits-pixels.js';
import { statistics16Reference } from '#pipeline/kernels/statistics.js';
import { unpack16, unpack16Reference } from '#pipeline/kernels/unpack.js';
import { nativeAddon, nativeAddonReason } from '#pipeline/native/addon.js';
import { framePass } from '#pipeline/stages/frame-pass.js';
import { type PixelFormat, pixelFormatByName, pixelFormats } from '#pipeline/wire/pixel-formats.js';
import { test } from '#test/support/test.js';

function format(name: string): PixelFormat {
  const found = pixelFormatByName(name);
  if (found === undefined) throw new Error(`no format ${name}`);
  return found;
}

function native() {
  const addon = nativeAddon();
  if (addon === null) throw new Error(`the addon is not loaded: ${nativeAddonReason()}`);
  return addon;
}

/** A small generator with a seed, so that a failure can be repeated. */
function randomBytes(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

const unpacked = (name: string, bytes: number[], first: number, count: number) => {
  const out = new Uint16Array(count);
  unpack16(Uint8Array.from(bytes), format(name), first, count, out);
  return [...out];
};

// Worked out by hand from the bit layouts of PFNC and GigE Vision.
test('hand-made packings unpack to the pixels that were packed', () => {
  assert.equal(unpacked('Mono12p', [0xbc, 0x3a, 0x12], 0, 2), [0xabc, 0x123]);
  assert.equal(unpacked('Mono12Packed', [0xab, 0x3c, 0x12], 0, 2), [0xabc, 0x123]);
  assert.equal(unpacked('Mono10Packed', [0xff, 0x12, 0x80], 0, 2), [0x3fe, 0x201]);
  // 0x3ff, 0x000, 0x155, 0x2aa as 40 bits, least significant first.
  assert.equal(unpacked('Mono10p', [0xff, 0x03, 0x50, 0x95, 0xaa], 0, 4), [0x3ff, 0x000, 0x155, 0x2aa]);
  // 0x3fff, 0x0001, 0x2000, 0x1555 as 56 bits.
  assert.equal(unpacked('Mono14p', [0xff, 0x7f, 0x00, 0x00, 0x00, 0x56, 0x55], 0, 4), [0x3fff, 0x0001, 0x2000, 0x1555]);
  assert.equal(unpacked('Mono16', [0x34, 0x12], 0, 1), [0x1234]);
  assert.equal(unpacked('Mono8', [7, 8, 9], 1, 2), [8, 9]);
});

test('native and TypeScript unpack every mono and Bayer format to the same pixels, odd starts and lengths included', () => {
  for (const each of pixelFormats.filter((f) => !f.color)) {
    const pixels = 1_003;
    const payload = randomBytes(Math.ceil((pixels * each.bitsPerPixel) / 8), each.code);
    for (const first of [0, 1, 2, 3, 5, 7, 998]) {
      for (const count of [0, 1, 2, 3, 4, 5, pixels - first]) {
        const one = new Uint16Array(count);
        const two = new Uint16Array(count);
        unpack16Reference(payload, each, first, count, one);
        unpack16(payload, each, first, count, two);
        assert.equal(two, one, `${each.name} from ${first}, ${count} pixels`);
      }
    }
  }
});

test('native and TypeScript statistics and FITS bytes agree, also past one block of sums', () => {
  const pixels = new Uint16Array(randomBytes(200_001 * 2, 5).buffer);
  for (const [first, count] of [
    [0, 200_001],
    [3, 65_537],
    [17, 1],
    [17, 0],
  ] as const) {
    const one = new Float64Array([65_535, 0, 0, 0]);
    const two = new Float64Array(one);
    statistics16Reference(pixels, first, count, 60_000, one);
    native().statistics16(pixels, first, count, 60_000, two);
    assert.equal([...two], [...one]);
  }
  const one = new Uint8Array(pixels.length * 2 + 3);
  const two = new Uint8Array(one.length);
  encodeFits16Reference(pixels, pixels.length, one, 3);
  native().encodeFits16(pixels, pixels.length, two, 3);
  assert.equal(two, one);
});

test('a native kernel refuses buffers that are too short', () => {
  const out = new Uint16Array(4);
  assert.throws(() => native().unpack16(new Uint8Array(5), 1, 12, 12, 0, 4, out), /too short/);
  assert.throws(() => native().unpack16(new Uint8Array(6), 1, 12, 12, 0, 5, out), /too short/);
  assert.throws(() => native().unpack16(new Uint8Array(6), 7, 12, 12, 0, 4, out), /unknown packing/);
  assert.throws(
    () => unpack16(new Uint8Array(5), format('Mono12p'), 0, 4, out),
    (e: Error & { code?: string }) => e.code === 'kernel.size',
  );
});

test('one pass over a frame gives its FITS pixels and statistics without the rows left out', () => {
  const width = 301;
  const height = 400;
  const payload = randomBytes(Math.ceil((width * height * 12) / 8), 9);
  const pixels = new Uint16Array(width * height);
  unpack16Reference(payload, format('Mono12p'), 0, pixels.length, pixels);
  const out = new Uint8Array(pixels.length * 2 + 2880);
  const scratch = new Uint16Array(65_536);
  const statistics = framePass({
    payload,
    format: format('Mono12p'),
    width,
    height,
    skipRows: 1,
    out,
    outOffset: 2880,
    scratch,
  });
  const expected = new Uint8Array(out.length);
  encodeFits16Reference(pixels, pixels.length, expected, 2880);
  assert.equal(out, expected);
  const measured = pixels.subarray(width);
  assert.is(statistics?.min, Math.min(...measured));
  assert.is(statistics?.max, Math.max(...measured));
  assert.is(statistics?.mean, measured.reduce((sum, value) => sum + value, 0) / measured.length);
  assert.is(statistics?.saturated, measured.filter((value) => value === 4095).length);
});

test.run();
