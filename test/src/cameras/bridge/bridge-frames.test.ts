/** What goes through the bridge comes out of it: pixels, header bytes and times, against what the library says that it handed over. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { QHY_HEADER_BYTES } from '#gps/header/qhy-header.js';
import { GVSP, parseGvspHeader, parseLeader } from '#pipeline/wire/gvsp.js';
import { payloadBytesOf, pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import { startBridge } from '#src/cameras/bridge/bridge-process.js';
import type { SessionSummary } from '#src/station/messages.js';
import { frameRecordOf } from '#storage/fits/frame-header.js';
import { readHdus, readPixels } from '#storage/fits/reader.js';
import { IndexReader } from '#storage/index/queries.js';
import { appulse, withFolder } from '#test/support/appulse.js';
import {
  IMITATED,
  type ImitatedCamera,
  ImitatedFrames,
  type ImitatedTruth,
  pixelByte,
} from '#test/support/imitated-frames.js';
import { StreamClient } from '#test/support/stream-client.js';
import { suite } from '#test/support/test.js';

const test = suite('bridge-frames', 200_000);
const DRIVER = fileURLToPath(new URL('../../../support/imitated-driver.js', import.meta.url));

function truthsOf(file: string): Map<number, ImitatedTruth> {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return new Map(lines.map((line) => JSON.parse(line) as ImitatedTruth).map((truth) => [truth.n, truth]));
}

/** Records `frames` of `camera`; what came of it, and its rows in the index. */
async function recorded(data: string, camera: Partial<ImitatedCamera>, words: readonly string[]) {
  const env = { APPULSE_SDK_DRIVER: DRIVER, IMITATED_CAMERA: JSON.stringify(camera) };
  const ended = await appulse(['record', '--camera', 'qhy:', '--data', data, '--json', ...words], {
    ...{ env, limitMs: 180_000 },
  });
  assert.ok(ended.code === 0 || ended.code === 3, `${ended.code}: ${ended.stderr}${ended.stdout}`);
  const summary = ended.json as SessionSummary;
  const reader = new IndexReader(summary.index);
  const sessionId = summary.session;
  const rows = { frames: reader.frames({ sessionId }), gaps: reader.gaps({ sessionId }) };
  reader.close();
  return { ended, summary, ...rows };
}

test('frames of 17 Mpx are recorded over the bridge as the library gave them, each byte and each time', () =>
  withFolder(async (data) => {
    const truth = join(data, 'truth.ndjson');
    // Two frames a second: whether they come whole does not hang on the machine's speed.
    const camera = { width: 4_768, height: 3_588, fps: 2, truth };
    const words = ['--frames', '5', '--format', 'fits-raw', '--memory', '512MiB'];
    const { summary, frames } = await recorded(data, camera, words);
    assert.is(summary.frames.recorded, 5);
    const truths = truthsOf(truth);
    const wanted = new ImitatedFrames(camera.width * camera.height);
    const file = join(summary.folder, readdirSync(summary.folder).find((name) => name.endsWith('.fits')) ?? '');
    const { hdus } = readHdus(file);
    const bytes = readFileSync(file);
    let compared = 0;
    let incomplete = 0;
    for (const [at, hdu] of hdus.slice(1).entries()) {
      const time = frameRecordOf(bytes.toString('latin1', hdu.offset, hdu.offset + hdu.headerBytes))?.time;
      if ((frames[at]?.packetsMissing ?? 0) > 0) {
        incomplete++;
        continue;
      }
      const said = truths.get(time?.sequence ?? 0);
      assert.ok(time && said, `frame ${at + 1} has count ${time?.sequence}`);
      const pixels = readPixels(file, hdu);
      const raw = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength);
      assert.is(Buffer.from(time.rawHeader ?? []).toString('hex'), said.header, 'the header that is kept');
      assert.is(raw.toString('hex', 0, QHY_HEADER_BYTES), said.header, 'the header in the pixels');
      assert.ok(
        raw.subarray(QHY_HEADER_BYTES).equals(wanted.frame(said.n).subarray(QHY_HEADER_BYTES)),
        `frame ${said.n}`,
      );
      assert.equal([time.source, String(time.endUtcNs), time.exposureNs], ['gps-header', said.endUtcNs, 2_000_000n]);
      assert.is(String(frames[at]?.endUtcNs), said.endUtcNs, 'the time in the index');
      compared++;
    }
    // A machine that others hold up may lose packets, which is told; what is called whole is whole.
    assert.equal([compared + incomplete, incomplete, compared > 0], [5, summary.frames.incomplete, true]);
  }));

test('a frame that is not what the camera gave is found by the comparison', () => {
  const frames = new ImitatedFrames(3 * 4_096);
  const one = Buffer.from(frames.frame(1));
  assert.ok(one.equals(Uint8Array.from(one, (_, i) => pixelByte(1, i))), 'made fast or byte by byte');
  // Frame 5 looks like frame 1 but for the numbers in its pages, so that a page of another frame is told apart.
  const other = Buffer.from(frames.frame(5));
  for (const page of [0, 1, 2]) {
    const [from, to] = [page * 4_096, (page + 1) * 4_096];
    assert.not.ok(one.subarray(from, to).equals(other.subarray(from, to)), `page ${page}`);
  }
});

for (const name of ['Mono8', 'Mono12p', 'Mono16']) {
  const format = pixelFormatByName(name);
  if (format === undefined) throw new Error(name);
  test(`payloads of ${name} leave the bridge as the library gave them, and leaders with the time at which it did`, () =>
    withFolder(async (data) => {
      const truth = join(data, 'truth.ndjson');
      process.env.IMITATED_CAMERA = JSON.stringify({ format: name, truth, fps: 20 });
      const place = { address: '127.0.0.1', port: 0, send: 'mmsg', extendedIds: false } as const;
      const driver = { driver: pathToFileURL(DRIVER).href, id: '', sdk: { library: null } };
      const bridge = await startBridge('qhy:', { ...driver, ...place, memoryBytes: 2 ** 22 }, () => {});
      const client = await StreamClient.open(bridge);
      try {
        await client.start();
        const trailers = () => client.datagrams.filter((bytes) => parseGvspHeader(bytes).format === GVSP.trailer);
        await client.until(() => trailers().length >= 8);
        const leaders = client.datagrams.filter((bytes) => parseGvspHeader(bytes).format === GVSP.leader);
        const truths = truthsOf(truth);
        const whole = payloadBytesOf(format, IMITATED.width, IMITATED.height);
        for (const bytes of trailers().slice(0, 8)) {
          const { blockId } = parseGvspHeader(bytes);
          const said = truths.get(Number(blockId));
          assert.ok(said, `block ${blockId}`);
          const leader = leaders.find((one) => parseGvspHeader(one).blockId === blockId);
          assert.ok(leader, `leader of block ${blockId}`);
          assert.is(String(parseLeader(leader, 8).timestamp), said.arrivedUtcNs);
          const payload = Buffer.concat(
            client.datagrams
              .map((packet) => ({ packet, ...parseGvspHeader(packet) }))
              .filter((one) => one.blockId === blockId && one.format === GVSP.payload)
              .sort((a, b) => a.packetId - b.packetId)
              .map(({ packet }) => packet.subarray(8)),
          );
          assert.is(payload.length, whole, `packets of block ${blockId}`);
          const wanted = Buffer.from(Uint8Array.from(payload, (_, i) => pixelByte(said.n, i)));
          wanted.write(said.header, 'hex');
          assert.ok(payload.equals(wanted), `block ${blockId}`);
        }
      } finally {
        client.close();
        await bridge.stop();
        process.env.IMITATED_CAMERA = '{}';
      }
    }));
}

for (const [way, words] of [
  ['over the bridge', []],
  ['in process', ['--in-process']],
] as const) {
  test(`frames that the library lost behind the last one are lost frames of the session ${way}`, () =>
    withFolder(async (data) => {
      const { ended, summary, gaps } = await recorded(data, { lostAtEnd: 3, fps: 20 }, ['--frames', '12', ...words]);
      assert.is(ended.code, 3, ended.stderr);
      assert.equal([summary.frames.received, summary.frames.lost], [12, 3], ended.stderr);
      assert.equal(
        gaps.map(({ cause, frames }) => [cause, frames]),
        [['camera', 3]],
      );
      assert.match(gaps[0]?.detail ?? '', /no frame came behind them/);
    }));
}

test.run();
