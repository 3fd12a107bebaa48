import * as assert from 'uvu/assert';
import { taiToUtc, utcToTai } from '#gps/clocks/leap-seconds.js';
import type { FrameTime } from '#gps/frame-time.js';
import { PPS_SENTINEL, type QhyHeader, type QhyStamp } from '#gps/header/qhy-header.js';
import { formatUtc, parseUtc } from '#gps/instant.js';
import type { Finding } from '#gps/judge/finding.js';
import type { CameraTiming } from '#gps/judge/frame-evidence.js';
import { Timekeeper } from '#gps/judge/timekeeper.js';
import {
  frameOf,
  GOOD_HOST,
  globalTiming,
  ORIGIN,
  POOR_HOST,
  rollingTiming,
  type Sent,
  type StreamOptions,
  stampAt,
} from '#test/support/header-stream.js';
import { randomOf } from '#test/support/random.js';
import { suite } from '#test/support/test.js';

const test = suite('timekeeper', 300_000);

function keep(timing: CameraTiming) {
  const findings: Finding[] = [];
  const states: string[] = [];
  const keeper = new Timekeeper(timing, {
    finding: (finding) => findings.push(finding),
    state: ({ to }) => states.push(to),
  });
  return { keeper, findings, states, kinds: () => [...new Set(findings.map(({ kind }) => kind))] };
}

const abs = (value: bigint) => (value < 0n ? -value : value);
const errorOf = (time: FrameTime, sent: Sent) => abs(time.startUtcNs - sent.startUtcNs);
const seconds = (stamp: QhyStamp, by: number): QhyStamp => ({ ...stamp, seconds: stamp.seconds + by });
const later = (by: number) => (h: QhyHeader) => ({
  ...h,
  start: seconds(h.start, by),
  end: seconds(h.end, by),
  now: seconds(h.now, by),
});
const withFlag = (flag: number, ppsCount?: number) => (h: QhyHeader) => ({
  ...h,
  start: { ...h.start, flag },
  end: { ...h.end, flag },
  now: { ...h.now, flag },
  ppsCount: ppsCount ?? h.ppsCount,
});

/** Judges frames `from` to `to`; `change` as in `frameOf`. */
function run(
  bench: ReturnType<typeof keep>,
  options: StreamOptions,
  from: number,
  to: number,
  change?: (header: QhyHeader, n: number) => QhyHeader,
): { time: FrameTime; sent: Sent }[] {
  return Array.from({ length: to - from }, (_, i) => {
    const sent = frameOf(options, from + i, change === undefined ? undefined : (h) => change(h, from + i));
    return { time: bench.keeper.judge(sent.evidence), sent };
  });
}

test('frames on a beat are locked within a tick, global and rolling, with the oscillator 40 ppm off as well', () => {
  for (const timing of [globalTiming(), rollingTiming()]) {
    for (const ppm of [0, 40, -100]) {
      const bench = keep(timing);
      for (const { time, sent } of run(bench, { timing, ppm }, 0, 10_000)) {
        assert.is(time.grade, 'locked', time.flags.join(' '));
        assert.ok(errorOf(time, sent) <= 100n, `${errorOf(time, sent)} ns`);
      }
      assert.equal(bench.findings, []);
      assert.equal(bench.states, ['locked']);
    }
  }
});

test('a lost lock is holdover at once, its time right within its bound, and locked again after three frames', () => {
  const timing = globalTiming();
  const options = { timing, ppm: 12 };
  const bench = keep(timing);
  run(bench, options, 0, 500);
  for (const { time, sent } of run(bench, options, 500, 600, withFlag(0x22))) {
    assert.is(time.grade, 'holdover', time.flags.join(' '));
    assert.ok(errorOf(time, sent) <= time.uncertaintyNs);
  }
  const back = run(bench, options, 600, 610);
  assert.equal(
    back.map(({ time }) => time.grade),
    ['holdover', 'holdover', ...Array(8).fill('locked')],
  );
  assert.equal(bench.states, ['locked', 'holdover', 'locked']);
});

test('without PPS the running ticks keep the time: holdover within its bound, though the stamps fall behind', () => {
  const timing = globalTiming();
  const bench = keep(timing);
  run(bench, { timing }, 0, 1000);
  // The camera's counter runs out at 10,000,500 ticks where no pulse ends the second.
  const first = frameOf({ timing }, 1000);
  const lastPulse = (first.startUtcNs / 1_000_000_000n) * 1_000_000_000n;
  const running = (stamp: QhyStamp, utcNs: bigint): QhyStamp => {
    const ticks = Number((utcNs - lastPulse) / 100n);
    const rolled = Math.floor(ticks / PPS_SENTINEL);
    const base = Number(lastPulse / 1_000_000_000n) - 813_283_200;
    return { ...stamp, seconds: base + rolled, ticks: ticks - rolled * PPS_SENTINEL };
  };
  let worst = 0n;
  for (let n = 1000; n < 4000; n++) {
    const truth = frameOf({ timing }, n);
    const change = (h: QhyHeader): QhyHeader => ({
      ...h,
      start: running(h.start, truth.startUtcNs),
      end: running(h.end, truth.endUtcNs),
      now: running(h.now, truth.endUtcNs),
      ppsCount: truth.endUtcNs < lastPulse + 1_000_050_000n ? h.ppsCount : PPS_SENTINEL,
    });
    const time = bench.keeper.judge(frameOf({ timing }, n, change).evidence);
    if (truth.endUtcNs < lastPulse + 1_000_050_000n) continue;
    assert.is(time.grade, 'holdover', time.flags.join(' '));
    assert.ok(
      errorOf(time, truth) <= time.uncertaintyNs,
      `frame ${n}: ${errorOf(time, truth)} > ${time.uncertaintyNs}`,
    );
    if (errorOf(time, truth) > worst) worst = errorOf(time, truth);
  }
  assert.ok(worst < 2_000n, `${worst} ns`);
});

test('a PPS that never came is never locked nor holdover', () => {
  const timing = globalTiming();
  for (const { time } of run(keep(timing), { timing }, 0, 100, withFlag(0x33, PPS_SENTINEL))) {
    assert.is(time.grade, 'untrusted');
  }
});

test('whole seconds off from the start are untrusted, with either sign and either host', () => {
  const timing = globalTiming();
  for (const host of [GOOD_HOST, POOR_HOST]) {
    for (const by of [1, 2, 3, -1]) {
      const bench = keep(timing);
      for (const { time } of run(bench, { timing, host }, 0, 200, later(by))) assert.is(time.grade, 'untrusted');
      assert.match(bench.findings[0]?.evidence ?? '', `GPS is ${by} s ahead`);
      // The almanac arrives: from then on the times are right.
      const after = run(bench, { timing, host }, 200, 300);
      assert.equal([...new Set(after.slice(3).map(({ time }) => time.grade))], ['locked'], `${by} s`);
    }
  }
});

test('after a cold start the almanac may be missing: a flag, unless a synchronised host proves the second', () => {
  const timing = globalTiming();
  for (const host of [GOOD_HOST, POOR_HOST]) {
    const bench = keep(timing);
    const cold = run(bench, { timing, host }, 0, 50, withFlag(0x11));
    assert.equal([...new Set(cold.map(({ time }) => time.grade))], ['coarse']);
    const warm = run(bench, { timing, host }, 50, 60).at(-1)?.time;
    assert.is(warm?.grade, 'locked', warm?.flags.join(' '));
    assert.is(warm?.flags.includes('gps-almanac-young'), host === POOR_HOST);
    // 12.5 minutes are 37,500 frames.
    const late = run(bench, { timing, host }, 37_700, 37_705).at(-1)?.time;
    assert.is(late?.flags.includes('gps-almanac-young'), false);
    assert.equal(bench.states, ['searching', 'locked']);
  }
});

test('a leap by a whole second in mid-stream is untrusted as long as it lasts, and finds back by itself', () => {
  const timing = globalTiming();
  for (const host of [GOOD_HOST, POOR_HOST]) {
    const bench = keep(timing);
    run(bench, { timing, host }, 0, 200);
    for (const { time } of run(bench, { timing, host }, 200, 300, later(1))) assert.is(time.grade, 'untrusted');
    for (const { time } of run(bench, { timing, host }, 300, 400)) assert.is(time.grade, 'locked', time.flags.join());
    assert.ok(bench.kinds().includes('second-step'));
  }
});

test('a host clock that is set by an hour is told and never touches a locked time', () => {
  const timing = globalTiming();
  const bench = keep(timing);
  run(bench, { timing }, 0, 200);
  const stepped = { ...GOOD_HOST, steppedNs: 3_600_000_000_000n };
  for (const { time, sent } of run(bench, { timing, host: stepped }, 200, 400)) {
    assert.is(time.grade, 'locked', time.flags.join(' '));
    assert.ok(errorOf(time, sent) <= 100n);
  }
  assert.equal(bench.kinds(), ['host-step']);
});

test('repeated, stale and exchanged frames are told apart', () => {
  const timing = globalTiming();
  const bench = keep(timing);
  const send = (n: number, block: number) =>
    bench.keeper.judge({ ...frameOf({ timing }, n).evidence, blockId: BigInt(block) });
  for (let n = 0; n < 50; n++) send(n, n + 1);
  assert.is(send(49, 51).grade, 'untrusted');
  assert.equal(bench.kinds(), ['repeated']);
  for (let n = 50; n < 60; n++) assert.is(send(n, n + 2).grade, 'locked');
  assert.is(send(30, 62).grade, 'untrusted');
  assert.equal(bench.kinds(), ['repeated', 'stale']);
  for (let n = 60; n < 70; n++) assert.is(send(n, n + 3).grade, 'locked');
  // 71 before 70.
  assert.is(send(71, 73).grade, 'locked');
  const late = send(70, 74);
  assert.is(late.grade, 'locked', late.flags.join(' '));
  for (let n = 72; n < 100; n++) assert.is(send(n, n + 3).grade, 'locked');
  assert.equal(bench.kinds(), ['repeated', 'stale', 'out-of-order']);
});

test('a stale frame that had never come before leaves no leap of the count behind it', () => {
  const timing = globalTiming();
  const bench = keep(timing);
  const send = (n: number, block: number) =>
    bench.keeper.judge({ ...frameOf({ timing }, n).evidence, blockId: BigInt(block) });
  // Exposure 20 is held back in the camera, and comes between 59 and 60.
  for (let n = 0; n < 60; n++) if (n !== 20) send(n, n < 20 ? n + 1 : n);
  assert.is(send(20, 60).grade, 'untrusted');
  for (let n = 60; n < 100; n++) assert.is(send(n, n + 1).grade, 'locked');
  bench.keeper.end();
  const [gap, stale, ...others] = bench.findings;
  assert.is(gap?.kind, 'lost-in-camera');
  assert.is(stale?.kind, 'stale');
  assert.equal(others, []);
});

test('frames that the camera lost are counted by its own count; a reset and a wrap of it lose none', () => {
  const timing = globalTiming();
  const bench = keep(timing);
  const send = (n: number, sequence: number, block: number) =>
    bench.keeper.judge({
      ...frameOf({ timing }, n, (h) => ({ ...h, sequence: sequence >>> 0 })).evidence,
      blockId: BigInt(block),
    });
  for (let n = 0; n < 30; n++) send(n, n - 10, n + 1);
  assert.equal(bench.kinds(), ['sequence-wrap']);
  // Three are lost in the camera: its count goes on, block ids do not show it.
  for (let n = 33; n < 60; n++) assert.is(send(n, n - 10, n - 2).grade, 'locked');
  assert.equal(
    bench.findings.filter(({ kind }) => kind === 'lost-in-camera').map(({ frames }) => frames),
    [3],
  );
  for (let n = 60; n < 90; n++) assert.is(send(n, n - 59, n - 2).grade, 'locked');
  bench.keeper.end();
  assert.equal(bench.kinds(), ['sequence-wrap', 'lost-in-camera', 'sequence-reset']);
});

test('first frames that never came are counted where the count has just begun, and only there', () => {
  for (const [first, lost] of [
    [1, 0],
    [2, 1],
    [4, 3],
    [900, 0],
  ] as const) {
    const bench = keep(globalTiming());
    run(bench, { timing: globalTiming() }, 0, 20, (h, n) => ({ ...h, sequence: first + n }));
    const losses = bench.findings.filter(({ kind }) => kind === 'lost-in-camera');
    assert.is(
      losses.reduce((sum, { frames }) => sum + frames, 0),
      lost,
    );
    assert.is(bench.kinds().includes('first-frames'), lost > 0);
  }
});

test('bursts are each on a beat of their own: a pause of any length between them puts no time in doubt', () => {
  for (const timing of [globalTiming(), rollingTiming()]) {
    const bench = keep({ ...timing, counting: { leftOut: 3, restarts: true } });
    let pausedNs = 0n;
    for (let burst = 0, block = 1; burst < 28; burst++) {
      // From less than a period to days, and never a multiple of the period.
      pausedNs += BigInt(Math.round(20_123_457 * 1.75 ** burst));
      const length = 1 + (burst % 7);
      for (let n = 0; n < length; n++, block++) {
        const options = { timing, originUtcNs: ORIGIN + pausedNs };
        const sent = frameOf(options, block, (header) => ({ ...header, sequence: 2 + n }));
        const time = bench.keeper.judge(sent.evidence);
        assert.equal([time.grade, errorOf(time, sent) <= 100n], ['locked', true], time.flags.join(' '));
        assert.ok(time.uncertaintyNs < 1_000n, `burst ${burst}: ${time.uncertaintyNs} ns`);
      }
    }
    assert.equal(bench.kinds(), []);
  }
});

test('a header that is off in the middle of a burst is in doubt as ever, and a whole second off between bursts is untrusted', () => {
  const timing = globalTiming();
  const bench = keep({ ...timing, counting: { leftOut: 3, restarts: true } });
  const grades = (originUtcNs: bigint, from: number, change: (h: QhyHeader, n: number) => QhyHeader) =>
    run(bench, { timing, originUtcNs }, from, from + 10, (h, n) => change({ ...h, sequence: 2 + n - from }, n)).map(
      ({ time }) => time.grade,
    );
  const locked = Array(10).fill('locked');
  assert.equal(
    grades(ORIGIN, 1, (h) => h),
    locked,
  );
  const second = grades(ORIGIN + 777_777_700n, 11, (h, n) => (n === 17 ? later(1)(h) : h));
  assert.equal(second, [...locked.slice(0, 6), 'untrusted', ...locked.slice(0, 3)]);
  assert.equal(new Set(grades(ORIGIN + 3_777_777_700n, 21, later(-2))), new Set(['untrusted']));
});

test('where a library holds frames back for less than a second, the second is proven as ever', () => {
  const timing = globalTiming({ framePeriodNs: 400_000_000n, heldBackNs: 1_200_000_000n });
  const bench = keep(timing);
  const frames = run(bench, { timing, delayNs: () => 750_000_000n }, 0, 20);
  assert.ok(frames.slice(8).every(({ time }) => time.grade === 'locked'));
  const wrong = keep(timing);
  // GPS is a second behind: the frame would have been held back for 1.75 s.
  for (const { time } of run(wrong, { timing, delayNs: () => 750_000_000n }, 0, 8, later(-1))) {
    assert.is(time.grade, 'untrusted', time.flags.join(' '));
  }
});

test('where a library may hold a frame back for seconds, a delivery of seconds neither proves the second nor speaks against it', () => {
  const timing = globalTiming({ framePeriodNs: 1_000_000_000n, heldBackNs: 3_000_000_000n });
  const bench = keep(timing);
  for (const { time, sent } of run(bench, { timing, delayNs: () => 2_020_000_000n }, 0, 20)) {
    assert.is(time.grade, 'coarse', time.flags.join(' '));
    assert.ok(errorOf(time, sent) <= time.uncertaintyNs);
    assert.ok(time.uncertaintyNs > 2_000_000_000n);
  }
});

test('a wrong second that nobody could tell, before there was a beat, does not keep the right ones out', () => {
  const timing = globalTiming({ framePeriodNs: 2_000_000_000n });
  const bench = keep(timing);
  // GPS is 3 s behind, the host off by more than a second itself: neither can be believed.
  const unclear = { timing, host: POOR_HOST, delayNs: () => -1_300_000_000n };
  for (const { time } of run(bench, unclear, 0, 3, later(-3))) assert.is(time.grade, 'coarse');
  const frames = run(bench, { timing }, 3, 30);
  assert.ok(frames.slice(8).every(({ time, sent }) => time.grade === 'locked' && errorOf(time, sent) <= 100n));
});

test('an exposure that nobody set is coarse until it has stayed, then locked again', () => {
  const timing = globalTiming();
  const bench = keep(timing);
  run(bench, { timing }, 0, 100);
  const shorter = run(bench, { timing: { ...timing, exposureNs: 4_950_000n } }, 100, 120);
  for (const { time, sent } of shorter) assert.ok(errorOf(time, sent) <= time.uncertaintyNs);
  assert.is(shorter[0]?.time.grade, 'coarse');
  assert.is(shorter.at(-1)?.time.grade, 'locked');
  assert.ok(bench.kinds().includes('exposure-change'));
});

test('an exposure that is far from what is set is untrusted until the camera says that it was set', () => {
  const timing = globalTiming();
  const bench = keep(timing);
  run(bench, { timing }, 0, 100);
  const longer = { ...timing, exposureNs: 8_000_000n };
  for (const { time } of run(bench, { timing: longer }, 100, 110)) assert.is(time.grade, 'untrusted');
  assert.ok(bench.kinds().includes('exposure-change'));
  bench.keeper.changeTiming(longer);
  for (const { time, sent } of run(bench, { timing: longer }, 110, 130).slice(3)) {
    assert.is(time.grade, 'locked', time.flags.join(' '));
    assert.ok(errorOf(time, sent) <= 100n);
  }
});

test('without GPS times hang on a line of the camera clock: microseconds apart, within their bound', () => {
  const timing = globalTiming({ hasGpsHeader: false });
  const random = randomOf(7);
  const bench = keep(timing);
  const errors: number[] = [];
  let outside = 0;
  for (let n = 0; n < 10_000; n++) {
    // Ten minutes, the camera's clock 50 ppm fast, packets delayed by an exponential of 150 us.
    const options = {
      timing: { ...timing, framePeriodNs: 60_000_000n },
      delayNs: () => 8_000_000n + BigInt(Math.round(-150_000 * Math.log(1 - random()))),
    };
    const sent = frameOf(options, n);
    const since = sent.startUtcNs - frameOf(options, 0).startUtcNs;
    const leaderTicks = 5_000_000_000n + since + (since * 50n) / 1_000_000n;
    const time = bench.keeper.judge({ ...sent.evidence, leaderTicks, headerBytes: null });
    assert.is(time.grade, 'coarse');
    assert.is(time.source, 'camera-clock');
    if (errorOf(time, sent) > time.uncertaintyNs) outside++;
    errors.push(Number(time.startUtcNs - sent.startUtcNs));
  }
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  const rms = Math.sqrt(errors.reduce((sum, error) => sum + (error - mean) ** 2, 0) / errors.length);
  assert.ok(rms <= 10_000, `${rms} ns rms`);
  assert.ok(outside <= 30, `${outside} outside`);
});

test('a lost GPS goes on by the camera clock that it had set', () => {
  const timing = globalTiming();
  const bench = keep(timing);
  const drifting = (sent: Sent) => {
    const since = sent.startUtcNs - frameOf({ timing }, 0).startUtcNs;
    return { ...sent.evidence, leaderTicks: 7_000_000_000n + since - (since * 30n) / 1_000_000n };
  };
  for (let n = 0; n < 1000; n++) bench.keeper.judge(drifting(frameOf({ timing }, n)));
  for (let n = 1000; n < 2000; n++) {
    const sent = frameOf({ timing }, n, withFlag(0x11));
    const time = bench.keeper.judge(drifting(sent));
    assert.is(time.grade, 'coarse');
    assert.is(time.source, 'camera-clock');
    assert.ok(errorOf(time, sent) <= time.uncertaintyNs, `${errorOf(time, sent)} > ${time.uncertaintyNs}`);
    assert.ok(time.uncertaintyNs < 100_000n);
  }
});

test('a leap second is locked and labelled 23:59:60, however the camera labels it', () => {
  const timing = globalTiming();
  // The host has seen the second before it may count as it likes.
  const origin = utcToTai(parseUtc('2016-12-31T23:59:52.0100000'));
  for (const label of ['next', 'repeat'] as const) {
    const bench = keep(timing);
    let leaps = 0;
    for (let n = 0; n < 650; n++) {
      const tai = origin + 20_000_000n * BigInt(n);
      const [start, end] = [taiToUtc(tai), taiToUtc(tai + timing.exposureNs)];
      const labelled = (utc: { utcNs: bigint; leapSecond: boolean }) =>
        stampAt(label === 'repeat' && utc.leapSecond ? utc.utcNs - 1_000_000_000n : utc.utcNs, 0x33, 0);
      const sent = frameOf({ timing }, n, (h) => ({
        ...h,
        start: labelled(start),
        end: labelled(end),
        now: labelled(end),
      }));
      // The host's clock stands still for the leap second, as POSIX has it; nobody vouches for it.
      const receivedNs = end.utcNs + 20_000_000n - (end.leapSecond ? 1_000_000_000n : 0n);
      const time = bench.keeper.judge({ ...sent.evidence, receivedNs, host: POOR_HOST });
      assert.is(time.grade, 'locked', `${label}, frame ${n}: ${time.flags.join(' ')}`);
      assert.is(time.startUtcNs, start.utcNs);
      assert.is(time.leapSecond, start.leapSecond);
      assert.is(time.exposureNs, timing.exposureNs);
      if (time.leapSecond) {
        assert.match(formatUtc(time.startUtcNs, 9, true), '2016-12-31T23:59:60');
        leaps++;
      }
    }
    assert.is(leaps, 50);
    assert.equal(bench.kinds(), ['leap-second']);
  }
});

test('random and mutated headers in a stream are never locked with a wrong time', () => {
  const random = randomOf(11);
  let locked = 0;
  let good = 0;
  // Every second frame of two cameras: a million of them are broken.
  const trials = 1_000_000;
  for (const timing of [globalTiming(), rollingTiming()]) {
    const bench = keep(timing);
    run(bench, { timing, ppm: 7 }, 0, 50);
    for (let n = 50; n < 50 + trials; n++) {
      const sent = frameOf({ timing, ppm: 7 }, n);
      const bytes = sent.evidence.headerBytes as Uint8Array;
      const broken = n % 2 === 0;
      if (broken) {
        const kind = random();
        if (kind < 0.1) for (let i = 0; i < 44; i++) bytes[i] = Math.floor(random() * 256);
        else {
          const changes = 1 + Math.floor(random() * 4);
          for (let i = 0; i < changes; i++) {
            const at = Math.floor(random() * 44);
            bytes[at] =
              kind < 0.5 ? (bytes[at] as number) ^ (1 << Math.floor(random() * 8)) : Math.floor(random() * 256);
          }
        }
      }
      const time = bench.keeper.judge({ ...sent.evidence, headerBytes: bytes });
      // Both stamps a tick off in step with their neighbours: nothing in the header or around it can tell.
      const wrong = errorOf(time, sent) > time.uncertaintyNs + 100n;
      if (time.grade === 'locked' || time.grade === 'holdover') {
        assert.not.ok(
          wrong,
          `frame ${n}: ${time.grade}, ${errorOf(time, sent)} ns of ${time.uncertaintyNs}: ${Buffer.from(bytes).toString('hex')}`,
        );
        if (broken) locked++;
      }
      if (!broken && time.grade === 'locked') good++;
    }
  }
  // Most of a header's bytes do not touch its time; whole frames between the broken ones stay locked.
  assert.ok(locked > 0);
  assert.ok(good > trials * 0.98, `${good} of ${trials}`);
});

test.run();
