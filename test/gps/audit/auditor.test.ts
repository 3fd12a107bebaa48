/** An audit of rows that are made up: what is right passes, and each thing that is wrong is found, where it is. */
import * as assert from 'uvu/assert';
import { Auditor, type AuditResult } from '#gps/audit/auditor.js';
import type { AuditFindingKind } from '#gps/audit/finding.js';
import { judgeStep, type Step } from '#gps/audit/interval-run.js';
import type { AuditEvent, AuditFrame, AuditGap, AuditOptions } from '#gps/audit/rows.js';
import { budgetTerms } from '#gps/audit/uncertainty-budget.js';
import { randomOf } from '#test/support/random.js';
import { suite } from '#test/support/test.js';

const test = suite('audit');

const START = 1_786_665_600_000_000_000n;
const PERIOD = 20_000_000n;

const frame = (n: number, change: Partial<AuditFrame> = {}): AuditFrame => ({
  number: n,
  cameraId: 'camera',
  blockId: BigInt(n),
  sequence: n,
  startUtcNs: START + BigInt(n) * PERIOD,
  leapSecond: false,
  exposureNs: 5_000_000n,
  uncertaintyNs: 200n,
  source: 'gps-header',
  grade: 'locked',
  flags: '',
  missing: false,
  ...change,
});

const gap = (firstBlock: bigint, lastBlock: bigint, change: Partial<AuditGap> = {}): AuditGap => ({
  cause: 'network',
  firstBlock,
  lastBlock,
  frames: Number(lastBlock - firstBlock + 1n),
  fromUtcNs: START + (firstBlock - 1n) * PERIOD,
  toUtcNs: START + (lastBlock + 1n) * PERIOD,
  detail: '',
  ...change,
});

const many = (count: number): AuditFrame[] => Array.from({ length: count }, (_, i) => frame(i + 1));

interface Rows {
  readonly frames: readonly AuditFrame[];
  readonly gaps?: readonly AuditGap[];
  readonly events?: readonly AuditEvent[];
  readonly options?: AuditOptions;
}

function audit({ frames, gaps = [], events = [], options = {} }: Rows): AuditResult {
  const auditor = new Auditor(options);
  for (const each of gaps) auditor.gap(each);
  for (const each of events) auditor.event(each);
  for (const each of frames) auditor.frame(each);
  return auditor.result();
}

const kinds = (result: AuditResult): AuditFindingKind[] => result.findings.map(({ kind }) => kind);

test('a session with nothing against it is defensible, and says of each frame so', () => {
  const result = audit({ frames: many(500), options: { framesRecorded: 500 } });
  assert.equal(kinds(result), []);
  assert.is(result.verdict.level, 'defensible');
  assert.equal(result.verdict.frames, { defensible: 500, reservation: 0, 'not-defensible': 0 });
  assert.is(result.intervals.runs[0]?.medianNs, Number(PERIOD));
  assert.is(result.intervals.runs[0]?.residuals.rmsNs, 0);
  assert.ok(result.accounting.complete);
  assert.equal(
    result.budgets[0]?.terms.map(({ ns }) => ns),
    [100n, 100n],
  );
});

test('grades and flags weigh: holdover and any flag are a reservation, untrusted is not defensible, where they are', () => {
  const frames = many(300).map((each, i) => {
    if (i >= 100 && i < 150) return { ...each, grade: 'holdover' as const, flags: 'gps-holding', uncertaintyNs: 900n };
    if (i >= 200 && i < 203) return { ...each, grade: 'untrusted' as const, flags: 'gps-duration' };
    return each;
  });
  const { verdict, lock } = audit({ frames });
  assert.is(verdict.level, 'not-defensible');
  assert.equal(
    verdict.ranges.map(({ fromFrame, toFrame, level }) => [fromFrame, toFrame, level]),
    [
      [1, 100, 'defensible'],
      [101, 150, 'reservation'],
      [151, 200, 'defensible'],
      [201, 203, 'not-defensible'],
      [204, 300, 'defensible'],
    ],
  );
  assert.equal(lock.grades, { locked: 247, holdover: 50, untrusted: 3 });
});

test('a hole in the block ids that no gap row explains is not defensible; with its gap row it is', () => {
  const frames = many(300).filter(({ number }) => number < 100 || number > 109);
  const bare = audit({ frames });
  assert.ok(kinds(bare).includes('hole') && kinds(bare).includes('drop'));
  assert.is(bare.accounting.holes, 10);
  assert.is(bare.verdict.level, 'not-defensible');
  const told = audit({ frames, gaps: [gap(100n, 109n)] });
  assert.equal(kinds(told), ['explained-drop']);
  assert.is(told.accounting.holes, 0);
  assert.is(told.verdict.level, 'defensible');
  // A gap row that tells of fewer, of more, or of frames that have rows.
  assert.ok(kinds(audit({ frames, gaps: [gap(100n, 105n)] })).includes('hole'));
  assert.ok(kinds(audit({ frames, gaps: [gap(100n, 115n)] })).includes('overlap'));
  assert.ok(kinds(audit({ frames: many(300), gaps: [gap(50n, 52n)] })).includes('overlap'));
});

test('frames that the camera lost are explained by their gap row, though no block id is missing', () => {
  const frames = many(300).map((each, i) => (i < 150 ? each : { ...each, startUtcNs: each.startUtcNs + 3n * PERIOD }));
  assert.ok(kinds(audit({ frames })).includes('drop'));
  const between = { fromUtcNs: frames[149]?.startUtcNs ?? 0n, toUtcNs: frames[150]?.startUtcNs ?? 0n };
  const lost = { ...gap(0n, 0n, { cause: 'camera', frames: 3, ...between }), firstBlock: null, lastBlock: null };
  assert.equal(kinds(audit({ frames, gaps: [lost] })), ['explained-drop']);
});

test('the thresholds of a reduction program: 1.8 medians are a drop, 30 % off is a cadence error, and not a hair less', () => {
  const step = (ns: number): Step => ({
    ns,
    fromFrame: 1,
    toFrame: 2,
    fromUtcNs: START,
    toUtcNs: START + BigInt(ns),
    exposureNs: 1,
    blocks: 1,
    counts: 1,
    missing: 0,
    skipped: 0,
    unknown: false,
    holes: 0,
  });
  assert.is(judgeStep(step(1_800_000), 1_000_000), 'drop');
  assert.is(judgeStep(step(1_799_999), 1_000_000), 'cadence');
  assert.is(judgeStep(step(1_300_001), 1_000_000), 'cadence');
  assert.is(judgeStep(step(1_300_000), 1_000_000), null);
  assert.is(judgeStep(step(700_000), 1_000_000), null);
  assert.is(judgeStep(step(699_999), 1_000_000), 'cadence');
});

test('a time that goes back, a step that is off, and another cadence are found', () => {
  const back = many(200).map((each, i) => (i === 120 ? { ...each, startUtcNs: each.startUtcNs - 2n * PERIOD } : each));
  assert.ok(kinds(audit({ frames: back })).includes('time-order'));
  const off = many(200).map((each, i) => (i === 120 ? { ...each, startUtcNs: each.startUtcNs + 8_000_000n } : each));
  assert.equal(kinds(audit({ frames: off })), ['cadence']);
  const slower = many(200).map((each, i) =>
    i < 100 ? each : { ...each, startUtcNs: each.startUtcNs + BigInt(i - 100) * 5_000_000n, exposureNs: 9_000_000n },
  );
  assert.equal(kinds(audit({ frames: slower })), ['exposure-change']);
});

test('a leap second is a second: the step across it is one period', () => {
  const midnight = 1_483_228_800_000_000_000n;
  const frames = Array.from({ length: 400 }, (_, i) => {
    const tai = midnight - 2_000_000_000n + BigInt(i) * PERIOD;
    // From TAI-like counting: before the leap second, in it, behind it.
    const leapSecond = tai >= midnight && tai < midnight + 1_000_000_000n;
    const startUtcNs = tai < midnight || leapSecond ? tai : tai - 1_000_000_000n;
    return frame(i + 1, { startUtcNs, leapSecond });
  });
  assert.equal(kinds(audit({ frames })), []);
});

test('another stream after an outage begins its block ids anew', () => {
  const again = many(100).map((each, i) => ({
    ...each,
    number: 101 + i,
    startUtcNs: START + 500n * PERIOD + BigInt(i) * PERIOD,
  }));
  const first = many(100);
  const outage: AuditGap = {
    cause: 'camera-lost',
    firstBlock: null,
    lastBlock: null,
    frames: 0,
    fromUtcNs: first.at(-1)?.startUtcNs ?? 0n,
    toUtcNs: again[0]?.startUtcNs ?? 0n,
    detail: '',
  };
  const told = audit({ frames: [...first, ...again], gaps: [outage] });
  assert.equal(kinds(told), ['outage']);
  assert.is(told.accounting.streams, 2);
  assert.is(told.verdict.level, 'reservation');
  assert.ok(kinds(audit({ frames: [...first, ...again] })).includes('block-order'));
});

test('rows that do not add up with the session, an end without order, and no frames at all are said', () => {
  assert.ok(kinds(audit({ frames: many(99), options: { framesRecorded: 100 } })).includes('row-count'));
  assert.ok(kinds(audit({ frames: many(99), options: { state: 'interrupted' } })).includes('interrupted'));
  const none = audit({ frames: [] });
  assert.equal(kinds(none), ['no-frames']);
  assert.is(none.verdict.level, 'not-defensible');
});

test('what the session found is told; a second that a synchronised host contradicts is not defensible', () => {
  const at = { startUtcNs: START, endUtcNs: START };
  const events: AuditEvent[] = [
    { kind: 'frame-finding', ...at, data: { finding: 'pps-jump', block: '7', count: 3, evidence: 'odd' } },
    { kind: 'clock-check', ...at, data: { differenceS: 2, hostSynchronised: true } },
    { kind: 'oscillator', ...at, data: { ppm: 12 } },
    { kind: 'oscillator', ...at, startUtcNs: START + 3_600_000_000_000n, data: { ppm: 12.5 } },
    { kind: 'clock-state', ...at, data: { from: null, to: 'locked', why: 'status 3' } },
    { kind: 'host-clock', ...at, data: { synchronised: true, source: 'chrony', boundNs: '1000000' } },
    { kind: 'gpsd', ...at, data: { mode: 3, satellitesUsed: 9, ppsOffsetNs: '-120' } },
    { kind: 'of tomorrow', ...at, data: { anything: true } },
  ];
  const result = audit({ frames: many(50), events });
  assert.equal([...kinds(result)].sort(), ['frame-finding', 'whole-second']);
  assert.is(result.verdict.level, 'not-defensible');
  assert.is(result.oscillator?.ppmPerHour, 0.5);
  assert.equal(result.witnesses.gpsd?.satellites, { least: 9, most: 9 });
});

test('an LED calibration is a term of its own in the bounds behind it', () => {
  const calibration: AuditEvent = {
    kind: 'calibration',
    startUtcNs: START - 1n,
    endUtcNs: START - 1n,
    data: { startOffsetNs: '1200', endOffsetNs: '-300', sigmaNs: '40' },
  };
  const frames = many(50).map((each) => ({ ...each, uncertaintyNs: 320n }));
  const [budget] = audit({ frames, events: [calibration] }).budgets;
  assert.equal(budget?.terms.at(-1), { name: 'LED calibration, 3 sigma', ns: 120n });
});

test('the terms of an uncertainty add up to it, whatever it is', () => {
  const random = randomOf(4);
  const flags = [
    'gps-holding',
    'gps-no-pps',
    'row-offset-unknown',
    'gps-interval',
    'camera-clock-by-gps',
    'leap-second-ambiguous',
  ];
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  for (let i = 0; i < 5_000; i++) {
    const uncertaintyNs = BigInt(Math.floor(random() * 4e9));
    const terms = budgetTerms({
      source: pick(['gps-header', 'ptp', 'camera-clock', 'host-clock', 'toupcam-gps']),
      grade: pick(['locked', 'holdover', 'coarse', 'untrusted'] as const),
      uncertaintyNs,
      exposureNs: BigInt(Math.floor(random() * 1e9)),
      flags: flags.filter(() => random() < 0.3).join(' '),
    });
    assert.is(
      terms.reduce((sum, { ns }) => sum + ns, 0n),
      uncertaintyNs,
    );
  }
});

test('rows of any kind, in any order, give an audit and no error', () => {
  const random = randomOf(5);
  for (let round = 0; round < 60; round++) {
    const frames = Array.from({ length: 200 }, (_, i) =>
      frame(i + 1, {
        blockId: random() < 0.1 ? BigInt(Math.floor(random() * 1000)) : BigInt(i),
        startUtcNs: random() < 0.1 ? BigInt(Math.floor((random() - 0.5) * 9e18)) : START + BigInt(i) * PERIOD,
        exposureNs: BigInt(Math.floor((random() - 0.2) * 1e9)),
        uncertaintyNs: BigInt(Math.floor((random() - 0.2) * 1e9)),
        grade: random() < 0.3 ? 'untrusted' : 'locked',
        flags: random() < 0.2 ? 'nobody knows  this' : '',
        missing: random() < 0.1,
      }),
    );
    const gaps = Array.from({ length: 20 }, () => {
      const first = BigInt(Math.floor(random() * 200));
      return gap(first, first + BigInt(Math.floor(random() * 20) - 3));
    });
    const result = audit({ frames, gaps });
    const judged = result.verdict.ranges.reduce((sum, range) => sum + range.frames, 0);
    assert.is(judged, 200, 'each frame is in one range');
  }
});

test.run();
