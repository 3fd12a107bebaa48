import * as assert from 'uvu/assert';
import { decodeQhyHeader, latitudeDeg, PPS_SENTINEL, stampUtcNs } from '#gps/header/qhy-header.js';
import { parseUtc } from '#gps/instant.js';
import type { ShutterModel } from '#gps/rows/shutter.js';
import { Clockwork, type ClockworkSetup, POWER_ON_NS } from '#src/cameras/simulator/clockwork.js';
import { parseClockFaults } from '#src/cameras/simulator/fault-option.js';
import { test } from '#test/support/test.js';

/** The header's count of 2026-08-14T00:00:00 (from CMOS camera GUI's own test). */
const MIDNIGHT = 973_382_400;
const ORIGIN = parseUtc('2026-08-14T00:00:00');

const globalShutter: ShutterModel = { kind: 'global', linePeriodNs: 0n, rowZeroEndOffsetNs: 0n, rowPairs: false };
const rolling: ShutterModel = {
  kind: 'rolling',
  linePeriodNs: 43_200n,
  rowZeroEndOffsetNs: 1_974_300n,
  rowPairs: true,
};

/** 10 frames a second of 20 ms. */
function clockwork(faults = '', changes: Partial<ClockworkSetup> = {}): Clockwork {
  return new Clockwork({
    fps: 10,
    exposureNs: 20_000_000n,
    shutter: globalShutter,
    sensor: { width: 1920, height: 1200 },
    region: { offsetY: 0, rows: 1200, binning: 1, flip: false },
    originUtcNs: ORIGIN,
    gps: 'locked',
    leaderScale: 'utc',
    faults: parseClockFaults(faults),
    seed: 1,
    ...changes,
  });
}

/** Header of a frame: [status flag, start second after midnight, start ticks, end second, end ticks, PPS count]. */
function headerOf(clock: Clockwork, n: number): number[] {
  const { start, end, ppsCount } = decodeQhyHeader(clock.frame(n).header);
  return [start.flag, start.seconds - MIDNIGHT, start.ticks, end.seconds - MIDNIGHT, end.ticks, ppsCount];
}

test('without faults header, truth and leader tell the same', () => {
  const clock = clockwork();
  assert.equal(headerOf(clock, 13), [0x33, 1, 3_000_000, 1, 3_200_000, 10_000_000]);
  const frame = clock.frame(13);
  assert.is(frame.sequence, 13);
  assert.is(frame.truth.startUtcNs, ORIGIN + 1_300_000_000n);
  assert.is(frame.truth.endUtcNs, ORIGIN + 1_320_000_000n);
  assert.is(frame.leaderTicks, ORIGIN + 1_300_000_000n);
  assert.equal(frame.truth.faults, []);
  assert.equal(frame.pixels, { kind: 'scene', frame: 13 });
  const { width, height, latitudeRaw, now, end } = decodeQhyHeader(frame.header);
  assert.equal([width, height, now.ticks - end.ticks], [1920, 1200, 0]);
  assert.ok(Math.abs(latitudeDeg(latitudeRaw) - 41.1711) < 1e-4);
});

test('an oscillator that is off counts other ticks, and the PPS count tells', () => {
  assert.equal(headerOf(clockwork('oscillator:40'), 13), [0x33, 1, 3_000_120, 1, 3_200_128, 10_000_400]);
  assert.equal(headerOf(clockwork('oscillator:-100'), 13), [0x33, 1, 2_999_700, 1, 3_199_680, 9_999_000]);
  const counts = Array.from({ length: 60 }, (_, n) => headerOf(clockwork('oscillator:40:jitter'), 10 * n)[5]);
  assert.equal([...new Set(counts)].sort(), [10_000_399, 10_000_400, 10_000_401]);
});

test('more than 50 ppm fast: the count is the sentinel, and the end of a second already counts as the next', () => {
  assert.equal(headerOf(clockwork('oscillator:100'), 13), [0x33, 1, 3_000_300, 1, 3_200_320, PPS_SENTINEL]);
  const late = clockwork('oscillator:100', { originUtcNs: ORIGIN + 999_960_000n });
  // 0.99996 s x 10,001,000 = 10,000,599.96 ticks, of which 10,000,500 made a second.
  assert.equal(headerOf(late, 0).slice(0, 3), [0x33, 1, 99]);
  assert.is(headerOf(clockwork('oscillator:50'), 13)[5], PPS_SENTINEL);
  assert.is(headerOf(clockwork('oscillator:49'), 13)[5], 10_000_490);
});

test('without PPS the second rolls over 50 us late, the count reads the sentinel, until two PPS have come', () => {
  const clock = clockwork('pps-missing@5:10');
  assert.equal(headerOf(clock, 9), [0x33, 0, 9_000_000, 0, 9_200_000, 10_000_000]);
  assert.equal(headerOf(clock, 10), [0x33, 0, 10_000_000, 1, 199_500, PPS_SENTINEL]);
  assert.equal(headerOf(clock, 19), [0x33, 1, 8_999_500, 1, 9_199_500, PPS_SENTINEL]);
  assert.equal(headerOf(clock, 20), [0x33, 2, 0, 2, 200_000, PPS_SENTINEL]);
  assert.equal(headerOf(clock, 30), [0x33, 3, 0, 3, 200_000, 10_000_000]);
  const named = [4, 5, 14, 15, 25, 30].map((n) => clock.frame(n).truth.faults.includes('pps-missing'));
  assert.equal(named, [false, true, true, true, true, false]);
  assert.equal(headerOf(clockwork('pps-missing@5'), 25).slice(0, 3), [0x33, 2, 4_999_000]);
});

test('holding and a lost lock say so, also from before the stream', () => {
  assert.equal(headerOf(clockwork('holding@5'), 25), [0x20, 2, 4_999_000, 2, 5_199_000, PPS_SENTINEL]);
  assert.equal(headerOf(clockwork('lock-loss@5:2'), 6), [0x10, 0, 6_000_000, 0, 6_200_000, 10_000_000]);
  assert.equal(headerOf(clockwork('lock-loss@5:2'), 7)[0], 0x33);
  assert.is(decodeQhyHeader(clockwork('lock-loss').frame(0).header).latitudeRaw, 0);
  assert.equal(headerOf(clockwork('holding'), 3), [0x20, 0, 3_000_000, 0, 3_200_000, PPS_SENTINEL]);
  for (const [gps, flag] of [
    ['unlocked', 0x20],
    ['searching', 0x10],
    ['off', 0x00],
  ] as const) {
    assert.equal(headerOf(clockwork('', { gps }), 13), [flag, 1, 2_999_500, 1, 3_199_500, PPS_SENTINEL]);
    assert.equal(clockwork('', { gps }).frame(13).truth.faults, []);
  }
});

test('whole seconds are wrong from a frame on, or until the almanac has come', () => {
  const seconds = (faults: string) => [4, 5, 6, 7].map((n) => headerOf(clockwork(faults), n).slice(0, 4));
  const right = [4, 5, 6, 7].map((n) => [0x33, 0, n * 1_000_000, 0]);
  const ahead = [4, 5, 6, 7].map((n) => [0x33, 2, n * 1_000_000, 2]);
  assert.equal(seconds('whole-second@5:2:2'), [right[0], ahead[1], ahead[2], right[3]]);
  assert.equal(seconds('almanac@6:2'), [ahead[0], ahead[1], right[2], right[3]]);
  assert.equal(clockwork('almanac@6:2').frame(5).truth.faults, ['almanac']);
});

test('a leap second is counted one way or the other, and the truth is flagged', () => {
  const originUtcNs = parseUtc('2016-12-31T23:59:59');
  const midnight = parseUtc('2017-01-01');
  // The header's count of 2017-01-01T00:00:00.
  const count = 669_945_600;
  const labels = (faults: string) => {
    const clock = clockwork(faults, { originUtcNs, fps: 2 });
    return [0, 1, 2, 3, 4, 5].map((n) => decodeQhyHeader(clock.frame(n).header).start.seconds - count);
  };
  assert.equal(labels('leap-second:repeat'), [-1, -1, -1, -1, 0, 0]);
  assert.equal(labels('leap-second:hold-next'), [-1, -1, 0, 0, 0, 0]);
  assert.equal(labels(''), [-1, -1, 0, 0, 0, 0]);
  const clock = clockwork('leap-second', { originUtcNs, fps: 2 });
  const truths = [1, 2, 3, 4].map((n) => clock.frame(n).truth);
  assert.equal(
    truths.map(({ startUtcNs }) => startUtcNs - midnight),
    [-500_000_000n, 0n, 500_000_000n, 0n],
  );
  assert.equal(
    truths.map(({ leapSecond }) => leapSecond),
    [false, true, true, false],
  );
  assert.equal(
    truths.map(({ faults }) => faults),
    [[], ['leap-second'], ['leap-second'], []],
  );
  const ptp = clockwork('', { originUtcNs, fps: 2, leaderScale: 'ptp' });
  assert.equal(
    [1, 2, 4].map((n) => ptp.frame(n).leaderTicks - midnight),
    [35_500_000_000n, 36_000_000_000n, 37_000_000_000n],
  );
});

test('damaged headers: pairs swapped, pixels in their place, a byte to a pixel, zeros', () => {
  const whole = clockwork().frame(7).header;
  const swapped = clockwork('header-swapped@7').frame(7).header;
  assert.equal(
    [...swapped.subarray(0, 8)],
    [1, 0, 3, 2, 5, 4, 7, 6].map((at) => whole[at]),
  );
  assert.equal(clockwork('header-swapped@7:1').frame(8).header, clockwork().frame(8).header);
  const low = clockwork('header-16bit').frame(7).header;
  assert.is(low.length, 88);
  assert.ok(low.every((byte, at) => byte === (at % 2 === 0 ? whole[at / 2] : 0)));
  const high = clockwork('header-16bit@0:high').frame(7).header;
  assert.ok(high.every((byte, at) => byte === (at % 2 === 1 ? whole[(at - 1) / 2] : 0)));
  const image = clockwork('header-image').frame(7).header;
  assert.ok(image.length === 44 && image.every((byte) => byte > 50 && byte < 150));
  assert.equal(image, clockwork('header-image').frame(7).header);
  const zero = clockwork('all-zero@7').frame(7);
  assert.ok(zero.header.every((byte) => byte === 0));
  assert.equal(zero.pixels, { kind: 'zero' });
  assert.equal(clockwork('all-zero@7').frame(8).pixels, { kind: 'scene', frame: 8 });
});

test('the sequence wraps and starts again', () => {
  const sequences = (faults: string, frames: number[]) => frames.map((n) => clockwork(faults).frame(n).sequence);
  assert.equal(sequences('sequence-wrap:3', [0, 2, 3, 4]), [2 ** 32 - 3, 2 ** 32 - 1, 0, 1]);
  assert.equal(sequences('sequence-reset@5', [4, 5, 6]), [4, 0, 1]);
  assert.equal(clockwork('sequence-wrap:3').frame(3).truth.faults, ['sequence-wrap']);
  assert.is(decodeQhyHeader(clockwork('sequence-wrap:3').frame(0).header).sequence, 2 ** 32 - 3);
});

test('frames are repeated, stale, lost or exchanged; block ids count what is sent', () => {
  const sent = (faults: string, exposures = 6) =>
    [...clockwork(faults).delivery(exposures)].map(({ block, frame, faults: names }) =>
      [block === null ? '-' : block, frame.frame, ...names].join(' '),
    );
  assert.equal(sent('', 3), ['1 0', '2 1', '3 2']);
  assert.equal(sent('repeat@1', 3), ['1 0', '2 1', '3 1 repeat', '4 2']);
  assert.equal(sent('stale@4:3'), ['1 0', '2 1', '3 2', '4 3', '5 1 stale', '- 4 stale', '6 5']);
  assert.equal(sent('stale@4:3:again', 5), ['1 0', '2 1', '3 2', '4 3', '5 1 stale', '6 4']);
  assert.equal(sent('frame-gap@1:2', 4), ['1 0', '- 1 frame-gap', '- 2 frame-gap', '2 3']);
  assert.equal(sent('out-of-order@1', 4), ['1 0', '2 2 out-of-order', '3 1 out-of-order', '4 3']);
  const all = clockwork('out-of-order@1,repeat@4,stale@8:2:again').delivery(20);
  const times = [...all].map(({ receivedUtcNs }) => receivedUtcNs);
  assert.ok(
    times.every((time, i) => i === 0 || time > (times[i - 1] as bigint)),
    'blocks arrive one after the other',
  );
  const exchanged = [...clockwork('out-of-order@1').delivery(3)][1];
  assert.ok((exchanged?.receivedUtcNs ?? 0n) > (exchanged?.frame.truth.endUtcNs ?? 0n));
});

test('the exposure changes for some frames, and slows them down where it must', () => {
  const clock = clockwork('exposure@5:50ms:2,exposure@8:200ms');
  const exposures = [4, 5, 6, 7, 8].map((n) => clock.frame(n).truth.exposureNs / 1_000_000n);
  assert.equal(exposures, [20n, 50n, 50n, 20n, 200n]);
  const starts = [7, 8, 9, 10].map((n) => clock.frame(n).truth.startUtcNs - ORIGIN);
  assert.equal(starts, [700_000_000n, 800_000_000n, 1_000_000_000n, 1_200_000_000n]);
  assert.equal(
    [5, 6, 7, 8, 9].map((n) => clock.frame(n).truth.faults.length),
    [1, 0, 1, 1, 0],
  );
});

test('a change of the rate moves what follows, faults included', () => {
  const clock = clockwork('exposure@5:50ms,pps-missing@20');
  clock.change(10, { fps: 5, exposureNs: 30_000_000n });
  assert.is(clock.frame(9).truth.exposureNs, 50_000_000n);
  assert.is(clock.frame(10).truth.exposureNs, 30_000_000n);
  assert.is(clock.frame(20).truth.startUtcNs, ORIGIN + 3_000_000_000n);
  // At 3 s the PPS is missing already; the one of 2 s came.
  assert.equal(headerOf(clock, 20).slice(1, 3), [2, 10_000_000]);
});

test("the leader's clock: drifting, free from power-on, TAI", () => {
  const ticks = (faults: string, leaderScale: ClockworkSetup['leaderScale']) =>
    clockwork(faults, { leaderScale }).frame(100).leaderTicks;
  assert.is(ticks('drift:50', 'utc'), ORIGIN + 10_000_500_000n);
  assert.is(ticks('drift:-50', 'free'), POWER_ON_NS + 9_999_500_000n);
  assert.is(ticks('', 'ptp'), ORIGIN + 47_000_000_000n);
});

test('an LED that is off moves the stamps of a global shutter, not the truth', () => {
  const clock = clockwork('led-offset:1500:-2700');
  assert.equal(headerOf(clock, 13), [0x33, 1, 3_000_015, 1, 3_199_973, 10_000_000]);
  assert.is(clock.frame(13).truth.startUtcNs, ORIGIN + 1_300_000_000n);
});

test('a sensor that is later than its stamps moves the truth, not the header', () => {
  const lateness = { startNs: 1_234n, endNs: -2_700n };
  for (const shutter of [globalShutter, rolling]) {
    const [on, late] = [clockwork('', { shutter }), clockwork('', { shutter, lateness })];
    const [before, after] = [on.frame(13), late.frame(13)];
    assert.equal(after.header, before.header);
    assert.is(after.leaderTicks, before.leaderTicks);
    assert.is(after.truth.startUtcNs - before.truth.startUtcNs, 1_234n);
    assert.is(after.truth.endUtcNs - before.truth.endUtcNs, -2_700n);
    assert.is(after.truth.exposureNs, 20_000_000n - 3_934n);
    assert.is(late.rowEndUtcNs(13, 7) - on.rowEndUtcNs(13, 7), -2_700n);
  }
});

test("the LED shines into a row as long as pulse and the row's real exposure overlap", () => {
  const lateness = { startNs: 1_000n, endNs: -500n };
  const lit = (shutter: ClockworkSetup['shutter'], edge: 'start' | 'end', offsetNs: number, row = 7) =>
    clockwork('', { shutter, lateness }).litNs(13, row, { edge, offsetNs, widthNs: 400 });
  for (const [edge, offsetNs, expected] of [
    ['start', 600, 0],
    ['start', 700, 100],
    ['start', 1_000, 400],
    ['start', 19_999_400.5, 99.5],
    ['end', -900, 400],
    ['end', -666.5, 166.5],
    ['end', -500, 0],
  ] as const) {
    assert.is(lit(globalShutter, edge, offsetNs), expected, `${edge} ${offsetNs}`);
  }
  // Counted from VSYNC, 1974.3 us before line 0 ends; row 7 ends with row 6.
  const rowEnd = 1_974_300 - 500 + 6 * Number(rolling.linePeriodNs);
  assert.is(lit(rolling, 'end', rowEnd - 100), 100);
  assert.is(lit(rolling, 'end', rowEnd - 20_000_000 + 1_500 - 100), 300);
});

test('rows of a rolling shutter end as its model says, in any region, binned and flipped', () => {
  const end = ORIGIN + 1_320_000_000n;
  const region = { offsetY: 50, rows: 10, binning: 2, flip: false };
  const plain = clockwork('', { shutter: rolling, region });
  // VSYNC 1974.3 us before row 0 of the sensor ends: 1.3180257 s.
  assert.equal(headerOf(plain, 13), [0x33, 1, 3_180_253, 1, 3_180_257, 10_000_000]);
  assert.is(plain.frame(13).truth.endUtcNs, end + 100n * 43_200n);
  assert.is(plain.frame(13).truth.startUtcNs, end - 20_000_000n + 100n * 43_200n);
  assert.is(plain.rowEndUtcNs(13, 3), end + 106n * 43_200n);
  const flipped = clockwork('', { shutter: rolling, region: { ...region, flip: true } });
  assert.is(flipped.frame(13).truth.endUtcNs, end + 118n * 43_200n);
  assert.is(flipped.rowEndUtcNs(13, 9), end + 100n * 43_200n);
  const pairs = clockwork('', { shutter: rolling, region: { offsetY: 0, rows: 10, binning: 1, flip: false } });
  assert.is(pairs.rowEndUtcNs(13, 7), end + 6n * 43_200n);
  const single = clockwork('', { shutter: { ...rolling, rowPairs: false } });
  assert.is(single.rowEndUtcNs(13, 7), end + 7n * 43_200n);
});

test('10,000 frames with an oscillator 40 ppm off decode to the truth within a tick', () => {
  for (const ppm of [40, -73.3]) {
    const clock = clockwork(`oscillator:${ppm}`, {
      fps: 97.3,
      exposureNs: 1_234_567n,
      originUtcNs: ORIGIN + 123_456_789n,
    });
    let worst = 0n;
    for (let n = 0; n < 10_000; n++) {
      const { header, truth } = clock.frame(n);
      const { start, end, ppsCount } = decodeQhyHeader(header);
      for (const error of [
        stampUtcNs(start, ppsCount) - truth.startUtcNs,
        stampUtcNs(end, ppsCount) - truth.endUtcNs,
      ]) {
        if (error > worst || -error > worst) worst = error < 0n ? -error : error;
      }
    }
    assert.ok(worst <= 100n, `${worst} ns at ${ppm} ppm`);
    assert.ok(worst > 80n, 'a tick is a tick');
  }
});

test('the delay to the host is constant plus exponential, from the seed', () => {
  const clock = clockwork();
  const delays = Array.from({ length: 5000 }, (_, n) => Number(clock.frame(n).hostDelayNs) - 200_000);
  assert.ok(Math.min(...delays) >= 0);
  const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
  assert.ok(Math.abs(mean - 150_000) < 8_000, String(mean));
  assert.is(clockwork().frame(7).hostDelayNs, clock.frame(7).hostDelayNs);
  assert.is.not(clockwork('', { seed: 2 }).frame(7).hostDelayNs, clock.frame(7).hostDelayNs);
});

test('frames that leave in one period have half of it each', () => {
  const clock = clockwork('repeat@3,out-of-order@6,stale@10:2:again,stale@13:2');
  const halves = Array.from({ length: 16 }, (_, index) => index).filter((index) => clock.turnNs(index) < 1e8);
  assert.equal(halves, [3, 6, 7, 10]);
  assert.is(clock.turnNs(3), 5e7);
});

test.run();
