/** Other people's programs as judges: Aravis as the client of our device, tshark as the reader of the wire. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { captured, complaints, readCapture } from '#test/support/capture.js';
import { type Namespace, withNamespace } from '#test/support/netns.js';
import { peerTest } from '#test/support/peers.js';
import { SimulatorProcess } from '#test/support/simulator-process.js';
import { test } from '#test/support/test.js';

/** The counters that arv-camera-test prints when it ends. */
function counters(output: string): Map<string, number> {
  return new Map([...output.matchAll(/^(n_\w+)\s*=\s*(\d+)$/gm)].map((match) => [match[1] ?? '', Number(match[2])]));
}

let namespace: Namespace;
const run = (...command: readonly string[]) => namespace.run(...command);

function inNamespace(args: readonly string[], body: (simulator: SimulatorProcess) => unknown): Promise<void> {
  return withNamespace(async (made) => {
    namespace = made;
    const simulator = await SimulatorProcess.start(args, made.prefix);
    try {
      await body(simulator);
    } finally {
      await simulator.stop();
    }
  });
}

const aravis = ['root', 'ip', 'arv-tool-0.8', 'arv-camera-test-0.8'];

peerTest(test, aravis, 'Aravis finds it by broadcast and reads and sets its features', () =>
  inNamespace(['tiny', '--address', '127.0.0.1', '--address', '127.0.0.2'], () => {
    const found = run('arv-tool-0.8');
    assert.match(found, /Appulse-tiny-TINY-1\.1 \(127\.0\.0\.1\)/);
    assert.match(found, /Appulse-tiny-TINY-1\.2 \(127\.0\.0\.2\)/);
    const values = run('arv-tool-0.8', '-a', '127.0.0.1', 'values');
    for (const line of [
      "[RO] 'DeviceVendorName' = 'Appulse'",
      "[RW] 'Width' = 320 px",
      "[RW] 'PixelFormat' = 'Mono12'",
      "[RW] 'ExposureTime' = 500 us",
      "[RO] 'SensorShutterMode' = 'Global'",
      "[RO] 'PayloadSize' = 153600 B",
    ]) {
      assert.ok(values.includes(line), line);
    }
    assert.not.match(values, /error|invalid|not found/i);
    const set = ['Width=160', 'OffsetX=160', 'PixelFormat=Mono10p', 'ExposureTime=1234.5', 'Width', 'ExposureTime'];
    const answer = run('arv-tool-0.8', '-a', '127.0.0.1', 'control', ...set, 'PixelFormat', 'PayloadSize');
    assert.match(answer, /Width = 160 px/);
    assert.match(answer, /ExposureTime = 1234\.5 us/);
    assert.match(answer, /PixelFormat = Mono10p/);
    assert.match(answer, /PayloadSize = 48000 B/);
  }),
);

for (const ids of ['16', '64']) {
  peerTest(test, aravis, `Aravis streams with ${ids}-bit block ids and no failed frame, wrap included`, () =>
    inNamespace(['tiny', '--ids', ids, '--first-block', '65401'], () => {
      const output = run('arv-camera-test-0.8', '-f', '100', '-i', '9000', '--duration', '3');
      const counts = counters(output);
      assert.ok((counts.get('n_completed_buffers') ?? 0) > 200, output);
      for (const name of ['n_failures', 'n_missing_packets', 'n_error_packets', 'n_size_mismatch_errors']) {
        assert.is(counts.get(name), 0, `${name}\n${output}`);
      }
    }),
  );
}

peerTest(test, aravis, 'Aravis gets every frame of a lossy stream whole through packet resend', () =>
  inNamespace(['tiny', '--loss', '0.01', '--reorder', '0.01:4', '--duplicate', '0.01'], () => {
    const output = run('arv-camera-test-0.8', '-f', '100', '-i', '1500', '--duration', '3');
    const counts = counters(output);
    assert.ok((counts.get('n_completed_buffers') ?? 0) > 200, output);
    assert.is(counts.get('n_failures'), 0, output);
    assert.ok((counts.get('n_resent_packets') ?? 0) > 100, output);
  }),
);

for (const ids of ['16', '64']) {
  peerTest(test, [...aravis, 'tshark'], `tshark reads both protocols without complaint (${ids}-bit ids)`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'appulse-sim-'));
    const file = join(folder, 'capture.pcap');
    try {
      await inNamespace(['tiny', '--ids', ids, '--loss', '0.01', '--format', 'Mono12p'], async () => {
        const source = /GevSCSP = (\d+)/.exec(run('arv-tool-0.8', '-a', '127.0.0.1', 'control', 'GevSCSP'))?.[1];
        await captured(namespace, file, async () => {
          run('arv-camera-test-0.8', '-f', '50', '-i', '1500', '--duration', '1');
        });
        const read = (...args: string[]) => readCapture(namespace, file, source ?? '', ...args);
        assert.equal(complaints(namespace, file, source ?? ''), []);
        const formats = read('-Y', 'gvsp', '-T', 'fields', '-e', 'gvsp.format').split('\n');
        // The whole byte: bit 7 tells extended ids.
        const marks = ids === '64' ? ['0x81', '0x82', '0x83'] : ['0x01', '0x02', '0x03'];
        const [leaders = 0, trailers = 0, payloads = 0] = marks.map((mark) => formats.filter((f) => f === mark).length);
        assert.ok(leaders > 20 && trailers > 20 && payloads > 1000, `${leaders} ${trailers} ${payloads}`);
        const text = read('-Y', `gvsp.format == ${marks[0]}`, '-V');
        assert.match(text, /Payload Type: IMAGE/i);
        assert.match(text, /Mono12p/i);
        assert.match(text, /Size X: 320/i);
        assert.match(read('-Y', 'gvcp.cmd.command == 0x0040'), /PACKETRESEND_CMD/);
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test.run();
