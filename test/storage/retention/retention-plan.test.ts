import * as assert from 'uvu/assert';
import { parseUtc } from '#gps/instant.js';
import { type Mark, MarkedSpans } from '#storage/retention/marked-spans.js';
import { nightOf } from '#storage/retention/nights.js';
import { planRetention, type RetainedSegment, type RetentionQuestion } from '#storage/retention/retention-plan.js';
import { KEEP_ALL, type RetentionPolicy } from '#storage/retention/retention-policy.js';
import { randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';

const HOUR = 3_600_000_000_000n;
const NOW = parseUtc('2026-11-20T22:00:00');

/** Segment `n` of an hour each, the last of ten ending now. */
const segment = (n: number, changes: Partial<RetainedSegment> = {}): RetainedSegment => ({
  file: `sessions/s/${n}.fits`,
  bytes: 100,
  sessionId: 's',
  cameraId: 'c',
  fromUtcNs: NOW - BigInt(10 - n + 1) * HOUR,
  toUtcNs: NOW - BigInt(10 - n) * HOUR - 1n,
  ...changes,
});
const TEN = Array.from({ length: 10 }, (_, i) => segment(i + 1));

const mark = (fromUtcNs: bigint, toUtcNs: bigint, changes: Partial<Mark> = {}): Mark => ({
  sessionId: 's',
  cameraId: null,
  fromUtcNs,
  toUtcNs,
  cause: 'command',
  detail: '',
  ...changes,
});

const plan = (policy: Partial<RetentionPolicy>, changes: Partial<RetentionQuestion> = {}) =>
  planRetention({
    segments: TEN,
    marks: new MarkedSpans(),
    policy: { ...KEEP_ALL, ...policy },
    nowUtcNs: NOW,
    longitudeDeg: null,
    ...changes,
  });

/** The numbers of those that go. */
const going = (fates: ReturnType<typeof plan>): number[] =>
  fates.flatMap(({ goes, segment: { file } }) => (goes ? [Number(/(\d+)\.fits/.exec(file)?.[1])] : []));

test('without a limit nothing goes, and every segment has its fate in order', () => {
  const fates = plan({});
  assert.equal(going(fates), []);
  assert.equal(
    fates.map(({ segment: { file } }) => file),
    TEN.map(({ file }) => file),
  );
});

test('a limit of bytes takes the oldest, as many as needed and no more, room for what comes included', () => {
  assert.equal(going(plan({ maxBytes: 1000 })), []);
  assert.equal(going(plan({ maxBytes: 999 })), [1]);
  assert.equal(going(plan({ maxBytes: 650 })), [1, 2, 3, 4]);
  assert.equal(going(plan({ maxBytes: 1000 }, { headroomBytes: 101 })), [1, 2]);
  assert.equal(going(plan({ maxBytes: 0 })), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('an age takes what ended before it, also where an older one would stay by bytes', () => {
  assert.equal(going(plan({ hours: 5 })), [1, 2, 3, 4, 5]);
  assert.equal(going(plan({ hours: 0.5 })), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(going(plan({ hours: 5, maxBytes: 450 })), [1, 2, 3, 4, 5, 6], 'any limit that wants it');
  assert.equal(going(plan({ hours: 5, maxBytes: 500 })), [1, 2, 3, 4, 5], 'what goes by age makes room');
});

test('what a trigger may still want stays, whatever the limits say, and counts', () => {
  const preRollNs = 3n * HOUR;
  assert.equal(going(plan({ maxBytes: 0 }, { preRollNs })), [1, 2, 3, 4, 5, 6]);
  assert.equal(going(plan({ maxBytes: 0, keep: 'marks' }, { preRollNs })), [1, 2, 3, 4, 5, 6]);
  assert.equal(going(plan({ hours: 0.5 }, { preRollNs })), [1, 2, 3, 4, 5, 6]);
  assert.equal(going(plan({ maxBytes: 650 }, { preRollNs })), [1, 2, 3, 4], 'it takes no more room than it has');
});

test('a night lasts from noon to noon at the site', () => {
  const at = (text: string, longitude: number | null) => nightOf(parseUtc(text), longitude);
  assert.is(at('2026-11-20T11:59:59.999999999', null) + 1n, at('2026-11-20T12:00:00', null));
  assert.is(at('2026-11-20T18:00:00', null), at('2026-11-21T06:00:00', null));
  // 15 degrees east: noon is an hour earlier.
  assert.is(at('2026-11-20T10:59:59', 15) + 1n, at('2026-11-20T11:00:00', 15));
  assert.is(at('2026-11-20T16:59:59', -75) + 1n, at('2026-11-20T17:00:00', -75));
  assert.is(nightOf(-1n, null), -1n, 'before 1970 as well');
});

test('nights keep the one under way and those before it', () => {
  // Segments 1 to 10 are of 12:00 to 22:00 UTC: in UTC all of tonight.
  assert.equal(going(plan({ nights: 1 })), []);
  // 45 degrees west noon is at 15:00 UTC: three segments are of the night before.
  assert.equal(going(plan({ nights: 1 }, { longitudeDeg: -45 })), [1, 2, 3]);
  assert.equal(going(plan({ nights: 2 }, { longitudeDeg: -45 })), []);
});

test('what a mark touches stays, by whichever limit it would go, to the nanosecond', () => {
  const third = TEN[2] as RetainedSegment;
  const end = third.toUtcNs ?? 0n;
  const inside = new MarkedSpans([mark(end, end)]);
  for (const policy of [{ hours: 0.5 }, { maxBytes: 0 }, { nights: 1, hours: 1 }]) {
    const fates = plan(policy, { marks: inside });
    assert.is(fates[2]?.cause, 'marked');
    assert.is(fates[2]?.goes, false);
    assert.not(going(fates).includes(3));
  }
  assert.equal(going(plan({ hours: 5 }, { marks: new MarkedSpans([mark(end + 1n, end + 1n)]) })), [1, 2, 3, 5]);
  const across = new MarkedSpans([mark(NOW - 100n * HOUR, NOW + HOUR)]);
  assert.equal(going(plan({ hours: 1, maxBytes: 0, nights: 1 }, { marks: across })), []);
});

test('a mark keeps segments of its own session and camera only; one without a camera those of all', () => {
  const all = [NOW - 100n * HOUR, NOW] as const;
  const kept = (changes: Partial<Mark>) =>
    going(plan({ maxBytes: 0 }, { marks: new MarkedSpans([mark(...all, changes)]) }));
  assert.is(kept({}).length, 0);
  assert.is(kept({ cameraId: 'c' }).length, 0);
  assert.is(kept({ cameraId: 'other' }).length, 10);
  assert.is(kept({ sessionId: 'other' }).length, 10);
});

test('marked segments count for the limit of bytes, unless only marks are kept', () => {
  const marks = new MarkedSpans([mark(TEN[0]?.fromUtcNs ?? 0n, TEN[3]?.toUtcNs ?? 0n)]);
  assert.equal(going(plan({ maxBytes: 600 }, { marks })), [5, 6, 7, 8]);
  assert.equal(going(plan({ maxBytes: 600, keep: 'marks' }, { marks })), []);
  assert.equal(going(plan({ maxBytes: 300, keep: 'marks' }, { marks })), [5, 6, 7]);
});

test('a segment without frames has no age and no mark, and goes by bytes', () => {
  const segments = [segment(1, { fromUtcNs: null, toUtcNs: null }), segment(2)];
  assert.equal(going(plan({ hours: 1, nights: 1 }, { segments })), [2]);
  assert.equal(going(plan({ maxBytes: 100 }, { segments })), [1]);
});

test('every fate has its reason in words', () => {
  const marks = new MarkedSpans([mark(TEN[0]?.fromUtcNs ?? 0n, TEN[0]?.fromUtcNs ?? 0n, { detail: 'a bolide' })]);
  const fates = plan({ hours: 8, maxBytes: 500 }, { marks });
  assert.match(fates[0]?.why ?? '', /marked .*command: a bolide/);
  assert.match(fates[1]?.why ?? '', /older than 8 h: its last frame is of 2026-11-20T13:59:59/);
  assert.match(fates[2]?.why ?? '', /900 bytes, the limit 500 bytes/);
  assert.is(fates[9]?.why, 'within the limits');
});

test('spans of marks tell the same as looking at every mark, for a thousand random sets', () => {
  const random = randomOf(5);
  const instant = () => BigInt(Math.floor(random() * 60));
  for (let round = 0; round < 1000; round++) {
    const marks = Array.from({ length: Math.floor(random() * 12) }, () => {
      const from = instant();
      return mark(from, from + BigInt(Math.floor(random() * 6)), { cameraId: random() < 0.3 ? 'c' : null });
    });
    const spans = new MarkedSpans(marks);
    const from = instant();
    const to = from + BigInt(Math.floor(random() * 8));
    const touched = marks.some((one) => one.fromUtcNs <= to && one.toUtcNs >= from);
    assert.is(spans.touching('s', 'c', from, to) !== null, touched);
  }
});

test.run();
