/** Stills with cooler and filter wheel, and the measurements of banding, through the program on the double of QHY's library. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readHdus } from '#storage/fits/reader.js';
import { appulse, withFolder } from '#test/support/appulse.js';
import type { DoubleTruth } from '#test/support/qhy-double.js';
import { suite } from '#test/support/test.js';

const test = suite('stills', 120_000);
const small = ['--set', 'Width=512', '--set', 'Height=256', '--sdk-doubles', '--camera', 'qhy:', '--json'];

test('capture cools, waits, and goes through the filters in the camera mode for single frames', async () => {
  await withFolder(async (folder) => {
    const truth = join(folder, 'truth.ndjson');
    const words = `models=qhy174gps;truth=${truth};power=${join(folder, 'power')};hurry=60;init-ms=0;scan-ms=1;misuse=abort`;
    const ended = await appulse(
      [
        ...['capture', ...small, '--memory', '128MiB', '--preview-width', '0', '--set', 'GpsHeader=true'],
        ...['--cool', '-10', '--filters', '1=L,3=G', '--exposure', '50ms', '--frames', '2'],
        ...['--data', join(folder, 'data'), '--output', join(folder, 'out'), '--pattern', '{filter}_{counter:4}'],
      ],
      { limitMs: 100_000, env: { APPULSE_QHY_DOUBLE: words } },
    );
    assert.is(ended.code, 0, ended.stderr);
    assert.match(ended.stderr, /this is no camera: a double stands in for QHY's library/);
    const names = ['G_0003.fits', 'G_0004.fits', 'L_0001.fits', 'L_0002.fits'];
    assert.equal(readdirSync(join(folder, 'out')).sort(), names);
    const { hdus } = readHdus(join(folder, 'out', 'G_0003.fits'));
    assert.ok(Math.abs(Number(hdus[0]?.cards.get('CCD-TEMP')) + 10) <= 0.6);
    const lines = readFileSync(truth, 'utf8').trimEnd().split('\n');
    const frames = lines.map((line) => JSON.parse(line) as Partial<DoubleTruth>);
    const taken = frames.filter(({ delivered }) => delivered === true);
    // The first frame of single mode counts: none is skipped. A third may have been under way when there were enough.
    assert.equal([...new Set(taken.map(({ filter }) => filter))], [0, 2]);
    assert.is(taken[0]?.sequence, 1);
    assert.ok(taken.every(({ temperature = 99 }) => Math.abs(temperature + 10) <= 0.6));
  });
});

test('calibrate traffic finds the values with bands, and leaves the camera as it was', async () => {
  await withFolder(async (folder) => {
    const words = `models=qhy411;light=0;scan-ms=1;init-ms=0;power=${join(folder, 'power')}`;
    const ended = await appulse(['calibrate', 'traffic', ...small, '--values', '0,15,60', '--frames', '4'], {
      limitMs: 100_000,
      env: { APPULSE_QHY_DOUBLE: words },
    });
    assert.is(ended.code, 0, ended.stderr);
    const { recommended, measurements } = ended.json as {
      recommended: number;
      measurements: { bandingAdu: number; periodRows: number | null }[];
    };
    // Which of the two without bands gives more frames a second is a matter of the machine.
    assert.ok(recommended === 0 || recommended === 60, String(recommended));
    // A sine of 60 ADU.
    assert.ok(Math.abs((measurements[1]?.bandingAdu ?? 0) - 42.4) < 4, String(measurements[1]?.bandingAdu));
    assert.ok(Math.abs((measurements[1]?.periodRows ?? 0) - 64) < 1);
    assert.ok([0, 2].every((i) => (measurements[i]?.bandingAdu ?? 99) < 2));
  });
});

test('filters, temperatures and frames that cannot be are refused before anything is opened', async () => {
  const of = async (...args: string[]) => {
    const ended = await appulse([...args, ...small]);
    assert.is(ended.code, 2, ended.stderr);
    return (ended.json as { error: { code: string } }).error.code;
  };
  assert.is(await of('capture', '--filters', '0,1', '--output', '/nowhere'), 'usage.filters');
  assert.is(await of('calibrate', 'dark', '--temperatures', 'cold'), 'usage.temperatures');
  assert.is(await of('calibrate', 'traffic', '--values', '1,,2'), 'usage.values');
});

test.run();
