import * as assert from 'uvu/assert';
import type { FrameTime } from '#gps/frame-time.js';
import { encodeQhyHeader, utcNsToStamp } from '#gps/header/qhy-header.js';
import type { CameraTiming } from '#gps/judge/frame-evidence.js';
import { ExposureChange } from '#src/station/exposure-change.js';
import { test } from '#test/support/test.js';

const MS = 1_000_000n;
const NOW = 1_795_826_130_000_000_000n;
const rolling = { kind: 'rolling', linePeriodNs: 10_000n, rowZeroEndOffsetNs: null, rowPairs: false } as const;
const timing = (exposureNs: bigint, kind: 'global' | 'rolling' = 'global'): CameraTiming => ({
  hasGpsHeader: true,
  shutter: kind === 'rolling' ? rolling : { ...rolling, kind, linePeriodNs: null },
  region: { offsetY: 0, rows: 240, binning: 1, binningBy: 'nobody', rowDirection: 'top-down' },
  exposureNs,
  framePeriodNs: 20n * MS,
  tickFrequencyHz: 0n,
  leaderScale: 'unknown',
});
const header = (exposureNs: bigint): Uint8Array => {
  const start = utcNsToStamp(NOW, 0x33);
  const end = utcNsToStamp(NOW + exposureNs, 0x33);
  const place = { latitudeRaw: 0, longitudeRaw: 0, width: 320, height: 240, sequence: 1, reserved: 0 };
  return encodeQhyHeader({ ...place, start, end, now: end, ppsCount: 10_000_000 });
};
const timeOf = (uncertaintyNs: bigint) => ({ uncertaintyNs }) as FrameTime;

test('by the stamps of a header a new exposure begins with the first frame that has it, however late', () => {
  const change = new ExposureChange();
  const [old, next] = [timing(1n * MS), timing(5n * MS)];
  assert.not.ok(change.pending);
  change.announce(old, next, NOW);
  assert.ok(change.pending);
  for (let i = 1n; i <= 6n; i++) assert.is(change.adopt(old, NOW + i * 20n * MS, header(1n * MS)), null);
  assert.is(change.adopt(old, NOW + 140n * MS, header(5n * MS)), next);
  assert.not.ok(change.pending);
  assert.is(change.doubted(timeOf(200n), NOW + 140n * MS).uncertaintyNs, 200n);
});

test('of several that were set one after the other each frame has its own, those before are over', () => {
  const change = new ExposureChange();
  const [a, b, c] = [timing(1n * MS), timing(5n * MS), timing(9n * MS)];
  change.announce(a, b, NOW);
  change.announce(a, c, NOW + MS);
  assert.is(change.adopt(a, NOW + 20n * MS, header(1n * MS)), null);
  assert.is(change.adopt(a, NOW + 40n * MS, header(9n * MS)), c);
  assert.not.ok(change.pending);
});

test('an exposure that never shows counts in the end, so that the difference is told', () => {
  const change = new ExposureChange();
  const [old, next] = [timing(1n * MS), timing(5n * MS)];
  change.announce(old, next, NOW);
  assert.is(change.adopt(old, NOW + 1_000n * MS, header(1n * MS)), null);
  assert.is(change.adopt(old, NOW + 1_100n * MS, header(1n * MS)), next);
});

test('without such stamps the arrival tells, and times are in doubt by the difference for a while', () => {
  for (const [kind, bytes] of [
    ['global', null],
    ['rolling', header(400n)],
  ] as const) {
    const change = new ExposureChange();
    const [old, next] = [timing(50n * MS, kind), timing(10n * MS, kind)];
    change.announce(old, next, NOW);
    assert.is(change.adopt(old, NOW + 9n * MS, bytes), null);
    assert.is(change.doubted(timeOf(7n), NOW + 9n * MS).uncertaintyNs, 7n);
    assert.is(change.adopt(old, NOW + 11n * MS, bytes), next);
    assert.is(change.doubted(timeOf(7n), NOW + 60n * MS).uncertaintyNs, 40n * MS + 7n);
    assert.is(change.doubted(timeOf(7n), NOW + 3_000n * MS).uncertaintyNs, 7n);
  }
});

test('another stream begins with what the camera is set to', () => {
  const change = new ExposureChange();
  change.announce(timing(MS), timing(5n * MS), NOW);
  change.reset();
  assert.not.ok(change.pending);
});

test.run();
