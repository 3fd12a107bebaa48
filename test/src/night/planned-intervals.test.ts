import * as assert from 'uvu/assert';
import { formatUtc, parseUtc } from '#gps/instant.js';
import { type PlanInput, parsePlan } from '#src/night/plan.js';
import { planProblems } from '#src/night/plan-problems.js';
import { intervalsBetween, type PlannedInterval, tonight, wantedBy } from '#src/night/planned-intervals.js';
import { test } from '#test/support/test.js';

const BERLIN = { latitudeDeg: 52.5, longitudeDeg: 13.4 };
const TROMSO = { latitudeDeg: 69.65, longitudeDeg: 18.96 };
const SUVA = { latitudeDeg: -18.1, longitudeDeg: 178.4 };

type EntryInput = NonNullable<PlanInput['entries']>[number];
const plan = (...entries: EntryInput[]) => parsePlan({ entries }, 'the test');
const clock = (from: string, to: string, zone = 'UTC'): EntryInput => ({
  name: 'clock',
  when: { kind: 'clock', from, to, zone },
});
const dark: EntryInput = { name: 'dark', when: { kind: 'sun' } };
const written = (intervals: readonly PlannedInterval[]) =>
  intervals.map(({ fromUtcNs, toUtcNs }) => `${formatUtc(fromUtcNs, 0)} ${formatUtc(toUtcNs, 0)}`);

test('a clock entry that passes midnight belongs to the evening that it begins in', () => {
  const found = tonight(plan(clock('21:30', '03:00')), BERLIN, parseUtc('2026-11-28T01:00'));
  assert.equal(written(found), ['2026-11-27T21:30:00 2026-11-28T03:00:00']);
  assert.is(found[0]?.date, '2026-11-27');
});

test('times of a zone follow its summer time: the night in which clocks go back is an hour longer', () => {
  const berlin = plan(clock('21:00', '05:00', 'Europe/Berlin'));
  assert.equal(written(tonight(berlin, BERLIN, parseUtc('2026-10-24T22:00'))), [
    '2026-10-24T19:00:00 2026-10-25T04:00:00',
  ]);
  assert.equal(written(tonight(berlin, BERLIN, parseUtc('2026-03-28T22:00'))), [
    '2026-03-28T20:00:00 2026-03-29T03:00:00',
  ]);
});

test('an hour that comes twice is recorded twice, and one that a clock leaves out is taken as if it had gone on', () => {
  const twice = plan(clock('02:15', '02:45', 'Europe/Berlin'));
  assert.equal(written(tonight(twice, BERLIN, parseUtc('2026-10-24T22:00'))), [
    '2026-10-25T00:15:00 2026-10-25T01:45:00',
  ]);
  assert.equal(written(tonight(twice, BERLIN, parseUtc('2026-03-28T22:00'))), [
    '2026-03-29T01:15:00 2026-03-29T01:45:00',
  ]);
});

test('by the sun it is dark once a night, in the evening and morning of the site', () => {
  const [night, ...others] = tonight(plan(dark), BERLIN, parseUtc('2026-11-28T23:00'));
  assert.is(others.length, 0);
  assert.is(night?.date, '2026-11-28');
  assert.is(night?.fromWhy, 'sun below -12 deg');
  const middle = ((night?.fromUtcNs ?? 0n) + (night?.toUtcNs ?? 0n)) / 2n;
  assert.ok(Math.abs(Number(middle - parseUtc('2026-11-28T22:55')) / 60e9) < 5);
});

test('a night near the date line is that of the site and not of Greenwich', () => {
  const [night] = tonight(plan(dark), SUVA, parseUtc('2026-11-28T10:00'));
  assert.is(night?.date, '2026-11-28');
  assert.ok(night !== undefined && night.fromUtcNs < parseUtc('2026-11-28T10:00'));
  const [same] = tonight(plan(dark), SUVA, parseUtc('2026-11-28T01:00'));
  assert.is(same?.fromUtcNs, night?.fromUtcNs);
});

test('days are those of the evening', () => {
  const saturdays = plan({ ...dark, days: ['saturday'] });
  assert.is(tonight(saturdays, BERLIN, parseUtc('2026-11-29T02:00')).length, 1);
  assert.is(tonight(saturdays, BERLIN, parseUtc('2026-11-29T20:00')).length, 0);
});

test('the same instant gives the same interval from whatever span it is asked for', () => {
  const both = plan(dark, clock('20:00', '22:00', 'Europe/Berlin'));
  const whole = written(tonight(both, BERLIN, parseUtc('2026-11-28T21:00')));
  const now = parseUtc('2026-11-28T20:30');
  assert.equal(written(intervalsBetween(both, BERLIN, now, now + 1n)), whole);
});

test('of entries that overlap the first of the plan has the camera', () => {
  const both = plan({ ...clock('22:00', '23:00'), cameras: [1] }, dark);
  const now = parseUtc('2026-11-28T22:30');
  const intervals = intervalsBetween(both, BERLIN, now, now + 1n);
  assert.is(wantedBy(intervals, 1, now)?.entry.name, 'clock');
  assert.is(wantedBy(intervals, 0, now)?.entry.name, 'dark');
  const [problem] = planProblems(both, BERLIN, now, 2);
  assert.match(problem?.text ?? '', "overlaps with 'clock'");
  assert.is(problem?.entry, 'dark');
});

test('what stands in the way of a plan is told: no site, no darkness, no such camera', () => {
  const now = parseUtc('2026-06-21T22:00');
  assert.match(planProblems(plan(dark), null, now, 1)[0]?.text ?? '', 'site.latitude');
  assert.match(planProblems(plan(dark), TROMSO, now, 1)[0]?.text ?? '', 'does not sink below -12 deg');
  assert.match(planProblems(plan({ ...dark, cameras: [3] }), BERLIN, now, 1)[0]?.text ?? '', 'no camera 4: 1 is named');
  assert.equal(tonight(plan(dark), null, now), []);
});

const refused = (entry: object, word: string) =>
  assert.throws(
    () => parsePlan({ entries: [{ ...dark, ...entry }] }, 'plan.json'),
    (error: Error) => error.message.includes(word) && error.message.startsWith('plan.json is no plan: entry 1'),
  );

test('a plan that cannot be meant is refused, with entry and field named', () => {
  refused({ when: { kind: 'clock', from: '21:00', to: '21:00' } }, 'ends when it begins');
  refused({ when: { kind: 'clock', from: '25:00', to: '21:00' } }, 'a time of day such as 21:30');
  refused({ when: { kind: 'clock', from: '20:00', to: '21:00', zone: 'Mars/Olympus' } }, 'IANA');
  refused({ when: { kind: 'sun', eveningDeg: -90 } }, 'when.eveningDeg');
  refused({ session: '{dat} x' }, '{dat} is not known');
  refused({ days: [] }, 'never begin');
  refused({ surprise: 1 }, 'surprise');
  assert.throws(() => plan(dark, dark), "two entries are called 'dark'");
});

test.run();
