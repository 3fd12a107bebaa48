/**
 * The faults of the simulated camera as a user has them: streamed, recorded and looked up in the index, against what the
 * camera wrote down as the truth. What the timekeeper makes of each alone stands in fault-matrix.test.ts.
 */
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { utcToTai } from '#gps/clocks/leap-seconds.js';
import type { FindingKind } from '#gps/judge/finding.js';
import type { SessionSummary } from '#src/station/messages.js';
import { INDEX_FILE } from '#storage/index/index-file.js';
import { IndexReader } from '#storage/index/queries.js';
import type { EventRow, FrameRow, GapRow } from '#storage/index/rows.js';
import { appulse, readTruth, type TruthFrame, withFolder } from '#test/support/appulse.js';
import { suite } from '#test/support/test.js';

const test = suite('streamed faults', 40_000);

const TICK_NS = 100n;

interface Recorded {
  readonly row: FrameRow;
  readonly truth: TruthFrame;
  /** By TAI, of the start of exposure. */
  readonly errorNs: bigint;
}

interface Night {
  /** In the order of their blocks. */
  readonly frames: readonly Recorded[];
  readonly lost: readonly TruthFrame[];
  readonly gaps: readonly GapRow[];
  readonly events: readonly EventRow[];
  /** What `appulse frames` prints. */
  readonly listing: string;
  /** The clock of this machine is known to be right: then it speaks against a simulated night long ago. */
  readonly hostSynchronised: boolean;
}

/** Records `duration` of a camera of 100 frames a second; the first `frames` exposures must have come. */
function night(options: string, duration: string, frames: number): Promise<Night> {
  return withFolder(async (folder) => {
    const truthFile = join(folder, 'truth.ndjson');
    const data = join(folder, 'data');
    const uri = `sim:tiny?fps=100&${options}&truth=${truthFile}`;
    const ended = await appulse(['record', '--json', '--data', data, '--duration', duration, '--camera', uri]);
    // 3: it was recorded, with frames lost or untrusted.
    assert.ok(ended.code === 0 || ended.code === 3, ended.stderr);
    const { session } = ended.json as SessionSummary;
    const listing = await appulse(['frames', '--data', data, '--limit', '1000']);
    const index = new IndexReader(join(data, INDEX_FILE));
    try {
      const truths = readTruth(truthFile);
      const byBlock = new Map(truths.map((truth) => [truth.block, truth]));
      const recorded = index.frames({ sessionId: session }, { limit: 10_000 }).map((row) => {
        const truth = byBlock.get(String(row.blockId));
        assert.ok(truth, `block ${row.blockId} was never sent`);
        return { row, truth, errorNs: errorOf(row, truth) };
      });
      assert.ok((recorded.at(-1)?.truth.frame ?? 0) >= frames, `the stream ended at exposure ${recorded.length}`);
      const events = index.events({ sessionId: session, limit: 10_000 });
      return {
        frames: recorded,
        lost: truths.filter(({ block }) => block === null),
        gaps: index.gaps({ sessionId: session }),
        events,
        listing: listing.stdout,
        hostSynchronised: events.some(({ kind, data }) => kind === 'host-clock' && data.synchronised === true),
      };
    } finally {
      index.close();
    }
  });
}

function errorOf(row: FrameRow, truth: TruthFrame): bigint {
  const error = utcToTai(row.startUtcNs, row.leapSecond) - utcToTai(BigInt(truth.startUtcNs), truth.leapSecond);
  return error < 0n ? -error : error;
}

/** Nothing passes for `locked` a tick off, and nothing for `holdover` beyond its bound. */
function assertHonest({ frames }: Night): void {
  for (const { row, truth, errorNs } of frames) {
    const what = `exposure ${truth.frame} is ${row.grade}, ${errorNs} ns off of ${row.uncertaintyNs}: ${row.flags.join(' ')}`;
    if (row.grade === 'locked') {
      assert.ok(errorNs <= TICK_NS, what);
      assert.ok(
        truth.faults.every((fault) => !DAMAGING.has(fault)),
        what,
      );
    }
    if (row.grade === 'holdover') assert.ok(errorNs <= row.uncertaintyNs, what);
  }
}
/** Faults whose frames have no right time of their own. */
const DAMAGING = new Set([
  ...['lock-loss', 'whole-second', 'repeat', 'stale', 'all-zero'],
  ...['header-image', 'drift'],
]);

/** Every frame outside `excepted` is locked. */
function assertLockedBut(frames: readonly Recorded[], excepted: (frame: Recorded) => boolean): void {
  for (const frame of frames) {
    if (excepted(frame)) continue;
    const { row, truth } = frame;
    assert.is(row.grade, 'locked', `exposure ${truth.frame}: ${row.flags.join(' ')}`);
  }
}

function withFault({ frames }: Night, fault: string): readonly Recorded[] {
  const found = frames.filter(({ truth }) => truth.faults.includes(fault));
  assert.ok(found.length > 0, `no frame with ${fault}`);
  return found;
}

function assertAll(frames: readonly Recorded[], grades: readonly string[], flag: string): void {
  for (const { row, truth } of frames) {
    const what = `exposure ${truth.frame}: ${row.grade} ${row.flags.join(' ')}`;
    assert.ok(grades.includes(row.grade), what);
    assert.ok(row.flags.includes(flag), what);
  }
}

function findings({ events }: Night): FindingKind[] {
  const kinds = events.filter(({ kind }) => kind === 'frame-finding').map(({ data }) => data.finding as FindingKind);
  return [...new Set(kinds)].sort();
}

const between = ({ frames }: Night, from: number, to: number) =>
  frames.filter(({ truth }) => truth.frame >= from && truth.frame < to);

test('frames out of their order and damaged headers are told one by one, and cost no other frame its lock', async () => {
  const faults = [
    ...['sequence-wrap:50', 'repeat@80', 'stale@110:40', 'stale@140:25:again', 'out-of-order@170', 'frame-gap@200:3'],
    ...['all-zero@230', 'header-swapped@250:3', 'header-image@260:3', 'header-16bit@270:low:3', 'sequence-reset@300'],
  ];
  const result = await night(`fault=${faults.join(',')}`, '4s', 320);
  assertHonest(result);
  assertLockedBut(result.frames, ({ truth }) =>
    truth.faults.some((fault) => DAMAGING.has(fault) || fault === 'header-swapped'),
  );

  const [again] = withFault(result, 'repeat');
  const first = result.frames.find(({ truth }) => truth.frame === 80);
  assert.is(again?.row.aduMean, first?.row.aduMean);
  assert.is(Number(again?.row.blockId), Number(first?.row.blockId) + 1);
  assertAll(withFault(result, 'repeat'), ['untrusted'], 'gps-stale');
  assertAll(withFault(result, 'stale'), ['untrusted'], 'gps-stale');
  assertAll(withFault(result, 'all-zero'), ['coarse'], 'gps-header-zero');
  assert.is(withFault(result, 'all-zero')[0]?.row.aduMax, 0);
  for (const [fault, grade, flag] of [
    ['header-swapped', 'locked', 'gps-header-swapped'],
    ['header-16bit', 'locked', 'gps-header-16bit'],
    ['header-image', 'coarse', 'gps-header-implausible'],
  ] as const) {
    assert.is(withFault(result, fault).length, 3);
    // At some instants swapped bytes are a header themselves: one without a fix, or of another century.
    for (const { row } of withFault(result, fault)) {
      const isStray =
        row.grade === 'untrusted' || (row.grade === 'coarse' && row.flags.includes('gps-header-implausible'));
      assert.ok((row.grade === grade && row.flags.includes(flag)) || isStray, `${fault}: ${row.grade} ${row.flags}`);
    }
  }
  const order = between(result, 168, 174).map(({ truth }) => truth.frame);
  assert.equal(order, [168, 169, 171, 170, 172, 173]);
  const stray = withFault(result, 'header-swapped').some(({ row }) => row.grade === 'untrusted');
  if (!stray) {
    assert.equal(findings(result), [
      'all-zero',
      'out-of-order',
      'repeated',
      'sequence-reset',
      'sequence-wrap',
      'stale',
    ]);
  }

  // The frame that a stale one stands for, and the gap.
  assert.equal(
    result.lost.map(({ frame }) => frame),
    [110, 200, 201, 202],
  );
  assert.equal(
    result.gaps.map(({ cause, frames }) => [cause, frames]),
    [
      ['camera', 1],
      ['camera', 3],
    ],
  );
  const startOf = (frame: number) =>
    BigInt(result.frames.find(({ truth }) => truth.frame === frame)?.truth.startUtcNs ?? 0);
  assert.equal(
    result.gaps.map(({ fromUtcNs, toUtcNs }) => [fromUtcNs, toUtcNs]),
    [
      [startOf(109), startOf(111)],
      [startOf(199), startOf(203)],
    ],
  );
  assert.match(result.listing, /untrusted .* gps-stale\b/);
  assert.match(result.listing, /coarse .* gps-header-zero\b/);
  assert.match(result.listing, /^gap: camera, 1 frame, between .*\ngap: camera, 3 frames, between /m);
});

test('loss of lock is coarse until it is over; a changed exposure is in doubt until the camera says it', async () => {
  const result = await night('fault=lock-loss@60:30,exposure@320:4ms', '5s', 420);
  assertHonest(result);
  assertAll(between(result, 60, 90), ['coarse'], 'gps-unlocked');
  // Where a pulse fell into it, the PPS count is right again behind the second one after it.
  const returning = ({ row }: Recorded) => ['gps-no-pps', 'gps-settling'].some((flag) => row.flags.includes(flag));
  assertAll(between(result, 320, 321), ['untrusted'], 'gps-duration');
  assertLockedBut(result.frames, (recorded) => {
    const { frame } = recorded.truth;
    return (frame >= 60 && frame < 90) || (frame < 300 && returning(recorded)) || (frame >= 320 && frame < 370);
  });
  for (const { row, truth } of between(result, 320, 1000)) {
    assert.is(truth.exposureNs, '4000000');
    assert.is(row.exposureNs, 4_000_000n);
  }
  assert.ok(findings(result).includes('exposure-change'));
  const states = result.events.filter(({ kind }) => kind === 'clock-state').map(({ data }) => data.to);
  assert.equal(states.slice(0, 2), ['locked', 'searching']);
  assert.is(states.at(-1), 'locked');
  assert.is(result.gaps.length, 0);
});

test('missing pulses are held over; whole seconds too many are untrusted from the first frame on', async () => {
  const result = await night('fault=pps-missing@60:110,whole-second@390:2', '5s', 440);
  assertHonest(result);
  const held = result.frames.filter(({ row }) => row.grade === 'holdover');
  assert.ok(held.length > 50, `${held.length} frames held over`);
  for (const { row } of held) {
    assert.ok(row.flags.includes('gps-no-pps') || row.flags.includes('gps-settling'), row.flags.join(' '));
  }
  assertAll(withFault(result, 'whole-second'), ['untrusted'], 'gps-second-step');
  assertLockedBut(result.frames, ({ row, truth }) => row.grade === 'holdover' || truth.frame >= 390);
  assert.ok(findings(result).includes('second-step'));
});

test('23:59:60 is labelled right in every frame, and the night goes on', async () => {
  const result = await night('fault=leap-second', '5s', 430);
  const leap = result.frames.filter(({ row }) => row.leapSecond);
  assert.equal(
    leap.map(({ truth }) => truth.frame),
    result.frames.filter(({ truth }) => truth.leapSecond).map(({ truth }) => truth.frame),
  );
  assert.is(leap.length, 100);
  assert.ok(result.frames.every(({ errorNs }) => errorNs <= TICK_NS));
  assert.match(result.listing, /T23:59:60\.\d+ /);
  // A host that knows its time is years off of this night, and says so.
  if (result.hostSynchronised) assertAll(result.frames, ['untrusted'], 'gps-host-contradiction');
  else assertLockedBut(result.frames, () => false);
  assert.ok(findings(result).includes('leap-second'));
});

test('without GPS a drifting clock since power-on gives coarse times within their bound', async () => {
  const result = await night('gps=off&ticks=free&fault=drift:50', '3s', 200);
  assertHonest(result);
  for (const { row, errorNs } of result.frames) {
    assert.is(row.grade, 'coarse');
    assert.ok(row.flags.includes('camera-clock-by-host'), row.flags.join(' '));
    assert.ok(errorNs <= row.uncertaintyNs, `${errorNs} ns off of ${row.uncertaintyNs}`);
  }
  assert.is(result.gaps.length, 0);
});

test.run();
