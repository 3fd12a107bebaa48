import * as assert from 'uvu/assert';
import { GRADES } from '#gps/frame-time.js';
import { decodeToupcamFrameInfo, TOUPCAM_FRAME_INFO_BYTES } from '#gps/header/toupcam-frame-info.js';
import { parseUtc } from '#gps/instant.js';
import {
  stampToupcam,
  type ToupcamStampInput,
  toupcamContradiction,
  withToldExposure,
} from '#gps/judge/toupcam-stamp.js';
import { globalTiming, rollingTiming } from '#test/support/header-stream.js';
import { randomBytes, randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';

const START = parseUtc('2026-08-14T00:00:00.123456789');
const EXPOSURE = 20_000_000n;

/** The struct by hand, byte by byte, little-endian: each field has bytes of its own. */
const BY_HAND = Buffer.from(
  [
    'a00f0000', // width 4000
    'b80b0000', // height 3000
    '7f010000', // flag: everything up to GPS, and COUNT
    '2a000000', // seq 42
    '4042 0f00 0000 0000', // timestamp 1000000 us
    '07000000', // shutterseq 7
    '204e0000', // expotime 20000 us
    '6400', // expogain 100 %
    '0c00', // blacklevel 12
    'ffffffff ffffffff ffffffff ffffffff ffffffff', // reserved, uLum, uFV and what aligns them
    '0102030405060708', // timecount
    '09000000', // framecount
    '0b000000', // tricount
    '15cd9f1b 7b97cb18', // utcstart, replaced below
    '15cd9f1b 7b97cb18', // utcend, replaced below
    '24a79af8', // longitude -124082396
    '2063b602', // latitude 45507360
    '30750000', // altitude 30000 mm
    '0900', // satellite 9
    'ffff', // reserved
  ]
    .join('')
    .replaceAll(' ', ''),
  'hex',
);
BY_HAND.writeBigUInt64LE(START, 72);
BY_HAND.writeBigUInt64LE(START + EXPOSURE, 80);

const { shutter, region } = globalTiming();
const INPUT: ToupcamStampInput = {
  info: decodeToupcamFrameInfo(BY_HAND),
  online: true,
  accuracyNs: 1_000n,
  shutter,
  region,
  framePeriodNs: 50_000_000n,
  exposureNs: EXPOSURE,
  receivedNs: START + EXPOSURE + 40_000_000n,
  hostClock: { synchronised: true, boundNs: 2_000_000n },
};

/** The struct with bytes changed. */
function infoWith(change: (bytes: Buffer) => void): ToupcamStampInput['info'] {
  const bytes = Buffer.from(BY_HAND);
  change(bytes);
  return decodeToupcamFrameInfo(bytes);
}

test('a struct written by hand reads field by field', () => {
  assert.is(BY_HAND.length, TOUPCAM_FRAME_INFO_BYTES);
  assert.equal(decodeToupcamFrameInfo(BY_HAND), {
    width: 4000,
    height: 3000,
    flag: 0x17f,
    sequence: 42,
    timestampUs: 1_000_000n,
    shutterSequence: 7,
    exposureUs: 20_000,
    gain: 100,
    blackLevel: 12,
    timeCount: 0x0807060504030201n,
    frameCount: 9,
    triggerCount: 11,
    gps: {
      startUtcNs: START,
      endUtcNs: START + EXPOSURE,
      longitudeMicroDeg: -124_082_396,
      latitudeMicroDeg: 45_507_360,
      altitudeMm: 30_000,
      satellites: 9,
    },
  });
});

test('a field whose flag is not set is not there, whatever its bytes are', () => {
  const info = infoWith((bytes) => bytes.writeUInt32LE(0, 8));
  const { width, height, flag, ...others } = info;
  assert.equal([width, height, flag], [4000, 3000, 0]);
  for (const [name, value] of Object.entries(others)) assert.is(value, null, name);
  assert.is(infoWith((bytes) => bytes.writeUInt32LE(0x13f, 8)).gps, null);
});

test('fewer than 104 bytes are refused with a code', () => {
  assert.throws(
    () => decodeToupcamFrameInfo(BY_HAND.subarray(0, 103)),
    (error: { code: string }) => error.code === 'gps.frame-info-short',
  );
});

test('online, satellites, exposure as set, a measured accuracy: locked to the nanosecond', () => {
  const time = stampToupcam(INPUT);
  assert.is(time.source, 'toupcam-gps');
  assert.is(time.grade, 'locked');
  assert.is(time.startUtcNs, START);
  assert.is(time.endUtcNs, START + EXPOSURE);
  assert.is(time.exposureNs, EXPOSURE);
  assert.is(time.uncertaintyNs, 1_000n);
  assert.is(time.sequence, 42);
  assert.equal(time.flags, []);
});

test('an accuracy that nobody measured, few satellites, an offline receiver: coarse, as far as the host proves it', () => {
  const few = infoWith((bytes) => bytes.writeUInt16LE(3, 100));
  for (const [change, flag] of [
    [{ accuracyNs: null }, 'toupcam-accuracy-unknown'],
    [{ info: few }, 'toupcam-satellites'],
    [{ online: false }, 'toupcam-gps-offline'],
  ] as const) {
    const time = stampToupcam({ ...INPUT, ...change });
    assert.is(time.grade, 'coarse', flag);
    assert.ok(time.flags.includes(flag));
    assert.is(time.source, 'toupcam-gps');
    assert.ok(time.uncertaintyNs >= 42_000_000n);
    const poor = stampToupcam({ ...INPUT, ...change, hostClock: { synchronised: false, boundNs: 1n } });
    assert.ok(poor.uncertaintyNs >= 1_000_000_000n);
  }
});

test('what contradicts itself, the frame before or the host is untrusted', () => {
  const gpsOf = (start: bigint, end: bigint) =>
    infoWith((bytes) => {
      bytes.writeBigUInt64LE(start, 72);
      bytes.writeBigUInt64LE(end, 80);
    });
  for (const [change, flag] of [
    [{ info: gpsOf(START, START) }, 'gps-order'],
    [{ info: gpsOf(START + EXPOSURE, START) }, 'gps-order'],
    [{ info: gpsOf(START, START + 25_000_000n) }, 'gps-duration'],
    [{ previous: INPUT.info.gps }, 'gps-stale'],
    [{ receivedNs: START - 980_000_000n }, 'gps-host-contradiction'],
    [
      { receivedNs: START - 1_950_000_000n, hostClock: { synchronised: false, boundNs: 1_000_000_000n } },
      'gps-host-contradiction',
    ],
  ] as const) {
    const time = stampToupcam({ ...INPUT, ...change });
    assert.is(time.grade, 'untrusted', flag);
    assert.ok(time.flags.includes(flag), time.flags.join());
  }
});

test('no GPS in the frame, or times that cannot be: the time of the next source, coarse', () => {
  const none = infoWith((bytes) => bytes.writeUInt32LE(0x3f, 8));
  const zero = infoWith((bytes) => bytes.fill(0, 72, 88));
  const far = infoWith((bytes) => bytes.fill(0xff, 72, 88));
  const long = infoWith((bytes) => bytes.writeBigUInt64LE(START + 7_201_000_000_000n, 80));
  for (const [change, flag] of [
    [{ info: none }, 'gps-unlocked'],
    [{ info: none, online: false }, 'toupcam-gps-offline'],
    [{ info: zero }, 'toupcam-gps-implausible'],
    [{ info: far }, 'toupcam-gps-implausible'],
    [{ info: long }, 'toupcam-gps-implausible'],
  ] as const) {
    const time = stampToupcam({ ...INPUT, ...change });
    assert.is(time.source, 'host-clock');
    assert.is(time.grade, 'coarse');
    assert.is(time.flags[0], flag);
    assert.is(time.sequence, 42);
  }
});

test('of a rolling shutter nobody says which row the times are for: coarse by the readout', () => {
  const time = stampToupcam({ ...INPUT, shutter: rollingTiming().shutter });
  assert.is(time.grade, 'coarse');
  assert.ok(time.flags.includes('row-offset-unknown'));
  assert.is(time.uncertaintyNs, 50_001_000n);
});

test('any bytes give a time with a grade; nothing throws, and only possible times are locked', () => {
  const random = randomOf(9);
  for (let round = 0; round < 20_000; round++) {
    const bytes = round % 2 === 0 ? Buffer.from(randomBytes(TOUPCAM_FRAME_INFO_BYTES, round)) : Buffer.from(BY_HAND);
    for (let hits = 0; hits < 3; hits++) bytes[Math.floor(random() * bytes.length)] = random() * 256;
    const time = stampToupcam({ ...INPUT, info: decodeToupcamFrameInfo(bytes), online: random() < 0.8 });
    assert.ok(GRADES.includes(time.grade));
    assert.ok(time.endUtcNs >= time.startUtcNs && time.uncertaintyNs >= 0n);
    if (time.grade !== 'locked') continue;
    assert.is(time.source, 'toupcam-gps');
    assert.ok(time.startUtcNs <= INPUT.receivedNs + 52_000_000n);
  }
});

test('a recorded time that is not what the kept bytes give is contradicted', () => {
  const time = stampToupcam(INPUT);
  assert.is(toupcamContradiction(time, BY_HAND), null);
  assert.match(toupcamContradiction({ ...time, startUtcNs: time.startUtcNs + 2_000n }, BY_HAND) ?? '', /2000 ns from/);
  assert.is(toupcamContradiction({ startUtcNs: START + 1_000_000_000n, leapSecond: true }, BY_HAND), null);
  assert.match(toupcamContradiction(time, BY_HAND.subarray(1)) ?? '', /no frame info/);
  const silent = Buffer.from(BY_HAND);
  silent.writeUInt32LE(0, 8);
  assert.match(toupcamContradiction(time, silent) ?? '', /no GPS times/);
});

test('a frame that tells another exposure than was set has its own, up to the same end', () => {
  const time = { ...stampToupcam(INPUT), uncertaintyNs: 1_000n };
  assert.equal(withToldExposure(time, INPUT.info), time, 'the same exposure changes nothing');
  const own = withToldExposure(
    time,
    infoWith((bytes) => bytes.writeUInt32LE(50_000, 28)),
  );
  assert.equal(
    [own.exposureNs, own.endUtcNs, own.startUtcNs],
    [50_000_000n, time.endUtcNs, time.endUtcNs - 50_000_000n],
  );
  assert.is(own.uncertaintyNs, 30_001_000n);
});

test.run();
