/**
 * Nights of a camera whose clock, header and frame order fail in ways drawn at random, several at once, with either shutter, at
 * any rate, with a host that is right, wrong, set or slow: nothing is `locked` or `holdover` with a time beyond its bound.
 *
 * What no judge can tell is left out: a host that nobody vouches for and that is off by the same whole seconds as GPS, or so far
 * that it is no witness.
 */
import * as assert from 'uvu/assert';
import { utcToTai } from '#gps/clocks/leap-seconds.js';
import { parseUtc } from '#gps/instant.js';
import { Timekeeper } from '#gps/judge/timekeeper.js';
import type { ShutterModel } from '#gps/rows/shutter.js';
import { Clockwork, type ClockworkSetup } from '#src/cameras/simulator/clockwork.js';
import { parseClockFaults } from '#src/cameras/simulator/fault-option.js';
import { randomOf } from '#test/support/random.js';
import { suite } from '#test/support/test.js';

const test = suite('random nights', 300_000);

/** More by the environment: 12,000 have passed. */
const NIGHTS = Number(process.env.NIGHTS ?? 500);
const SECOND = 1_000_000_000n;
const GLOBAL: ShutterModel = { kind: 'global', linePeriodNs: null, rowZeroEndOffsetNs: null, rowPairs: false };
const ROLLING: ShutterModel = {
  kind: 'rolling',
  linePeriodNs: 13_800n,
  rowZeroEndOffsetNs: 1_974_300n,
  rowPairs: true,
};

class Draw {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomOf(seed);
  }

  chance(p: number): boolean {
    return this.#random() < p;
  }

  int(from: number, to: number): number {
    return from + Math.floor(this.#random() * (to - from + 1));
  }

  of<T>(list: readonly T[]): T {
    return list[this.int(0, list.length - 1)] as T;
  }
}

/** One to five faults of a night of `frames`; those that may stand there once do. */
function faultsOf(draw: Draw, frames: number): string[] {
  const at = () => draw.int(0, frames - 1);
  const some = () => draw.int(1, frames >> 2);
  const seconds = () => draw.of([-3, -2, -1, 1, 2, 3]);
  const makers = [
    () => `lock-loss@${at()}:${some()}`,
    () => `holding@${at()}:${some()}`,
    () => `pps-missing@${at()}:${some()}`,
    () => `oscillator:${draw.of([-100, -60, -40, -7, 0.4, 12, 40, 49])}${draw.chance(0.3) ? ':jitter' : ''}`,
    () => `whole-second@${at()}:${seconds()}:${some()}`,
    () => `almanac@${draw.int(1, frames)}:${seconds()}`,
    () => `header-swapped@${at()}:${draw.int(1, 5)}`,
    () => `header-image@${at()}:${draw.int(1, 5)}`,
    () => `header-16bit@${at()}:${draw.of(['low', 'high'])}:${draw.int(1, 5)}`,
    () => `sequence-wrap:${draw.int(1, frames)}`,
    () => `sequence-reset@${at()}`,
    () => `repeat@${at()}:${draw.int(1, 3)}`,
    () => `stale@${frames - 1}:${draw.int(1, frames - 1)}:${draw.of(['instead', 'again'])}`,
    () => `all-zero@${at()}:${draw.int(1, 3)}`,
    () => `frame-gap@${at()}:${draw.int(1, 9)}`,
    () => `out-of-order@${at()}`,
    () => `drift:${draw.int(-50, 50)}`,
  ];
  const faults = new Map<string, string>();
  for (let i = draw.int(1, 5); i > 0; i--) {
    const fault = draw.of(makers)();
    faults.set(fault.split(/[@:]/)[0] as string, fault);
  }
  return [...faults.values()];
}

function originOf(draw: Draw, leap: boolean): bigint {
  if (!leap) return parseUtc('2026-08-14T00:00:00') + BigInt(draw.int(0, 1e9)) * 100n;
  return parseUtc('2016-12-31T23:59:30') + BigInt(draw.int(0, 299_999_999)) * 100n;
}

/** Judges one night; returns what was `locked` or `holdover` and how much of it. */
function night(seed: number): { frames: number; trusted: number } {
  const draw = new Draw(seed);
  const frames = draw.int(50, 1000);
  const fps = draw.of([0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500]);
  const exposureNs = 100n * BigInt(draw.int(10, Math.round(9e6 / fps)));
  const shutter = draw.chance(0.5) ? GLOBAL : ROLLING;
  const leap = draw.chance(0.2);
  const faults = faultsOf(draw, frames);
  if (leap) faults.push(`leap-second:${draw.of(['repeat', 'hold-next'])}`);
  const region = { offsetY: draw.int(0, 300), rows: 1200, binning: 1, flip: draw.chance(0.3) };
  const synchronised = draw.chance(0.5);
  const hostErrorNs = BigInt(synchronised ? draw.int(-1e6, 1e6) : draw.int(-4e8, 4e8));
  // Set in mid-session: before it nobody saw the step.
  const setAt = draw.chance(0.2) ? draw.int(1, frames) : frames;
  const stepNs = draw.of([3600n, -3600n, 1n, -1n, 2n]) * SECOND;
  const lateFrom = draw.chance(0.2) ? draw.int(0, frames) : frames;
  const lossP = draw.chance(0.3) ? 0.05 : 0;
  const setup: ClockworkSetup = {
    ...{ fps, exposureNs, shutter, sensor: { width: 1936, height: 1024 }, region, seed },
    originUtcNs: originOf(draw, leap),
    gps: 'locked',
    leaderScale: draw.of(['free', 'utc', 'ptp']),
    faults: parseClockFaults(faults.join(',')),
  };
  const rowDirection = region.flip ? ('bottom-up' as const) : ('top-down' as const);
  const keeper = new Timekeeper(
    {
      ...{ hasGpsHeader: true, shutter, exposureNs, tickFrequencyHz: SECOND, leaderScale: 'unknown' },
      region: { offsetY: region.offsetY, rows: region.rows, binning: 1, binningBy: 'nobody', rowDirection },
      framePeriodNs: BigInt(Math.round(1e9 / fps)),
    },
    { finding: () => {}, state: () => {} },
  );
  let received = 0;
  let trusted = 0;
  for (const { block, frame, receivedUtcNs } of new Clockwork(setup).delivery(frames)) {
    if (block === null || draw.chance(lossP)) continue;
    const steppedNs = received >= setAt ? stepNs : 0n;
    const late = received >= lateFrom && received < lateFrom + 20 ? BigInt(draw.int(0, 350e6)) : 0n;
    received++;
    const time = keeper.judge({
      blockId: block,
      headerBytes: frame.header.slice(0, 44),
      leaderTicks: frame.leaderTicks,
      receivedNs: receivedUtcNs + hostErrorNs + steppedNs + late,
      // Who is set by hand is held by nobody.
      host: { synchronised: synchronised && steppedNs === 0n, boundNs: synchronised ? 2_000_000n : SECOND, steppedNs },
    });
    if (time.grade !== 'locked' && time.grade !== 'holdover') continue;
    trusted++;
    const { startUtcNs, leapSecond } = frame.truth;
    const error = utcToTai(time.startUtcNs, time.leapSecond) - utcToTai(startUtcNs, leapSecond);
    const said = `night ${seed}, frame ${frame.frame} of ${frames}: ${time.grade}, ${error} ns off of ${time.uncertaintyNs}`;
    const where = `${time.flags.join(' ')} | ${faults.join(',')}, ${shutter.kind}, ${fps} fps`;
    assert.ok((error < 0n ? -error : error) <= time.uncertaintyNs, `${said}: ${where}`);
  }
  return { frames: received, trusted };
}

test('whatever fails together, nothing passes with a time beyond its bound', () => {
  let frames = 0;
  let trusted = 0;
  for (let seed = 1; seed <= NIGHTS; seed++) {
    const judged = night(seed);
    frames += judged.frames;
    trusted += judged.trusted;
  }
  assert.ok(trusted > 0.6 * frames, `${trusted} of ${frames}`);
});

test.run();
