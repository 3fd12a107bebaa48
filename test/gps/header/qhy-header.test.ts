import * as assert from 'uvu/assert';
import {
  decodeQhyHeader,
  encodeQhyHeader,
  latitudeDeg,
  latitudeRaw,
  longitudeDeg,
  longitudeRaw,
  QHY_EPOCH_UNIX_S,
  type QhyHeader,
  receiverStatus,
  stampUtcNs,
  utcNsToStamp,
} from '#gps/header/qhy-header.js';
import { formatUtc, parseUtc } from '#gps/instant.js';
import { randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';

// Values of real cameras (N.I.N.A.'s log in Siril, SharpCap's header in AlpacaPi), put back into bytes by hand.
const V1 = Buffer.from(
  '001cd9fe000790040000000000000000002235334be38cf9242235334be38cf9f62235334be38cf9f6989874',
  'hex',
);
const V2 = Buffer.from(
  '00013e780607900400187fc4a83ff7add4333479423906d4e0333479424106d4fa333479424106d4fa989610',
  'hex',
);

const utcOfSeconds = (seconds: number): string => formatUtc(stampUtcNs({ flag: 0, seconds, ticks: 0 }, null), 0);

test('an unlocked header of a real camera reads as its log says', () => {
  const header = decodeQhyHeader(V1);
  assert.equal(header, {
    sequence: 1_890_814,
    reserved: 0,
    width: 1936,
    height: 1024,
    latitudeRaw: 0,
    longitudeRaw: 0,
    start: { flag: 0x22, seconds: 892_554_211, ticks: 9_238_820 },
    end: { flag: 0x22, seconds: 892_554_211, ticks: 9_239_030 },
    now: { flag: 0x22, seconds: 892_554_211, ticks: 9_239_030 },
    ppsCount: 10_000_500,
  });
  assert.is(receiverStatus(header.start.flag), 2);
  assert.is(formatUtc(stampUtcNs(header.start, header.ppsCount)), '2024-01-21T11:43:31.923882000');
});

test('a locked header of a real camera reads as its file says, to the corrected nanosecond', () => {
  const header = decodeQhyHeader(V2);
  assert.is(header.sequence, 81_528);
  assert.is(header.reserved, 6);
  assert.is(receiverStatus(header.start.flag), 3);
  assert.ok(Math.abs(latitudeDeg(header.latitudeRaw) - 41.1711) < 1e-9);
  assert.ok(Math.abs(longitudeDeg(header.longitudeRaw) + 73.3275) < 1e-9);
  assert.is(formatUtc(stampUtcNs(header.start, null)), '2023-09-02T09:00:41.044771200');
  assert.is(formatUtc(stampUtcNs(header.start, header.ppsCount)), '2023-09-02T09:00:41.044771701');
  assert.is(stampUtcNs(header.end, null) - stampUtcNs(header.start, null), 8_000_002_600n);
});

test('seconds count from 10 October 1995 without leap seconds', () => {
  assert.is(utcOfSeconds(0), '1995-10-10T00:00:00');
  assert.is(BigInt(QHY_EPOCH_UNIX_S) * 1_000_000_000n, parseUtc('1995-10-10'));
  // The SDK manual prints 2017-10-19 00:30 beside the first of these; its own arithmetic gives this.
  assert.is(utcOfSeconds(695_925_030), '2017-10-28T16:30:30');
  assert.is(utcOfSeconds(695_089_800), '2017-10-19T00:30:00');
  assert.is(utcOfSeconds(973_382_400), '2026-08-14T00:00:00');
  assert.is(utcOfSeconds(880_230_012), '2023-08-31T20:20:12');
});

test('a PPS count that cannot be measured corrects nothing', () => {
  const stamp = { flag: 0x33, seconds: 880_362_041, ticks: 9_999_999 };
  const nominal = stampUtcNs(stamp, null);
  for (const count of [10_000_500, 0, 9_998_999, 10_001_001])
    assert.is(stampUtcNs(stamp, count), nominal, String(count));
  assert.is(stampUtcNs(stamp, 10_000_001) < nominal, true);
});

/** Of a field: its bits, and how it is set in a header. */
const FIELDS: readonly (readonly [string, number, (header: QhyHeader, value: number) => QhyHeader])[] = [
  ['sequence', 32, (header, sequence) => ({ ...header, sequence })],
  ['reserved', 8, (header, reserved) => ({ ...header, reserved })],
  ['width', 16, (header, width) => ({ ...header, width })],
  ['height', 16, (header, height) => ({ ...header, height })],
  ['latitudeRaw', 32, (header, latitudeRaw) => ({ ...header, latitudeRaw })],
  ['longitudeRaw', 32, (header, longitudeRaw) => ({ ...header, longitudeRaw })],
  ...(['start', 'end', 'now'] as const).flatMap(
    (name) =>
      [
        [`${name}.flag`, 8, (header, flag) => ({ ...header, [name]: { ...header[name], flag } })],
        [`${name}.seconds`, 32, (header, seconds) => ({ ...header, [name]: { ...header[name], seconds } })],
        [`${name}.ticks`, 24, (header, ticks) => ({ ...header, [name]: { ...header[name], ticks } })],
      ] as (readonly [string, number, (header: QhyHeader, value: number) => QhyHeader])[],
  ),
  ['ppsCount', 24, (header, ppsCount) => ({ ...header, ppsCount })],
];

/** Every value of up to 16 bits; of wider fields both ends, every bit, and steps through the whole range. */
function* valuesOf(bits: number): Generator<number> {
  const values = 2 ** bits;
  if (bits <= 16) {
    for (let value = 0; value < values; value++) yield value;
    return;
  }
  for (let bit = 0; bit < bits; bit++) {
    for (const value of [2 ** bit - 1, 2 ** bit, 2 ** bit + 1, values - 2 ** bit]) yield value;
  }
  yield values - 1;
  const step = Math.floor(values / 9973);
  for (let value = 0; value < values; value += step) yield value;
}

test('every field survives over its whole range, in its own bytes, and changes no other', () => {
  assert.is(
    FIELDS.reduce((sum, [, bits]) => sum + bits, 0),
    8 * 44,
  );
  const blank = decodeQhyHeader(new Uint8Array(44));
  let at = 0;
  for (const [name, bits, set] of FIELDS) {
    for (const value of valuesOf(bits)) {
      const bytes = Buffer.from(encodeQhyHeader(set(blank, value)));
      assert.is(bytes.readUIntBE(at, bits / 8), value, name);
      bytes.fill(0, at, at + bits / 8);
      if (bytes.some((byte) => byte !== 0)) assert.unreachable(`${name} = ${value} reaches beyond its bytes`);
      const back = decodeQhyHeader(encodeQhyHeader(set(blank, value)));
      if (JSON.stringify(back) !== JSON.stringify(set(blank, value))) assert.equal(back, set(blank, value));
    }
    at += bits / 8;
  }
});

test('the words of a header of a real camera that was not locked and of one that was encode to its bytes', () => {
  for (const bytes of [V1, V2]) assert.ok(bytes.equals(encodeQhyHeader(decodeQhyHeader(bytes))));
  const end = decodeQhyHeader(V1);
  assert.is(stampUtcNs(end.end, null) - stampUtcNs(end.start, null), 21_000n);
  // An unlocked file of Siril's tests.
  const siril = { flag: 0x22, seconds: 880_230_012, ticks: 8_541_250 };
  assert.is(formatUtc(stampUtcNs(siril, 10_000_500)), '2023-08-31T20:20:12.854125000');
});

test('every word of a position that has degrees and minutes is given back by its degrees', () => {
  for (let units = 0; units <= 90 * 6_000_000; units += 7919) {
    for (const sign of [0, 1e9]) {
      const raw = sign + Math.floor(units / 6e6) * 1e7 + (units % 6e6);
      if (units > 0 && latitudeRaw(latitudeDeg(raw)) !== raw) assert.is(latitudeRaw(latitudeDeg(raw)), raw);
    }
  }
  for (let units = 0; units <= 180 * 600_000; units += 1009) {
    for (const sign of [0, 1e9]) {
      const raw = sign + Math.floor(units / 6e5) * 1e6 + (units % 6e5);
      if (units > 0 && longitudeRaw(longitudeDeg(raw)) !== raw) assert.is(longitudeRaw(longitudeDeg(raw)), raw);
    }
  }
});

test('any header survives encode and decode, and any 44 bytes decode and encode', () => {
  const next = randomOf(1);
  const below = (limit: number): number => Math.floor(next() * limit);
  const stamp = () => ({ flag: below(256), seconds: below(2 ** 32), ticks: below(2 ** 24) });
  for (let i = 0; i < 20_000; i++) {
    const header: QhyHeader = {
      sequence: below(2 ** 32),
      reserved: below(256),
      width: below(65_536),
      height: below(65_536),
      latitudeRaw: below(2 ** 32),
      longitudeRaw: below(2 ** 32),
      start: stamp(),
      end: stamp(),
      now: stamp(),
      ppsCount: below(2 ** 24),
    };
    const bytes = encodeQhyHeader(header);
    assert.is(bytes.byteLength, 44);
    const back = decodeQhyHeader(bytes);
    if (JSON.stringify(back) !== JSON.stringify(header)) assert.equal(back, header);
    const noise = Buffer.from(Array.from({ length: 44 }, () => below(256)));
    if (!noise.equals(encodeQhyHeader(decodeQhyHeader(noise)))) assert.unreachable(noise.toString('hex'));
  }
});

test('the extremes of every field survive', () => {
  for (const fill of [0x00, 0xff, 0x80, 0x7f]) {
    const bytes = Buffer.alloc(44, fill);
    assert.ok(bytes.equals(encodeQhyHeader(decodeQhyHeader(bytes))));
  }
});

test('an instant survives as a stamp to its tick', () => {
  const next = randomOf(2);
  const first = parseUtc('1995-10-10');
  for (let i = 0; i < 10_000; i++) {
    const utcNs = first + BigInt(Math.floor(next() * 2 ** 31)) * 1_000_000_000n + BigInt(Math.floor(next() * 1e9));
    assert.is(stampUtcNs(utcNsToStamp(utcNs, 0x33), 10_000_000), utcNs - (utcNs % 100n));
  }
});

test('latitude and longitude survive, west of 100 degrees too', () => {
  for (const deg of [0, 0.5, 41.1711, -41.1711, 89.99999, -90]) {
    assert.ok(Math.abs(latitudeDeg(latitudeRaw(deg)) - deg) < 1e-7, String(deg));
  }
  for (const deg of [0, -0.25, 179.9999, -179.9999, -122.4194, 100.000001, -180]) {
    assert.ok(Math.abs(longitudeDeg(longitudeRaw(deg)) - deg) < 1e-6, String(deg));
  }
});

test('fewer than 44 bytes are refused with a code', () => {
  assert.throws(
    () => decodeQhyHeader(V1.subarray(0, 43)),
    (error: { code: string }) => error.code === 'gps.header-short',
  );
});

test.run();
