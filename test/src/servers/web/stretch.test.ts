import * as assert from 'uvu/assert';
import { lineOffsetNs, lineOfRow, rowModelOf, rowPairsOf } from '#gps/rows/row-model.js';
import { previewIndexOf, rowStartUtcNs } from '#src/servers/web/live/picture-geometry.js';
import {
  histogramOf,
  levelsOf,
  levelsOfPixels,
  midtones,
  STRETCHES,
  steadyLevels,
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
    const transfer = transferOf({ stretch }, levels, 12);
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
  const auto = transferOf({ stretch: 'auto' }, levels, 12);
  assert.ok(Math.abs(toneOf(auto, levels?.median ?? 0) - 0.2) < 1e-9);
});

test('without levels the whole range is shown, and a picture of one value has a stretch as well', () => {
  assert.equal(transferOf({ stretch: 'auto' }, null, 16), { black: 0, white: 65_535, curve: 'linear', bend: 1 });
  for (const value of [0, 200, 4_095]) {
    const levels = levelsOf(histogramOf(new Uint16Array(100).fill(value), 12, 4_096), 12);
    for (const stretch of STRETCHES) {
      const { black, white, bend } = transferOf({ stretch }, levels, 12);
      assert.ok(black >= 0 && white > black && Number.isFinite(bend) && bend > 0, `${stretch} of ${value}`);
      assert.ok(Number.isFinite(toneOf(transferOf({ stretch }, levels, 12), value)));
    }
  }
});

/** Depth, sky, noise: previews of the simulator's cameras, a deep one, one of 8 bits, a dark frame, true pixels. */
const SKIES = [
  [12, 120, 0.55],
  [12, 120, 2.7],
  [16, 530, 2],
  [16, 30_000, 170],
  [14, 900, 8],
  [8, 12, 1.2],
  [12, 3, 0.8],
] as const;

test('in the auto stretch the sky is a dark grey, its noise is seen faintly, and faint stars stand out, whatever the camera', () => {
  for (const [bitDepth, median, sigma] of SKIES) {
    const largest = 2 ** bitDepth - 1;
    const levels = levelsOfPixels(sky(median, sigma, largest), bitDepth);
    const transfer = transferOf({ stretch: 'auto' }, levels, bitDepth);
    const grey = (sigmas: number) => toneOf(transfer, median + sigmas * sigma);
    const told = `${bitDepth} bits, ${median}: ${[-2, 0, 1, 5, 20].map((each) => grey(each).toFixed(2))}`;
    assert.ok(grey(0) > 0.1 && grey(0) < 0.26, told);
    assert.ok(grey(1) - grey(-1) > 0.03 && grey(1) < 0.4, told);
    assert.ok(grey(5) - grey(0) > 0.15, told);
    assert.ok(grey(20) > 0.5, told);
    assert.is(toneTable(transfer, bitDepth).at(-1), 255, told);
  }
});

test('pictures that are bright, saturated or black are shown as what they are', () => {
  const auto = (pixels: Uint16Array) => transferOf({ stretch: 'auto' }, levelsOfPixels(pixels, 12), 12);
  assert.is(toneTable(auto(new Uint16Array(1_000).fill(4_095)), 12).at(-1), 255);
  assert.is(toneTable(auto(new Uint16Array(1_000)), 12)[0], 0);
  // A day: from dark to bright evenly, and beyond that most of it saturated.
  const day = Uint16Array.from({ length: 8_192 }, (_, i) => Math.min(4_095, i));
  const shown = auto(day);
  for (const value of [1_000, 2_000, 3_000]) {
    const grey = toneOf(shown, value);
    assert.ok(grey > 0.1 && grey < 0.9, `${value} is shown as ${grey}`);
  }
  assert.is(toneTable(shown, 12).at(-1), 255);
});

test('black and white that are given are kept, and the curve is bent between them', () => {
  const levels = levelsOfPixels(sky(220, 12, 4_095), 12);
  for (const stretch of STRETCHES) {
    const given = transferOf({ stretch, black: 100, white: 1_000 }, levels, 12);
    assert.equal([given.black, given.white], [100, 1_000], stretch);
    const { black, white } = transferOf({ stretch, black: 4_095 }, levels, 12);
    assert.ok(black === 4_095 && white > black, stretch);
    const dark = transferOf({ stretch, white: 3 }, levels, 12);
    assert.ok(dark.white === 3 && dark.black < 3, stretch);
  }
});

test('levels stay while what differs is the noise of the picture, and follow when the sky changes', () => {
  const first = levelsOfPixels(sky(220, 12, 4_095), 12);
  assert.ok(first !== null);
  const near = { ...first, median: first.median + 1, sigma: first.sigma * 1.05 };
  assert.is(steadyLevels(first, near), first);
  for (const other of [
    { ...first, median: first.median + 6 },
    { ...first, sigma: first.sigma * 2 },
    { ...first, high: first.high * 2 },
  ]) {
    assert.is(steadyLevels(first, other), other);
  }
  assert.is(steadyLevels(first, null), null);
  assert.is(steadyLevels(null, first), first);
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
