import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { cameraModelByName } from '#src/cameras/simulator/models.js';
import { simulatorOptions } from '#src/cameras/simulator/options.js';
import { loopFrames, Scene } from '#src/cameras/simulator/scene.js';
import type { SessionSummary } from '#src/station/messages.js';
import { readFrameList } from '#storage/formats/frame-list.js';
import { SerReader } from '#storage/ser/ser-reader.js';
import { serSegmentReader } from '#storage/ser/ser-segment.js';
import type { SerStamp } from '#storage/ser/ser-stamp.js';
import { appulse, readTruth, type TruthFrame, withFolder } from '#test/support/appulse.js';
import { suite } from '#test/support/test.js';

const test = suite('record as SER', 90_000);

/** What the GPS header takes of a frame, in bytes. */
const HEADER_BYTES = 44;

/** Records `frames` of the tiny camera as SER. Returns the file and what the camera did. */
async function recordSer(folder: string, format: string, stamp: string, frames: number) {
  const truth = join(folder, `truth-${stamp}.ndjson`);
  const camera = `sim:tiny?fps=200&seed=3&format=${format}&scene=meteor&truth=${truth}`;
  const words = ['record', '--camera', camera, '--frames', String(frames), '--format', 'ser', '--ser-stamp', stamp];
  const ended = await appulse([...words, '--data', join(folder, stamp), '--json']);
  assert.is(ended.code, 0, ended.stderr);
  const summary = ended.json as SessionSummary;
  assert.is(summary.frames.indexed, frames);
  const [name] = readdirSync(summary.folder).filter((file) => file.endsWith('.ser'));
  assert.ok(name, 'a SER file is there, and no part');
  return { file: join(summary.folder, name), produced: new Map(readTruth(truth).map((frame) => [frame.block, frame])) };
}

const INSTANT: Readonly<Record<SerStamp, (frame: TruthFrame) => bigint>> = {
  start: (frame) => BigInt(frame.startUtcNs),
  mid: (frame) => BigInt(frame.startUtcNs) + BigInt(frame.exposureNs) / 2n,
  end: (frame) => BigInt(frame.row0EndUtcNs),
};

test("a stream is recorded as SER with the camera's own pixels, and with its instants to what 100 ns allow", () =>
  withFolder(async (folder) => {
    const model = cameraModelByName('tiny');
    assert.ok(model);
    for (const [format, stamp, depth, color] of [
      ['Mono12', 'start', 12, 'MONO'],
      ['Mono8', 'mid', 8, 'MONO'],
      ['BayerRG16', 'end', 16, 'RGGB'],
    ] as const) {
      const options = simulatorOptions('tiny', { fps: '200', seed: '3', format, scene: 'meteor' });
      const scene = new Scene(model, options);
      const { file, produced } = await recordSer(folder, format, stamp, 80);
      const listed = [...readFrameList(file)];
      const reader = new SerReader(file);
      assert.equal(reader.notes, []);
      assert.is(reader.frameCount, 80);
      assert.is(reader.bitDepth, depth);
      assert.is(reader.color, color);
      assert.is(reader.stamp, stamp);
      for (const { frame, pixels, time } of reader.frames()) {
        const block = listed[frame - 1]?.record.blockId.toString() ?? 'none';
        const truth = produced.get(block);
        assert.ok(truth, `block ${block} was never sent`);
        const found = time?.times[0]?.startUtcNs ?? 0n;
        const error = found - INSTANT[stamp](truth);
        // What the camera stamps in ticks of 100 ns, and the nearest of SER's.
        assert.ok(error >= -150n && error <= 150n, `frame ${frame}: ${error} ns`);
        const expected = scene.pixels(truth.sequence % loopFrames(options));
        const from = HEADER_BYTES / pixels.data.BYTES_PER_ELEMENT;
        const wrong = expected.findIndex((value, i) => i >= from && value !== pixels.data[i]);
        assert.is(wrong, -1, `pixels of frame ${frame}`);
      }
      reader.close();
      assert.is(readFileSync(file).byteLength, 178 + 80 * (320 * 240 * (depth > 8 ? 2 : 1) + 8));
      const sums = listed.map(({ place }) => place.dataSum !== null && serSegmentReader.verify(file, place));
      assert.equal(sums, Array(80).fill(true));
    }
  }));

test.run();
