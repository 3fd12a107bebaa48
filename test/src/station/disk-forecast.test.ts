import * as assert from 'uvu/assert';
import { DiskForecast } from '#src/station/disk-forecast.js';
import { DiskUse } from '#src/station/disk-use.js';
import { test } from '#test/support/test.js';

/** Writes `rate` bytes a second from `left` on for `seconds`, four looks a second; returns the warnings with their times. */
function run(forecast: DiskForecast, rate: number, left: number, seconds: number): { at: number; text: string }[] {
  const told: { at: number; text: string }[] = [];
  for (let quarter = 0; quarter <= seconds * 4; quarter++) {
    const written = (quarter / 4) * rate;
    const text = forecast.add(written, Math.max(0, left - written), quarter * 250);
    if (text !== null) told.push({ at: quarter / 4, text });
  }
  return told;
}

test('a disk that runs out is told once, and again each time what is left has halved', () => {
  const forecast = new DiskForecast(1_800);
  // An hour's worth: half an hour is left after half an hour.
  const told = run(forecast, 1e6, 3.6e9, 3_600);
  assert.equal(
    told.map(({ at }) => Math.round(3_600 - at)),
    [1800, 900, 450, 225, 112, 56, 28, 14],
  );
  assert.match(told[0]?.text ?? '', /the disk takes 30 min 00 s more .*KiB\/s/);
  assert.ok(forecast.message !== null);
});

test('a disk that is nearly full at the start is told once, not for every limit that it is below', () => {
  const told = run(new DiskForecast(1_800), 1e6, 100e6, 20);
  assert.is(told.length, 1);
  assert.ok(told[0] !== undefined && told[0].at >= 5, 'the rate is waited for');
});

test('nothing is told where retention limits what is written, nothing is written, or there is room', () => {
  assert.equal(run(new DiskForecast(1_800), 1e6, 1e12, 60), []);
  assert.equal(run(new DiskForecast(1_800), 0, 1e6, 60), []);
  const rolling = new DiskForecast(1_800);
  for (let i = 0; i < 100; i++) assert.is(rolling.add(i * 1e6, null, i * 250), null);
  assert.is(rolling.secondsLeft, null);
});

test('after space was freed the limits count again', () => {
  const forecast = new DiskForecast(100);
  let written = 0;
  let nowMs = 0;
  const look = (left: number) => {
    written += 250_000;
    nowMs += 250;
    return forecast.add(written, left, nowMs);
  };
  for (let i = 0; i < 80; i++) look(500e6);
  assert.ok(look(90e6) !== null);
  assert.is(look(90e6), null);
  for (let i = 0; i < 80; i++) assert.is(look(500e6), null);
  assert.is(forecast.message, null);
  assert.ok(look(90e6) !== null);
});

test('cameras that write to the same disk are told the same time, also when the session of one ends', () => {
  const use = new DiskUse();
  const fast = new DiskForecast(10);
  let slow = new DiskForecast(10);
  const fastWriter = {};
  let slowWriter = {};
  let left = 1e9;
  const second = (nowS: number, fastBytes: number, slowBytes: number) => {
    left -= 4e6;
    fast.add(use.add(fastWriter, fastBytes), left, nowS * 1_000);
    slow.add(use.add(slowWriter, slowBytes), left, nowS * 1_000);
  };
  for (let s = 0; s <= 20; s++) second(s, s * 3e6, s * 1e6);
  for (const { secondsLeft } of [fast, slow])
    assert.ok(Math.abs((secondsLeft ?? 0) - left / 4e6) < 20, `${secondsLeft}`);
  // Another session counts its bytes from 0.
  slowWriter = {};
  slow = new DiskForecast(10);
  for (let s = 0; s <= 20; s++) second(21 + s, (21 + s) * 3e6, s * 1e6);
  for (const { secondsLeft } of [fast, slow])
    assert.ok(Math.abs((secondsLeft ?? 0) - left / 4e6) < 20, `${secondsLeft}`);
});

test.run();
