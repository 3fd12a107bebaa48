import * as assert from 'uvu/assert';
import { lineOffsetNs, lineOfRow, rowModelOf, rowPairsOf } from '#gps/rows/row-model.js';
import { previewIndexOf, rowStartUtcNs } from '#src/servers/web/live/picture-geometry.js';
import {
  histogramOf,
  levelsOf,
  midtones,
  STRETCHES,
  toneOf,
  toneTable,
  transferOf,
} from '#src/servers/web/live/stretch.js';
import { randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';

/** A sky of `median` with noise of `sigma`, and a star in every hundredth pixel. */
function sky(median: number, sigma: number, largest: number): Uint16Array {
  const random = randomOf(7);
  return Uint16Array.from({ length: 40_000 }, (_, i) => {
    if (i % 100 === 0) return Math.floor(random() * largest);
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.min(largest, Math.max(0, Math.round(median + sigma * normal)));
  });
}

test('levels are the median and the noise of the sky, whatever stars there are', () => {
  for (const [bitDepth, median, sigma] of [
    [12, 220, 12],
    [16, 1_500, 90],
  ] as const) {
    const levels = levelsOf(histogramOf(sky(median, sigma, 2 ** bitDepth - 1), bitDepth, 4_096), bitDepth);
    assert.ok(levels !== null && Math.abs(levels.median - median) < sigma / 4, JSON.stringify(levels));
    assert.ok(Math.abs(levels.sigma - sigma) < sigma / 4, JSON.stringify(levels));
    assert.ok(levels.high > median + 10 * sigma);
  }
  assert.is(levelsOf(new Uint32Array(4_096), 12), null);
});

test('every stretch goes from black to white, never falls, and shows the sky as a dark grey', () => {
  const levels = levelsOf(histogramOf(sky(220, 12, 4_095), 12, 4_096), 12);
  for (const stretch of STRETCHES) {
    const transfer = transferOf(stretch, levels, 12);
    const table = toneTable(transfer, 12);
    assert.is(table.length, 4_096);
    assert.is(table[0], 0, stretch);
    assert.is(table[4_095], 255, stretch);
    assert.ok(
      table.every((tone, value) => value === 0 || tone >= (table[value - 1] ?? 0)),
      stretch,
    );
    const grey = toneOf(transfer, 220);
    assert.ok(grey > 0.005 && grey < 0.3, `${stretch}: ${grey}`);
  }
  const auto = transferOf('auto', levels, 12);
  assert.ok(Math.abs(toneOf(auto, levels?.median ?? 0) - 0.14) < 1e-9);
});

test('without levels the whole range is shown, and a picture of one value has a stretch as well', () => {
  assert.equal(transferOf('auto', null, 16), { black: 0, white: 65_535, curve: 'linear', bend: 1 });
  for (const value of [0, 200, 4_095]) {
    const levels = levelsOf(histogramOf(new Uint16Array(100).fill(value), 12, 4_096), 12);
    for (const stretch of STRETCHES) {
      const { black, white, bend } = transferOf(stretch, levels, 12);
      assert.ok(black >= 0 && white > black && Number.isFinite(bend) && bend > 0, `${stretch} of ${value}`);
      assert.ok(Number.isFinite(toneOf(transferOf(stretch, levels, 12), value)));
    }
  }
});

test('the midtones curve answers its own question', () => {
  for (const [x, y] of [
    [0.01, 0.14],
    [0.3, 0.5],
    [0.9, 0.2],
  ] as const) {
    assert.ok(Math.abs(midtones(midtones(y, x), x) - y) < 1e-12);
  }
});

test('the preview pixel behind a pixel is that whose box holds it', () => {
  for (const [full, reduced] of [
    [4_788, 960],
    [1_200, 600],
    [1_000, 1_000],
    [7, 3],
  ] as const) {
    for (let box = 0; box < reduced; box++) {
      const first = Math.floor((box * full) / reduced);
      const next = Math.floor(((box + 1) * full) / reduced);
      for (const at of [first, next - 1]) assert.is(previewIndexOf(at, full, reduced), box);
    }
  }
});

test('a row has its share of the way from the first row to the last, to the nanosecond', () => {
  const start = 1_795_834_800_123_456_789n;
  assert.is(rowStartUtcNs(start, 7_900_000n, 0, 80), start);
  assert.is(rowStartUtcNs(start, 7_900_000n, 79, 80), start + 7_900_000n);
  assert.is(rowStartUtcNs(start, 7_900_000n, 1, 80), start + 100_000n);
  assert.is(rowStartUtcNs(start, -7_900_000n, 2, 80), start - 200_000n);
  assert.is(rowStartUtcNs(start, 0n, 0, 1), start);
});

test('the time of each row is that of the row model, also where lines are read in pairs', () => {
  const start = 1_795_834_800_123_456_789n;
  for (const rowPairs of [false, true])
    for (const offsetY of [0, 7])
      for (const [binning, binningBy] of [
        [1, 'nobody'],
        [2, 'software'],
        [3, 'software'],
        [3, 'chip'],
      ] as const)
        for (const rowDirection of ['top-down', 'bottom-up'] as const)
          for (const rows of [1, 2, 41]) {
            const shutter = {
              kind: 'rolling',
              linePeriodNs: 92_900n,
              rowZeroEndOffsetNs: 1_974_300n,
              rowPairs,
            } as const;
            const model = rowModelOf(shutter, 'rolling', { offsetY, rows, binning, binningBy, rowDirection }, null);
            const offset = (row: number) =>
              lineOffsetNs(model, lineOfRow(model, row)) - lineOffsetNs(model, lineOfRow(model, 0));
            for (let row = 0; row < rows; row++) {
              assert.is(rowStartUtcNs(start, offset(rows - 1), row, rows, rowPairsOf(model)), start + offset(row));
            }
          }
});

test.run();
