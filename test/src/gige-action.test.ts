/** Triggers and action commands: one frame each, at once or at a set time, and who answers what. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { taiToUtc } from '#gps/clocks/leap-seconds.js';
import { GVCP_STATUS } from '#pipeline/wire/gvcp.js';
import { GVSP, parseGvspHeader } from '#pipeline/wire/gvsp.js';
import { BOOTSTRAP } from '#pipeline/wire/registers.js';
import { sendAction } from '#src/cameras/gige-vision/action-command.js';
import { CAMERA, TRIGGER_MODE, TRIGGER_SOURCE } from '#src/cameras/simulator/camera-registers.js';
import { appulse, readTruth, startAppulse } from '#test/support/appulse.js';
import { captured } from '#test/support/capture.js';
import { withNamespace } from '#test/support/netns.js';
import { peerTest } from '#test/support/peers.js';
import { APPULSE, SimulatorProcess } from '#test/support/simulator-process.js';
import { StreamClient } from '#test/support/stream-client.js';
import { suite } from '#test/support/test.js';

const test = suite('gige-action', 60_000);

const KEYS = { deviceKey: 7, groupKey: 0x80000001, groupMask: 0x2 };
const GIVEN = ['--device-key', '7', '--group-key', '0x80000001', '--group-mask', '2'];

/** A simulated camera whose frames wait for triggers from `source`, streaming to a client of ours. */
async function triggered(
  source: number,
  args: readonly string[],
  run: (client: StreamClient, uri: string, truth: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'appulse-action-'));
  const truth = join(folder, 'truth.jsonl');
  const simulator = await SimulatorProcess.start(['tiny', '--port', '0', '--truth', truth, ...args]);
  const client = await StreamClient.open(simulator.camera);
  try {
    await client.takeControl();
    // Another program's command takes its time, in which this client says nothing.
    await client.write(BOOTSTRAP.heartbeatTimeout.address, 60_000);
    await client.write(CAMERA.triggerMode, TRIGGER_MODE.On);
    await client.write(CAMERA.triggerSource, source);
    await client.write(BOOTSTRAP.actionDeviceKey.address, KEYS.deviceKey);
    await client.write(BOOTSTRAP.actionGroupKey.address, KEYS.groupKey);
    await client.write(BOOTSTRAP.actionGroupMask.address, 0x3);
    await client.start();
    // It streams, and refuses another mode, when it has prepared its frames; exposures can begin 20 ms later.
    while ((await client.write(CAMERA.triggerMode, TRIGGER_MODE.On)) !== GVCP_STATUS.busy) await delay(10);
    await delay(100);
    await run(client, `gige:${simulator.camera.address}:${simulator.camera.port}`, truth);
  } finally {
    client.close();
    await simulator.stop();
    rmSync(folder, { recursive: true });
  }
}

const frames = ({ datagrams }: StreamClient) =>
  datagrams.filter((packet) => parseGvspHeader(packet).format === GVSP.trailer).length;

async function untilFrames(client: StreamClient, count: number): Promise<void> {
  await client.until(() => frames(client) >= count);
  await client.quiet(100);
  assert.is(frames(client), count);
}

test('in trigger mode a frame comes with each trigger, and none without', () =>
  triggered(TRIGGER_SOURCE.Software, [], async (client) => {
    assert.is(frames(client), 0);
    for (const count of [1, 2, 3]) {
      assert.is(await client.write(CAMERA.triggerSoftware, 1), GVCP_STATUS.success);
      await untilFrames(client, count);
    }
    assert.is(await client.write(CAMERA.triggerMode, TRIGGER_MODE.Off), GVCP_STATUS.busy);
  }));

test('an action command triggers the camera whose keys fit, and is listed with its answer', () =>
  triggered(TRIGGER_SOURCE.Action0, [], async (client, uri) => {
    const ended = await appulse(['action', '--camera', uri, ...GIVEN, '--json']);
    assert.is(ended.code, 0, ended.stderr);
    assert.equal((ended.json as { cameras: unknown }).cameras, [
      { camera: uri, status: GVCP_STATUS.success, text: 'success (0x0000)' },
    ]);
    await untilFrames(client, 1);

    const other = await appulse(['action', '--camera', uri, '--device-key', '8', '--timeout', '200ms']);
    assert.is(other.code, 1);
    assert.match(other.stderr, 'their keys may be others');
    const later = await appulse(['action', '--camera', uri, ...GIVEN, '--at', '+1s']);
    assert.is(later.code, 1);
    assert.match(later.stderr, 'knows no action commands at a set time');
    // A trigger from elsewhere does nothing.
    await client.write(CAMERA.triggerSoftware, 1);
    await untilFrames(client, 1);
  }));

test('with PTP an action is done at the time that it names, and not when that is over', () =>
  triggered(TRIGGER_SOURCE.Action0, ['--ticks', 'ptp'], async (client, uri, truth) => {
    const ended = await appulse(['action', '--camera', uri, ...GIVEN, '--at', '+2s', '--json']);
    assert.is(ended.code, 0, ended.stderr);
    const { utcNs } = taiToUtc(BigInt((ended.json as { action: { time: string } }).action.time));
    await untilFrames(client, 1);
    const [, , host = '', port = ''] = /^(gige):([^:]+):(\d+)$/.exec(uri) ?? [];
    const [answer] = await sendAction({ ...KEYS, time: 1n }, [{ host, port: Number(port) }], 500);
    assert.is(answer?.status, GVCP_STATUS.actionLate);
    await client.write(CAMERA.acquisitionStop, 1);
    await client.until(() => readTruth(truth).length > 0);
    const apartNs = Number(BigInt(readTruth(truth)[0]?.startUtcNs ?? 0) - utcNs);
    // The simulator turns the time of one clock into that of another, and may be held up between the looks at the two.
    assert.ok(Math.abs(apartNs) < 100_000_000, `${apartNs} ns`);
    assert.is((await appulse(['action', '--camera', uri, ...GIVEN, '--at', '2020-01-01'])).code, 2);
  }));

peerTest(
  test,
  ['root', 'ip', 'tshark'],
  'one broadcast lets the cameras of a station take a frame each; tshark reads it',
  () =>
    withNamespace(async (namespace) => {
      const folder = mkdtempSync(join(tmpdir(), 'appulse-action-'));
      const file = join(folder, 'capture.pcap');
      const addresses = ['127.0.0.1', '127.0.0.2'];
      const simulator = await SimulatorProcess.start(
        ['tiny', ...addresses.flatMap((address) => ['--address', address])],
        namespace.prefix,
      );
      try {
        const cameras = addresses.flatMap((address) => ['--camera', `gige:${address}`]);
        const keys = ['ActionDeviceKey=7', `ActionGroupKey=${0x80000001}`, 'ActionGroupMask=3'];
        const set = ['--set', 'TriggerMode=On', 'TriggerSource=Action0', ...keys];
        const station = startAppulse(
          ['record', ...cameras, ...set, '--frames', '1', '--data', folder, '--json', '--preview-width', '0'],
          { netns: namespace.name },
        );
        await Promise.all(['camera 1: tiny', 'camera 2: tiny'].map((words) => station.says(words)));
        await delay(500);
        let answers = '';
        await captured(namespace, file, async () => {
          const command = [process.execPath, APPULSE, 'action', '--broadcast', ...GIVEN, '--timeout', '500ms'];
          answers = namespace.run(...command);
        });
        for (const address of addresses) assert.match(answers, new RegExp(`gige:${address}\\s+success`));
        const ended = await station.ended;
        assert.is(ended.code, 0, ended.stderr);
        const fields = ['devicekey', 'groupkey', 'groupmask'].flatMap((name) => ['-e', `gvcp.cmd.action.${name}`]);
        const read = namespace.run('tshark', '-r', file, '-Y', 'gvcp.cmd.command == 0x0100', '-T', 'fields', ...fields);
        assert.match(read, /0x00000007\s+0x80000001\s+0x00000002/);
        const acknowledged = namespace.run('tshark', '-r', file, '-Y', 'gvcp.ack == 0x0101');
        assert.is(acknowledged.match(/ACTION_ACK/g)?.length, 2, acknowledged);
      } finally {
        await simulator.stop();
        rmSync(folder, { recursive: true });
      }
    }),
);

test.run();
