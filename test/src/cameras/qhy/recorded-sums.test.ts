/** Frames of 32 bit of the double of QHY's library, recorded behind the bridge and in process. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { SessionSummary } from '#src/station/messages.js';
import { frameRecordOf } from '#storage/fits/frame-header.js';
import { readHdus, readPixels } from '#storage/fits/reader.js';
import { appulse, withFolder } from '#test/support/appulse.js';
import { type DoubleTruth, expectedPixel } from '#test/support/qhy-double.js';
import { suite } from '#test/support/test.js';

const test = suite('recorded-sums', 120_000);

/** Records `frames` frames of a double that is `model`; the rest as the tests below say. */
async function recorded(folder: string, model: string, frames: number, words: readonly string[]) {
  const truth = join(folder, 'truth.ndjson');
  const env = { APPULSE_QHY_DOUBLE: `models=${model};fps=20;hot=0;truth=${truth}` };
  const ended = await appulse(
    [
      ...['record', '--json', '--sdk-doubles', '--camera', 'qhy:', '--data', join(folder, 'data')],
      ...['--frames', String(frames), ...words],
    ],
    { env, limitMs: 100_000 },
  );
  assert.is(ended.code, 0, ended.stderr);
  const truths = readFileSync(truth, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"sequence"'))
    .map((line) => JSON.parse(line) as DoubleTruth);
  return { summary: ended.json as SessionSummary, said: ended.stderr, truths };
}

for (const { way, model, binning, bitDepth, words } of [
  { way: 'behind the bridge', model: 'qhy174gpsc', binning: 2, bitDepth: 18, words: ['--format', 'fits-raw'] },
  { way: 'in process', model: 'qhy174gps', binning: 4, bitDepth: 20, words: ['--in-process'] },
]) {
  test(`sums of 32 bit are recorded pixel for pixel ${way}, with the bits that they have`, () =>
    withFolder(async (folder) => {
      const set = [`BinningHorizontal=${binning}`, 'PixelFormat=Mono32', 'Height=60', 'ExposureTime=400000'];
      const { summary, said, truths } = await recorded(folder, model, 2, [
        ...set.flatMap((setting) => ['--set', setting]),
        ...words,
      ]);
      assert.match(said, new RegExp(`streams ${1920 / binning} x 60 Mono32`));
      assert.equal([summary.frames.recorded, summary.frames.lost], [2, 0]);
      const file = join(summary.folder, readdirSync(summary.folder).find((name) => name.endsWith('.fits')) ?? '');
      const bytes = readFileSync(file);
      const images = readHdus(file).hdus.slice(1);
      assert.is(images.length, 2);
      for (const hdu of images) {
        const record = frameRecordOf(bytes.toString('latin1', hdu.offset, hdu.offset + hdu.headerBytes));
        assert.equal([record?.pixelFormat, record?.sampleBytes, record?.bitDepth], ['Mono32', 4, bitDepth]);
        assert.equal([record?.binningX, record?.statistics?.saturated], [binning, 0]);
        const pixels = readPixels(file, hdu);
        const width = 1920 / binning;
        assert.ok((pixels[0] ?? 0) > 65_535);
        const same = (truth: DoubleTruth) =>
          [0, width - 1, 17 * width + 5, pixels.length - 1].every(
            (at) => pixels[at] === expectedPixel(truth, at % width, Math.floor(at / width), 32, 12),
          );
        assert.ok(truths.some(same), 'no frame of the camera has these pixels');
      }
    }));
}

test('a colour camera that bins is known to send no colours behind the bridge', () =>
  withFolder(async (folder) => {
    const words = ['--set', 'BinningHorizontal=2', '--set', 'Height=60', '--set', 'ExposureTime=2000'];
    const { said } = await recorded(folder, 'qhy174gpsc', 2, words);
    assert.match(said, 'streams 960 x 60 Mono16');
  }));

test.run();
