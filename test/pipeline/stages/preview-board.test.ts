import * as assert from 'uvu/assert';
import type { FrameTime } from '#gps/frame-time.js';
import { PreviewBoard } from '#pipeline/stages/preview-board.js';
import { test } from '#test/support/test.js';

function publish(board: PreviewBoard, frame: number): void {
  const place = board.place(board.next());
  place.mean.fill(frame);
  place.maximum.fill(frame + 1);
  place.histogram[7] = frame;
  board.publish(frame, timeOf(frame), BigInt(frame) * 1_000_000_007n);
}

/** A rolling shutter of 50 rows, 20 us a row, that is read from the bottom. */
function timeOf(frame: number): FrameTime {
  const startUtcNs = BigInt(frame) * 1_000_000_000n;
  return {
    startUtcNs,
    midUtcNs: startUtcNs + 500_000n,
    endUtcNs: startUtcNs + 1_000_000n,
    leapSecond: true,
    midLeapSecond: false,
    endLeapSecond: false,
    exposureNs: 1_000_000n,
    rows: {
      shutter: 'rolling',
      linePeriodNs: 20_000n,
      rowUnit: 'sensor-row',
      rowPairs: false,
      rowZeroEndOffsetNs: 0n,
      firstLine: 10,
      linesPerRow: 1,
      rowDirection: 'bottom-up',
      rows: 50,
      readoutBoundNs: 1_000_000n,
      origin: 'camera',
    },
    uncertaintyNs: 120n,
    source: 'ptp',
    grade: 'holdover',
    flags: [],
    rawHeader: null,
    sequence: null,
  };
}

test('the newest preview is read, as a copy that later ones do not change', () => {
  const own = PreviewBoard.create(1000, 500, 100, 12);
  const reader = PreviewBoard.attach(own.handle);
  assert.is(reader.read(), null);
  publish(own, 1);
  const first = reader.read();
  assert.is(first?.width, 100);
  assert.is(first?.height, 50);
  for (let frame = 2; frame < 9; frame++) {
    publish(own, frame);
    const newest = reader.read();
    assert.is(newest?.frameNumber, frame);
    assert.equal(newest?.time, {
      startUtcNs: BigInt(frame) * 1_000_000_000n,
      leapSecond: true,
      exposureNs: 1_000_000n,
      uncertaintyNs: 120n,
      grade: 'holdover',
      source: 'ptp',
      lastRowOffsetNs: -980_000n,
      rowPairs: null,
    });
    assert.is(newest?.lastPacketUtcNs, BigInt(frame) * 1_000_000_007n);
    assert.is(newest?.mean.at(-1), frame);
    assert.is(newest?.maximum[0], frame + 1);
    assert.is(newest?.histogram[7], frame);
  }
  assert.is(first?.mean[0], 1);
});

test('a preview that is being made is not seen before it is published', () => {
  const board = PreviewBoard.create(10, 10, 10, 8);
  publish(board, 1);
  board.place(board.next()).mean.fill(99);
  assert.is(board.read()?.mean[0], 1);
});

test('what is read in pairs is told with the time', () => {
  const board = PreviewBoard.create(10, 10, 10, 8);
  const time = timeOf(1);
  board.publish(1, { ...time, rows: { ...time.rows, rowPairs: true, firstLine: 7 } }, 0n);
  assert.equal(board.read()?.time.rowPairs, { firstLineIsOdd: true, linesPerRow: 1 });
  assert.is(board.read()?.time.leapSecond, true);
});

test('who waits for another preview hears of it, and of one that has come already', async () => {
  const own = PreviewBoard.create(10, 10, 10, 8);
  const reader = PreviewBoard.attach(own.handle);
  const first = reader.changed(0);
  publish(own, 1);
  await first;
  assert.is(reader.count, 1);
  await reader.changed(0);
  const second = reader.changed(1);
  reader.release();
  await second;
  assert.is(reader.count, 1);
});

test('a preview that is asked for is asked for once, however many ask', () => {
  const own = PreviewBoard.create(10, 10, 10, 8);
  const reader = PreviewBoard.attach(own.handle);
  assert.is(own.takeAsked(), false);
  reader.ask();
  reader.ask();
  assert.is(own.takeAsked(), true);
  assert.is(own.takeAsked(), false);
});

test.run();
