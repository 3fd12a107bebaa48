import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { GigeVisionCamera } from '#src/cameras/gige-vision/gige-camera.js';
import { openGigeCamera } from '#src/cameras/gige-vision/stream-camera.js';
import { enterNetworkNamespace } from '../support/network-namespace.js';
import { peerTest } from '../support/peers.js';
import { APPULSE, SimulatorProcess } from '../support/simulator-process.js';
import { test } from '../support/test.js';

// Broadcasts reach only the standard port, so the simulated cameras get a loopback interface of their own.
const alone = await enterNetworkNamespace(import.meta.url);
const namespace = ['unshare', ...(alone ? [] : ['root'])];

/** Both ends in this process; `port` 0 needs no namespace. */
async function withSimulator(
  args: readonly string[],
  run: (simulator: SimulatorProcess) => Promise<void>,
): Promise<void> {
  const simulator = await SimulatorProcess.start(args);
  try {
    await run(simulator);
  } finally {
    await simulator.stop();
  }
}

function targetOf({ camera }: SimulatorProcess) {
  return { kind: 'address', host: camera.address, port: camera.port } as const;
}

function cameras(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [APPULSE, 'cameras', ...words], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

peerTest(test, namespace, '`appulse cameras` lists every camera on the network', () =>
  withSimulator(['tiny', '--address', '127.0.0.1', '--address', '127.0.0.2'], async () => {
    const { status, stdout } = cameras('--json');
    assert.is(status, 0);
    const found = JSON.parse(stdout).cameras as { uri: string; serial: string }[];
    assert.equal(
      found.map(({ uri, serial }) => [uri, serial]),
      [
        ['gige:127.0.0.1', 'TINY-1.1'],
        ['gige:127.0.0.2', 'TINY-1.2'],
      ],
    );
    assert.match(cameras().stdout, /^CAMERA +VENDOR.*\ngige:127\.0\.0\.1 +Appulse +tiny +TINY-1\.1 /);
    const second = await GigeVisionCamera.open({ kind: 'serial', serial: 'TINY-1.2' });
    assert.is(second.identity.address, '127.0.0.2');
    await second.close();
  }),
);

peerTest(
  test,
  [...namespace, 'arv-tool-0.8'],
  'every feature of the simulated camera has the value that arv-tool reads',
  () =>
    withSimulator(['qhy411-bin3', '--scene', 'noise'], async (simulator) => {
      const arvTool = spawnSync('arv-tool-0.8', ['-a', '127.0.0.1', 'values'], { encoding: 'utf8', timeout: 20_000 });
      const line = /^ *(\w+) *: \[(\w\w)\] '(\w+)'(?: = (?:'(.*)'|(\S*))(?: \S+)?)?$/gm;
      const theirs = [...arvTool.stdout.matchAll(line)];
      const camera = await GigeVisionCamera.open(targetOf(simulator));
      assert.equal(
        camera.features.featuresOf(),
        theirs.map((match) => match[3]),
      );
      for (const [, kind, access, name = '', quoted, bare] of theirs) {
        assert.is(camera.features.node(name).kind, kind, name);
        // arv-tool held no control when it read these, and the ports are those of each program.
        const differs = ['GevCCP', 'GevSCPHostPort', 'GevSCDA', 'GevSCSP'].includes(name);
        if (access !== 'WO' && kind !== 'Command' && !differs)
          assert.is(await camera.features.text(name), quoted ?? bare, name);
      }
      await camera.close();
    }),
);

test('a camera on any port is listed when its address is given', () =>
  withSimulator(['tiny', '--port', '0'], async ({ camera }) => {
    const { stdout } = cameras('--json', '--timeout', '300ms', '--address', `127.0.0.1:${camera.port}`);
    const uris = (JSON.parse(stdout).cameras as { uri: string }[]).map(({ uri }) => uri);
    assert.ok(uris.includes(`gige:127.0.0.1:${camera.port}`), uris.join());
  }));

test('wrong words on the command line end with code 2 and one line', () => {
  for (const words of [
    ['--timeout', 'soon'],
    ['--timeout', '5m'],
    ['--address', '1.2.3'],
    ['--adress', '1.2.3.4'],
  ]) {
    const { status, stderr } = cameras(...words);
    assert.is(status, 2, words.join(' '));
    assert.not.match(stderr, /\n +at /);
  }
});

test('the packet size of the simulated camera rises to jumbo frames, or to what is asked', () =>
  withSimulator(['tiny', '--port', '0', '--packet-size', '1500'], async (simulator) => {
    const camera = await GigeVisionCamera.open(targetOf(simulator));
    assert.is(await camera.negotiatePacketSize(), 9000);
    assert.is(await camera.negotiatePacketSize('127.0.0.1', { maximum: 4002 }), 4000);
    await camera.close();
  }));

test('shutter, exposure, clock and GPS header of a rolling camera are read', () =>
  withSimulator(['qhy411-bin3', '--port', '0', '--scene', 'noise', '--exposure', '40ms'], async (simulator) => {
    const camera = await GigeVisionCamera.open(targetOf(simulator));
    const shutter = await camera.readShutter();
    assert.is(shutter.kind, 'rolling');
    assert.is(typeof shutter.linePeriodNs, 'bigint');
    assert.is(typeof shutter.rowZeroEndOffsetNs, 'bigint');
    assert.is(await camera.exposureNs(), 40_000_000n);
    assert.is(await camera.hasGpsHeader(), true);
    assert.is(camera.tickFrequencyHz, 1_000_000_000n);
    assert.ok(camera.supportsResend);
    const geometry = await camera.readGeometry();
    assert.is(geometry.pixelFormat.name, 'Mono12p');
    assert.is(geometry.payloadBytes, (4768 * 3588 * 12) / 8);
    await camera.close();
  }));

test('the id mode is the one the camera is set to', async () => {
  for (const [ids, extended] of [
    ['16', false],
    ['64', true],
  ] as const)
    await withSimulator(['tiny', '--port', '0', '--ids', ids], async (simulator) => {
      const camera = await GigeVisionCamera.open(targetOf(simulator));
      assert.is(await camera.selectBlockIds(null), extended);
      await camera.close();
    });
});

test('a stream camera has settled everything before it starts', () =>
  withSimulator(['tiny', '--port', '0'], async (simulator) => {
    const camera = await openGigeCamera('sim:tiny', targetOf(simulator), {
      packetSize: 8000,
      features: { PixelFormat: 'Mono8', ExposureTime: '1500', Width: 160, GpsHeader: 'true' },
      nativeReceiver: false,
      log: () => undefined,
    });
    assert.is(camera.mode.payloadBytes, 160 * 240);
    assert.is(camera.mode.exposureNs, 1_500_000n);
    assert.is(camera.source.packetDataBytes, 8000 - (camera.source.extendedIds ? 48 : 36));
    assert.is(camera.source.gvcpPort, simulator.camera.port);
    simulator.child.kill('SIGTERM');
    assert.match(await camera.lost, /has not answered for/);
    await camera.stopAcquisition();
    await camera.close();
  }));

test('a feature that the camera refuses gives control back', () =>
  withSimulator(['tiny', '--port', '0'], async (simulator) => {
    const options = { packetSize: 9000, nativeReceiver: false, log: () => undefined };
    const target = targetOf(simulator);
    for (const features of [{ Width: 5000 }, { NoSuch: 1 }, { PixelFormat: 'YUV422_8' }, { SensorWidth: 9 }]) {
      let code = '';
      await openGigeCamera('sim:tiny', target, { ...options, features: features as Record<string, number> }).catch(
        (error) => {
          code = error.code;
        },
      );
      assert.match(code, /^usage\.feature$/, `${JSON.stringify(features)}: ${code}`);
    }
    await (await openGigeCamera('sim:tiny', target, { ...options, features: {} })).close();
  }));

test.run();
