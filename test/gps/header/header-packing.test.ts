import * as assert from 'uvu/assert';
import {
  findHeader,
  findHeaderInPixels,
  HEADER_PACKINGS,
  type HeaderPacking,
  headerDoubt,
  unpackHeader,
} from '#gps/header/header-packing.js';
import { encodeQhyHeader, longitudeDeg, longitudeRaw, PPS_SENTINEL, type QhyHeader } from '#gps/header/qhy-header.js';
import { unpack16Reference } from '#pipeline/kernels/unpack.js';
import { pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import { bitString, packedHeader, packedPairs } from '#test/support/packed-header.js';
import { randomBytes, randomOf } from '#test/support/random.js';
import { suite } from '#test/support/test.js';

const test = suite('header packing', 120_000);

const HEADER: QhyHeader = {
  sequence: 81_528,
  reserved: 6,
  width: 1936,
  height: 1024,
  latitudeRaw: 411_026_600,
  longitudeRaw: longitudeRaw(-173.3275),
  start: { flag: 0x33, seconds: 880_362_041, ticks: 447_712 },
  end: { flag: 0x33, seconds: 880_362_049, ticks: 447_738 },
  now: { flag: 0x33, seconds: 880_362_049, ticks: 447_738 },
  ppsCount: 9_999_888,
};
const BYTES = encodeQhyHeader(HEADER);

test('a header is found in every packing, and in no other than its own', () => {
  assert.is(HEADER_PACKINGS.length, 14);
  const random = randomOf(3);
  const below = (limit: number) => Math.floor(random() * limit);
  for (let round = 0; round < 500; round++) {
    const seconds = 900_000_000 + below(500_000_000);
    const header: QhyHeader = {
      ...HEADER,
      sequence: below(2 ** 32),
      width: below(2 ** 16),
      height: below(2 ** 16),
      latitudeRaw: (below(2) * 100 + below(90)) * 1e7 + below(6e6),
      longitudeRaw: (below(2) * 1000 + below(180)) * 1e6 + below(6e5),
      start: { flag: 0x33, seconds, ticks: below(1e7) },
      end: { flag: 0x22, seconds: seconds + below(3000), ticks: below(1e7) },
      now: { flag: 0x11, seconds: seconds + below(3000), ticks: below(1e7) },
      ppsCount: 9_999_000 + below(2001),
    };
    const bytes = encodeQhyHeader(header);
    for (const packing of HEADER_PACKINGS) {
      const payload = new Uint8Array(4096);
      payload.set(packedHeader(bytes, packing));
      const found = findHeader(payload);
      // A byte in the high bits of pairs leaves the middle byte zero, of 10 bits as of 12.
      assert.is(found.packing, packing === '10Packed-high' ? '12Packed-high' : packing);
      if (found.packing === null) return;
      assert.equal(Buffer.from(found.bytes), Buffer.from(bytes));
      assert.equal(found.header, header);
    }
  }
});

test('pixels of packed formats are read as the kernels read them', () => {
  const formats = {
    '12p': 'Mono12p',
    '14p': 'Mono14p',
    '10p': 'Mono10p',
    '12Packed': 'Mono12Packed',
    '10Packed': 'Mono10Packed',
  };
  for (const [layout, name] of Object.entries(formats)) {
    const format = pixelFormatByName(name);
    assert.ok(format);
    if (format === undefined) return;
    for (const half of ['low', 'high'] as const) {
      const payload = packedHeader(BYTES, `${layout}-${half}` as HeaderPacking);
      const pixels = new Uint16Array(44);
      unpack16Reference(payload, format, 0, 44, pixels);
      const shift = half === 'high' ? format.bitDepth - 8 : 0;
      assert.equal(
        [...pixels],
        [...BYTES].map((byte) => byte << shift),
        name,
      );
    }
    // A header over the packed payload itself, and the pixels that a program then makes of it.
    const payload = new Uint8Array(128);
    payload.set(BYTES);
    const pixels = new Uint16Array(44);
    // Bits 2 and 3, 6 and 7 of the middle bytes are not in the pixels of 10 bits in pairs.
    if (layout !== '10Packed') {
      unpack16Reference(payload, format, 0, 44, pixels);
      assert.is(findHeaderInPixels(pixels, 16).packing, `of-${layout}`);
    }
  }
});

test('pixel values give it in two bytes, one, or the high half; 8-bit ones as they are', () => {
  const values = (pixelOf: (i: number) => number, count = 44) =>
    Uint16Array.from({ length: count }, (_, i) => pixelOf(i));
  const at = (i: number) => BYTES[i] ?? 0;
  assert.is(findHeaderInPixels(values(at), 8).packing, 'bytes');
  assert.is(
    findHeaderInPixels(
      values((i) => at(2 * i) | (at(2 * i + 1) << 8), 22),
      16,
    ).packing,
    'bytes',
  );
  assert.is(
    findHeaderInPixels(
      values((i) => (at(2 * i) << 8) | at(2 * i + 1), 22),
      16,
    ).packing,
    'swapped',
  );
  assert.is(findHeaderInPixels(values(at), 16).packing, '16-low');
  assert.is(
    findHeaderInPixels(
      values((i) => at(i) * 257),
      16,
    ).packing,
    '16-low',
  );
  assert.is(
    findHeaderInPixels(
      values((i) => at(i) << 8),
      16,
    ).packing,
    '16-high',
  );
  for (const depth of [8, 16] as const) {
    for (const count of [0, 1, 21, 43]) {
      const found = findHeaderInPixels(values(at, count), depth);
      assert.is(found.packing, null, `${count} pixels of ${depth} bits`);
    }
  }
});

const changed = (change: Partial<QhyHeader>): Uint8Array => encodeQhyHeader({ ...HEADER, ...change });

test('a PPS count of the timeout proves nothing, and hinders nothing', () => {
  assert.is(headerDoubt(changed({ ppsCount: PPS_SENTINEL })), null);
  const alone = randomBytes(44, 7);
  alone.set([0x98, 0x98, 0x74], 41);
  assert.is.not(headerDoubt(alone), null);
  const onZeros = new Uint8Array(44);
  onZeros.set([0x98, 0x98, 0x74], 41);
  assert.is.not(headerDoubt(onZeros), null);
});

test('size words decide nothing', () => {
  for (const [width, height] of [
    [0, 0],
    [65_535, 65_535],
    [1920, 1200],
  ] as const) {
    assert.is(headerDoubt(changed({ width, height })), null);
  }
});

test('positions: three digits of degrees east and west; digits that are none refuse it', () => {
  for (const deg of [0, 99.9, 100, 122.4194, -122.4194, 179.9999, -180]) {
    const bytes = changed({ longitudeRaw: longitudeRaw(deg) });
    assert.is(headerDoubt(bytes), null, String(deg));
    const found = findHeader(bytes);
    assert.ok(found.packing !== null && Math.abs(longitudeDeg(found.header.longitudeRaw) - deg) < 1e-6);
  }
  const wrong = [{ longitudeRaw: 180_000_001 }, { longitudeRaw: 73_600_000 }, { longitudeRaw: 2_000_000_000 }];
  const wrongLatitude = [{ latitudeRaw: 900_000_001 }, { latitudeRaw: 416_000_000 }, { latitudeRaw: 2_000_000_000 }];
  for (const change of [...wrong, ...wrongLatitude]) assert.is.not(headerDoubt(changed(change)), null);
});

test('reserved flag bits refuse it, and are named', () => {
  for (const bit of [2, 3, 6, 7]) {
    const flag = 0x33 | (1 << bit);
    const found = findHeader(changed({ end: { ...HEADER.end, flag } }));
    assert.is(found.packing, null);
    if (found.packing !== null) return;
    assert.ok(found.nearly);
    assert.match(found.reason, `0x${flag.toString(16)}`);
  }
  for (const flag of [0x00, 0x01, 0x10, 0x11, 0x20, 0x22, 0x23, 0x30, 0x33]) {
    assert.is(headerDoubt(changed({ now: { ...HEADER.now, flag } })), null, String(flag));
  }
});

test('words of 24 bits are bounded: ticks beyond the counter, counts that no oscillator has', () => {
  for (const name of ['start', 'end', 'now'] as const) {
    assert.is(headerDoubt(changed({ [name]: { ...HEADER[name], ticks: PPS_SENTINEL } })), null);
    for (const ticks of [PPS_SENTINEL + 1, 0xff_ffff]) {
      assert.is.not(headerDoubt(changed({ [name]: { ...HEADER[name], ticks } })), null);
    }
  }
  for (const ppsCount of [0, 9_000_000, 11_000_000, 0xff_ffff]) assert.is.not(headerDoubt(changed({ ppsCount })), null);
});

test('other bits in the pixels of a packing refuse it', () => {
  for (const packing of HEADER_PACKINGS.slice(2)) {
    const payload = packedHeader(BYTES, packing);
    let refused = 0;
    for (let at = 0; at < payload.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const damaged = payload.slice();
        damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
        if (unpackHeader(damaged, packing) === null) refused += 1;
      }
    }
    const bits = Number.parseInt(packing, 10);
    assert.is(refused, 44 * (bits - 8), packing);
  }
});

const isHeader = (payload: Uint8Array): boolean => {
  if (findHeader(payload).packing !== null) return true;
  return headerDoubt(payload) === null;
};

/** Pixels of 8 or 16 bits, of 16 also in the order of FITS. */
function payloadsOf(pixelOf: (i: number) => number): Uint8Array[] {
  const eight = Uint8Array.from({ length: 88 }, (_, i) => Math.max(0, Math.min(255, Math.round(pixelOf(i)))));
  const sixteen = new Uint8Array(88);
  const swapped = new Uint8Array(88);
  const [little, big] = [new DataView(sixteen.buffer), new DataView(swapped.buffer)];
  for (let i = 0; i < 44; i++) {
    const value = Math.max(0, Math.min(65_535, Math.round(pixelOf(i) * 257)));
    little.setUint16(2 * i, value, true);
    big.setUint16(2 * i, value);
  }
  return [eight, sixteen, swapped];
}

test('no flat image is a header: every value of 8 and of 16 bits, and of packed pixels', () => {
  for (let value = 0; value < 65_536; value++) {
    const payload = new Uint8Array(88);
    for (let i = 0; i < 88; i += 2) {
      payload[i] = value & 255;
      payload[i + 1] = value >> 8;
    }
    if (isHeader(payload)) assert.unreachable(`pixels of ${value}`);
  }
  for (const bits of [10, 12, 14]) {
    for (let value = 0; value < 1 << bits; value++) {
      if (isHeader(bitString(72, bits, () => value).slice(0, 88))) assert.unreachable(`${bits} bits: ${value}`);
      if (bits < 14 && isHeader(packedPairs(58, bits, () => value)))
        assert.unreachable(`pairs of ${bits} bits: ${value}`);
    }
  }
});

test('no gradient and no star on an even sky is a header', () => {
  for (let level = 0; level < 256; level += 1) {
    for (let slope = -4; slope <= 4; slope += 0.125) {
      for (const payload of payloadsOf((i) => level + slope * i)) {
        if (isHeader(payload)) assert.unreachable(`gradient from ${level} by ${slope}`);
      }
    }
  }
  for (let sky = 0; sky < 256; sky++) {
    for (const width of [0.4, 1, 2.5]) {
      for (let at = 0; at < 46; at += 2.5) {
        for (let peak = 15; peak < 256; peak += 40) {
          for (const payload of payloadsOf((i) => sky + peak * Math.exp(-(((i - at) / width) ** 2)))) {
            if (isHeader(payload)) assert.unreachable(`sky ${sky}, star of ${peak} at ${at}, ${width} wide`);
          }
        }
      }
    }
  }
});

test('no flat image with one other pixel is a header, wherever and of whatever value', () => {
  const bytes = new Uint8Array(88);
  for (let level = 0; level < 256; level++) {
    bytes.fill(level);
    for (let at = 0; at < 44; at++) {
      for (let value = 0; value < 256; value++) {
        bytes[at] = value;
        if (headerDoubt(bytes) === null) assert.unreachable(`${level}, and ${value} at ${at}`);
      }
      bytes[at] = level;
    }
  }
});

test('random bytes and noisy pixels are none', () => {
  const random = randomOf(11);
  const payload = new Uint8Array(88);
  for (let round = 0; round < 100_000; round++) {
    for (let i = 0; i < 88; i++) payload[i] = random() * 256;
    if (isHeader(payload)) assert.unreachable(Buffer.from(payload).toString('hex'));
  }
  for (let round = 0; round < 40_000; round++) {
    const level = random() * 256;
    const sigma = random() ** 2 * 60;
    const noise = () => (random() + random() + random() + random() - 2) * 1.73 * sigma;
    for (const pixels of payloadsOf(() => level + noise())) {
      if (isHeader(pixels)) assert.unreachable(Buffer.from(pixels).toString('hex'));
    }
  }
});

/**
 * Nobody can try 10^9 frames here. But noise is independent from pixel to pixel, and a header's words lie in different pixels,
 * so the chance of all is the product of their chances, each of which can be measured.
 */
test('noise passes for a header by less than one chance in 10^9, at every level and width', () => {
  const random = randomOf(12);
  const ROUNDS = 4_000;
  for (let level = 8; level < 256; level += 16) {
    for (const sigma of [0.3, 1, 4, 16, 48, 200]) {
      const pixel = () =>
        Math.max(0, Math.min(255, Math.round(level + (random() + random() + random() + random() - 2) * 1.73 * sigma)));
      let [flag, ticks, pps, latitude, longitude, high, low] = [0, 0, 0, 0, 0, 0, 0];
      for (let round = 0; round < ROUNDS; round++) {
        const noise = Uint8Array.from({ length: 44 }, pixel);
        const probe = (at: number, length: number): boolean => {
          const bytes = BYTES.slice();
          bytes.set(noise.subarray(at, at + length), at);
          return headerDoubt(bytes) === null;
        };
        flag += Number(probe(17, 1));
        ticks += Number(probe(22, 3));
        pps += Number(probe(41, 3));
        latitude += Number(probe(9, 4));
        longitude += Number(probe(13, 4));
        // Of the seconds: equal to the next in the first byte or one off, and so in the second one.
        const [a = 0, b = 0, c = 0, d = 0] = noise;
        high += Number(Math.abs(a - b) <= 1 && a >= 0x24 && a <= 0xc4);
        low += Number(Math.abs(c - d) <= 1);
      }
      const chance = (count: number) => Math.max(count, 1) / ROUNDS;
      const product =
        chance(flag) ** 3 *
        chance(ticks) ** 3 *
        chance(pps) *
        chance(latitude) *
        chance(longitude) *
        chance(high) ** 2 *
        chance(low) ** 2;
      assert.ok(product < 1e-9, `level ${level}, sigma ${sigma}: ${product}`);
    }
  }
});

test('any bytes of any length give a header or a reason', () => {
  const random = randomOf(13);
  for (let round = 0; round < 20_000; round++) {
    const length = Math.floor(random() * 100);
    const payload = randomBytes(length, round);
    const start = packedHeader(BYTES, HEADER_PACKINGS[round % HEADER_PACKINGS.length] as HeaderPacking);
    if (round % 2 === 0) payload.set(start.subarray(0, Math.min(length, Math.floor(random() * 100))));
    const found = findHeader(payload);
    if (found.packing === null) assert.ok(found.reason.length > 0);
    else assert.is(headerDoubt(found.bytes), null);
  }
});

test.run();
