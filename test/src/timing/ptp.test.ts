/** Times of cameras whose clock PTP holds (or should), through the simulated camera's clockwork and through a whole session. */
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { utcToTai } from '#gps/clocks/leap-seconds.js';
import type { FrameTime } from '#gps/frame-time.js';
import { parseUtc } from '#gps/instant.js';
import type { HostWitness } from '#gps/judge/second-guard.js';
import { Timekeeper } from '#gps/judge/timekeeper.js';
import { Clockwork } from '#src/cameras/simulator/clockwork.js';
import type { SessionSummary } from '#src/station/messages.js';
import { IndexReader } from '#storage/index/queries.js';
import { appulse, readTruth, withFolder } from '#test/support/appulse.js';
import { globalTiming } from '#test/support/header-stream.js';
import { suite } from '#test/support/test.js';

const test = suite('ptp', 60_000);

const HOST: HostWitness = { synchronised: true, boundNs: 2_000_000n, steppedNs: 0n };
const POOR: HostWitness = { synchronised: false, boundNs: 1_000_000_000n, steppedNs: 0n };

interface Judged {
  readonly time: FrameTime;
  readonly errorNs: bigint;
}

interface Night {
  /** What the leader's ticks count, and what the camera says of them. */
  readonly ticks: 'utc' | 'free' | 'ptp';
  readonly locked: boolean;
  readonly host?: HostWitness;
  readonly origin?: string;
  /** From this frame on the camera says that PTP let go of its clock. */
  readonly unlocksAt?: number;
}

/** 400 frames of a camera without GPS. */
function night({ ticks, locked, host = HOST, origin = '2026-08-14T00:00:00.0123', unlocksAt }: Night): Judged[] {
  const timing = globalTiming({ hasGpsHeader: false, leaderScale: locked ? 'tai' : 'unknown' });
  const clockwork = new Clockwork({
    fps: 50,
    exposureNs: timing.exposureNs,
    shutter: timing.shutter,
    sensor: { width: 1936, height: 1024 },
    region: { offsetY: 0, rows: 1200, binning: 1, flip: false },
    originUtcNs: parseUtc(origin),
    gps: 'off',
    leaderScale: ticks,
    faults: [],
    seed: 1,
  });
  const keeper = new Timekeeper(timing, { finding: () => {}, state: () => {} });
  const judged: Judged[] = [];
  for (const { block, frame, receivedUtcNs } of clockwork.delivery(400)) {
    if (block === null) continue;
    if (judged.length === unlocksAt) keeper.changeTiming({ ...timing, leaderScale: 'unknown' });
    const time = keeper.judge({
      blockId: block,
      headerBytes: frame.header.slice(0, 44),
      leaderTicks: frame.leaderTicks,
      receivedNs: receivedUtcNs,
      host,
    });
    const error = utcToTai(time.startUtcNs, time.leapSecond) - utcToTai(frame.truth.startUtcNs, frame.truth.leapSecond);
    judged.push({ time, errorNs: error < 0n ? -error : error });
  }
  return judged;
}

const honest = ({ time, errorNs }: Judged) => assert.ok(errorNs <= time.uncertaintyNs, `${errorNs} ns, ${time.flags}`);

test('a clock that PTP holds gives the time: TAI by the table of leap seconds, with either host', () => {
  for (const host of [HOST, POOR]) {
    for (const judged of night({ ticks: 'ptp', locked: true, host })) {
      honest(judged);
      assert.is(judged.time.source, 'ptp');
      assert.is(judged.time.grade, 'coarse');
      assert.ok(judged.time.uncertaintyNs < 6_000_000n);
      assert.ok(judged.time.flags.includes('leader-moment-unknown'));
    }
  }
});

test('through a leap second: the second 60 is labelled, and nothing is off by one', () => {
  const frames = night({ ticks: 'ptp', locked: true, origin: '2016-12-31T23:59:58.0123' });
  for (const judged of frames) {
    honest(judged);
    assert.is(judged.time.source, 'ptp');
  }
  assert.is(frames.filter(({ time }) => time.leapSecond).length, 50);
});

test('the same ticks of a camera that does not say so are no PTP time', () => {
  for (const judged of night({ ticks: 'ptp', locked: false })) {
    assert.is.not(judged.time.source, 'ptp');
    honest(judged);
  }
});

test('a camera that says so and counts UTC, or from its power-on, is contradicted by a synchronised host', () => {
  for (const [ticks, host] of [
    ['utc', HOST],
    ['free', HOST],
    ['free', POOR],
  ] as const) {
    for (const judged of night({ ticks, locked: true, host })) {
      assert.is.not(judged.time.source, 'ptp');
      assert.is(judged.time.grade, 'coarse');
      assert.ok(judged.time.flags.includes('ptp-contradicted'), `${ticks}: ${judged.time.flags.join(' ')}`);
      honest(judged);
    }
  }
});

test('from the frame on that PTP lets go of the clock its time is not taken any more', () => {
  for (const [frame, judged] of night({ ticks: 'ptp', locked: true, unlocksAt: 200 }).entries()) {
    assert.is(judged.time.source === 'ptp', frame < 200, String(frame));
    honest(judged);
  }
});

for (const [ticks, isPtp] of [
  ['ptp', true],
  ['utc', false],
] as const) {
  test(`a session with a simulated camera of ${ticks} ticks has times of source ptp: ${isPtp}`, () =>
    withFolder(async (folder) => {
      const truth = join(folder, 'truth.jsonl');
      const camera = `sim:tiny?fps=50&gps=off&ticks=${ticks}&truth=${truth}`;
      const ended = await appulse(['record', '--camera', camera, '--frames', '30', '--data', folder, '--json']);
      assert.is(ended.code, 0, ended.stderr);
      const summary = ended.json as SessionSummary;
      const index = new IndexReader(summary.index);
      const frames = index.frames({ sessionId: summary.session });
      index.close();
      const starts = new Map(readTruth(truth).map((frame) => [BigInt(frame.block ?? 0), BigInt(frame.startUtcNs)]));
      assert.is(frames.length, 30);
      for (const frame of frames) {
        assert.is(frame.source === 'ptp', isPtp);
        const start = starts.get(frame.blockId);
        if (!isPtp || start === undefined) continue;
        const error = frame.startUtcNs - start;
        assert.ok((error < 0n ? -error : error) <= frame.uncertaintyNs, `${error} ns`);
      }
    }));
}

test.run();
