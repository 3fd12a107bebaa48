import * as assert from 'uvu/assert';
import { payloadBytesOf, pixelFormatByCode, pixelFormatByName, pixelFormats } from '#pipeline/wire/pixel-formats.js';
import { test } from '#test/support/test.js';

test('codes and names are unique and found again', () => {
  assert.is(new Set(pixelFormats.map((format) => format.code)).size, pixelFormats.length);
  assert.is(new Set(pixelFormats.map((format) => format.name)).size, pixelFormats.length);
  for (const format of pixelFormats) {
    assert.is(pixelFormatByCode(format.code), format);
    assert.is(pixelFormatByName(format.name), format);
  }
  assert.is(pixelFormatByCode(0), undefined);
  assert.is(pixelFormatByName('Mono9'), undefined);
});

test('the bits a pixel occupies stand in the code and fit the packing', () => {
  for (const format of pixelFormats) {
    assert.is(format.bitsPerPixel, (format.code >>> 16) & 0xff);
    assert.is(format.code >>> 24, format.color ? 2 : 1);
    if (format.packing === 'lsb-packed') assert.is(format.bitsPerPixel, format.bitDepth);
    if (format.packing === 'gige-packed') assert.is(format.bitsPerPixel, 12);
    const whole = format.bitDepth <= 8 ? 8 : format.bitDepth <= 16 ? 16 : 32;
    if (format.packing === 'unpacked' && !format.color) assert.is(format.bitsPerPixel, whole);
    assert.is(format.bayer !== 'none', format.name.startsWith('Bayer'));
    if (format.bayer !== 'none') assert.ok(format.name.startsWith(`Bayer${format.bayer}`));
  }
});

test('Bayer formats exist in four patterns for every depth and packing', () => {
  const suffixes = ['8', '10', '10Packed', '10p', '12', '12Packed', '12p', '14', '14p', '16'];
  for (const suffix of suffixes)
    for (const pattern of ['GR', 'RG', 'GB', 'BG'])
      assert.ok(pixelFormatByName(`Bayer${pattern}${suffix}`), `Bayer${pattern}${suffix}`);
});

test('codes are those of the naming convention', () => {
  const codes: Record<string, number> = {
    Mono8: 0x01080001,
    Mono12p: 0x010c0047,
    Mono14p: 0x010e0104,
    Mono16: 0x01100007,
    Mono32: 0x01200111,
    BayerRG12Packed: 0x010c002b,
    BayerBG10p: 0x010a0052,
    BayerGR12p: 0x010c0057,
    BayerBG14p: 0x010e0108,
  };
  for (const [name, code] of Object.entries(codes)) assert.is(pixelFormatByName(name)?.code, code, name);
});

test('lines are not padded: only the end of the image is rounded up to a byte', () => {
  const bytes = (name: string, width: number, height: number) => {
    const format = pixelFormatByName(name);
    return format && payloadBytesOf(format, width, height);
  };
  assert.is(bytes('Mono12p', 3, 3), 14);
  assert.is(bytes('Mono12Packed', 2, 1), 3);
  assert.is(bytes('Mono14p', 11760, 8842), (11760 * 8842 * 14) / 8);
  assert.is(bytes('Mono16', 14304, 10748), 14304 * 10748 * 2);
  assert.is(bytes('Mono32', 5, 2), 40);
  assert.is(bytes('RGB8', 5, 2), 30);
  assert.is(bytes('Mono1p', 9, 1), 2);
});

test.run();
