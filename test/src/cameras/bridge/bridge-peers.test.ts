/** `appulse bridge` with Aravis' programs as clients: found by broadcast, read, set, streamed from. */
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { startAppulse } from '#test/support/appulse.js';
import type { ImitatedCamera } from '#test/support/imitated-frames.js';
import { type Namespace, withNamespace } from '#test/support/netns.js';
import { peerTest } from '#test/support/peers.js';
import { test } from '#test/support/test.js';

const DRIVER = fileURLToPath(new URL('../../../support/imitated-driver.js', import.meta.url));
const aravis = ['root', 'ip', 'arv-tool-0.8', 'arv-camera-test-0.8'];

function bridged(camera: Partial<ImitatedCamera>, work: (namespace: Namespace) => void): Promise<void> {
  return withNamespace(async (namespace) => {
    const env = { APPULSE_SDK_DRIVER: DRIVER, IMITATED_CAMERA: JSON.stringify(camera) };
    const bridge = startAppulse(['bridge', '--camera', 'qhy:', '--json'], { netns: namespace.name, env });
    let said = '';
    await new Promise<void>((done, failed) => {
      bridge.child.stdout.on('data', (text: string) => {
        said += text;
        if (said.includes('\n')) done();
      });
      void bridge.ended.then(({ stderr }) => failed(new Error(stderr)));
    });
    const ready = JSON.parse(said) as { camera: string; identity: { model: string } };
    assert.equal([ready.camera, ready.identity.model], ['gige:127.0.0.1', 'Imitated 100M']);
    try {
      work(namespace);
    } finally {
      bridge.child.kill('SIGINT');
      assert.is((await bridge.ended).code, 0);
    }
  });
}

peerTest(test, aravis, 'arv-tool finds the bridge, reads every feature, and sets what can be set', () =>
  bridged({}, (namespace) => {
    assert.match(namespace.run('arv-tool-0.8'), /Imitated & Sons-.*IMI-0042.* \(127\.0\.0\.1\)/);
    const tool = (...words: string[]) => namespace.run('arv-tool-0.8', '-a', '127.0.0.1', ...words);
    const values = tool('values');
    for (const line of [
      "[RW] 'Width' = 64 px",
      "[RW] 'PixelFormat' = 'Mono8'",
      "[RW] 'ExposureTime' = 2000 us",
      "[RW] 'FilterName' = 'Clear'",
      "[RW] 'DdrBuffer' = true",
      "[RO] 'SensorShutterMode' = 'Global'",
      "[RO] 'PayloadSize' = 3072 B",
      "[RO] 'PtpStatus' = 'Disabled'",
    ]) {
      assert.ok(values.includes(line), `${line}\n${values}`);
    }
    assert.match(values, /'DeviceTemperature' = -\d+\.\d+ Cel/);
    assert.not.match(values, /error|invalid|not found/i);
    const set = ['ExposureTime=12345.5', 'Gain=42', 'LowNoise=true', 'PixelFormat=Mono16', 'FilterName=Ha'];
    const answer = tool(
      'control',
      ...set,
      'ExposureTime',
      'Gain',
      'LowNoise',
      'PixelFormat',
      'PayloadSize',
      'FilterName',
    );
    for (const line of [
      'ExposureTime = 12345.5 us',
      'Gain = 42',
      'LowNoise = true',
      'PixelFormat = Mono16',
      'PayloadSize = 6144 B',
      'FilterName = Ha',
    ]) {
      assert.ok(answer.includes(line), `${line}\n${answer}`);
    }
  }),
);

for (const info of [false, true]) {
  peerTest(
    test,
    aravis,
    `arv-camera-test streams ${info ? 'images with a chunk' : 'plain images'} and none fails`,
    () =>
      bridged({ width: 640, height: 480, info }, (namespace) => {
        const output = namespace.run('arv-camera-test-0.8', '-i', '1500', '--duration', '3');
        const counts = new Map(
          [...output.matchAll(/^(n_\w+)\s*=\s*(\d+)$/gm)].map(([, name, count]) => [name, Number(count)]),
        );
        assert.ok((counts.get('n_completed_buffers') ?? 0) > 100, output);
        // Packets that a busy machine delays are asked for again, and may be refused where they have come meanwhile.
        for (const name of ['n_failures', 'n_missing_frames', 'n_size_mismatch_errors', 'n_aborted'])
          assert.is(counts.get(name), 0, `${name}\n${output}`);
      }),
  );
}

test.run();
