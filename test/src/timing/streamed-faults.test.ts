/**
 * Faults of clock, header and frame order as a user meets them: streamed by the simulated camera, received, recorded, and read
 * back from the index beside the truth file. Each fault by itself, against simulated clocks, stands in fault-matrix.test.ts.
 */
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { utcToTai } from '#gps/clocks/leap-seconds.js';
import type { Grade } from '#gps/frame-time.js';
import { IndexReader } from '#storage/index/queries.js';
import type { EventRow, FrameRow, GapRow } from '#storage/index/rows.js';
import { appulse, readTruth, type TruthFrame, withFolder } from '#test/support/appulse.js';
import { suite } from '#test/support/test.js';

const test = suite('streamed faults', 90_000);

interface Streamed {
  readonly row: FrameRow;
  readonly truth: TruthFrame;
  readonly errorNs: bigint;
}

interface Session {
  readonly frames: readonly Streamed[];
  /** By the truth's own number of the exposure; of a repeated one the first. */
  readonly exposure: (n: number) => Streamed;
  readonly gaps: readonly GapRow[];
  readonly events: readonly EventRow[];
  readonly findings: ReadonlySet<string>;
}

const abs = (value: bigint) => (value < 0n ? -value : value);

/** Records `tiny` at 100 frames a second with `options`. */
function session(
  options: string,
  duration: string,
  look: (session: Session, data: string) => void | Promise<void>,
): Promise<void> {
  return withFolder(async (data) => {
    const file = join(data, 'truth.ndjson');
    const camera = `sim:tiny?fps=100&truth=${file}&${options}`;
    const { code, stderr } = await appulse(['record', '--camera', camera, '--data', data, '--duration', duration]);
    assert.ok(code === 0 || code === 3, stderr);
    const sent = new Map(readTruth(file).map((line) => [line.block, line]));
    const index = new IndexReader(join(data, 'appulse.sqlite'));
    try {
      const frames = index.frames({}, { limit: 100_000 }).map((row) => {
        const truth = sent.get(String(row.blockId));
        assert.ok(truth, `block ${row.blockId} was never sent`);
        const errorNs = abs(
          utcToTai(row.startUtcNs, row.leapSecond) - utcToTai(BigInt(truth.startUtcNs), truth.leapSecond),
        );
        return { row, truth, errorNs };
      });
      assert.ok(frames.length > 150, `${frames.length} frames`);
      assertHonest(frames);
      const events = index.events({ limit: 100_000 });
      const found = events.filter(({ kind }) => kind === 'frame-finding');
      const told: Session = {
        frames,
        exposure: (n) => {
          const frame = frames.find(({ truth }) => truth.frame === n);
          assert.ok(frame, `exposure ${n} was not received`);
          return frame;
        },
        gaps: index.gaps(),
        events,
        findings: new Set(found.map(({ data: { finding } }) => String(finding))),
      };
      await look(told, data);
    } finally {
      index.close();
    }
  });
}

/** Nothing passes with a time beyond its bound, a locked one is within a tick, and what is not locked says why. */
function assertHonest(frames: readonly Streamed[]): void {
  for (const { row, truth, errorNs } of frames) {
    const what = `exposure ${truth.frame} [${truth.faults}]: ${row.grade}, ${errorNs} ns off, ${row.flags.join(' ')}`;
    if (row.grade === 'locked') assert.ok(errorNs <= 100n, what);
    if (row.grade !== 'untrusted') assert.ok(errorNs <= row.uncertaintyNs, `${what}, of ${row.uncertaintyNs}`);
    if (row.grade !== 'locked')
      assert.ok(
        row.flags.some((flag) => flag !== 'host-unsynchronised'),
        what,
      );
  }
}

const gradesOf = (frames: readonly Streamed[], from: number, to: number): Set<Grade> =>
  new Set(frames.filter(({ truth }) => truth.frame >= from && truth.frame < to).map(({ row }) => row.grade));

test('loss of lock, pulses that stay away, and headers that are none', () =>
  session(
    'ticks=free&fault=pps-missing@150:120,header-image@520:3,header-swapped@530:3,header-16bit@540:low:3,all-zero@550,lock-loss@600:50',
    '8s',
    ({ frames, exposure, events, findings }) => {
      assert.equal([...gradesOf(frames, 0, 150)], ['locked']);
      // A pulse is missed within the first second, and two have come within two seconds after it.
      const without = frames.filter(({ row }) => row.flags.includes('gps-no-pps'));
      assert.ok(
        without.some(({ truth }) => truth.frame < 300) &&
          without.every(({ truth }) => (truth.frame >= 150 && truth.frame < 500) || truth.frame >= 600),
      );
      assert.ok(gradesOf(frames, 150, 300).has('holdover'), 'the time is known all the same');
      assert.equal([...gradesOf(frames, 500, 520)], ['locked']);
      for (const n of [520, 521, 522]) {
        assert.is(exposure(n).row.grade, 'coarse');
        assert.ok(exposure(n).row.flags.includes('gps-header-implausible'));
      }
      assert.ok(exposure(531).row.flags.includes('gps-header-swapped'), exposure(531).row.flags.join());
      assert.ok(exposure(541).row.flags.includes('gps-header-16bit'), exposure(541).row.flags.join());
      assert.ok(exposure(550).row.flags.includes('gps-header-zero'));
      assert.equal([...gradesOf(frames, 560, 600)], ['locked']);
      assert.equal([...gradesOf(frames, 600, 650)], ['coarse']);
      assert.ok(exposure(620).row.flags.includes('gps-unlocked'));
      const states = events.filter(({ kind }) => kind === 'clock-state').map(({ data }) => data.to);
      assert.equal(states.slice(0, 2), ['locked', 'holdover']);
      assert.ok(states.includes('searching'));
      assert.ok(findings.has('all-zero'));
    },
  ));

test('frames repeated, stale, exchanged, lost in the camera; its count wraps and begins anew', () =>
  session(
    'fault=oscillator:40,sequence-wrap:50,sequence-reset@120,repeat@150,stale@180:20:again,out-of-order@210,frame-gap@240:5',
    '4s',
    ({ frames, exposure, gaps, findings }) => {
      for (const kind of ['sequence-wrap', 'sequence-reset', 'repeated', 'stale', 'out-of-order']) {
        assert.ok(findings.has(kind), `${kind}: ${[...findings]}`);
      }
      const lost = gaps.filter(({ cause }) => cause === 'camera');
      assert.equal(
        lost.map(({ frames: count }) => count),
        [5],
      );
      const repeats = frames.filter(({ truth }) => truth.frame === 150);
      assert.equal(
        repeats.map(({ row }) => row.grade),
        ['locked', 'untrusted'],
      );
      assert.ok(repeats[1]?.row.flags.includes('gps-stale'));
      assert.is(frames.filter(({ row }) => row.grade !== 'locked').length, 2, 'the repeated and the stale one');
      for (const n of [49, 51, 121, 210, 211, 245]) assert.is(exposure(n).row.grade, 'locked');
      assert.ok(
        lost[0]?.fromUtcNs === exposure(239).row.startUtcNs && lost[0]?.toUtcNs === exposure(245).row.startUtcNs,
      );
    },
  ));

test('whole seconds off while "locked", and an exposure that changes by itself', () =>
  session('fault=whole-second@100:2:50,exposure@250:3ms', '5s', ({ frames, exposure, events, findings }) => {
    assert.equal([...gradesOf(frames, 100, 150)], ['untrusted']);
    assert.ok(
      exposure(120).row.flags.includes('gps-host-contradiction') || exposure(120).row.flags.includes('gps-second-step'),
    );
    assert.equal([...gradesOf(frames, 160, 250)], ['locked']);
    assert.ok(findings.has('second-step') && findings.has('exposure-change'), [...findings].join());
    assert.is(exposure(400).row.grade, 'locked', 'the camera was asked for its exposure');
    assert.is(exposure(400).row.exposureNs, 3_000_000n);
    assert.ok(events.some(({ kind, data }) => kind === 'clock-check' && data.differenceS === 0));
  }));

test('a leap second is labelled 23:59:60 on disk, as the camera exposed it', () =>
  session('origin=2016-12-31T23:59:59&fault=leap-second', '4s', async ({ frames, findings }, data) => {
    const inside = frames.filter(({ truth }) => truth.leapSecond);
    assert.is(inside.length, 100);
    assert.ok(inside.every(({ row }) => row.leapSecond));
    assert.ok(frames.every(({ row, truth }) => row.leapSecond === truth.leapSecond));
    assert.ok(findings.has('leap-second'));
    const listed = await appulse(['frames', '--data', data, '--limit', '1000']);
    assert.is(listed.stdout.match(/2016-12-31T23:59:60\.\d{9}/g)?.length, 100);
    // A host that somebody vouches for knows that it is not 2016.
    const known = frames[0]?.row.flags.includes('host-unsynchronised') ? 'locked' : 'untrusted';
    assert.ok(frames.slice(5).every(({ row }) => row.grade === known));
  }));

test('without GPS the camera clock, 50 ppm off, gives intervals to microseconds within an honest bound', () =>
  session('gps=off&ticks=free&fault=drift:50', '5s', ({ frames }) => {
    const settled = frames.slice(100);
    assert.ok(settled.every(({ row }) => row.grade === 'coarse' && row.source === 'camera-clock'));
    const steps = settled.slice(1).map(({ row, truth }, i) => {
      const before = settled[i] as Streamed;
      const truly = BigInt(truth.startUtcNs) - BigInt(before.truth.startUtcNs);
      return Number(row.startUtcNs - before.row.startUtcNs - truly);
    });
    const rms = Math.sqrt(steps.reduce((sum, step) => sum + step * step, 0) / steps.length);
    assert.ok(rms < 100_000, `${rms} ns rms`);
  }));

test.run();
