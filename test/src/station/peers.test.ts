/** A camera that someone else wrote, recorded by us; and our own requests, read by tshark. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { SessionSummary } from '#src/station/messages.js';
import { IndexReader } from '#storage/index/queries.js';
import { appulse, withFolder } from '#test/support/appulse.js';
import { captured, complaints, readCapture } from '#test/support/capture.js';
import { type Namespace, withNamespace } from '#test/support/netns.js';
import { peerTest } from '#test/support/peers.js';
import { SimulatorProcess } from '#test/support/simulator-process.js';
import { suite } from '#test/support/test.js';

const test = suite('station and peers', 90_000);

/** Runs Aravis' fake camera in the namespace. */
async function withFakeCamera(namespace: Namespace, work: () => Promise<void>): Promise<void> {
  const [program, ...args] = [...namespace.prefix, 'arv-fake-gv-camera-0.8', '-i', '127.0.0.1', '-s', 'GV42'];
  const fake = spawn(program, args, { stdio: 'ignore' });
  const exit = once(fake, 'exit');
  try {
    await new Promise((done) => setTimeout(done, 500));
    await work();
  } finally {
    fake.kill('SIGKILL');
    await exit;
  }
}

for (const receiver of ['native', 'raw', 'dgram']) {
  peerTest(
    test,
    ['root', 'ip', 'arv-fake-gv-camera-0.8'],
    `200 frames of Aravis' camera are recorded without an incomplete one, over the wrap of its block ids (${receiver})`,
    () =>
      withNamespace((namespace) =>
        withFakeCamera(namespace, () =>
          withFolder(async (folder) => {
            const words = ['--frames', '200', '--receiver', receiver, '--data', join(folder, 'data'), '--json'];
            const camera = ['--camera', 'gige:127.0.0.1', '--set', 'AcquisitionFrameRate=50'];
            const ended = await appulse(['record', ...camera, ...words], { netns: namespace.name });
            assert.is(ended.code, 0, ended.stderr);
            const summary = ended.json as SessionSummary;
            assert.equal(summary.frames, {
              received: 200,
              recorded: 200,
              indexed: 200,
              lost: 0,
              incomplete: 0,
              untriggered: 0,
              notRecorded: 0,
            });
            assert.is(summary.times.coarse, 200);
            const index = new IndexReader(summary.index);
            const frames = index.frames({}, { limit: 1000 });
            index.close();
            // The camera begins at 65401 and wraps from 65535 to 1: unwrapped, ids go on without a step.
            assert.equal(
              frames.map((frame) => frame.blockId - (frames[0]?.blockId ?? 0n)),
              Array.from({ length: 200 }, (_, i) => BigInt(i)),
            );
            assert.ok((frames.at(-1)?.blockId ?? 0n) > 65_535n);
            assert.ok(frames.every((frame) => frame.source === 'camera-clock' && frame.width === 512));
          }),
        ),
      ),
  );
}

peerTest(
  test,
  ['root', 'ip', 'tshark'],
  'tshark reads what the station asks and what it is sent, resends included, without complaint',
  () =>
    withNamespace((namespace) =>
      withFolder(async (folder) => {
        const file = join(folder, 'capture.pcap');
        const simulator = await SimulatorProcess.start(
          ['tiny', '--fps', '50', '--loss', '0.02', '--ids', '64'],
          namespace.prefix,
        );
        try {
          await captured(namespace, file, async () => {
            const words = ['--frames', '60', '--packet-size', '1500', '--data', join(folder, 'data'), '--json'];
            const ended = await appulse(['record', '--camera', 'gige:127.0.0.1', ...words], { netns: namespace.name });
            assert.is(ended.code, 0, ended.stderr);
            assert.ok((ended.json as SessionSummary).packets.resent > 0);
          });
        } finally {
          await simulator.stop();
        }
        // The stream comes from the one UDP port that sends the most.
        const ports = namespace.run(
          'tshark',
          '-r',
          file,
          '-Y',
          'udp.length > 1000',
          '-T',
          'fields',
          '-e',
          'udp.srcport',
        );
        const port = ports.split('\n').findLast((line) => /^\d+$/.test(line)) ?? '';
        assert.equal(complaints(namespace, file, port), []);
        assert.match(readCapture(namespace, file, port, '-Y', 'gvcp.cmd.command == 0x0040'), /PACKETRESEND_CMD/);
        const leaders = readCapture(namespace, file, port, '-Y', 'gvsp.format == 0x81').trim().split('\n');
        assert.ok(leaders.length >= 60);
      }),
    ),
);

test.run();
