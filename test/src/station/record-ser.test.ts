import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { cameraModelByName } from '#src/cameras/simulator/models.js';
import { simulatorOptions } from '#src/cameras/simulator/options.js';
import { loopFrames, Scene } from '#src/cameras/simulator/scene.js';
import type { SessionSummary } from '#src/station/messages.js';
import { readFrameList } from '#storage/formats/frame-list.js';
import { SerReader } from '#storage/ser/ser-reader.js';
import { appulse, readTruth, type TruthFrame, withFolder } from '#test/support/appulse.js';
import { suite } from '#test/support/test.js';

const test = suite('record as SER', 90_000);

/** Bytes that the GPS header takes of a frame, as 12-bit samples in two bytes. */
const HEADER_SAMPLES = 22;

/** Records `frames` of the tiny camera as SER. Returns the file and what the camera did. */
async function recordSer(folder: string, stamp: string, frames: number) {
  const truth = join(folder, `truth-${stamp}.ndjson`);
  const camera = `sim:tiny?fps=200&seed=3&format=Mono12&scene=meteor&truth=${truth}`;
  const words = ['record', '--camera', camera, '--frames', String(frames), '--format', 'ser', '--ser-stamp', stamp];
  const ended = await appulse([...words, '--data', join(folder, stamp), '--json']);
  assert.is(ended.code, 0, ended.stderr);
  const summary = ended.json as SessionSummary;
  assert.is(summary.frames.indexed, frames);
  const [name] = readdirSync(summary.folder).filter((file) => file.endsWith('.ser'));
  assert.ok(name, 'a SER file is there, and no part');
  return { file: join(summary.folder, name), produced: new Map(readTruth(truth).map((frame) => [frame.block, frame])) };
}

const INSTANT: Readonly<Record<string, (frame: TruthFrame) => bigint>> = {
  start: (frame) => BigInt(frame.startUtcNs),
  mid: (frame) => BigInt(frame.startUtcNs) + BigInt(frame.exposureNs) / 2n,
  end: (frame) => BigInt(frame.row0EndUtcNs),
};

test("a stream is recorded as SER with the camera's own pixels, and with its instants to what 100 ns allow", () =>
  withFolder(async (folder) => {
    const model = cameraModelByName('tiny');
    assert.ok(model);
    const options = simulatorOptions('tiny', { fps: '200', seed: '3', format: 'Mono12', scene: 'meteor' });
    const scene = new Scene(model, options);
    for (const stamp of ['start', 'mid', 'end']) {
      const { file, produced } = await recordSer(folder, stamp, 100);
      const listed = [...readFrameList(file)];
      const reader = new SerReader(file);
      assert.equal(reader.notes, []);
      assert.is(reader.frameCount, 100);
      assert.is(reader.bitDepth, 12);
      assert.is(reader.stamp, stamp);
      for (const { frame, pixels, time } of reader.frames()) {
        const block = listed[frame - 1]?.record.blockId.toString() ?? 'none';
        const truth = produced.get(block);
        assert.ok(truth, `block ${block} was never sent`);
        const found = time?.times[0]?.startUtcNs ?? 0n;
        const error = found - (INSTANT[stamp]?.(truth) ?? 0n);
        // What the camera stamps in ticks of 100 ns, and the nearest of SER's.
        assert.ok(error >= -150n && error <= 150n, `frame ${frame}: ${error} ns`);
        const expected = scene.pixels(truth.sequence % loopFrames(options));
        const bytes = (samples: ArrayBufferView) => Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
        const from = 2 * HEADER_SAMPLES;
        assert.ok(bytes(pixels.data).subarray(from).equals(bytes(expected).subarray(from)), `pixels of frame ${frame}`);
      }
      reader.close();
      assert.is(readFileSync(file).byteLength, 178 + 100 * (320 * 240 * 2 + 8));
    }
  }));

test.run();
