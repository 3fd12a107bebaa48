import * as assert from 'uvu/assert';
import { previewRowStart, previewShape } from '#pipeline/kernels/preview.js';
import { BAND_PIXELS, planBands, tilePixels, tileRows } from '#pipeline/stages/band-plan.js';
import { test } from '#test/support/test.js';

const SHAPES: readonly (readonly [number, number])[] = [
  [1, 1],
  [320, 240],
  [4768, 3582],
  [11760, 8896],
  [14304, 10748],
  [70_000, 130],
  [1, 20_000_000],
];

test('bands follow one another and hold every row once, of any shape', () => {
  for (const [width, height] of SHAPES) {
    for (const preview of [0, Math.min(width, 960), Math.min(width, 7)]) {
      const bands = planBands(width, height, preview);
      let row = 0;
      for (const band of bands) {
        assert.is(band.firstRow, row);
        assert.ok(band.rows > 0);
        row += band.rows;
      }
      assert.is(row, height, `${width} x ${height}, preview ${preview}`);
    }
  }
});

test('a large frame has several bands, none much larger than asked for, a small one has one', () => {
  assert.is(planBands(320, 240, 0).length, 1);
  assert.is(planBands(4768, 3582, 960).length, 2);
  const bands = planBands(14304, 10748, 960);
  assert.is(bands.length, 18);
  for (const { rows } of bands) assert.ok(rows * 14304 < 1.2 * BAND_PIXELS);
});

test('with a preview every band begins where a row of it begins', () => {
  for (const [width, height] of SHAPES.filter(([, rows]) => rows < 1e6)) {
    const columns = Math.min(width, 960);
    const shape = previewShape(width, height, columns);
    const starts = new Set<number>();
    for (let row = 0; row < shape.height; row++) starts.add(previewRowStart(height, shape.height, row));
    for (const { firstRow } of planBands(width, height, columns)) assert.ok(starts.has(firstRow));
  }
});

test('a tile holds whole rows, at least one', () => {
  assert.is(tileRows(320), 409);
  assert.is(tileRows(14304), 9);
  assert.is(tileRows(140_000), 1);
  assert.is(tilePixels(140_000), 140_000);
});

test.run();
