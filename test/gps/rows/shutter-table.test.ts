import * as assert from 'uvu/assert';
import { publishedShutter } from '#gps/rows/shutter-table.js';
import { test } from '#test/support/test.js';

test('a camera of which nothing is published has no line period, rather than a guess', () => {
  assert.equal(publishedShutter('QHY411M', null)?.linePeriodNs, null);
  assert.is(publishedShutter('QHY411M', null)?.kind, 'rolling');
  assert.is(publishedShutter('Some GigE camera', null), null);
});

test('measurements come with their source, and 2CMS modes read row by row', () => {
  const known = publishedShutter('QHY600M', 'Extended Full Well');
  assert.is(known?.linePeriodNs, 43_194n);
  assert.is(known?.rowZeroEndOffsetNs, 1_974_286n);
  assert.is(known?.rowPairs, true);
  assert.match(known?.source ?? '', 'LAST');
  assert.is(publishedShutter('QHY600M', 'Extended Full Well 2CMS')?.rowPairs, false);
  assert.is(publishedShutter('QHY174GPS', null)?.kind, 'global');
});

test.run();
