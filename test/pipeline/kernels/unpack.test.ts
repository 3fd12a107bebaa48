import * as assert from 'uvu/assert';
import { KernelError } from '#pipeline/kernels/kernel-error.js';
import { type PixelLayout, unpack16, unpack16Reference, unpack32 } from '#pipeline/kernels/unpack.js';
import { nativeAddon, nativeAddonReason } from '#pipeline/native/addon.js';
import { pixelFormatByName, pixelFormats } from '#pipeline/wire/pixel-formats.js';
import { againWithoutAvx2 } from '#test/support/portable.js';
import { randomBytes } from '#test/support/random.js';
import { test } from '#test/support/test.js';

function format(name: string): PixelLayout {
  const found = pixelFormatByName(name);
  if (found === undefined) throw new Error(`no format ${name}`);
  return found;
}

function native() {
  const addon = nativeAddon();
  if (addon === null) throw new Error(`the addon is not loaded: ${nativeAddonReason()}`);
  return addon;
}

const BIG_ENDIAN: PixelLayout = { ...format('Mono16'), byteOrder: 'big' };

const unpacked = (layout: PixelLayout | string, bytes: number[], first: number, count: number) => {
  const out = new Uint16Array(count);
  unpack16(Uint8Array.from(bytes), typeof layout === 'string' ? format(layout) : layout, first, count, out);
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
  assert.equal(unpacked('Mono14', [0xff, 0x3f, 0x34, 0x12], 0, 2), [0x3fff, 0x1234]);
  assert.equal(unpacked(BIG_ENDIAN, [0x12, 0x34, 0xfe, 0xdc], 0, 2), [0x1234, 0xfedc]);
  assert.equal(unpacked('Mono8', [7, 8, 9], 1, 2), [8, 9]);
});

/** The bits of `pixels` as PFNC and GigE Vision lay them, written another way round than any unpacking reads them. */
function packed(pixels: readonly number[], bits: number, gige: boolean): number[] {
  if (!gige) {
    let string = 0n;
    for (const [i, pixel] of pixels.entries()) string |= BigInt(pixel) << BigInt(i * bits);
    return Array.from({ length: Math.ceil((pixels.length * bits) / 8) }, (_, i) =>
      Number((string >> BigInt(8 * i)) & 0xffn),
    );
  }
  const low = bits - 8;
  const bytes: number[] = [];
  for (let i = 0; i < pixels.length; i += 2) {
    const [a = 0, b = 0] = [pixels[i], pixels[i + 1]];
    bytes.push(a >> low, (a & (2 ** low - 1)) | ((b & (2 ** low - 1)) << 4), b >> low);
  }
  return bytes;
}

test('what was packed bit by bit comes back, long enough for every path of the addon', () => {
  for (const [name, bits, gige] of [
    ['Mono10p', 10, false],
    ['Mono12p', 12, false],
    ['Mono14p', 14, false],
    ['Mono10Packed', 10, true],
    ['Mono12Packed', 12, true],
  ] as const) {
    for (const special of [0, 1, 2 ** bits - 1, 2 ** (bits - 1), 0x155, 0x2aa]) {
      const pixels = Array.from({ length: 130 }, (_, i) => (i % 7 === 3 ? special : (i * 379 + special) % 2 ** bits));
      assert.equal(unpacked(name, packed(pixels, bits, gige), 0, 130), pixels, `${name}, ${special}`);
    }
  }
});

test('the addon and the specification unpack every format to the same pixels, odd starts and lengths included', () => {
  for (const each of [...pixelFormats.filter((f) => !f.color && f.bitsPerPixel <= 16), BIG_ENDIAN]) {
    const pixels = 1_003;
    // Exactly the bytes of the pixels: no kernel may need one behind them.
    const payload = randomBytes(Math.ceil((pixels * each.bitsPerPixel) / 8), each.bitsPerPixel);
    for (const first of [0, 1, 2, 3, 5, 7, 501, 998]) {
      for (const count of [0, 1, 2, 3, 4, 5, 15, 16, 17, 31, 40, 47, 64, pixels - first]) {
        if (first + count > pixels) continue;
        const one = new Uint16Array(count);
        const two = new Uint16Array(count + 4).fill(0xaaaa);
        unpack16Reference(payload, each, first, count, one);
        unpack16(payload, each, first, count, two, 3);
        assert.equal(two.subarray(3, 3 + count), one, `${each.name} from ${first}, ${count} pixels`);
        assert.equal([two[2], two[count + 3]], [0xaaaa, 0xaaaa], 'pixels beside them are left alone');
      }
    }
  }
});

test('pixels of 32 bits are taken as they stand, from any byte of memory', () => {
  const values = Uint32Array.of(0, 1, 0x1234_5678, 0xffff_ffff, 589_815);
  const payload = new Uint8Array(21);
  for (const [i, value] of values.entries()) new DataView(payload.buffer).setUint32(1 + 4 * i, value, true);
  const out = new Uint32Array(4).fill(7);
  unpack32(payload.subarray(1), 2, 3, out);
  assert.equal([...out], [0x1234_5678, 0xffff_ffff, 589_815, 7]);
  const short = (error: unknown) => error instanceof KernelError && error.code === 'kernel.size';
  assert.throws(() => unpack32(payload.subarray(1), 2, 4, out), short);
  assert.throws(() => unpack32(payload.subarray(1), 0, 5, out), short);
  assert.throws(() => unpack32(payload.subarray(1), -1, 2, out), short);
});

test('buffers that are too short are refused', () => {
  const out = new Uint16Array(4);
  assert.throws(() => native().unpack16(new Uint8Array(5), 1, 12, 12, 0, 4, out, 0), /too short/);
  assert.throws(() => native().unpack16(new Uint8Array(6), 1, 12, 12, 0, 4, out, 1), /too short/);
  assert.throws(() => native().unpack16(new Uint8Array(6), 7, 12, 12, 0, 4, out, 0), /unknown packing/);
  for (const work of [
    () => unpack16(new Uint8Array(5), format('Mono12p'), 0, 4, out),
    () => unpack16(new Uint8Array(6), format('Mono12p'), 0, 4, out, 1),
    () => unpack16(new Uint8Array(6), format('Mono12p'), -1, 4, out),
  ]) {
    assert.throws(work, (error: unknown) => error instanceof KernelError && error.code === 'kernel.size');
  }
});

againWithoutAvx2(import.meta.url);
test.run();
