import * as assert from 'uvu/assert';
import { parseTriggerRule } from '#src/config/trigger-rule.js';
import { UsageError } from '#src/config/usage-error.js';
import { RuleJudge, RunningMedian } from '#src/station/rule-judge.js';
import type { FrameStatistics } from '#storage/frame-record.js';
import { randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';

const bright = (changes: Partial<FrameStatistics>): FrameStatistics => ({
  min: 0,
  max: 100,
  mean: 50,
  stddev: 3,
  median: null,
  saturated: 0,
  ...changes,
});

test('rules are read, and what is none is refused in words', () => {
  assert.equal(parseTriggerRule(' mean > 1.5x'), {
    text: 'mean > 1.5x',
    quantity: 'mean',
    relation: '>',
    value: 1.5,
    relative: true,
  });
  assert.is(parseTriggerRule('saturated>100').relative, false);
  for (const text of [
    '',
    'max',
    'max>',
    'max>=3',
    'flux>3',
    'max>-3',
    'max>3y',
    'max>3x3',
    'MAX>3',
    `max>${'9'.repeat(400)}`,
  ]) {
    assert.throws(
      () => parseTriggerRule(text),
      (error: Error) => error instanceof UsageError && /is not a rule/.test(error.message),
    );
  }
});

test('an absolute rule holds where the value passes it; a frame without the value says nothing', () => {
  const judge = new RuleJudge(parseTriggerRule('max>60000'));
  assert.is(judge.holds(bright({ max: 60_000 })), false);
  assert.is(judge.holds(bright({ max: 60_001 })), true);
  assert.is(judge.holds(null), false);
  assert.is(new RuleJudge(parseTriggerRule('median<10')).holds(bright({})), false);
  assert.is(new RuleJudge(parseTriggerRule('median<10')).holds(bright({ median: 9 })), true);
});

test('a relative rule goes by the median of the frames before, of which there must be some', () => {
  const judge = new RuleJudge(parseTriggerRule('mean>1.5x'));
  assert.is(judge.holds(bright({ mean: 1e9 })), false, 'nothing to compare with');
  for (let i = 0; i < 20; i++) assert.is(judge.holds(bright({ mean: 50 + (i % 3) })), false);
  assert.is(judge.holds(bright({ mean: 80 })), true);
  assert.is(judge.holds(bright({ mean: 60 })), false);
});

test('the running median is that of the last frames, for random values with many alike', () => {
  const random = randomOf(3);
  for (const frames of [1, 2, 7, 101]) {
    const running = new RunningMedian(frames);
    const last: number[] = [];
    for (let i = 0; i < 1000; i++) {
      const value = Math.floor(random() * 20);
      running.add(value);
      last.push(value);
      if (last.length > frames) last.shift();
      const sorted = last.toSorted((a, b) => a - b);
      assert.is(running.median, sorted[sorted.length >> 1]);
      assert.is(running.count, last.length);
    }
  }
});

test.run();
