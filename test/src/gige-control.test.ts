import * as assert from 'uvu/assert';
import * as gvcp from '#pipeline/wire/gvcp.js';
import { BOOTSTRAP, streamChannelAddress } from '#pipeline/wire/registers.js';
import { CameraError } from '#src/cameras/gige-vision/camera-error.js';
import { deviceMemory } from '#src/cameras/gige-vision/device-memory.js';
import { discover } from '#src/cameras/gige-vision/discovery.js';
import { GigeVisionCamera } from '#src/cameras/gige-vision/gige-camera.js';
import { GvcpClient, GvcpError } from '#src/cameras/gige-vision/gvcp-client.js';
import { interfaceMtu } from '#src/cameras/gige-vision/interface-mtu.js';
import { type DeviceBehaviour, GvcpDevice } from '#test/support/gvcp-device.js';
import { test } from '#test/support/test.js';

const PRIVILEGE = BOOTSTRAP.controlChannelPrivilege.address;

async function withDevice(
  behaviour: DeviceBehaviour,
  run: (device: GvcpDevice, client: GvcpClient) => Promise<void>,
): Promise<void> {
  const device = await GvcpDevice.start(behaviour);
  const client = await GvcpClient.connect('127.0.0.1', device.port);
  try {
    await run(device, client);
  } finally {
    client.close();
    device.stop();
  }
}

async function failure(
  promise: Promise<unknown>,
): Promise<Error & { code?: string; context?: Record<string, unknown> }> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('no error where one was expected');
}

const openTarget = (device: GvcpDevice) => ({ kind: 'address', host: '127.0.0.1', port: device.port }) as const;

test('a command is repeated with the same request id until it is answered', () =>
  withDevice({ ignoreFirst: 2 }, async (device, client) => {
    device.register(0x200, 0xcafebabe);
    assert.is(await client.readRegister(0x200, { attempts: 5, attemptMs: 30 }), 0xcafebabe);
    assert.is(device.commands.length, 3);
    assert.is(new Set(device.commands.map((command) => command.requestId)).size, 1);
  }));

test('a pending acknowledge prolongs the wait instead of repeating the command', () =>
  withDevice({ pendingMs: 300 }, async (device, client) => {
    assert.is(await client.readRegister(0x0938, { attempts: 1, attemptMs: 100 }), 3000);
    assert.is(device.commands.length, 1);
  }));

test('a device that asks for more time for ever is given up, once and not with each attempt', () =>
  withDevice({ pendingForEverMs: 100 }, async (device, client) => {
    const error = await failure(client.readRegister(0x0938, { attempts: 50, attemptMs: 200, pendingMs: 400 }));
    assert.is(error.code, 'gvcp.no-answer');
    assert.match(error.message, 'asks for more time');
    assert.ok(device.commands.length < 50, `${device.commands.length} attempts`);
  }));

test('features are read whole where acknowledges are lost, and refused where they have another length', async () => {
  const register = (name: string, address: number, length: number) =>
    `<IntReg Name="${name}"><Address>${address}</Address><Length>${length}</Length><AccessMode>RW</AccessMode><pPort>Device</pPort><Endianess>BigEndian</Endianess></IntReg>`;
  const xml = `<RegisterDescription>${register('Word', 0xa000, 4)}${register('Wide', 0xb000, 8)}<Port Name="Device"/></RegisterDescription>`;
  await withDevice({ xml, heartbeatMs: 60_000 }, async (device) => {
    device.register(0xa000, 7);
    device.register(0xb004, 9);
    const camera = await GigeVisionCamera.open(openTarget(device));
    device.behaviour.ignoreFirst = 1;
    assert.equal([await camera.features.integer('Word'), await camera.features.integer('Wide')], [7n, 9n]);
    await camera.features.set('Wide', 0x1_0000_0002n);
    assert.equal([device.register(0xb000), device.register(0xb004)], [1, 2]);
    device.behaviour.ignoreFirst = 0;
    device.behaviour.wrongLength = { from: 0xb000, bytes: -4 };
    camera.features.forget();
    const error = await failure(camera.features.integer('Wide'));
    assert.is(error.code, 'gvcp.answer');
    assert.match(error.message, /answered READMEM 0xb000 \(8 bytes\) with 8 odd bytes/);
    assert.is(await camera.features.integer('Word'), 7n, 'the others are read all the same');
    device.behaviour.wrongLength = { from: 0xb000, bytes: 4 };
    assert.is(await camera.features.integer('Wide'), 0x1_0000_0002n, 'what is too much is left out');
    await camera.close();
  });
});

test('foreign, broken and outdated answers are passed over', () => {
  const noise = [
    new Uint8Array(3),
    Uint8Array.of(0, 0, 0, 0x81, 0xff, 0xff, 0, 1),
    gvcp.encodeReadReg(1, [0]),
    gvcp.encodeReadRegAck(0x7777, [1]),
    gvcp.encodeWriteRegAck(1, 1),
  ];
  return withDevice({ noise }, async (_, client) => {
    assert.is(await client.readRegister(0x0938), 3000);
  });
});

test('commands are asked one after the other, whoever asks', () =>
  withDevice({}, async (device, client) => {
    for (let i = 0; i < 64; i++) device.register(0x8000 + 4 * i, i);
    const values = await Promise.all(Array.from({ length: 64 }, (_, i) => client.readRegister(0x8000 + 4 * i)));
    assert.equal(
      values,
      values.map((_, i) => i),
    );
    assert.is(device.commands.length, 64);
  }));

test('memory is read and written in pieces, of any length and at any address', () =>
  withDevice({}, async (device, client) => {
    const memory = deviceMemory(client);
    const data = Uint8Array.from({ length: 1501 }, (_, i) => i * 7);
    await memory.write(0x20003, data);
    assert.equal(device.memory.subarray(0x20003, 0x20003 + 1501), data);
    assert.is(device.memory[0x20002], 0);
    assert.is(device.memory[0x20003 + 1501], 0);
    assert.equal(Uint8Array.from(await memory.read(0x20003, 1501)), data);
    await memory.write(0x30000, Uint8Array.of(1, 2, 3, 4));
    assert.is(device.register(0x30000), 0x01020304);
    assert.equal(Uint8Array.from(await memory.read(0x30000, 4)), Uint8Array.of(1, 2, 3, 4));
  }));

/** Two registers, one of them the low half of a word, by schema 1.`minor`. */
function wordsXml(minor: number, order: string): string {
  const register = (name: string, address: number, length: number) =>
    `<IntReg Name="${name}"><Address>${address}</Address><Length>${length}</Length><AccessMode>RW</AccessMode><pPort>Device</pPort><Endianess>${order}</Endianess></IntReg>`;
  return `<RegisterDescription SchemaMajorVersion="1" SchemaMinorVersion="${minor}">${register('Word', 0xb000, 4)}${register('Half', 0xb004, 2)}${register('Wide', 0xb008, 8)}<Port Name="Device"/></RegisterDescription>`;
}

test('registers of a little-endian camera are read and written as its description says', async () => {
  const device = await GvcpDevice.start({ littleEndian: true, xml: wordsXml(1, 'LittleEndian') });
  const view = new DataView(device.memory.buffer);
  view.setUint32(0xb000, 0x11223344, true);
  view.setUint16(0xb004, 0x5566, true);
  view.setBigUint64(0xb008, 0x1122334455667788n, true);
  const camera = await GigeVisionCamera.open({ kind: 'address', host: '127.0.0.1', port: device.port });
  const { features } = camera;
  assert.equal([await features.integer('Word'), await features.integer('Half')], [0x11223344n, 0x5566n]);
  assert.is(await features.integer('Wide'), 0x1122334455667788n);
  await features.set('Word', 0x01020304);
  await features.set('Half', 0x0506);
  assert.equal([view.getUint32(0xb000, true), view.getUint16(0xb004, true)], [0x01020304, 0x0506]);
  device.behaviour.registersOnly = true;
  await features.set('Word', 0x05060708);
  assert.is(view.getUint32(0xb000, true), 0x05060708);
  await camera.close();
  device.stop();
});

test('a description by schema 1.0 calls words big-endian whatever the camera is', async () => {
  for (const littleEndian of [false, true]) {
    const device = await GvcpDevice.start({ littleEndian, xml: wordsXml(0, 'BigEndian') });
    device.register(0xb000, 0x11223344);
    const camera = await GigeVisionCamera.open({ kind: 'address', host: '127.0.0.1', port: device.port });
    assert.is(await camera.features.integer('Word'), 0x11223344n);
    await camera.features.set('Word', 5);
    assert.is(device.register(0xb000), 5);
    await camera.close();
    device.stop();
  }
});

test('a refusal names its status, silence names the address', () =>
  withDevice({}, async (device, client) => {
    device.register(PRIVILEGE, 2);
    const refused = await failure(client.writeRegister(0xd00, 1));
    assert.ok(refused instanceof GvcpError);
    assert.is(refused.code, 'gvcp.status');
    assert.match(refused.message, /WRITEREG 0xd00.*access denied \(0x8006\)/);
    device.behaviour.silent = true;
    const silent = await failure(client.readRegister(0, { attempts: 2, attemptMs: 20 }));
    assert.is(silent.code, 'gvcp.no-answer');
    assert.match(silent.message, new RegExp(`127\\.0\\.0\\.1:${device.port}`));
    const waiting = failure(client.readRegister(0));
    client.close();
    assert.is((await waiting).code, 'gvcp.closed');
  }));

test('an address where nothing listens is a clear error', async () => {
  const device = await GvcpDevice.start();
  const target = openTarget(device);
  device.stop();
  const error = await failure(GigeVisionCamera.open(target));
  assert.ok(error instanceof CameraError);
  assert.is(error.code, 'camera.no-answer');
  assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${target.port}`));
  const unknown = await failure(GigeVisionCamera.open({ kind: 'address', host: 'no-such-host.invalid', port: 3956 }));
  assert.is(unknown.code, 'gvcp.socket');
});

test('a device on any port is found when its address is given', async () => {
  const device = await GvcpDevice.start();
  const { port } = device;
  const found = await discover({ timeoutMs: 200, extra: [{ host: '127.0.0.1', port }] });
  device.stop();
  const match = found.find((candidate) => candidate.port === port);
  assert.is(match?.address, '127.0.0.1');
  assert.is(match?.description.userName, 'bench');
});

test('control is taken, kept by heartbeats, and given back', async () => {
  const device = await GvcpDevice.start({ heartbeatMs: 300 });
  const camera = await GigeVisionCamera.open(openTarget(device));
  assert.is(device.register(PRIVILEGE), 2);
  assert.ok(camera.supportsResend && camera.supportsExtendedIds && !camera.requiresExtendedIds);
  assert.is(camera.tickFrequencyHz, 1_000_000_000n);
  const before = device.commands.length;
  while (device.commands.length < before + 3) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.is(camera.lost, null);
  await camera.close();
  assert.is(device.register(PRIVILEGE), 0);
  await camera.close();
  device.stop();
});

test('a camera that another program controls is refused, with the holder where the camera knows it', async () => {
  const device = await GvcpDevice.start();
  device.register(PRIVILEGE, 2);
  device.register(BOOTSTRAP.primaryApplicationAddress.address, 0x0a000105);
  device.register(BOOTSTRAP.primaryApplicationPort.address, 40123);
  const error = await failure(GigeVisionCamera.open(openTarget(device)));
  device.stop();
  assert.is(error.code, 'camera.access-denied');
  assert.match(error.message, /controlled by a program at 10\.0\.1\.5, port 40123/);
});

test('a camera that falls silent is reported lost once, and closed without delay', async () => {
  const device = await GvcpDevice.start({ heartbeatMs: 300 });
  const camera = await GigeVisionCamera.open(openTarget(device));
  const reasons: string[] = [];
  const lost = new Promise<void>((resolve) => {
    camera.onLost((error) => {
      reasons.push(error.code);
      resolve();
    });
  });
  device.behaviour.silent = true;
  await lost;
  assert.match(camera.lost?.message ?? '', /has not answered for/);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(reasons, ['camera.lost']);
  await camera.close();
  device.stop();
});

test('a camera that restarts is lost, too: control is gone', async () => {
  const device = await GvcpDevice.start({ heartbeatMs: 300 });
  const camera = await GigeVisionCamera.open(openTarget(device));
  const lost = new Promise<CameraError>((resolve) => camera.onLost(resolve));
  device.register(PRIVILEGE, 0);
  assert.match((await lost).message, /gave up our control/);
  await camera.close();
  device.stop();
});

test('when the description of a camera cannot be read, control is given back', async () => {
  const device = await GvcpDevice.start({ xml: '<NotACamera/>' });
  const error = await failure(GigeVisionCamera.open(openTarget(device)));
  assert.is(error.code, 'genicam.xml');
  assert.is(device.register(PRIVILEGE), 0);
  device.stop();
});

const size = streamChannelAddress('packetSize');

async function negotiated(behaviour: DeviceBehaviour, maximum?: number): Promise<number> {
  const device = await GvcpDevice.start(behaviour);
  const camera = await GigeVisionCamera.open(openTarget(device));
  const options = maximum === undefined ? { testMs: 20 } : { testMs: 20, maximum };
  const result = await camera.negotiatePacketSize('127.0.0.1', options);
  assert.is(device.register(size) & 0xffff, result);
  assert.is(device.register(streamChannelAddress('port')), 0, 'the channel is closed again');
  await camera.close();
  device.stop();
  return result;
}

test('the packet size is the largest whose test packet arrives', async () => {
  assert.is(await negotiated({ linkBytes: 65535 }), 9000);
  assert.is(await negotiated({ linkBytes: 65535 }, 16000), 16000);
  assert.is(await negotiated({ linkBytes: 1500 }), 1500);
  const between = await negotiated({ linkBytes: 4000 });
  assert.ok(between > 3900 && between <= 4000, String(between));
  const small = await negotiated({ linkBytes: 1400 });
  assert.ok(small > 1300 && small <= 1400, String(small));
});

test('the size that the camera makes of it counts', async () => {
  assert.is(await negotiated({ linkBytes: 65535, sizeStep: 256 }), 8960);
});

test('a camera without test packets keeps its size, unless that is too large', async () => {
  assert.is(await negotiated({ linkBytes: 0 }), 1400);
  assert.is(await negotiated({ linkBytes: 0 }, 1000), 1000);
});

test('the MTU of an interface is a bound, 1500 where it is unknown', () => {
  assert.ok(interfaceMtu('127.0.0.1') >= 1500);
  assert.is(interfaceMtu('127.9.8.7'), interfaceMtu('127.0.0.1'));
  assert.is(interfaceMtu('192.0.2.77'), 1500);
});

test('block ids of 64 bits are chosen where the camera has them', async () => {
  const device = await GvcpDevice.start();
  const camera = await GigeVisionCamera.open(openTarget(device));
  assert.is(await camera.selectBlockIds(null), false);
  assert.is(await camera.selectBlockIds(true), true);
  assert.is(device.register(BOOTSTRAP.gvspConfiguration.address), 0x40000000);
  assert.is(await camera.selectBlockIds(null), true);
  assert.is(await camera.selectBlockIds(false), false);
  assert.equal(await camera.streamSetup(true), { extendedIds: true, packetBytes: 1400, packetDataBytes: 1352 });
  await camera.close();
  device.stop();
});

test.run();
