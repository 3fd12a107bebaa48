import * as assert from 'uvu/assert';
import { formatUtc, parseUtc } from '#gps/instant.js';
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
} from '#gps/qhy-header.js';
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

/** A small generator with a fixed seed (mulberry32), so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

test('any header survives encode and decode, and any 44 bytes decode and encode', () => {
  const next = random(1);
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
  const next = random(2);
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
