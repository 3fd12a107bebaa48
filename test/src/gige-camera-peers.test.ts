import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { GVSP, parseGvspHeader, parseLeader, parseTrailer } from '#pipeline/wire/gvsp.js';
import { BOOTSTRAP } from '#pipeline/wire/registers.js';
import { controlNameOf } from '#src/cameras/gige-vision/controls/control-names.js';
import { discover } from '#src/cameras/gige-vision/discovery.js';
import { GigeVisionCamera } from '#src/cameras/gige-vision/gige-camera.js';
import { GvcpClient } from '#src/cameras/gige-vision/gvcp-client.js';
import { enterNetworkNamespace } from '#test/support/network-namespace.js';
import { peerTest } from '#test/support/peers.js';
import { test } from '#test/support/test.js';

// Aravis' fake camera listens on the one port of GigE Vision: it gets a loopback interface of its own.
const alone = await enterNetworkNamespace(import.meta.url);
const peers = ['arv-fake-gv-camera-0.8', 'arv-tool-0.8', 'unshare', ...(alone ? [] : ['root'])];
const target = { kind: 'address', host: '127.0.0.1', port: 3956 } as const;

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

function start(program: string, ...words: string[]): ChildProcess {
  const child = spawn(program, words, { stdio: 'ignore' });
  children.add(child);
  child.on('exit', () => children.delete(child));
  return child;
}

/** Waits until some program holds the camera, or none does. */
async function held(wanted: boolean, everyMs = 50): Promise<void> {
  const client = await GvcpClient.connect(target.host, target.port);
  const read = () => client.readRegister(BOOTSTRAP.controlChannelPrivilege.address);
  while (((await read()) !== 0) !== wanted) await new Promise((resolve) => setTimeout(resolve, everyMs));
  client.close();
}

async function withFakeCamera(run: (fake: ChildProcess) => Promise<void>): Promise<void> {
  const fake = start('arv-fake-gv-camera-0.8', '-i', '127.0.0.1', '-s', 'GV77');
  try {
    for (let i = 0; i < 50 && (await discover({ timeoutMs: 100 })).length === 0; i++);
    await run(fake);
  } finally {
    await stop(fake);
  }
}

async function stop(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  const ended = new Promise((resolve) => child.on('exit', resolve));
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(signal);
    await ended;
  }
}

function arvTool(...words: string[]): string {
  return spawnSync('arv-tool-0.8', ['-a', '127.0.0.1', ...words], { encoding: 'utf8', timeout: 20_000 }).stdout;
}

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return 'no error';
}

peerTest(test, peers, "Aravis' camera is discovered by broadcast and opened by its serial number", () =>
  withFakeCamera(async () => {
    const [device, ...others] = await discover({ timeoutMs: 300 });
    assert.equal(others, []);
    assert.is(device?.address, '127.0.0.1');
    assert.is(device?.port, 3956);
    const camera = await GigeVisionCamera.open({ kind: 'serial', serial: 'GV77' });
    const { vendor, model, serial, uri } = camera.identity;
    assert.equal(
      { vendor, model, serial, uri },
      { vendor: 'Aravis', model: 'Fake', serial: 'GV77', uri: 'gige:127.0.0.1' },
    );
    assert.is(camera.tickFrequencyHz, 1_000_000_000n);
    assert.not(camera.supportsResend || camera.supportsExtendedIds);
    await camera.close();
    assert.is(await codeOf(GigeVisionCamera.open({ kind: 'serial', serial: 'GV78' })), 'camera.not-found');
  }),
);

peerTest(test, peers, 'every feature has the value that arv-tool reads', () =>
  withFakeCamera(async () => {
    const line = /^ *(\w+) *: \[(\w\w)\] '(\w+)'(?: = '?(.*?)'?)?$/gm;
    const theirs = [...arvTool('values').matchAll(line)];
    assert.ok(theirs.length >= 25, `arv-tool lists ${theirs.length} features`);
    const hidden = ['StructEntry_16_31', 'StructEntry_0_15', 'StructEntry_15', 'StructEntry_0_31', 'TestBoolean'];
    const alsoHidden = ['GainRaw', 'GainAuto', 'AcquisitionFrameRate', 'TestStringReg', 'SensorWidthRegister'];
    const controlled = [...arvTool('control', ...hidden, ...alsoHidden).matchAll(/^(\w+) = '?(.*?)'?(?: .*)?$/gm)];
    assert.is(controlled.length, hidden.length + alsoHidden.length);

    const camera = await GigeVisionCamera.open(target);
    const { features } = camera;
    assert.equal(
      features.featuresOf(),
      theirs.map((match) => match[3]),
    );
    for (const [, kind, access, name = '', value] of theirs) {
      assert.is(features.node(name).kind, kind, name);
      assert.is(await features.node(name).access(), access, name);
      if (access !== 'WO') assert.is(await features.text(name), value, name);
    }
    for (const [, name = '', value] of controlled) assert.is(await features.text(name), value, name);
    await camera.close();
  }),
);

peerTest(test, peers, 'every enumeration has the entries that arv-tool lists', () =>
  withFakeCamera(async () => {
    const theirs = new Map<string, string[]>();
    let entries: string[] = [];
    for (const [, kind, name = ''] of arvTool('features').matchAll(/^ *(\w+) *: (?:\[\w\w\] )?'(\w+)'$/gm)) {
      if (kind === 'EnumEntry') entries.push(name);
      else entries = [];
      if (kind === 'Enumeration') theirs.set(name, entries);
    }
    assert.ok(theirs.size >= 6, `arv-tool lists ${theirs.size} enumerations`);
    const camera = await GigeVisionCamera.open(target);
    for (const [name, listed] of theirs) {
      const ours = (await camera.features.describe(name)).entries.map((entry) => entry.name);
      assert.equal(ours.sort(), listed.sort(), name);
    }
    await camera.close();
  }),
);

peerTest(test, peers, 'every feature that arv-tool lists is a control with the same value', () =>
  withFakeCamera(async () => {
    const line = /^ *(\w+) *: \[(\w\w)\] '(\w+)'(?: = '?(.*?)'?)?$/gm;
    const theirs = [...arvTool('values').matchAll(line)];
    const camera = await GigeVisionCamera.open(target);
    const controls = await camera.controls.list();
    assert.is(controls.length, theirs.length);
    for (const [, , access, feature = '', value] of theirs) {
      const name = controlNameOf(feature, (other) => camera.features.has(other));
      const control = controls.find((one) => one.name === name);
      assert.is(control?.readOnly, access === 'RO', feature);
      if (access !== 'WO') assert.is(String(control?.value), value, feature);
    }
    const [exposure] = await camera.controls.set('ExposureTime', 1234);
    assert.is(exposure?.value, 1234);
    assert.equal(
      (await camera.controls.set('Width', 640)).map(({ name, value }) => [name, value]),
      [
        ['Width', 640],
        ['PayloadSize', 640 * 512],
      ],
    );
    await camera.close();
    assert.match(arvTool('control', 'ExposureTimeAbs'), /ExposureTimeAbs = 1234\b/);
  }),
);

peerTest(test, peers, 'features that we set are read by arv-tool, and the other way round', () =>
  withFakeCamera(async () => {
    const camera = await GigeVisionCamera.open(target);
    await camera.features.set('Width', 640);
    await camera.features.set('PixelFormat', 'Mono16');
    await camera.features.set('AcquisitionFrameRate', '50');
    assert.is(await codeOf(camera.features.set('Height', 5000)), 'feature.range');
    const geometry = await camera.readGeometry();
    assert.is(geometry.payloadBytes, 640 * 512 * 2);
    assert.is(geometry.pixelFormat.name, 'Mono16');
    assert.is(geometry.frameRate, 50);
    assert.is(await camera.exposureNs(), 10_000_000n);
    assert.is((await camera.readShutter()).kind, 'unknown');
    await camera.close();
    assert.match(arvTool('control', 'Width', 'PixelFormat'), /Width = 640\b.*\n.*PixelFormat = '?Mono16/);
    arvTool('control', 'Width=320', 'PixelFormat=Mono8');
    const again = await GigeVisionCamera.open(target);
    assert.is((await again.readGeometry()).payloadBytes, 320 * 512);
    await again.close();
  }),
);

peerTest(test, [...peers, 'arv-camera-test-0.8'], 'control held by another program is refused, and free after it', () =>
  withFakeCamera(async () => {
    const other = start('arv-camera-test-0.8', '--no-packet-socket');
    await held(true);
    assert.is(await codeOf(GigeVisionCamera.open(target)), 'camera.access-denied');
    await stop(other, 'SIGINT');
    await held(false);
    const camera = await GigeVisionCamera.open(target);
    assert.is(await codeOf(GigeVisionCamera.open(target)), 'camera.access-denied');
    await camera.close();
    await (await GigeVisionCamera.open(target)).close();
  }),
);

peerTest(test, peers, 'a program that was killed holds the camera no longer than its heartbeat time-out', () =>
  withFakeCamera(async () => {
    const module = fileURLToPath(new URL('../../src/cameras/gige-vision/gige-camera.js', import.meta.url));
    const script = `import { GigeVisionCamera } from ${JSON.stringify(module)};
      await GigeVisionCamera.open(${JSON.stringify(target)});`;
    const holder = start(process.execPath, '--input-type=module', '-e', script);
    await held(true);
    assert.is(await codeOf(GigeVisionCamera.open(target)), 'camera.access-denied');
    await stop(holder, 'SIGKILL');
    // Whoever asks keeps this camera's time-out of 3 s from running out, so it is left alone for longer than that.
    await held(false, 4000);
    await (await GigeVisionCamera.open(target)).close();
  }),
);

peerTest(test, peers, 'a camera that ends is lost', () =>
  withFakeCamera(async (fake) => {
    const camera = await GigeVisionCamera.open(target);
    const lost = new Promise<string>((resolve) => camera.onLost((error) => resolve(error.code)));
    await stop(fake, 'SIGKILL');
    assert.is(await lost, 'camera.lost');
    await camera.close();
  }),
);

peerTest(test, peers, 'frames come as leader, full packets and trailer, and stop when told', () =>
  withFakeCamera(async () => {
    const camera = await GigeVisionCamera.open(target);
    await camera.features.set('Width', 256);
    await camera.features.set('Height', 256);
    assert.is(await camera.negotiatePacketSize(), 1400, 'it sends no test packets, so it keeps its size');
    const socket = createSocket('udp4');
    const packets: Uint8Array[] = [];
    socket.on('message', (bytes) => packets.push(bytes));
    await new Promise<void>((resolve) => socket.bind(0, camera.localAddress, resolve));
    const to = { address: camera.localAddress, port: socket.address().port, extendedIds: false };
    assert.equal(await camera.startStream(to), { extendedIds: false, packetBytes: 1400, packetDataBytes: 1364 });
    const frames = () => packets.filter((packet) => parseGvspHeader(packet).format === GVSP.trailer).length;
    while (frames() < 5) await new Promise((resolve) => setTimeout(resolve, 20));
    await camera.stopStream();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const sent = packets.length;
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.is(packets.length, sent, 'nothing comes after the stop');
    socket.close();
    await camera.close();

    const first = parseGvspHeader(packets[0] ?? new Uint8Array(0)).blockId;
    assert.is(first, 65401n);
    const frame = packets.filter((packet) => parseGvspHeader(packet).blockId === first);
    const expected = Math.ceil((256 * 256) / 1364) + 2;
    assert.equal(
      frame.map((packet) => parseGvspHeader(packet).packetId),
      Array.from({ length: expected }, (_, i) => i),
    );
    const [leaderPacket, trailerPacket] = [frame[0], frame[expected - 1]];
    if (!leaderPacket || !trailerPacket) throw new Error('unreachable');
    const leader = parseLeader(leaderPacket, 8);
    if (leader.kind !== 'image') throw new Error(`leader is ${leader.kind}`);
    assert.equal([leader.width, leader.height, leader.pixelFormat], [256, 256, 0x01080001]);
    const ageNs = BigInt(Date.now()) * 1_000_000n - leader.timestamp;
    assert.ok(ageNs >= 0n && ageNs < 60_000_000_000n, `the time stamp is ${ageNs} ns old`);
    assert.is(parseTrailer(trailerPacket, 8).payloadType, 1);
    const data = frame.slice(1, -1).map((packet) => packet.length - 8);
    assert.is(
      data.reduce((sum, bytes) => sum + bytes, 0),
      256 * 256,
    );
    assert.ok(data.slice(0, -1).every((bytes) => bytes === 1364));
  }),
);

test.run();
