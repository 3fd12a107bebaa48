import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { cameraModelByName } from '#src/cameras/simulator/models.js';
import { simulatorOptions } from '#src/cameras/simulator/options.js';
import { loopFrames, scenePixels } from '#src/cameras/simulator/scene.js';
import type { SessionSummary } from '#src/station/messages.js';
import { advSegmentReader } from '#storage/adv/adv-segment.js';
import { IndexReader } from '#storage/index/queries.js';
import { readStrictly } from '#test/storage/adv-strict-reader.js';
import { appulse, readTruth, withFolder } from '#test/support/appulse.js';
import { suite } from '#test/support/test.js';

const test = suite('record as adv', 90_000);
const EPOCH_NS = 1_262_304_000_000_000_000n;

/** Records the simulator; gives its files, what was really exposed, and the rows of the index. */
async function recorded(folder: string, query: string, frames: number, more: readonly string[] = []) {
  const truth = join(folder, 'truth.ndjson');
  const data = join(folder, 'data');
  const ended = await appulse([
    'record',
    ...['--camera', `sim:tiny?${query}&truth=${truth}`, '--frames', String(frames)],
    ...['--format', 'adv', '--data', data, '--json', ...more],
  ]);
  assert.is(ended.code, 0, ended.stderr);
  const summary = ended.json as SessionSummary;
  assert.is(summary.frames.indexed, frames);
  const files = readdirSync(summary.folder)
    .filter((name) => name.endsWith('.adv'))
    .sort()
    .map((name) => join(summary.folder, name));
  assert.not(readdirSync(summary.folder).some((name) => name.endsWith('.part')));
  const index = new IndexReader(summary.index);
  const rows = index.frames({ sessionId: summary.session });
  index.close();
  return { files, rows, produced: new Map(readTruth(truth).map((frame) => [frame.block, frame])) };
}

/** GPS header bytes stand in the first pixels: 29.3 of 12 bits. */
for (const [format, bits, headerPixels] of [
  ['Mono12p', 12, 30],
  ['Mono8', 8, 44],
  ['BayerRG8', 8, 44],
] as const) {
  test(`pixels and times of a recording in ${format} are those of the camera, to the bit and the nanosecond`, () =>
    withFolder(async (folder) => {
      const query = `fps=100&format=${format}&seed=5&scene=meteor`;
      const { files, rows, produced } = await recorded(folder, query, 60, ['--object', 'Eris', '--observer', 'N. N.']);
      const model = cameraModelByName('tiny');
      assert.ok(model);
      const options = simulatorOptions('tiny', { fps: '100', format, seed: '5', scene: 'meteor' });
      const [file = '', ...others] = files;
      assert.is(others.length, 0);
      const strict = readStrictly(readFileSync(file));
      assert.is(strict.frames.length, 60);
      assert.is(strict.nativeBits, bits);
      assert.is(strict.imageTags['IMAGE-BAYER-PATTERN'], format === 'BayerRG8' ? 'RGGB' : 'MONOCHROME');
      assert.is(strict.system.OBJNAME, 'Eris');
      assert.is(strict.system.OBSERVER, 'N. N.');
      for (const [i, { record, place }] of [...advSegmentReader.scan(file, 0, { verify: true })].entries()) {
        const frame = strict.frames[i];
        const row = rows[i];
        const truth = produced.get(String(record.blockId));
        assert.ok(frame && row && truth);
        const midNs = (BigInt(truth.startUtcNs) + BigInt(truth.endUtcNs)) / 2n;
        assert.is(frame.midNs + EPOCH_NS, midNs);
        assert.is(BigInt(frame.exposureNs), BigInt(truth.endUtcNs) - BigInt(truth.startUtcNs));
        assert.is(frame.status.VideoCameraFrameId, BigInt(truth.sequence));
        assert.is(frame.status.SatelliteFixStatus, 3);
        assert.is(row.byteOffset, frame.offset);
        assert.is(row.startUtcNs, record.time.startUtcNs);
        assert.is(row.number, record.frameNumber);
        const sent = Uint16Array.from(scenePixels(model, options, truth.sequence % loopFrames(options)));
        const { data } = advSegmentReader.readPixels(file, place);
        assert.is(data.BYTES_PER_ELEMENT, bits === 8 ? 1 : 2);
        const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
        assert.ok(frame.pixels.equals(bytes));
        assert.equal(Uint16Array.from(data).subarray(headerPixels), sent.subarray(headerPixels), `frame ${i + 1}`);
        assert.ok(advSegmentReader.verify(file, place));
      }
    }));
}

test('a long recording is whole files, one after the other, and every frame is in one', () =>
  withFolder(async (folder) => {
    const { files, rows } = await recorded(folder, 'fps=500', 1000, ['--segment-bytes', '20MiB']);
    assert.ok(files.length > 5);
    const numbers = files.flatMap((file) => {
      const { frames } = readStrictly(readFileSync(file));
      return frames.map(({ status }) => Number(status.VideoCameraFrameId));
    });
    assert.equal(
      numbers,
      rows.map(({ sequence }) => sequence),
    );
  }));

test.run();
