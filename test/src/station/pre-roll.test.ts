import * as assert from 'uvu/assert';
import type { FrameResult } from '#src/station/frame-task.js';
import { PreRoll } from '#src/station/pre-roll.js';
import { UntriggeredRun } from '#src/station/untriggered-run.js';
import type { FrameRecord, GapRecord } from '#storage/frame-record.js';
import { randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';
import { sampleRecord } from '../../storage/sample-session.js';

const MS = 1_000_000n;

/** Frame `number` of 1000 a second, from instant 0. */
function result(number: number, startUtcNs = BigInt(number) * MS): FrameResult {
  const sample = sampleRecord(number, 's');
  const record = { ...sample, time: { ...sample.time, startUtcNs, endUtcNs: startUtcNs + MS } };
  return { record, parts: [], headerBytes: 0, dataSum: null, complete: true };
}

function preRoll(preRollMs: number, mostBuffers: number) {
  const kept: FrameRecord[] = [];
  const dropped: FrameRecord[] = [];
  const order: number[] = [];
  const held = new Set<number>();
  let most = 0;
  const roll = new PreRoll({
    preRollNs: BigInt(preRollMs) * MS,
    mostBuffers,
    keep: ({ record }, buffer) => {
      if (buffer !== null) held.delete(buffer);
      kept.push(record);
      order.push(record.frameNumber);
    },
    drop: (record, buffer) => {
      if (buffer !== null) held.delete(buffer);
      dropped.push(record);
      order.push(record.frameNumber);
    },
  });
  const add = (number: number, withBuffer = true) => {
    if (withBuffer) held.add(number);
    roll.add(result(number), withBuffer ? number : null);
    most = Math.max(most, held.size);
  };
  return { roll, add, kept, dropped, order, held, most: () => most };
}

const numbers = (records: readonly FrameRecord[]) => records.map(({ frameNumber }) => frameNumber);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('a trigger keeps what waits, and what comes until its end, without a hole at the seam', () => {
  const { roll, add, kept, dropped } = preRoll(100, 1000);
  for (let number = 1; number <= 500; number++) add(number);
  assert.is(roll.frames, 101, 'those of the pre-roll wait');
  roll.want(400n * MS, 550n * MS);
  for (let number = 501; number <= 900; number++) add(number);
  assert.equal(numbers(kept), range(400, 550));
  roll.end();
  assert.equal(numbers(dropped), [...range(1, 399), ...range(551, 900)]);
});

test('a second trigger within the first one extends it; one behind it finds the frames between still there', () => {
  const overlapping = preRoll(100, 1000);
  for (let number = 1; number <= 1000; number++) {
    overlapping.add(number);
    if (number === 300) overlapping.roll.want(200n * MS, 400n * MS);
    if (number === 380) overlapping.roll.want(280n * MS, 480n * MS);
    if (number === 550) overlapping.roll.want(450n * MS, 650n * MS);
  }
  overlapping.roll.end();
  assert.equal(numbers(overlapping.kept), range(200, 650));
});

test('a span in the future is kept when it comes, and frames between two wanted spans stay out', () => {
  const { roll, add, kept } = preRoll(50, 1000);
  roll.want(300n * MS, 310n * MS);
  for (let number = 1; number <= 200; number++) add(number);
  roll.want(195n * MS, 197n * MS);
  for (let number = 201; number <= 500; number++) add(number);
  assert.equal(numbers(kept), [...range(195, 197), ...range(300, 310)]);
});

test('where the memory is short the oldest leave early, and never more buffers wait than may', () => {
  const { roll, add, kept, most, held } = preRoll(100, 40);
  for (let number = 1; number <= 500; number++) add(number);
  assert.is(roll.frames, 40);
  roll.want(400n * MS, 600n * MS);
  for (let number = 501; number <= 700; number++) add(number);
  assert.equal(numbers(kept), range(461, 600), 'as far back as there was room');
  roll.end();
  assert.ok(most() <= 41);
  assert.is(held.size, 0, 'every buffer came back');
});

test('frames without a record buffer keep their place in the order', () => {
  const { roll, add, order } = preRoll(20, 1000);
  for (let number = 1; number <= 200; number++) add(number, number % 7 !== 0);
  roll.want(190n * MS, 195n * MS);
  roll.end();
  assert.equal(order, range(1, 200));
});

test('any triggers at random: every frame leaves once, in order; what a trigger could reach is kept, and nothing else', () => {
  const random = randomOf(11);
  for (let round = 0; round < 200; round++) {
    const preRollMs = Math.floor(random() * 80);
    const { roll, add, kept, order, held } = preRoll(preRollMs, 1000);
    const spans: (readonly [number, number])[] = [];
    const expected = new Set<number>();
    const frames = 600;
    for (let number = 1; number <= frames; number++) {
      add(number);
      if (random() > 0.02) continue;
      const from = number - Math.floor(random() * (preRollMs + 1));
      const to = number + Math.floor(random() * 60);
      spans.push([from, to]);
      roll.want(BigInt(from) * MS, BigInt(to) * MS);
      for (let wanted = Math.max(1, from); wanted <= Math.min(to, frames); wanted++) expected.add(wanted);
    }
    roll.end();
    assert.equal(order, range(1, frames));
    assert.equal(
      numbers(kept),
      [...expected].sort((a, b) => a - b),
      `round ${round}: ${JSON.stringify(spans)}`,
    );
    assert.is(held.size, 0);
  }
});

test('frames that no trigger wanted are one gap row a run, cut where blocks are missing', () => {
  const gaps: GapRecord[] = [];
  const run = new UntriggeredRun((gap) => gaps.push(gap));
  for (const number of [1, 2, 3, 6, 7]) run.add(result(number).record);
  run.end();
  run.end();
  assert.equal(
    gaps.map(({ cause, frames, firstBlock, lastBlock }) => [cause, frames, firstBlock, lastBlock]),
    [
      ['untriggered', 3, 65_001n, 65_003n],
      ['untriggered', 2, 65_006n, 65_007n],
    ],
  );
});

test.run();
