import * as assert from 'uvu/assert';
import type { StampCalibration } from '#gps/calibration/stamp-calibration.js';
import { encodeQhyHeader, utcNsToStamp } from '#gps/header/qhy-header.js';
import { parseUtc } from '#gps/instant.js';
import { type StampInput, stampFrame } from '#gps/judge/stamp.js';
import { rowTime } from '#gps/rows/row-time.js';
import type { ShutterModel } from '#gps/rows/shutter.js';
import { test } from '#test/support/test.js';

const t0 = parseUtc('2026-08-14T00:00:10.1234567');
const exposureNs = 40_000_000n;
const global: ShutterModel = { kind: 'global', linePeriodNs: null, rowZeroEndOffsetNs: null, rowPairs: false };
const rolling: ShutterModel = {
  kind: 'rolling',
  linePeriodNs: 13_800n,
  rowZeroEndOffsetNs: 1_974_300n,
  rowPairs: false,
};
const calibration: StampCalibration = {
  startOffsetNs: 1_500n,
  endOffsetNs: -2_700n,
  sigmaNs: 7n,
  rowZeroEndOffsetNs: null,
  stampExcessNs: 0n,
  measuredUtcNs: parseUtc('2026-08-01T12:00:00'),
};

function headerBytes(startNs: bigint, flag = 0x33): Uint8Array {
  return encodeQhyHeader({
    sequence: 42,
    reserved: 0,
    width: 1920,
    height: 1200,
    latitudeRaw: 0,
    longitudeRaw: 0,
    start: utcNsToStamp(startNs, flag),
    end: utcNsToStamp(t0, flag),
    now: utcNsToStamp(t0, flag),
    ppsCount: 10_000_000,
  });
}

function input(changes: Partial<StampInput>): StampInput {
  return {
    headerBytes: headerBytes(t0 - (changes.shutter === rolling ? 400n : exposureNs)),
    hasGpsHeader: true,
    shutter: global,
    region: { offsetY: 10, rows: 100, binning: 1, binningBy: 'nobody', rowDirection: 'top-down' },
    framePeriodNs: 50_000_000n,
    exposureNs,
    leaderTicks: 0n,
    tickFrequencyHz: 1_000_000_000n,
    receivedNs: t0 + 20_000_000n,
    hostClock: { synchronised: true, boundNs: 5_000_000n },
    calibration,
    ...changes,
  };
}

test('a calibration moves start and end of a global shutter, and its doubt goes into the bound', () => {
  const time = stampFrame(input({}));
  assert.is(time.grade, 'locked');
  assert.is(time.startUtcNs, t0 - exposureNs + 1_500n);
  assert.is(time.endUtcNs, t0 - 2_700n);
  assert.is(time.exposureNs, exposureNs - 4_200n);
  assert.is(time.uncertaintyNs, 200n + 21n);
  assert.is(time.calibration, calibration);
  assert.is(stampFrame(input({ calibration: null })).calibration, undefined);
});

test('a calibration moves every row of a rolling shutter', () => {
  const measured = { ...calibration, rowZeroEndOffsetNs: 1_974_300n };
  const [plain, moved] = [null, measured].map((each) => stampFrame(input({ shutter: rolling, calibration: each })));
  for (const row of [0, 1, 99]) {
    const [before, after] = [plain, moved].map((time) => rowTime(time as NonNullable<typeof time>, row));
    assert.is((after?.startUtcNs ?? 0n) - (before?.startUtcNs ?? 0n), 1_500n);
    assert.is((after?.endUtcNs ?? 0n) - (before?.endUtcNs ?? 0n), -2_700n);
  }
  assert.is(moved?.rows.rowZeroEndOffsetNs, 1_974_300n - 2_700n);
  assert.is(moved?.grade, 'locked');
});

test('an offset of row 0 that nobody tells is known once it was measured', () => {
  const shutter = { ...rolling, rowZeroEndOffsetNs: null };
  const bytes = headerBytes(t0 - 400n);
  const without = stampFrame(input({ shutter, headerBytes: bytes, calibration: null }));
  assert.is(without.grade, 'coarse');
  assert.ok(without.flags.includes('row-offset-unknown'));
  const measured = { ...calibration, startOffsetNs: 2_000_000n, endOffsetNs: 2_000_100n };
  const time = stampFrame(input({ shutter, headerBytes: bytes, calibration: measured }));
  assert.is(time.grade, 'locked');
  assert.is(time.endUtcNs, t0 + 2_000_100n + 10n * 13_800n);
  assert.is(time.startUtcNs, t0 + 2_000_000n + 10n * 13_800n - exposureNs);
});

test('stamps that were too far apart when they were calibrated are doubted only when they are so no more', () => {
  const bytes = headerBytes(t0 - exposureNs - 900_000n);
  const measured = { ...calibration, startOffsetNs: 900_000n, stampExcessNs: 900_000n };
  const time = stampFrame(input({ headerBytes: bytes, calibration: measured }));
  assert.is(time.grade, 'locked', time.flags.join(' '));
  assert.is(time.startUtcNs, t0 - exposureNs);
  assert.ok(stampFrame(input({ headerBytes: bytes, calibration })).flags.includes('gps-duration'));
  assert.ok(stampFrame(input({ calibration: measured })).flags.includes('gps-duration'));
});

test('a time that is not of the stamps has no calibration in it', () => {
  for (const changes of [
    { headerBytes: null },
    { hasGpsHeader: false },
    { headerBytes: headerBytes(t0 - exposureNs, 0x13) },
  ]) {
    const time = stampFrame(input(changes));
    assert.is(time.grade, 'coarse');
    assert.is(time.calibration, undefined);
    assert.is(time.endUtcNs, stampFrame(input({ ...changes, calibration: null })).endUtcNs);
  }
});

test.run();
