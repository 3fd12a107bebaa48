/**
 * Every fault of the simulated camera's clockwork against the timekeeper, with simulated clocks: what grade, flags and findings
 * it leads to, and that no frame passes with a wrong time. docs/timing.md has the table.
 */
import * as assert from 'uvu/assert';
import { budgetTerms, NOT_ATTRIBUTED } from '#gps/audit/uncertainty-budget.js';
import { utcToTai } from '#gps/clocks/leap-seconds.js';
import type { FrameTime, Grade } from '#gps/frame-time.js';
import { parseUtc } from '#gps/instant.js';
import type { FindingKind } from '#gps/judge/finding.js';
import type { CameraTiming } from '#gps/judge/frame-evidence.js';
import type { HostWitness } from '#gps/judge/second-guard.js';
import { Timekeeper } from '#gps/judge/timekeeper.js';
import type { ShutterModel } from '#gps/rows/shutter.js';
import { Clockwork, type ClockworkSetup, type Delivery } from '#src/cameras/simulator/clockwork.js';
import { parseClockFaults } from '#src/cameras/simulator/fault-option.js';
import { suite } from '#test/support/test.js';

const test = suite('fault matrix', 120_000);

const FRAMES = 2_000;
const GLOBAL: ShutterModel = { kind: 'global', linePeriodNs: null, rowZeroEndOffsetNs: null, rowPairs: false };
const ROLLING: ShutterModel = {
  kind: 'rolling',
  linePeriodNs: 13_800n,
  rowZeroEndOffsetNs: 1_974_300n,
  rowPairs: true,
};
const HOST: HostWitness = { synchronised: true, boundNs: 2_000_000n, steppedNs: 0n };
const POOR: HostWitness = { synchronised: false, boundNs: 1_000_000_000n, steppedNs: 0n };

interface Judged {
  readonly delivery: Delivery;
  readonly time: FrameTime;
  /** By TAI. */
  readonly errorNs: bigint;
}

interface Night {
  readonly frames: readonly Judged[];
  readonly findings: readonly FindingKind[];
  readonly lostInCamera: number;
}

interface NightOptions {
  readonly faults: string;
  readonly shutter?: ShutterModel;
  readonly setup?: Partial<ClockworkSetup>;
  readonly timing?: Partial<CameraTiming>;
  readonly host?: (delivery: Delivery, index: number) => HostWitness;
  /** The host's clock less the right time. */
  readonly hostErrorNs?: bigint;
  readonly frames?: number;
}

const abs = (value: bigint) => (value < 0n ? -value : value);

/** A night of a camera with a fault, judged frame by frame. */
function night(options: NightOptions): Night {
  const { shutter = GLOBAL, hostErrorNs = 0n, host = () => HOST } = options;
  const setup: ClockworkSetup = {
    fps: 50,
    exposureNs: 5_000_000n,
    shutter,
    sensor: { width: 1936, height: 1024 },
    region: { offsetY: 0, rows: 1200, binning: 1, flip: false },
    originUtcNs: parseUtc('2026-08-14T00:00:00.0123'),
    gps: 'locked',
    leaderScale: 'free',
    faults: parseClockFaults(options.faults),
    seed: 1,
    ...options.setup,
  };
  const findings: FindingKind[] = [];
  let lostInCamera = 0;
  const keeper = new Timekeeper(
    {
      hasGpsHeader: true,
      shutter,
      region: { offsetY: 0, rows: 1200, binning: 1, binningBy: 'nobody', rowDirection: 'top-down' },
      exposureNs: setup.exposureNs,
      framePeriodNs: BigInt(Math.round(1e9 / setup.fps)),
      tickFrequencyHz: 1_000_000_000n,
      leaderScale: 'unknown',
      ...options.timing,
    },
    {
      finding: ({ kind, frames }) => {
        if (kind === 'lost-in-camera') lostInCamera += frames;
        else if (!findings.includes(kind)) findings.push(kind);
      },
      state: () => {},
    },
  );
  const frames: Judged[] = [];
  for (const delivery of new Clockwork(setup).delivery(options.frames ?? FRAMES)) {
    if (delivery.block === null) continue;
    const { frame, receivedUtcNs } = delivery;
    const witness = host(delivery, frames.length);
    const time = keeper.judge({
      blockId: delivery.block,
      headerBytes: frame.header.slice(0, 44),
      leaderTicks: frame.leaderTicks,
      receivedNs: receivedUtcNs + hostErrorNs + witness.steppedNs,
      host: witness,
    });
    const { truth } = frame;
    const errorNs = abs(utcToTai(time.startUtcNs, time.leapSecond) - utcToTai(truth.startUtcNs, truth.leapSecond));
    frames.push({ delivery, time, errorNs });
  }
  keeper.end();
  return { frames, findings, lostInCamera };
}

/**
 * What must hold whatever happens: nothing passes for `locked` or `holdover` with a time beyond its bound, and the terms that
 * an audit names explain each bound.
 */
function assertHonest({ frames }: Night, name: string): void {
  for (const { time } of frames) {
    const { source, grade, uncertaintyNs, exposureNs, flags } = time;
    const terms = budgetTerms({ source, grade, uncertaintyNs, exposureNs, flags: flags.join(' ') });
    const sum = terms.reduce((total, term) => total + term.ns, 0n);
    const said = `${name}: ${source}, ${grade}, ${flags.join(' ')}: ${terms.map((t) => `${t.name} ${t.ns}`).join(', ')}`;
    assert.is(sum, uncertaintyNs, said);
    if (grade !== 'untrusted')
      assert.not.ok(
        terms.some((term) => term.name === NOT_ATTRIBUTED),
        said,
      );
  }
  for (const { time, errorNs, delivery } of frames) {
    if (time.grade !== 'locked' && time.grade !== 'holdover') continue;
    const what = `${name}: frame ${delivery.frame.frame} is ${time.grade}, ${errorNs} ns off of ${time.uncertaintyNs}`;
    assert.ok(errorNs <= time.uncertaintyNs, `${what}: ${time.flags.join(' ')}`);
  }
}

const gradesOf = (frames: readonly Judged[]): Grade[] => [...new Set(frames.map(({ time }) => time.grade))];
const between = ({ frames }: Night, from: number, to: number) =>
  frames.filter(({ delivery }) => delivery.frame.frame >= from && delivery.frame.frame < to);

interface Row extends NightOptions {
  readonly name: string;
  /** Grades of frames from .. to (by exposure), each range. */
  readonly grades: readonly (readonly [from: number, to: number, ...grades: Grade[]])[];
  readonly findings?: readonly FindingKind[];
  readonly lostInCamera?: number;
  /** A flag that every frame of the first range has. */
  readonly flag?: string;
}

const ALL: [number, number] = [0, FRAMES];

const ROWS: readonly Row[] = [
  { name: 'nothing', faults: '', grades: [[...ALL, 'locked']] },
  {
    name: 'loss of lock',
    faults: 'lock-loss@500:200',
    grades: [
      [500, 700, 'coarse'],
      [0, 500, 'locked'],
      [860, FRAMES, 'locked'],
    ],
    // The pulses are back before their count is, and the labels are late until then.
    findings: ['interval'],
    flag: 'gps-unlocked',
  },
  {
    name: 'holding',
    faults: 'holding@500:500',
    grades: [
      [510, 990, 'holdover'],
      [0, 500, 'locked'],
      [1110, FRAMES, 'locked'],
    ],
    flag: 'gps-holding',
  },
  {
    name: 'PPS missing',
    faults: 'pps-missing@500:500',
    grades: [
      [610, 990, 'holdover'],
      [0, 500, 'locked'],
      [1210, FRAMES, 'locked'],
    ],
    flag: 'gps-no-pps',
  },
  { name: 'oscillator -100 ppm', faults: 'oscillator:-100', grades: [[...ALL, 'locked']] },
  { name: 'oscillator +40 ppm', faults: 'oscillator:40:jitter', grades: [[...ALL, 'locked']] },
  { name: 'oscillator +100 ppm', faults: 'oscillator:100', grades: [[...ALL, 'untrusted']], flag: 'gps-no-pps' },
  ...[1, 2, 3].map((seconds) => ({
    name: `whole second +${seconds}`,
    faults: `whole-second:${seconds}`,
    grades: [[...ALL, 'untrusted' as const] as const],
    findings: ['whole-second' as const],
    flag: 'gps-host-contradiction',
  })),
  {
    name: 'whole second +2, host unsynchronised',
    faults: 'whole-second:2',
    host: () => POOR,
    grades: [[...ALL, 'untrusted']],
    findings: ['whole-second'],
  },
  {
    name: 'whole second +1 in mid-session',
    faults: 'whole-second@500:1',
    grades: [
      [500, FRAMES, 'untrusted'],
      [0, 500, 'locked'],
    ],
    findings: ['second-step', 'whole-second'],
    flag: 'gps-second-step',
  },
  {
    name: 'almanac in mid-session',
    faults: 'almanac@500:2',
    grades: [
      [0, 500, 'untrusted'],
      [510, FRAMES, 'locked'],
    ],
    findings: ['whole-second'],
  },
  ...(['repeat', 'hold-next'] as const).map((label) => ({
    name: `leap second, label ${label}`,
    faults: `leap-second:${label}`,
    setup: { originUtcNs: parseUtc('2016-12-31T23:59:50.0123') },
    host: () => POOR,
    grades: [[...ALL, 'locked' as const] as const],
    findings: ['leap-second' as const],
  })),
  {
    name: 'header bytes swapped',
    faults: 'header-swapped@500:100',
    grades: [
      [500, 600, 'coarse'],
      [0, 500, 'locked'],
      [605, FRAMES, 'locked'],
    ],
    flag: 'gps-header-implausible',
  },
  {
    name: 'header overwritten by an image',
    faults: 'header-image@500:100',
    grades: [
      [500, 600, 'coarse'],
      [605, FRAMES, 'locked'],
    ],
    flag: 'gps-header-implausible',
  },
  {
    name: '8/16-bit mix-up',
    faults: 'header-16bit@500:low:100',
    grades: [
      [500, 600, 'coarse'],
      [605, FRAMES, 'locked'],
    ],
    flag: 'gps-header-implausible',
  },
  { name: 'sequence wrap', faults: 'sequence-wrap:700', grades: [[...ALL, 'locked']], findings: ['sequence-wrap'] },
  { name: 'sequence reset', faults: 'sequence-reset@700', grades: [[...ALL, 'locked']], findings: ['sequence-reset'] },
  { name: 'frame gap', faults: 'frame-gap@500:7', grades: [[...ALL, 'locked']], lostInCamera: 7 },
  { name: 'out of order', faults: 'out-of-order@500', grades: [[...ALL, 'locked']], findings: ['out-of-order'] },
  {
    name: 'all-zero frame',
    faults: 'all-zero@500',
    grades: [
      [500, 501, 'coarse'],
      [0, 500, 'locked'],
      [501, FRAMES, 'locked'],
    ],
    findings: ['all-zero'],
    flag: 'gps-header-zero',
  },
  {
    name: 'camera clock drifting 50 ppm without GPS',
    faults: 'drift:50',
    setup: { gps: 'off' },
    grades: [[...ALL, 'coarse']],
    flag: 'camera-clock-by-host',
  },
];

for (const row of ROWS) {
  for (const shutter of [GLOBAL, ROLLING]) {
    test(`${row.name}, ${shutter.kind} shutter`, () => {
      const result = night({ ...row, shutter });
      assertHonest(result, row.name);
      for (const [from, to, ...grades] of row.grades) {
        const frames = between(result, from, to);
        assert.equal(
          gradesOf(frames),
          grades,
          `frames ${from} to ${to}: ${frames.find(({ time }) => time.grade !== grades[0])?.time.flags.join(' ')}`,
        );
      }
      const [first] = row.grades;
      if (row.flag !== undefined && first !== undefined)
        for (const { time } of between(result, first[0], first[1]))
          assert.ok(time.flags.includes(row.flag), time.flags.join(' '));
      assert.equal([...result.findings].sort(), [...(row.findings ?? [])].sort());
      assert.is(result.lostInCamera, row.lostInCamera ?? 0);
    });
  }
}

test('a frame that comes twice is untrusted the second time, a stale one always', () => {
  for (const [faults, kind] of [
    ['repeat@500', 'repeated'],
    ['stale@500:40', 'stale'],
  ] as const) {
    const result = night({ faults });
    assertHonest(result, faults);
    const wrong = result.frames.filter(({ time }) => time.grade !== 'locked');
    assert.is(wrong.length, 1, faults);
    assert.is(wrong[0]?.time.grade, 'untrusted');
    assert.ok(wrong[0]?.time.flags.includes('gps-stale'));
    assert.equal(result.findings, [kind]);
    assert.is(result.lostInCamera, kind === 'stale' ? 1 : 0);
  }
});

test('swapped bytes that pass for a receiver without a fix are told by their size words, at any second', () => {
  for (let second = 0; second < 512; second += 1) {
    const setup = { originUtcNs: parseUtc('2026-11-21T05:00:00.0123456') + BigInt(second) * 1_000_012_300n };
    const result = night({ faults: 'header-swapped@20:5', setup, frames: 40 });
    assertHonest(result, `second ${second}`);
    for (const { time } of between(result, 20, 25)) {
      assert.is(time.grade, 'coarse');
      assert.ok(time.flags.includes('gps-header-implausible'), `second ${second}: ${time.flags.join(' ')}`);
    }
    assert.equal(result.findings, []);
  }
});

test('an exposure that changes in mid-stream is not locked with a wrong time, and is again once the camera says so', () => {
  const result = night({ faults: 'exposure@500:8ms' });
  assertHonest(result, 'exposure');
  assert.equal(gradesOf(between(result, 0, 500)), ['locked']);
  assert.ok(between(result, 500, FRAMES).every(({ time }) => time.grade !== 'locked'));
  assert.ok(result.findings.includes('exposure-change'));
});

test('a host clock that is set by an hour, either way, is told and costs no frame its lock', () => {
  for (const stepNs of [3_600_000_000_000n, -3_600_000_000_000n]) {
    for (const witness of [HOST, POOR]) {
      const host = (_: Delivery, index: number) => ({ ...witness, steppedNs: index < 700 ? 0n : stepNs });
      const result = night({ faults: '', host });
      assertHonest(result, 'host step');
      assert.equal(gradesOf(result.frames), ['locked']);
      assert.equal(result.findings, ['host-step']);
    }
  }
});

test('NTP unsynchronised: locked with a flag where the host agrees, and where it is too far off for a witness; else coarse', () => {
  for (const [hostErrorNs, flag, grade] of [
    [0n, 'host-unsynchronised', 'locked'],
    [300_000_000n, 'host-unsynchronised', 'locked'],
    // Either may be wrong: GPS by seconds, the host by seconds and a bit.
    [-300_000_000n, 'host-disagrees', 'coarse'],
    [-7_300_000_000n, 'host-disagrees', 'coarse'],
    [86_000_300_000_000n, 'host-disagrees', 'locked'],
  ] as const) {
    const result = night({ faults: '', host: () => POOR, hostErrorNs });
    assertHonest(result, 'unsynchronised');
    assert.equal(gradesOf(result.frames), [grade]);
    assert.ok(result.frames.every(({ time }) => time.flags.includes(flag)));
  }
});

test('without GPS the bound holds for every frame, and times keep their distance to microseconds', () => {
  const options: NightOptions = { faults: 'drift:50', setup: { gps: 'off', fps: 1000 / 60 }, frames: 10_000 };
  const result = night(options);
  const signed = result.frames.map(({ time, delivery }) => Number(time.startUtcNs - delivery.frame.truth.startUtcNs));
  const mean = signed.reduce((sum, error) => sum + error, 0) / signed.length;
  const rms = Math.sqrt(signed.reduce((sum, error) => sum + (error - mean) ** 2, 0) / signed.length);
  assert.ok(rms <= 10_000, `${rms} ns`);
  const outside = result.frames.filter(({ time, errorNs }) => errorNs > time.uncertaintyNs).length;
  assert.ok(outside <= 30, `${outside} of 10000`);
});

test('locked frames are right within a tick for 10,000 frames, with the oscillator 40 ppm off as well', () => {
  for (const faults of ['', 'oscillator:40']) {
    for (const shutter of [GLOBAL, ROLLING]) {
      const result = night({ faults, shutter, frames: 10_000 });
      assert.equal(gradesOf(result.frames), ['locked']);
      const worst = result.frames.reduce((most, { errorNs }) => (errorNs > most ? errorNs : most), 0n);
      assert.ok(worst <= 100n, `${faults} ${shutter.kind}: ${worst} ns`);
    }
  }
});

test.run();
