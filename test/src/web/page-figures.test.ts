import * as assert from 'uvu/assert';
import { bytesAmount, counted, threeFigures } from '#src/servers/web/page/figures/amounts.js';
import { boundText, lastingText, runningText, signedSpanText, spanText } from '#src/servers/web/page/figures/spans.js';
import { test } from '#test/support/test.js';

test('a bound of an error is never written smaller than it is', () => {
  const written = [0n, 1n, 120n, 999n, 1_000n, 1_236n, 1_231n, 99_950n, 999_001n, 2_000_000n, 1_000_000_001n];
  assert.equal(written.map(boundText), [
    '0 ns',
    '1 ns',
    '120 ns',
    '999 ns',
    '1 µs',
    '1.24 µs',
    '1.24 µs',
    '100 µs',
    '1 ms',
    '2 ms',
    '1.01 s',
  ]);
});

test('a span is rounded to the nearest and keeps its sign', () => {
  assert.is(spanText(49_000_000n), '49 ms');
  assert.is(spanText(1_234_499n), '1.23 ms');
  assert.is(spanText(3_600_000_000_000n), '3600 s');
  assert.is(signedSpanText(1_200_000n), '+1.2 ms');
  assert.is(signedSpanText(-35_000n), '−35 µs');
});

test('how long something lasts is told in two units at most', () => {
  assert.equal([-1, 42.9, 185, 7_800, 273_600].map(lastingText), [
    '0 s',
    '42 s',
    '3 min 05 s',
    '2 h 10 min',
    '3 d 4 h',
  ]);
  assert.is(runningText(45_296.7), '12:34:56');
});

test('amounts have three figures and the unit that fits', () => {
  assert.equal(bytesAmount(0), { figure: '0', unit: 'B' });
  assert.equal(bytesAmount(999_499), { figure: '999', unit: 'kB' });
  assert.equal(bytesAmount(999_500), { figure: '1.00', unit: 'MB' });
  assert.equal(bytesAmount(12e6), { figure: '12.0', unit: 'MB' });
  assert.equal([0.234, 9.996, 12, 119.6].map(threeFigures), ['0.23', '10.0', '12.0', '120']);
  assert.equal([counted(1, 'gap'), counted(1_234, 'frame')], ['1 gap', '1,234 frames']);
});

test.run();
