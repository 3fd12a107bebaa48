import { createHash } from 'node:crypto';
import * as assert from 'uvu/assert';
import { BUILT_IN, newestTable, parseLeapSecondList } from '#gps/clocks/leap-second-table.js';
import {
  gpsToUtc,
  leapMidnightNear,
  leapSecondWarnings,
  taiMinusUtcSeconds,
  taiToUtc,
  utcToGps,
  utcToTai,
} from '#gps/clocks/leap-seconds.js';
import { formatUtc, parseUtc } from '#gps/instant.js';
import { test } from '#test/support/test.js';

const SECOND = 1_000_000_000n;

/** A list as IERS writes it, from the built-in table. */
function listOf(expires: string, lines: readonly string[] = [], hashed = true): string {
  const ntp = (utcNs: bigint) => String(utcNs / SECOND + 2_208_988_800n);
  const [updated, until] = ['3976686858', ntp(parseUtc(expires))];
  const entries = [
    ...BUILT_IN.steps.map(
      ({ fromUtcNs, taiMinusUtcS }) => `${ntp(fromUtcNs)}\t${taiMinusUtcS}\t# ${formatUtc(fromUtcNs, 0)}`,
    ),
    ...lines,
  ];
  const digits = entries.map((line) => (line.split('#')[0] ?? '').replace(/\s/g, '')).join('');
  const sum = createHash('sha1')
    .update(updated + until + digits)
    .digest('hex');
  const words = sum.match(/.{8}/g)?.map((word) => word.replace(/^0+(?=.)/, '')) ?? [];
  return ['#\tA list', `#$\t${updated}`, `#@\t${until}`, ...entries, '#', hashed ? `#h\t${words.join(' ')}` : ''].join(
    '\n',
  );
}

test('the built-in table has the 27 leap seconds from 1972 to 2016, and says until when it holds', () => {
  assert.is(BUILT_IN.steps.length, 28);
  assert.equal(
    [BUILT_IN.steps[0], BUILT_IN.steps[1], BUILT_IN.steps.at(-1)].map((step) => [
      formatUtc(step?.fromUtcNs ?? 0n, 0),
      step?.taiMinusUtcS,
    ]),
    [
      ['1972-01-01T00:00:00', 10n],
      ['1972-07-01T00:00:00', 11n],
      ['2017-01-01T00:00:00', 37n],
    ],
  );
  assert.is(formatUtc(BUILT_IN.expiresUtcNs, 0), '2026-12-28T00:00:00');
  // Each is the begin of January or July.
  for (const { fromUtcNs } of BUILT_IN.steps) assert.match(formatUtc(fromUtcNs, 0), /-0[17]-01T00:00:00$/);
});

test('UTC and TAI go into one another at every nanosecond about every leap second', () => {
  for (const { fromUtcNs } of BUILT_IN.steps.slice(1)) {
    const before = utcToTai(fromUtcNs - 1n);
    assert.is(utcToTai(fromUtcNs, true), before + 1n, 'the leap second follows 23:59:59.999999999');
    assert.is(utcToTai(fromUtcNs), before + 1n + SECOND, 'and midnight a second later');
    for (const offset of [-SECOND, -1n, 0n, 1n, SECOND / 2n, SECOND - 1n, SECOND, 2n * SECOND]) {
      const tai = before + 1n + offset;
      const utc = taiToUtc(tai);
      assert.is(utc.leapSecond, offset >= 0n && offset < SECOND);
      assert.is(utcToTai(utc.utcNs, utc.leapSecond), tai);
      if (utc.leapSecond) assert.match(formatUtc(utc.utcNs, 9, true), 'T23:59:60');
    }
  }
});

test('known instants of TAI, GPS and PTP', () => {
  assert.is(taiMinusUtcSeconds(parseUtc('2026-08-14')), 37);
  assert.is(taiMinusUtcSeconds(parseUtc('1999-01-01')), 32);
  assert.is(taiMinusUtcSeconds(parseUtc('1998-12-31T23:59:59')), 31);
  // GPS week 0 began 1980-01-06; GPS is 18 s ahead of UTC since 2017.
  assert.equal(utcToGps(parseUtc('1980-01-06')), { week: 0, ofWeekNs: 0n });
  assert.equal(utcToGps(parseUtc('2017-01-01')), { week: 1930, ofWeekNs: 18n * SECOND });
  const leap = gpsToUtc(1930, 17n * SECOND + 5n);
  assert.equal(leap, { utcNs: parseUtc('2017-01-01') + 5n, leapSecond: true });
  for (let i = 0n; i < 400n; i++) {
    const utcNs = parseUtc('1990-01-01') + i * 3_456_789_123_456_789n;
    const { week, ofWeekNs } = utcToGps(utcNs);
    assert.equal(gpsToUtc(week, ofWeekNs), { utcNs, leapSecond: false });
  }
});

test('only the seconds beside an inserted one are near it', () => {
  const midnight = parseUtc('2017-01-01');
  assert.is(leapMidnightNear(midnight - SECOND - 1n), null);
  assert.is(leapMidnightNear(midnight - SECOND), midnight);
  assert.is(leapMidnightNear(midnight + SECOND - 1n), midnight);
  assert.is(leapMidnightNear(midnight + SECOND), null);
  assert.is(leapMidnightNear(parseUtc('2026-01-01')), null);
});

test('a list of IERS is read, its check sum verified', () => {
  const table = parseLeapSecondList(listOf('2030-06-28'), 'a.list');
  assert.equal(table.steps, BUILT_IN.steps);
  assert.is(formatUtc(table.expiresUtcNs, 0), '2030-06-28T00:00:00');
  const longer = parseLeapSecondList(listOf('2035-06-28', ['4102444800 38 # 2030']), 'b.list');
  assert.is(longer.steps.at(-1)?.taiMinusUtcS, 38n);
});

test('a damaged list is refused with what is wrong', () => {
  const good = listOf('2030-06-28');
  const cases: [string, string][] = [
    [good.replace('\t12\t', '\t13\t'), 'does not follow'],
    [good.replace('2272060800', '2272147200'), 'check sum'],
    [good.replace('2272060800', '2272060801'), 'no midnight'],
    [good.replace(/#@.*\n/, ''), 'when it expires'],
    ['# nothing\n', 'no entry'],
    ['<html>not found</html>', 'is no line of it'],
    ['#@\tnever\n', 'is no time'],
  ];
  for (const [text, why] of cases) {
    assert.throws(
      () => parseLeapSecondList(text, 'x.list'),
      (error: { code: string; message: string }) =>
        error.code === 'gps.leap-table' && error.message.includes(why) && error.message.includes('x.list'),
      why,
    );
  }
  for (let cut = 0; cut < good.length; cut += 7) {
    try {
      parseLeapSecondList(good.slice(0, cut), 'x.list');
    } catch (error) {
      assert.is((error as { code: string }).code, 'gps.leap-table');
    }
  }
});

test('without a list the built-in table stands, and an old table warns', () => {
  assert.is(newestTable(['/nonexistent/leap-seconds.list']).table, BUILT_IN);
  assert.equal(leapSecondWarnings(parseUtc('2026-01-01')), []);
  assert.match(leapSecondWarnings(parseUtc('2100-01-01')).join(), 'out of date since');
});

test.run();
