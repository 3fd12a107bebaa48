/**
 * From the light of the simulated LED to the times of frames, all with simulated clocks: offsets that nobody told are fitted, and
 * with them times are right within their bounds, whatever else goes wrong.
 */
import * as assert from 'uvu/assert';
import { fitLedCalibration, modelEdges } from '#gps/calibration/led-calibration.js';
import type { LedSeries } from '#gps/calibration/led-edge.js';
import type { StampCalibration } from '#gps/calibration/stamp-calibration.js';
import { utcToTai } from '#gps/clocks/leap-seconds.js';
import type { FrameTime } from '#gps/frame-time.js';
import { parseUtc } from '#gps/instant.js';
import type { CameraTiming } from '#gps/judge/frame-evidence.js';
import { Timekeeper } from '#gps/judge/timekeeper.js';
import { rowModelOf } from '#gps/rows/row-model.js';
import type { ShutterModel } from '#gps/rows/shutter.js';
import { Random } from '#src/cameras/random.js';
import { Clockwork, type ClockworkSetup, type Lateness } from '#src/cameras/simulator/clockwork.js';
import { parseClockFaults } from '#src/cameras/simulator/fault-option.js';
import { suite } from '#test/support/test.js';

const test = suite('LED calibration', 120_000);

const GLOBAL: ShutterModel = { kind: 'global', linePeriodNs: null, rowZeroEndOffsetNs: null, rowPairs: false };
const ROLLING: ShutterModel = {
  kind: 'rolling',
  linePeriodNs: 13_800n,
  rowZeroEndOffsetNs: 1_974_300n,
  rowPairs: true,
};
const REGION = { offsetY: 40, rows: 1200, binning: 1, binningBy: 'nobody', rowDirection: 'top-down' } as const;
const HOST = { synchronised: true, boundNs: 2_000_000n, steppedNs: 0n };
const EXPOSURE = 5_000_000n;
const LED_ROW = 601;
const WIDTH_NS = 3_400;

function clockwork(shutter: ShutterModel, lateness: Lateness, faults = ''): Clockwork {
  const setup: ClockworkSetup = {
    fps: 50,
    exposureNs: EXPOSURE,
    shutter,
    sensor: { width: 1936, height: 1240 },
    region: { offsetY: REGION.offsetY, rows: REGION.rows, binning: 1, flip: false },
    originUtcNs: parseUtc('2026-08-14T00:00:00.0123'),
    gps: 'locked',
    leaderScale: 'free',
    lateness,
    faults: parseClockFaults(faults),
    seed: 1,
  };
  return new Clockwork(setup);
}

function calibrate(shutter: ShutterModel, lateness: Lateness, seed: number): StampCalibration {
  const clock = clockwork(shutter, lateness);
  const random = new Random(seed, 7);
  const rows = rowModelOf(shutter, shutter.kind === 'rolling' ? 'rolling' : 'global', REGION, 20_000_000n);
  const model = modelEdges({ rows, ledRow: LED_ROW, exposureNs: EXPOSURE });
  const noise = 4 + 12 * random.float();
  let frame = 0;
  const series = (edge: 'start' | 'end'): LedSeries => {
    const mark = shutter.kind === 'rolling' ? 'end' : edge;
    const trueNs = Number(edge === 'start' ? model.startNs + lateness.startNs : model.endNs + lateness.endNs);
    const centreNs = trueNs - WIDTH_NS / 2 + (random.float() - 0.5) * WIDTH_NS;
    const points = Array.from({ length: 48 }, (_, i) => {
      const pulseNs = centreNs + 2 * WIDTH_NS * (i / 23.5 - 1);
      const lit = clock.litNs(frame++, LED_ROW, { edge: mark, offsetNs: pulseNs, widthNs: WIDTH_NS });
      return { pulseNs, brightness: 110 + (900 * lit) / WIDTH_NS + noise * random.normal(), saturated: false };
    });
    return { edge, pulseWidthNs: WIDTH_NS, points, reference: { dark: 110, lit: 1_010, noise } };
  };
  const fit = fitLedCalibration({
    start: series('start'),
    end: series('end'),
    rows,
    ledRow: LED_ROW,
    exposureNs: EXPOSURE,
  });
  const { rowZeroEndOffsetNs } = rows;
  return { ...fit, rowZeroEndOffsetNs, stampExcessNs: 0n, measuredUtcNs: 0n };
}

interface Errors {
  readonly time: FrameTime;
  readonly startNs: bigint;
  readonly endNs: bigint;
}

function errorsOf(clock: Clockwork, timing: Partial<CameraTiming>, frames: number): Errors[] {
  const keeper = new Timekeeper(
    {
      hasGpsHeader: true,
      shutter: GLOBAL,
      region: REGION,
      exposureNs: EXPOSURE,
      framePeriodNs: 20_000_000n,
      tickFrequencyHz: 1_000_000_000n,
      leaderScale: 'unknown',
      ...timing,
    },
    { finding: () => {}, state: () => {} },
  );
  const errors: Errors[] = [];
  for (const { block, frame, receivedUtcNs } of clock.delivery(frames)) {
    if (block === null) continue;
    const time = keeper.judge({
      blockId: block,
      headerBytes: frame.header.slice(0, 44),
      leaderTicks: frame.leaderTicks,
      receivedNs: receivedUtcNs,
      host: HOST,
    });
    const startNs =
      utcToTai(time.startUtcNs, time.leapSecond) - utcToTai(frame.truth.startUtcNs, frame.truth.leapSecond);
    const endNs = utcToTai(time.endUtcNs, time.endLeapSecond) - utcToTai(frame.truth.endUtcNs);
    errors.push({ time, startNs, endNs });
  }
  return errors;
}

const abs = (value: bigint) => (value < 0n ? -value : value);
const within = ({ time, startNs, endNs }: Errors) =>
  abs(startNs) <= time.uncertaintyNs && abs(endNs) <= time.uncertaintyNs;

test('fitted offsets put every time within its bound; without them times are off by just these', () => {
  const random = new Random(5);
  for (const shutter of [GLOBAL, ROLLING]) {
    for (let seed = 1; seed <= 40; seed++) {
      const lateness = {
        startNs: BigInt(Math.round((random.float() - 0.5) * 100_000)),
        endNs: BigInt(Math.round((random.float() - 0.5) * 100_000)),
      };
      const calibration = calibrate(shutter, lateness, seed);
      assert.ok(calibration.sigmaNs < 40n, `${calibration.sigmaNs}`);
      const clock = clockwork(shutter, lateness);
      for (const error of errorsOf(clock, { shutter, calibration }, 100)) {
        assert.is(error.time.grade, 'locked', error.time.flags.join(' '));
        assert.ok(within(error), `seed ${seed}: ${error.startNs}, ${error.endNs} of ${error.time.uncertaintyNs}`);
        assert.is(error.time.uncertaintyNs, 200n + 3n * calibration.sigmaNs);
      }
      for (const { startNs, endNs, time } of errorsOf(clock, { shutter }, 20)) {
        assert.is(time.grade, 'locked');
        assert.is(startNs, -lateness.startNs);
        assert.is(endNs, -lateness.endNs);
      }
    }
  }
});

test('whatever happens to clock and header, no calibrated time is locked or held beyond its bound', () => {
  const lateness = { startNs: 61_234n, endNs: -22_700n };
  const faults = [
    'lock-loss@200:100',
    'holding@200:300',
    'pps-missing@200:300',
    'oscillator:40:jitter',
    'oscillator:-100',
    'whole-second@300:1',
    'header-swapped@200:50',
    'all-zero@200:5',
    'stale@200:5:instead:3',
    'exposure@200:6000us:100',
    'sequence-reset@200',
    'frame-gap@200:10',
  ];
  for (const shutter of [GLOBAL, ROLLING]) {
    const calibration = calibrate(shutter, lateness, 3);
    for (const fault of faults) {
      const held = errorsOf(clockwork(shutter, lateness, fault), { shutter, calibration }, 700).filter(
        ({ time }) => time.grade === 'locked' || time.grade === 'holdover',
      );
      assert.ok(held.length >= 100, `${fault}: ${held.length}`);
      for (const error of held) {
        const { time, startNs, endNs } = error;
        // A rolling shutter's header does not tell an exposure that the camera changed by itself.
        if (fault.startsWith('exposure') && shutter === ROLLING) continue;
        assert.ok(
          within(error),
          `${fault}, ${time.grade}: ${startNs}, ${endNs} of ${time.uncertaintyNs}: ${time.flags}`,
        );
      }
    }
  }
});

test.run();
