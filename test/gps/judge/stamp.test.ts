import * as assert from 'uvu/assert';
import { looksLikeGpsHeader } from '#gps/header/plausible-header.js';
import { encodeQhyHeader, PPS_SENTINEL, type QhyHeader, utcNsToStamp } from '#gps/header/qhy-header.js';
import { parseUtc } from '#gps/instant.js';
import { type StampInput, stampFrame } from '#gps/judge/stamp.js';
import type { ShutterModel } from '#gps/rows/shutter.js';
import { test } from '#test/support/test.js';

const SECOND = 1_000_000_000n;
const t0 = parseUtc('2026-08-14T00:00:10.1234567');
const exposureNs = 40_000_000n;
const global: ShutterModel = { kind: 'global', linePeriodNs: null, rowZeroEndOffsetNs: null, rowPairs: false };
const rolling: ShutterModel = {
  kind: 'rolling',
  linePeriodNs: 43_194n,
  rowZeroEndOffsetNs: 1_974_286n,
  rowPairs: true,
};
const goodHost = { synchronised: true, boundNs: 5_000_000n };

/** A header of a camera that is right about everything. */
function header(startNs: bigint, endNs: bigint, changes: Partial<QhyHeader> = {}, flag = 0x33): QhyHeader {
  return {
    sequence: 42,
    reserved: 0,
    width: 1920,
    height: 1200,
    latitudeRaw: 0,
    longitudeRaw: 0,
    start: utcNsToStamp(startNs, flag),
    end: utcNsToStamp(endNs, flag),
    now: utcNsToStamp(endNs, flag),
    ppsCount: 10_000_000,
    ...changes,
  };
}

const pulse = (changes: Partial<QhyHeader> = {}, flag = 0x33): Uint8Array =>
  encodeQhyHeader(header(t0 - 400n, t0, changes, flag));
const exposed = (changes: Partial<QhyHeader> = {}, flag = 0x33): Uint8Array =>
  encodeQhyHeader(header(t0 - exposureNs, t0, changes, flag));

function input(changes: Partial<StampInput> = {}): StampInput {
  return {
    headerBytes: exposed(),
    hasGpsHeader: true,
    shutter: global,
    region: { offsetY: 0, rows: 100, binning: 1, binningBy: 'nobody', rowDirection: 'top-down' },
    framePeriodNs: 50_000_000n,
    exposureNs,
    leaderTicks: 0n,
    tickFrequencyHz: SECOND,
    receivedNs: t0 + 20_000_000n,
    hostClock: goodHost,
    ...changes,
  };
}

test('a global shutter is locked with start and end of its header', () => {
  const time = stampFrame(input());
  assert.is(time.grade, 'locked');
  assert.is(time.source, 'gps-header');
  assert.is(time.startUtcNs, t0 - exposureNs);
  assert.is(time.endUtcNs, t0);
  assert.is(time.midUtcNs, t0 - exposureNs / 2n);
  assert.is(time.exposureNs, exposureNs);
  assert.is(time.sequence, 42);
  assert.equal(time.flags, []);
  assert.ok(time.uncertaintyNs < 1000n);
  assert.equal(time.rawHeader, exposed());
});

test('row 0 of a rolling shutter ends an offset after t0 and starts an exposure before that', () => {
  const time = stampFrame(input({ shutter: rolling, headerBytes: pulse() }));
  assert.is(time.grade, 'locked');
  assert.is(time.endUtcNs, t0 + 1_974_286n);
  assert.is(time.startUtcNs, t0 + 1_974_286n - exposureNs);
  assert.is(time.rows.linePeriodNs, 43_194n);
  assert.is(time.rows.rowPairs, true);
});

test('the raw header is a copy, because its slot is used again', () => {
  const slot = Buffer.from(exposed());
  const time = stampFrame(input({ headerBytes: slot }));
  slot.fill(0);
  assert.equal(time.rawHeader, exposed());
});

test('a header that did not arrive, or cannot be one, gives a coarse time of another source', () => {
  const cases: [Uint8Array | null, string][] = [
    [null, 'gps-header-missing'],
    [exposed().subarray(0, 43), 'gps-header-missing'],
    [new Uint8Array(44), 'gps-header-implausible'],
    [new Uint8Array(44).fill(0xff), 'gps-header-implausible'],
    [exposed({ ppsCount: 0 }), 'gps-header-implausible'],
  ];
  for (const [headerBytes, flag] of cases) {
    const time = stampFrame(input({ headerBytes }));
    assert.is(time.grade, 'coarse', flag);
    assert.is(time.source, 'host-clock');
    assert.ok(time.flags.includes(flag), `${flag} in ${time.flags}`);
    assert.is(time.sequence, null);
    assert.is(time.endUtcNs, t0 + 20_000_000n);
    assert.ok(time.uncertaintyNs >= exposureNs);
  }
});

test('no image bytes are ever taken for a header', () => {
  let state = 7;
  for (let i = 0; i < 200_000; i++) {
    const bytes = new Uint8Array(44);
    for (let k = 0; k < 44; k++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      bytes[k] = state >>> 24;
    }
    if (stampFrame(input({ headerBytes: bytes })).source === 'gps-header') assert.unreachable(String(bytes));
  }
});

test('a camera without GPS has its pixels left alone', () => {
  const time = stampFrame(input({ hasGpsHeader: false }));
  assert.is(time.source, 'host-clock');
  assert.is(time.grade, 'coarse');
  assert.is(time.rawHeader, null);
});

test('a leader time stamp in UTC is used before the host clock, one of another count is not', () => {
  const utc = stampFrame(input({ hasGpsHeader: false, leaderTicks: t0 / 1000n, tickFrequencyHz: 1_000_000n }));
  assert.is(utc.source, 'camera-clock');
  assert.is(utc.endUtcNs, (t0 / 1000n) * 1000n);
  const uptime = stampFrame(input({ hasGpsHeader: false, leaderTicks: 123_456_789n }));
  assert.is(uptime.source, 'host-clock');
  const unknown = stampFrame(input({ hasGpsHeader: false, leaderTicks: t0, tickFrequencyHz: 0n }));
  assert.is(unknown.source, 'host-clock');
});

test('every contradiction makes a locked header untrusted', () => {
  const late = utcNsToStamp(t0 + 1000n, 0x33);
  const cases: [Partial<StampInput>, string][] = [
    [{ headerBytes: exposed({ ppsCount: PPS_SENTINEL }) }, 'gps-no-pps'],
    [{ headerBytes: exposed({ ppsCount: 10_001_001 }) }, 'gps-pps-implausible'],
    [{ headerBytes: exposed({ end: late }) }, 'gps-order'],
    [
      { headerBytes: exposed({ now: { flag: 0x33, seconds: 973_382_411, ticks: 10_000_100 } }) },
      'gps-ticks-implausible',
    ],
    [{ exposureNs: 50_000_000n }, 'gps-duration'],
    [{ shutter: rolling }, 'gps-duration'],
    [{ headerBytes: encodeQhyHeader(header(t0 - 600n, t0)), shutter: rolling }, 'gps-duration'],
    [{ previousHeader: exposed() }, 'gps-stale'],
    [{ receivedNs: t0 - 980_000_000n }, 'gps-host-contradiction'],
    [{ receivedNs: t0 - 980_000_000n, hostClock: { synchronised: false, boundNs: SECOND } }, 'gps-host-contradiction'],
    [
      { receivedNs: t0 - 2_800_000_000n, hostClock: { synchronised: false, boundNs: SECOND } },
      'gps-host-contradiction',
    ],
  ];
  for (const [changes, flag] of cases) {
    const time = stampFrame(input(changes));
    assert.is(time.grade, 'untrusted', `${flag}: ${time.grade} ${time.flags}`);
    assert.ok(time.flags.includes(flag), `${flag} in ${time.flags}`);
    assert.is(time.source, 'gps-header');
  }
});

test('a host that nobody vouches for is a flag and no reason', () => {
  const agrees = stampFrame(input({ hostClock: { synchronised: false, boundNs: SECOND } }));
  assert.is(agrees.grade, 'locked');
  assert.equal(agrees.flags, ['host-unsynchronised']);
  const hoursOff = stampFrame(
    input({ receivedNs: t0 - 7_200_123_000_000n, hostClock: { synchronised: false, boundNs: SECOND } }),
  );
  assert.is(hoursOff.grade, 'locked');
  assert.equal(hoursOff.flags, ['host-unsynchronised', 'host-disagrees']);
});

test('a delivery that takes seconds contradicts nothing', () => {
  assert.is(stampFrame(input({ receivedNs: t0 + 3n * SECOND })).grade, 'locked');
});

test('a receiver without lock is coarse at best, with a bound that its time can keep', () => {
  const holding = stampFrame(input({ headerBytes: exposed({}, 0x22) }));
  assert.is(holding.grade, 'coarse');
  assert.is(holding.source, 'gps-header');
  assert.ok(holding.uncertaintyNs >= SECOND);
  const running = stampFrame(input({ headerBytes: exposed({ ppsCount: PPS_SENTINEL }, 0x22) }));
  assert.is(running.grade, 'coarse');
  assert.ok(running.uncertaintyNs >= 25_000_000n);
  const unproven = stampFrame(
    input({
      headerBytes: exposed({ ppsCount: PPS_SENTINEL }, 0x22),
      hostClock: { synchronised: false, boundNs: SECOND },
    }),
  );
  assert.is(unproven.grade, 'untrusted');
  for (const flag of [0x00, 0x11]) {
    const off = stampFrame(input({ headerBytes: exposed({}, flag) }));
    assert.is(off.grade, 'coarse');
    assert.is(off.source, 'host-clock');
    assert.ok(off.flags.includes('gps-unlocked'));
    assert.is(off.sequence, 42);
  }
});

test('one stamp without lock takes the lock from all', () => {
  assert.is(stampFrame(input({ headerBytes: exposed({ end: utcNsToStamp(t0, 0x22) }) })).grade, 'coarse');
});

test('an unknown row offset or shutter shows in grade and flags', () => {
  const offset = stampFrame(input({ shutter: { ...rolling, rowZeroEndOffsetNs: null }, headerBytes: pulse() }));
  assert.is(offset.grade, 'coarse');
  assert.ok(offset.flags.includes('row-offset-unknown'));
  assert.ok(offset.uncertaintyNs > 1_000_000n);
  const unknown: ShutterModel = { ...global, kind: 'unknown' };
  assert.is(stampFrame(input({ shutter: unknown })).rows.shutter, 'global');
  assert.is(stampFrame(input({ shutter: unknown, headerBytes: pulse() })).rows.shutter, 'rolling');
});

test('an even image is not taken for a header, whatever date its bytes spell', () => {
  for (let value = 0; value < 256; value++) {
    assert.not(looksLikeGpsHeader(new Uint8Array(64).fill(value)), `all bytes ${value}`);
  }
});

test.run();
