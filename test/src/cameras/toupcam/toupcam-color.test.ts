/** RGB that the double of Toupcam's library makes, recorded behind the bridge and in process. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { decodeToupcamFrameInfo } from '#gps/header/toupcam-frame-info.js';
import type { SessionSummary } from '#src/station/messages.js';
import { frameRecordOf } from '#storage/fits/frame-header.js';
import { readHdus, readPixels } from '#storage/fits/reader.js';
import { appulse, withFolder } from '#test/support/appulse.js';
import { suite } from '#test/support/test.js';
import { scenePixel } from '#test/support/toupcam-double.js';

const test = suite('toupcam-color', 120_000);
/** Rows whose bytes are no multiple of four, which the library pads unless it is told not to. */
const [WIDTH, HEIGHT] = [602, 300];

for (const [way, words] of [
  ['behind the bridge', ['--format', 'fits-raw']],
  ['in process', ['--in-process']],
] as const) {
  test(`RGB of a Toupcam camera is recorded sample for sample ${way}`, () =>
    withFolder(async (data) => {
      const set = ['PixelFormat=RGB8', `Width=${WIDTH}`, `Height=${HEIGHT}`, 'ExposureTime=2000', 'DefectCorrection=0'];
      const ended = await appulse(
        [
          ...['record', '--json', '--sdk-doubles', '--camera', 'toupcam:', '--data', data, '--frames', '3'],
          ...set.flatMap((each) => ['--set', each]),
          ...words,
        ],
        { env: { APPULSE_TOUPCAM_DOUBLE: 'models=c8;fps=30' }, limitMs: 100_000 },
      );
      assert.is(ended.code, 0, ended.stderr);
      assert.match(ended.stderr, `streams ${WIDTH} x ${HEIGHT} RGB8`);
      const { folder, frames } = ended.json as SessionSummary;
      assert.equal([frames.recorded, frames.lost], [3, 0]);
      const file = join(folder, readdirSync(folder).find((name) => name.endsWith('.fits')) ?? '');
      const bytes = readFileSync(file);
      for (const hdu of readHdus(file).hdus.slice(1)) {
        const record = frameRecordOf(bytes.toString('latin1', hdu.offset, hdu.offset + hdu.headerBytes));
        assert.is(record?.pixelFormat, 'RGB8');
        const { sequence } = decodeToupcamFrameInfo(record?.time.libraryInfo ?? new Uint8Array(0));
        const pixels = readPixels(file, hdu);
        const expected = new Uint8Array(3 * WIDTH * HEIGHT);
        const [left, top] = [record?.offsetX ?? 0, record?.offsetY ?? 0];
        for (let y = 0, at = 0; y < HEIGHT; y++) {
          for (let x = 0; x < WIDTH; x++, at++) {
            const red = scenePixel(left + x, top + y + ((sequence ?? 0) % 64), 8, true);
            expected[at] = red;
            expected[at + WIDTH * HEIGHT] = red ^ 0x0f;
            expected[at + 2 * WIDTH * HEIGHT] = red ^ 0xf0;
          }
        }
        assert.is(Buffer.compare(Uint8Array.from(pixels), expected), 0, `frame ${record?.frameNumber}`);
      }
    }));
}

test.run();
