import * as assert from 'uvu/assert';
import { encodeQhyHeader, utcNsToStamp } from '#gps/header/qhy-header.js';
import { parseUtc } from '#gps/instant.js';
import { stampFrame } from '#gps/judge/stamp.js';
import type { ImageRegion } from '#gps/rows/row-model.js';
import { frameSpan, pixelTime, rowTime, streakTime } from '#gps/rows/row-time.js';
import type { ShutterModel } from '#gps/rows/shutter.js';
import { randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';

const WHOLE: ImageRegion = { offsetY: 0, rows: 1000, binning: 1, binningBy: 'nobody', rowDirection: 'top-down' };
const ROLLING: ShutterModel = {
  kind: 'rolling',
  linePeriodNs: 43_194n,
  rowZeroEndOffsetNs: 1_974_286n,
  rowPairs: true,
};
const EXPOSURE = 40_000_000n;

/** The time of a frame whose VSYNC pulse ended at `t0`. */
function timeOf(t0: bigint, shutter: ShutterModel, region: ImageRegion = WHOLE, exposureNs = EXPOSURE) {
  const flag = 0x33;
  const global = shutter.kind === 'global';
  const start = utcNsToStamp(t0 - (global ? exposureNs : 400n), flag);
  const end = utcNsToStamp(t0, flag);
  const header = { sequence: 7, reserved: 0, width: 9600, height: 6422, latitudeRaw: 0, longitudeRaw: 0 };
  return stampFrame({
    headerBytes: encodeQhyHeader({ ...header, start, end, now: end, ppsCount: 10_000_000 }),
    hasGpsHeader: true,
    shutter,
    region,
    framePeriodNs: 100_000_000n,
    exposureNs,
    leaderTicks: 0n,
    tickFrequencyHz: 0n,
    receivedNs: t0 + 30_000_000n,
    hostClock: { synchronised: true, boundNs: 1_000_000n },
  });
}

test('every row of any region, binning and direction ends where its first sensor row does', () => {
  const random = randomOf(3);
  const below = (n: number) => Math.floor(random() * n);
  const origin = parseUtc('2026-08-14T00:00:00');
  for (let trial = 0; trial < 1_000; trial++) {
    const chip = random() < 0.3;
    const binning = 1 + below(4);
    const region: ImageRegion = {
      offsetY: below(500),
      rows: 1 + below(1500),
      binning,
      binningBy: binning === 1 ? 'nobody' : chip ? 'chip' : 'software',
      rowDirection: random() < 0.5 ? 'top-down' : 'bottom-up',
    };
    const shutter: ShutterModel = {
      kind: 'rolling',
      linePeriodNs: BigInt(5_000 + below(90_000)),
      rowZeroEndOffsetNs: BigInt(below(3_000_000)),
      rowPairs: random() < 0.5,
    };
    const t0 = origin + BigInt(below(1e9)) * 100n;
    const time = timeOf(t0, shutter, region);
    const row = below(region.rows);
    // The sensor, as its maker describes it: lines end one after the other, or two by two.
    const read = region.rowDirection === 'top-down' ? row : region.rows - 1 - row;
    const line = (region.offsetY + read) * (region.binningBy === 'software' ? binning : 1);
    const counted = shutter.rowPairs ? 2 * Math.floor(line / 2) : line;
    const end = t0 + (shutter.rowZeroEndOffsetNs ?? 0n) + (shutter.linePeriodNs ?? 0n) * BigInt(counted);
    const found = rowTime(time, row);
    assert.is(found.endUtcNs, end);
    assert.is(found.startUtcNs, end - EXPOSURE);
    assert.is(found.midUtcNs, end - EXPOSURE / 2n);
    assert.is(found.uncertaintyNs, 200n);
    const first = rowTime(time, 0);
    assert.equal([time.startUtcNs, time.endUtcNs], [first.startUtcNs, first.endUtcNs]);
    const span = frameSpan(time);
    assert.ok(span.startUtcNs <= found.startUtcNs && found.endUtcNs + found.spreadNs <= span.endUtcNs);
  }
});

test('all rows of a global shutter share the exposure', () => {
  const time = timeOf(parseUtc('2026-08-14T00:00:10'), { ...ROLLING, kind: 'global' });
  assert.equal(rowTime(time, 0), rowTime(time, 999));
  assert.equal(frameSpan(time), { startUtcNs: time.startUtcNs, endUtcNs: time.endUtcNs });
});

test('a line period that nobody knows widens the bound of every row but the first by the whole readout', () => {
  const time = timeOf(parseUtc('2026-08-14T00:00:10'), { ...ROLLING, linePeriodNs: null });
  assert.is(time.grade, 'locked');
  assert.is(rowTime(time, 0).uncertaintyNs, 200n);
  assert.is(rowTime(time, 999).uncertaintyNs, 100_000_200n);
  assert.is(time.rows.origin, 'none');
  // Turned over, the file's first row was read last.
  const turned = timeOf(
    parseUtc('2026-08-14T00:00:10'),
    { ...ROLLING, linePeriodNs: null },
    { ...WHOLE, rowDirection: 'bottom-up' },
  );
  assert.is(turned.grade, 'coarse');
  assert.ok(turned.uncertaintyNs >= 100_000_000n);
});

test('a streak begins with the start of its first row and ends with the end of its last', () => {
  const time = timeOf(parseUtc('2026-08-14T00:00:10'), { ...ROLLING, rowPairs: false });
  const down = streakTime(time, { x: 10, y: 100.2 }, { x: 300, y: 899.8 });
  const up = streakTime(time, { x: 300, y: 899.8 }, { x: 10, y: 100.2 });
  assert.is(down.startUtcNs, rowTime(time, 100).startUtcNs);
  assert.is(down.endUtcNs, rowTime(time, 900).endUtcNs);
  assert.is(down.endUtcNs - down.startUtcNs, EXPOSURE + 800n * 43_194n);
  assert.is(up.endUtcNs - up.startUtcNs, EXPOSURE - 800n * 43_194n);
  assert.equal(pixelTime(time, { x: 0, y: 99.6 }), rowTime(time, 100));
});

test('rows outside the image are refused', () => {
  const time = timeOf(parseUtc('2026-08-14T00:00:10'), ROLLING);
  for (const row of [-1, 1000, 0.5, Number.NaN]) {
    assert.throws(
      () => rowTime(time, row),
      (error: { code: string; message: string }) =>
        error.code === 'gps.row-range' && error.message.includes('rows 0 to 999'),
    );
  }
});

test('a leap second in mid-frame is a second, and rows behind it carry the labels of the next day', () => {
  const shutter: ShutterModel = { kind: 'rolling', linePeriodNs: 3_000_000n, rowZeroEndOffsetNs: 0n, rowPairs: false };
  // Row 0 ends 1.5 s before the leap second begins, the last row 1.5 s behind it.
  const time = timeOf(parseUtc('2016-12-31T23:59:58.5'), shutter, WHOLE, 100_000_000n);
  const inside = rowTime(time, 600);
  assert.is(inside.leapSecond, true);
  assert.is(inside.startUtcNs, parseUtc('2016-12-31T23:59:60.2'));
  const after = rowTime(time, 999);
  assert.is(after.leapSecond, false);
  assert.is(after.endUtcNs, parseUtc('2017-01-01T00:00:00.497'));
});

test.run();
