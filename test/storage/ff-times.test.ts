import * as assert from 'uvu/assert';
import { formatUtc, parseUtc } from '#gps/instant.js';
import { test } from '#test/support/test.js';
import { rmsFf } from './rms-ff.js';
import { errorOf, fuzz, readBytes, readFile, writeBytes } from './time-reading.js';

const NAME = 'FF_XX0001_20260814_000000_250_0001280.fits';

test('an FF file of RMS gives its first frame, by DATE-OBS or by its name, of the host clock', () => {
  const { format, frames } = readBytes(rmsFf({ date: '2026-08-14T00:00:00.250123' }), NAME);
  assert.is(format, 'rms-ff');
  assert.is(frames.length, 1);
  const [time] = frames[0]?.times ?? [];
  assert.is(formatUtc(time?.startUtcNs ?? 0n, 6), '2026-08-14T00:00:00.250123');
  assert.is(time?.exposureNs, 10_240_000_000n);
  assert.is(time?.grade, 'coarse');
  assert.is(time?.source, 'host-clock');
  assert.is(time?.uncertaintyNs, null);
  assert.is(time?.sequence, 1280);
  const [named] = readBytes(rmsFf(), NAME).frames[0]?.times ?? [];
  assert.is(formatUtc(named?.startUtcNs ?? 0n, 3), '2026-08-14T00:00:00.250');
  assert.match(named?.reasons.join() ?? '', 'of the name');
  assert.match(
    readBytes(rmsFf({ date: '2026-08-14T00:00:05' }), NAME).frames[0]?.times[0]?.reasons.join() ?? '',
    'the name says another time',
  );
  assert.equal(readBytes(rmsFf(), 'renamed.fits').frames[0]?.times, []);
});

function cams(version: 1 | 2): Buffer {
  const words = version === 2 ? [6, 8, 256, 3, 499, 0, 0, 25_000] : [6, 8, 8, 3, 499];
  const header = Buffer.alloc((version === 2 ? 4 : 0) + 4 * words.length);
  if (version === 2) header.writeInt32LE(-1);
  for (const [i, word] of words.entries()) header.writeUInt32LE(word, (version === 2 ? 4 : 0) + 4 * i);
  return Buffer.concat([header, Buffer.alloc(4 * 48)]);
}

test('FF files of CAMS, both versions, give the time of their name', () => {
  const name = 'FF499_20110814_000000_250_0000003.bin';
  for (const version of [1, 2] as const) {
    const { format, frames } = readBytes(cams(version), name);
    assert.is(format, 'cams-ff');
    const [time] = frames[0]?.times ?? [];
    assert.is(formatUtc(time?.startUtcNs ?? 0n, 3), '2011-08-14T00:00:00.250');
    assert.is(time?.exposureNs, version === 2 ? 10_240_000_000n : null);
    assert.is(time?.sequence, 3);
    assert.is(time?.grade, 'coarse');
  }
});

const FIRST = parseUtc('2026-08-14T00:00:00.25');

function ft(count: number, changes: Record<number, number> = {}): Buffer {
  const bytes = Buffer.alloc(4 + 12 * count);
  bytes.writeUInt32LE(count);
  for (let i = 0; i < count; i++) {
    bytes.writeUInt32LE(1280 + i, 4 + 12 * i);
    bytes.writeDoubleLE(changes[i] ?? Number(FIRST / 1_000_000n) / 1000 + i * 0.04, 8 + 12 * i);
  }
  return bytes;
}

test('an FT file gives a time for each frame, to the step of its doubles', () => {
  const { format, frames, notes } = readBytes(ft(5000), 'FT_XX0001.bin');
  assert.is(format, 'rms-ft');
  assert.is(frames.length, 5000);
  assert.equal(notes, []);
  for (const [i, { times }] of frames.entries()) {
    const apart = (times[0]?.startUtcNs ?? 0n) - (FIRST + BigInt(i) * 40_000_000n);
    assert.ok(apart < 300n && apart > -300n);
    assert.is(times[0]?.sequence, 1280 + i);
  }
});

test('an FT file that is short, or whose times are none or go back, says so', () => {
  const short = readBytes(ft(10).subarray(0, 4 + 12 * 7 + 5));
  assert.is(short.frames.length, 7);
  assert.match(short.notes.join(), '10 times are counted, the file holds 7');
  const { frames } = readBytes(ft(5, { 1: Number.NaN, 2: -1, 3: 1e300 }));
  assert.equal(
    [1, 2, 3].map((i) => frames[i]?.times.length),
    [0, 0, 0],
  );
  assert.is(frames[4]?.times[0]?.grade, 'coarse');
  assert.is(readBytes(ft(3, { 2: 1_786_000_000 })).frames[2]?.times[0]?.grade, 'untrusted');
});

test('other files, and folders, are refused with what they are', () => {
  for (const [bytes, text] of [
    [Buffer.from('RAVF and more of it, which is not read'), 'RAVF is not read'],
    [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0]), 'compressed by gzip'],
    [Buffer.from('RIFF....AVI LIST'), 'AVI'],
    [Buffer.from('a text of some length that is no video at all'), 'no format that is known'],
    [Buffer.alloc(0), 'the file is empty'],
  ] as const) {
    assert.match(errorOf(bytes)?.message ?? '', text);
  }
  assert.throws(() => readFile('/'), 'no regular file');
  assert.throws(() => readFile(`${writeBytes(Buffer.alloc(1))}.no`), 'ENOENT');
});

test('whatever is cut or changed, reading ends with times or an error of ours', () => {
  fuzz(rmsFf({ date: '2026-08-14T00:00:00.250123' }), 31, 500);
  fuzz(cams(1), 32, 1000);
  fuzz(cams(2), 33, 1000);
  fuzz(ft(20), 34, 1000);
});

test.run();
