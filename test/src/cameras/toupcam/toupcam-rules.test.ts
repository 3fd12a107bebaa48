/** The rules of the Toupcam driver that need no camera. */
import * as assert from 'uvu/assert';
import { patternOfFourCc, rawPixelFormat, shiftedPattern } from '#src/cameras/toupcam/bayer-pattern.js';
import { binnedSize, binningCodeOf, binningOf } from '#src/cameras/toupcam/binning-code.js';
import { largestBlackLevel } from '#src/cameras/toupcam/black-level.js';
import { type DualGain, gainOf, gainScale, sensorGainOf } from '#src/cameras/toupcam/conversion-gain.js';
import { chamberOf, targetRangeOf, tenthsOf } from '#src/cameras/toupcam/cooler-target.js';
import { FrameTimeLimit } from '#src/cameras/toupcam/frame-time-limit.js';
import { LossAccount } from '#src/cameras/toupcam/loss-account.js';
import { RecoveryLadder } from '#src/cameras/toupcam/recovery-ladder.js';
import { brandOfLibrary, toupcamTable } from '#src/cameras/toupcam/toupcam-functions.js';
import { resultInWords } from '#src/cameras/toupcam/toupcam-result.js';
import { test } from '#test/support/test.js';

const ANALOGUE = { least: 100, most: 1000 };
const IMX294: DualGain = { choice: 'Auto', threshold: 900, ratio: 4.5 };

test('above the threshold the sensor reads with high conversion gain, and the analogue gain is divided by the ratio', () => {
  assert.equal(sensorGainOf(899, ANALOGUE, IMX294), { conversion: 'Low', analogue: 899 });
  assert.equal(sensorGainOf(900, ANALOGUE, IMX294), { conversion: 'Low', analogue: 900 });
  assert.equal(sensorGainOf(909, ANALOGUE, IMX294), { conversion: 'High', analogue: 202 });
  assert.equal(sensorGainOf(4500, ANALOGUE, IMX294), { conversion: 'High', analogue: 1000 });
});

test('the scale of gain goes on without a step, over both conversion gains', () => {
  assert.equal(gainScale(ANALOGUE, IMX294), { least: 100, most: 4500 });
  for (let gain = 100; gain <= 4500; gain++) {
    const told = gainOf(sensorGainOf(gain, ANALOGUE, IMX294), IMX294);
    assert.ok(Math.abs(told - gain) <= IMX294.ratio / 2 + 0.5, `${gain} is told as ${told}`);
  }
});

test('high conversion gain is not taken where it alone gives more than was asked for', () => {
  const low = { ...IMX294, threshold: 200 };
  assert.equal(sensorGainOf(300, ANALOGUE, low), { conversion: 'Low', analogue: 300 });
  assert.equal(sensorGainOf(450, ANALOGUE, low), { conversion: 'High', analogue: 100 });
});

test('a gain that low conversion gain cannot give is taken with high conversion gain below the threshold too', () => {
  const high = { ...IMX294, threshold: 3000 };
  assert.equal(sensorGainOf(1800, ANALOGUE, high), { conversion: 'High', analogue: 400 });
});

test('a ratio of 1 ends dual gain, and HDR, low and high override it', () => {
  assert.equal(sensorGainOf(950, ANALOGUE, { ...IMX294, ratio: 1 }), { conversion: 'Low', analogue: 950 });
  for (const choice of ['Low', 'High', 'HDR'] as const) {
    const dual = { ...IMX294, choice };
    assert.equal(sensorGainOf(950, ANALOGUE, dual), { conversion: choice, analogue: 950 });
    assert.equal(gainScale(ANALOGUE, dual), ANALOGUE);
    assert.is(gainOf({ conversion: choice, analogue: 300 }, dual), 300);
  }
});

test('the largest black level is 31 at 8 bit and grows with the depth', () => {
  assert.equal([8, 10, 11, 12, 14, 16].map(largestBlackLevel), [31, 124, 248, 496, 1984, 7936]);
});

test('binning is coded as a number, an average has its bit, and sizes are rounded down to even ones', () => {
  assert.is(binningCodeOf({ factor: 1, mode: 'Average' }), 1);
  assert.is(binningCodeOf({ factor: 3, mode: 'Sum' }), 3);
  assert.is(binningCodeOf({ factor: 4, mode: 'Average' }), 0x84);
  assert.equal(binningOf(0x84, 'Sum'), { factor: 4, mode: 'Average' });
  assert.equal(binningOf(0x42, 'Average'), { factor: 2, mode: 'Sum' });
  assert.equal(binningOf(1, 'Average'), { factor: 1, mode: 'Average' });
  assert.is(binnedSize(4146, 3), 1382);
  assert.is(binnedSize(4144, 3), 1380);
  assert.is(binnedSize(4145, 1), 4145);
});

test('both ends of the cooler range stand in one number, in signed tenths of a degree', () => {
  assert.equal(targetRangeOf((300 << 16) | (-500 & 0xffff)), { leastC: -50, mostC: 30 });
  assert.equal(targetRangeOf((-100 << 16) | (-400 & 0xffff)), { leastC: -40, mostC: -10 });
  assert.equal(targetRangeOf(0), targetRangeOf(null));
  assert.is(tenthsOf(-9.96), -100);
  assert.equal(chamberOf((412 << 16) | (-55 & 0xffff)), { humidityPercent: 41.2, temperatureC: -5.5 });
});

test('a pattern of colours moves with the pixel that the image begins at', () => {
  const fourCc = (text: string): number => Buffer.from(text, 'latin1').readUInt32LE(0);
  assert.is(patternOfFourCc(fourCc('GBRG')), 'GB');
  assert.is(patternOfFourCc(fourCc('RGGB')), 'RG');
  assert.is(patternOfFourCc(fourCc('YYYY')), null);
  assert.is(shiftedPattern('RG', 1, 0), 'GR');
  assert.is(shiftedPattern('RG', 0, 1), 'GB');
  assert.is(shiftedPattern('RG', 1, 1), 'BG');
  assert.is(shiftedPattern('GB', 2, 4), 'GB');
  assert.is(rawPixelFormat('GB', 14).name, 'BayerGB14');
  assert.is(rawPixelFormat(null, 11).name, 'Mono12');
});

test('before anything is measured a frame of 42 MB has its exposure and seconds to come', () => {
  const limitMs = new FrameTimeLimit().limitMs(10, 42e6, { minimumMs: 1000, factor: 0 });
  assert.is(limitMs, 10 + 2000 + 2800);
});

test('once readouts are measured a frame has its exposure and three times what 95 of 100 have taken', () => {
  const limit = new FrameTimeLimit();
  const settings = { minimumMs: 100, factor: 0 };
  for (let frame = 0; frame < 100; frame++) limit.measured(60_000 + (frame % 10 === 0 ? 900 : 400), 60_000);
  assert.is(limit.limitMs(60_000, 42e6, settings), 60_000 + 2700);
  limit.forget();
  for (let frame = 0; frame < 10; frame++) limit.measured(15, 10);
  assert.is(limit.limitMs(10, 42e6, settings), 10 + 100, 'not less than the least');
  assert.is(limit.limitMs(1000, 42e6, { ...settings, factor: 2 }), 3000, 'and as many exposures as were asked for');
});

test('each step of recovery is taken when the one before has not helped, and the camera is given up after the last', () => {
  const ladder = new RecoveryLadder();
  assert.equal(
    [1, 2, 3, 4, 5].map(() => ladder.fail()),
    ['flush', 'restart', 'reopen', 'give-up', 'give-up'],
  );
});

test('a few frames do not begin the steps anew, ten do', () => {
  const ladder = new RecoveryLadder();
  assert.is(ladder.frame(), false);
  assert.is(ladder.fail(), 'flush');
  assert.is(ladder.frame(), true);
  assert.is(ladder.frame(), false);
  assert.is(ladder.fail(), 'restart');
  for (let frame = 0; frame < 10; frame++) ladder.frame();
  assert.is(ladder.fail(), 'flush');
});

test('an error of the camera begins with a restart', () => {
  const ladder = new RecoveryLadder();
  assert.is(ladder.fail('restart'), 'restart');
  assert.is(ladder.fail('restart'), 'reopen');
});

const NONE = { dropped: 0, frontendFull: 0, backendFull: 0 };

/** Frames with these numbers; what comes out. */
const pass = (account: LossAccount, from: number, count: number): (number | null)[] =>
  Array.from({ length: count }, (_, at) => account.passed(from + at));

test('a loss that is a gap in the numbers is not told a second time by the counters', () => {
  const account = new LossAccount(NONE);
  pass(account, 1, 10);
  assert.is(account.counters({ ...NONE, dropped: 3 }), 0);
  pass(account, 14, 10);
  assert.is(account.counters({ ...NONE, dropped: 3 }), 0);
  pass(account, 24, 10);
  assert.is(account.counters({ ...NONE, dropped: 3 }, true), 0);
});

test('what the counters have beyond the gaps is told once, when the queues have passed', () => {
  const account = new LossAccount({ ...NONE, dropped: 7 });
  pass(account, 1, 10);
  const now = { dropped: 9, frontendFull: 2, backendFull: 5 };
  assert.is(account.counters(now), 0, 'the frames behind the loss may still be in the queues');
  pass(account, 11, 4);
  assert.is(account.counters(now), 0);
  pass(account, 15, 4);
  assert.is(account.counters(now), 2);
  pass(account, 19, 20);
  assert.is(account.counters(now), 0);
  assert.is(account.counters(now, true), 0);
});

test('a frame that was not handed on is a gap in the numbers, or is told where there are none', () => {
  const numbered = new LossAccount(NONE);
  pass(numbered, 1, 2);
  assert.is(numbered.kept(3), false);
  assert.is(numbered.passed(4), 4);
  assert.is(numbered.kept(5), false);
  assert.is(numbered.tail(), 1, 'no later frame shows the last one');
  assert.is(new LossAccount(NONE).kept(null), true);
});

test('frames that were kept back do not hide those that the library dropped', () => {
  const account = new LossAccount(NONE);
  pass(account, 1, 2);
  account.kept(3);
  account.passed(4);
  assert.is(account.counters({ ...NONE, dropped: 1 }, true), 1);
});

test('numbers that a camera begins anew go on where they were, and those that go on keep their gap', () => {
  const account = new LossAccount(NONE);
  assert.equal(pass(account, 100, 3), [100, 101, 102]);
  assert.equal(pass(account, 0, 3), [103, 104, 105]);
  assert.is(account.passed(7), 110);
  const wrapping = new LossAccount(NONE);
  assert.equal(pass(wrapping, 0xffff_ffff, 1), [0xffff_ffff]);
  assert.is(wrapping.passed(0), 0);
  assert.is(wrapping.passed(1), 1);
});

test('an exposure that failed is told by its caller, and its number makes no gap', () => {
  const account = new LossAccount(NONE);
  pass(account, 1, 2);
  account.failed({ ...NONE, dropped: 1 });
  assert.is(account.passed(4), 3);
  assert.is(account.counters({ ...NONE, dropped: 1 }, true), 0);
});

test('a frame that was under way when frames ceased is told once: by its number, by the next frame, or at the end', () => {
  const numbered = new LossAccount(NONE);
  pass(numbered, 1, 2);
  numbered.interrupted();
  assert.equal([numbered.passed(4), numbered.untold()], [4, 0]);
  const unnumbered = new LossAccount(NONE);
  pass(unnumbered, 1, 2);
  unnumbered.interrupted();
  unnumbered.interrupted();
  assert.equal([unnumbered.passed(0), unnumbered.untold(), unnumbered.untold()], [3, 1, 0]);
  const silent = new LossAccount(NONE);
  silent.interrupted();
  assert.equal([silent.passed(null), silent.untold(), silent.tail()], [null, 1, 0]);
  silent.interrupted();
  assert.equal([silent.tail(), silent.tail()], [1, 0]);
});

test('counters that begin anew are told up to there, and counted on', () => {
  const account = new LossAccount(NONE);
  pass(account, 1, 10);
  account.counters({ ...NONE, dropped: 5 });
  assert.is(account.counters(NONE), 5);
  assert.is(account.counters({ ...NONE, dropped: 2 }, true), 2);
});

test('results of the library are told by name and in words', () => {
  assert.match(resultInWords(0x8000000a | 0), 'E_PENDING (0x8000000a): no frame is there yet');
  assert.match(resultInWords(0x8001011f | 0), 'E_TIMEOUT');
  assert.match(resultInWords(0x8001010e | 0), 'E_WRONG_THREAD');
  assert.match(resultInWords(0x8000ffff | 0), 'while frames stream');
  assert.match(resultInWords(0x80123456 | 0), '0x80123456');
});

test('the name of a library tells the prefix of its functions', () => {
  assert.is(brandOfLibrary('/opt/altair/libaltaircam.so.1').prefix, 'Altaircam');
  assert.is(brandOfLibrary(null).prefix, 'Toupcam');
  const { functions, fileNames } = toupcamTable(brandOfLibrary('libnncam.so'));
  assert.is(functions.Open.signature, 'void * Nncam_Open(const char *id)');
  assert.is(functions.Stop.signature, 'int Nncam_Stop(void *camera)');
  assert.equal(fileNames, ['libnncam.so']);
});

test.run();
