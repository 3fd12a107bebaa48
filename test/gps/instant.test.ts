import * as assert from 'uvu/assert';
import { formatUtc, mjdOf, parseUtc } from '#gps/instant.js';
import { test } from '#test/support/test.js';

test('an instant is written with every nanosecond and no Z', () => {
  assert.is(formatUtc(0n), '1970-01-01T00:00:00.000000000');
  assert.is(formatUtc(1_800_000_000_000_000_001n), '2027-01-15T08:00:00.000000001');
  assert.is(formatUtc(-1n), '1969-12-31T23:59:59.999999999');
});

test('fewer digits cut and never round into the next second', () => {
  assert.is(formatUtc(1_999_999_999n, 3), '1970-01-01T00:00:01.999');
  assert.is(formatUtc(1_999_999_999n, 0), '1970-01-01T00:00:01');
});

test('dates agree with the calendar of Date for four centuries', () => {
  for (let day = -200_000; day < 200_000; day += 97) {
    const text = new Date(day * 86_400_000).toISOString().slice(0, 19);
    assert.is(formatUtc(BigInt(day) * 86_400_000_000_000n, 0), text);
    assert.is(parseUtc(text), BigInt(day) * 86_400_000_000_000n);
  }
});

test('text with any digits reads back', () => {
  assert.is(parseUtc('2026-08-14T00:00:00.5'), 1_786_665_600_500_000_000n);
  assert.is(parseUtc('2026-08-14T00:00:00.1234567891Z'), 1_786_665_600_123_456_789n);
  assert.is(parseUtc('2026-08-14T00:01'), 1_786_665_660_000_000_000n);
  assert.is(parseUtc('2026-08-14'), 1_786_665_600_000_000_000n);
});

test('a leap second is the count of the following midnight and a flag', () => {
  const midnight = parseUtc('2017-01-01T00:00:00.25');
  assert.is(parseUtc('2016-12-31T23:59:60.25'), midnight);
  assert.is(formatUtc(midnight, 2, true), '2016-12-31T23:59:60.25');
  assert.is(formatUtc(midnight, 2), '2017-01-01T00:00:00.25');
});

test('what is no time is refused', () => {
  for (const text of [
    '',
    '2026',
    '2026-13-01',
    '2026-02-29',
    '2026-08-14T24:00:00',
    '2026-08-14T00:00:60',
    '14.8.2026',
  ]) {
    assert.throws(
      () => parseUtc(text),
      (error: { code: string }) => error.code === 'gps.bad-time',
      text,
    );
  }
});

test('MJD has the digits of a nanosecond', () => {
  assert.is(mjdOf(0n), '40587.00000000000000');
  assert.is(mjdOf(parseUtc('1995-10-10')), '50000.00000000000000');
  assert.is(mjdOf(parseUtc('1995-10-10T12:00:00.000000001')), '50000.50000000000001');
  assert.is(mjdOf(parseUtc('1995-10-10T23:59:59.999999999')), '50000.99999999999999');
});

test.run();
