import * as assert from 'uvu/assert';
import { FrameWorkspaces, medianOf } from '#pipeline/stages/frame-workspace.js';
import { HISTOGRAM_BINS } from '#pipeline/stages/steps.js';
import { test } from '#test/support/test.js';

const SUMS = {
  count: 153_700_000,
  min: 0,
  max: 65_535,
  sum: 153_700_000n * 65_535n,
  // More than a signed 64-bit number holds.
  sumOfSquares: 2n ** 63n + 12_345n,
  saturated: 153_700_000,
};

test('what one band leaves, another thread reads, beside other bands and frames', () => {
  const own = FrameWorkspaces.create({ count: 3, bands: 4, rows: 10 });
  const other = FrameWorkspaces.attach(own.handle);
  for (let frame = 0; frame < 3; frame++) {
    const workspace = own.at(frame);
    workspace.begin(4);
    for (let band = 0; band < 4; band++) {
      workspace.keep(band, { ...SUMS, min: 10 * frame + band }, 4_000_000_000 + band, 4_100_000_000 + band);
      workspace.histogram(band).fill(frame * 4 + band);
    }
    workspace.rowBytes.fill(frame);
  }
  for (let frame = 0; frame < 3; frame++) {
    const workspace = other.at(frame);
    for (let band = 0; band < 4; band++) {
      assert.equal(workspace.sums(band), { ...SUMS, min: 10 * frame + band });
      assert.is(workspace.encodedBytes(band), 4_000_000_000 + band);
      assert.is(workspace.dataSum(band), 4_100_000_000 + band);
    }
    assert.equal([...workspace.rowBytes], new Array(10).fill(frame));
    // Eight lanes of four bands.
    assert.is(workspace.wholeHistogram(4)[HISTOGRAM_BINS - 1], 8 * (4 * (frame * 4) + 6));
  }
});

test('exactly one band is the last, whichever it is', () => {
  const workspace = FrameWorkspaces.create({ count: 1, bands: 3, rows: 1 }).at(0);
  for (let frame = 0; frame < 2; frame++) {
    workspace.begin(3);
    assert.equal([workspace.end(), workspace.end(), workspace.end()], [false, false, true]);
  }
  assert.throws(() => workspace.begin(4), 'room for 3');
});

test('the median is the middle of the bin in which half of the pixels are reached', () => {
  const histogram = new Uint32Array(HISTOGRAM_BINS);
  assert.is(medianOf(histogram, 0), null);
  histogram[100] = 5;
  histogram[200] = 4;
  assert.is(medianOf(histogram, 0), 100);
  assert.is(medianOf(histogram, 4), 1607.5);
  histogram[300] = 3;
  assert.is(medianOf(histogram, 0), 200);
});

test.run();
