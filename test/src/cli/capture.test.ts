import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readHdus } from '#storage/fits/reader.js';
import { INDEX_FILE } from '#storage/index/index-file.js';
import { IndexReader } from '#storage/index/queries.js';
import { appulse, withFolder } from '#test/support/appulse.js';
import { suite } from '#test/support/test.js';

const test = suite('capture', 120_000);

const capture = (folder: string, ...args: string[]) =>
  appulse([
    ...['capture', '--json', '--camera', 'sim:tiny?fps=50', '--data', join(folder, 'data')],
    ...['--output', join(folder, 'out'), ...args],
  ]);

test('frames become files by pattern, the counter goes on, and the index knows them', async () => {
  await withFolder(async (folder) => {
    const pattern = '{object}_{type}_{exposure}_{counter:4}';
    const first = await capture(
      folder,
      ...['--count', '2', '--frame-type', 'dark', '--exposure', '2ms', '--gain', '3', '--pattern', pattern],
      ...['--object', 'M 42'],
    );
    assert.is(first.code, 0, first.stderr);
    writeFileSync(join(folder, 'out', 'M-42_flat_1s_0007.fits'), 'mine');
    const second = await capture(folder, '--count', '1', '--pattern', pattern, '--object', 'M 42');
    assert.is(second.code, 0, second.stderr);
    assert.equal(
      readdirSync(join(folder, 'out'))
        .filter((name) => name.endsWith('.fits'))
        .sort(),
      [
        'M-42_dark_0.002s_0001.fits',
        'M-42_dark_0.002s_0002.fits',
        'M-42_flat_1s_0007.fits',
        'M-42_light_0.0005s_0008.fits',
      ],
    );
    const { hdus } = readHdus(join(folder, 'out', 'M-42_dark_0.002s_0001.fits'));
    const cards = hdus[0]?.cards;
    assert.match(String(cards?.get('IMAGETYP')), /dark/i);
    assert.is(cards?.get('EXPTIME'), 0.002);
    assert.is(cards?.get('GAIN'), 3);
    const index = new IndexReader(join(folder, 'data', INDEX_FILE));
    try {
      assert.is(index.countFrames({ frameType: 'dark' }), 2);
      assert.is(index.countFrames({ frameType: 'light' }), 1);
    } finally {
      index.close();
    }
  });
});

test('a pattern with a field that is none is refused before anything is opened', async () => {
  await withFolder(async (folder) => {
    const ended = await capture(folder, '--pattern', '{objekt}_{counter}');
    assert.is(ended.code, 2);
    const { error } = ended.json as { error: { code: string; message: string } };
    assert.is(error.code, 'usage.pattern');
    assert.match(error.message, /there is no field objekt; there are camera, session, object/);
    assert.equal(readdirSync(folder), []);
  });
});

test('frames are taken at once where the settings say that recordings wait for a trigger', async () => {
  await withFolder(async (folder) => {
    const config = join(folder, 'appulse.toml');
    writeFileSync(config, '[recording]\ntrigger = true\n');
    const ended = await capture(folder, '--config', config, '--count', '1');
    assert.ok(ended.code === 0 || ended.code === 3, ended.stderr);
    assert.is(readdirSync(join(folder, 'out')).filter((name) => name.endsWith('.fits')).length, 1);
  });
});

test('several frames under one name, and a file as the folder, are refused before anything is opened', async () => {
  await withFolder(async (folder) => {
    const same = await capture(folder, '--count', '2', '--pattern', '{object}_dark');
    assert.is(same.code, 2);
    assert.match((same.json as { error: { message: string } }).error.message, /gives several frames one name: put/);
    writeFileSync(join(folder, 'out'), 'mine');
    const file = await capture(folder);
    assert.is(file.code, 2);
    assert.match((file.json as { error: { message: string } }).error.message, /is a file/);
    assert.equal(readdirSync(folder), ['out']);
  });
});

test('a file that is there is not overwritten, and the frame stays in the index', async () => {
  await withFolder(async (folder) => {
    assert.is((await capture(folder, '--pattern', 'same')).code, 0);
    const ended = await capture(folder, '--pattern', 'same');
    assert.is(ended.code, 1);
    assert.is((ended.json as { error: { code: string } }).error.code, 'export.exists');
    const index = new IndexReader(join(folder, 'data', INDEX_FILE));
    try {
      assert.is(index.countFrames(), 2);
    } finally {
      index.close();
    }
  });
});

test.run();
