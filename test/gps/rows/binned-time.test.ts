import * as assert from 'uvu/assert';
import { utcToTai } from '#gps/clocks/leap-seconds.js';
import { type FrameTime, instantsOf } from '#gps/frame-time.js';
import { parseUtc } from '#gps/instant.js';
import { binnedTime } from '#gps/rows/binned-time.js';
import { rowTime } from '#gps/rows/row-time.js';
import { test } from '#test/support/test.js';

/** A frame of ten rows whose row 0 begins just before an inserted second. */
function frameTime(rowDirection: 'top-down' | 'bottom-up', rowPairs: boolean): FrameTime {
  const startTai = utcToTai(parseUtc('2016-12-31T23:59:59.9999'), false);
  return {
    ...instantsOf(startTai, startTai + 40_000_000n),
    rows: {
      shutter: 'rolling',
      linePeriodNs: 30_000n,
      rowUnit: 'sensor-row',
      rowPairs,
      rowZeroEndOffsetNs: 5_000n,
      firstLine: 8,
      linesPerRow: 2,
      rowDirection,
      rows: 10,
      readoutBoundNs: 50_000_000n,
      origin: 'camera',
    },
    uncertaintyNs: 250n,
    source: 'gps-header',
    grade: 'locked',
    flags: [],
    rawHeader: null,
    sequence: 7,
  };
}

test('a binned row has the time of the row in it that was read first, and row 0 is what the frame tells', () => {
  for (const direction of ['top-down', 'bottom-up'] as const) {
    for (const pairs of [false, true]) {
      const whole = frameTime(direction, pairs);
      for (const factor of [1, 2, 3, 4]) {
        const binned = binnedTime(whole, factor);
        assert.is(binned.rows.rows, Math.floor(10 / factor));
        for (let row = 0; row < binned.rows.rows; row++) {
          const readFirst = direction === 'top-down' ? row * factor : row * factor + factor - 1;
          const { startUtcNs, midUtcNs, endUtcNs, leapSecond, uncertaintyNs } = rowTime(whole, readFirst);
          const name = `${direction} ${pairs} ${factor}: row ${row}`;
          const own = rowTime(binned, row);
          assert.equal([own.startUtcNs, own.midUtcNs, own.endUtcNs], [startUtcNs, midUtcNs, endUtcNs], name);
          assert.equal([own.leapSecond, own.uncertaintyNs], [leapSecond, uncertaintyNs], name);
          if (row === 0) {
            assert.equal([binned.startUtcNs, binned.leapSecond], [startUtcNs, leapSecond], name);
            assert.equal([binned.midUtcNs, binned.endUtcNs], [midUtcNs, endUtcNs], name);
          }
        }
      }
    }
  }
});

test.run();
