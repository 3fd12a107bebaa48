/** The bridge as a GigE Vision device: what programs of others see and may do. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { parseChunks } from '#pipeline/wire/chunks.js';
import { GVCP_STATUS } from '#pipeline/wire/gvcp.js';
import { GVSP, parseGvspHeader, parseLeader } from '#pipeline/wire/gvsp.js';
import { parseIpv4 } from '#pipeline/wire/network-text.js';
import { BOOTSTRAP, GVSP_EXTENDED_IDS, STREAM_CHANNEL } from '#pipeline/wire/registers.js';
import { type BridgeProcess, startBridge } from '#src/cameras/bridge/bridge-process.js';
import type { BridgeOptions } from '#src/cameras/bridge/bridged-camera.js';
import { MODE } from '#src/cameras/bridge/mode-registers.js';
import { GigeVisionCamera } from '#src/cameras/gige-vision/gige-camera.js';
import { openGigeCamera } from '#src/cameras/gige-vision/stream-camera.js';
import type { ImitatedCamera } from '#test/support/imitated-frames.js';
import { IMITATED, infoOf, SERIAL } from '#test/support/imitated-frames.js';
import { StreamClient } from '#test/support/stream-client.js';
import { test } from '#test/support/test.js';

const DRIVER = pathToFileURL(fileURLToPath(new URL('../../../support/imitated-driver.js', import.meta.url))).href;

interface Served {
  readonly bridge: BridgeProcess;
  readonly said: string[];
}

async function withBridge(
  camera: Partial<ImitatedCamera>,
  run: (served: Served) => Promise<void>,
  options: Partial<BridgeOptions> = {},
): Promise<void> {
  process.env.IMITATED_CAMERA = JSON.stringify(camera);
  const said: string[] = [];
  const place = { address: '127.0.0.1', port: 0, send: 'mmsg', extendedIds: false } as const;
  const given = { driver: DRIVER, id: '', sdk: { library: null }, memoryBytes: 2 ** 20, ...place, ...options };
  const bridge = await startBridge('qhy:', given, (level, message) => said.push(`${level}: ${message}`));
  try {
    await run({ bridge, said });
  } finally {
    await bridge.stop();
    process.env.IMITATED_CAMERA = '{}';
  }
}

const targetOf = ({ address, port }: BridgeProcess) => ({ kind: 'address', host: address, port }) as const;

/** Blocks that came, with how many packets of each. */
function blocksOf(datagrams: readonly Buffer[], extended = false): Map<bigint, Set<number>> {
  const blocks = new Map<bigint, Set<number>>();
  for (const bytes of datagrams) {
    const { blockId, packetId } = parseGvspHeader(bytes);
    assert.is(parseGvspHeader(bytes).extended, extended);
    if (blockId > 0n) blocks.set(blockId, (blocks.get(blockId) ?? new Set()).add(packetId));
  }
  return blocks;
}

const leadersOf = (datagrams: readonly Buffer[]) =>
  datagrams.filter((bytes) => parseGvspHeader(bytes).format === GVSP.leader);

test('controls are features: kinds, limits, units, entries, and the reason why one cannot be used', () =>
  withBridge({}, async ({ bridge, said }) => {
    const camera = await GigeVisionCamera.open(targetOf(bridge));
    const { features } = camera;
    try {
      assert.equal([camera.identity.vendor, camera.identity.serial], ['Imitated & Sons', SERIAL]);
      assert.is(await features.text('PixelFormat'), 'Mono8');
      assert.is(Number(await features.integer('PixelFormat')), 0x01080001);
      await features.set('ExposureTime', 5_000.5);
      assert.is(await features.float('ExposureTime'), 5_000.5);
      await features.set('FilterName', 'Hα & OIII');
      assert.is(await features.text('FilterName'), 'Hα & OIII');
      await features.set('LowNoise', true);
      assert.is(await features.integer('LowNoise'), 1n);
      await features.execute('FrameCounterReset');
      await assertRejects(() => features.set('ExposureTime', 1), /20/);
      await assertRejects(() => features.set('DeviceTemperature', 1), /cannot be set/);
      await assertRejects(() => features.set('BurstStart', 2), /BurstStart cannot be/);
      assert.is(await features.text('BurstStartUnavailable'), 'needs burst mode');
      await features.set('BurstMode', true);
      await features.set('BurstStart', 2);
      assert.is(await features.text('BurstStartUnavailable'), '');
      await features.set('PixelFormat', 'Mono12p');
      assert.is(Number(await features.integer('PayloadSize')), (64 * 48 * 12) / 8);
      await features.set('Width', 32);
      assert.is(Number(await features.integer('PayloadSize')), (32 * 48 * 12) / 8);
      const before = await features.float('DeviceTemperature');
      await delay(1_300);
      assert.ok((await features.float('DeviceTemperature')) < before, 'readings are read again');
      await assertRejects(() => features.set('Gain', 66), /refused/);
      assert.ok(said.some((line) => /Gain is not set: the library does not like 66/.test(line)));
      assert.is(await features.text('PtpStatus'), 'Disabled');
      assert.is(camera.tickFrequencyHz, 1_000_000_000n);
    } finally {
      await camera.close();
    }
  }));

test('a camera of the bridge has the controls of its driver', () =>
  withBridge({}, async ({ bridge }) => {
    const camera = await openGigeCamera('gige:bridge', targetOf(bridge), {
      ...{ packetSize: 9_000, features: {}, nativeReceiver: false, log: () => {} },
    });
    try {
      const controls = await camera.controls?.list();
      const of = (name: string) => controls?.find((control) => control.name === name);
      const { label, unit, minimum, maximum, group, value } = of('ExposureTime') ?? {};
      assert.equal(
        [label, unit, minimum, maximum, group, value],
        ['Exposure < time', 'us', 20, 3.6e9, 'Exposure', 2_000],
      );
      assert.equal([of('BurstStart')?.group, of('BurstStart')?.unavailable], ['Burst', 'needs burst mode']);
      assert.equal([of('DeviceTemperature')?.readOnly, of('FrameCounterReset')?.type], [true, 'command']);
      assert.equal([of('Width')?.step, of('Width')?.shapesFrames], [8, true]);
      assert.equal(
        ['ExposureTime', 'LowNoise', 'Fault', 'DeviceTemperature', 'FrameCounterReset'].map((name) => of(name)?.kept),
        [true, true, false, false, false],
        'what is kept is told as Streamable',
      );
      assert.equal([of('ExposureTime')?.default, of('Gain')?.default, of('Fault')?.default], [2_000, 10, null]);
    } finally {
      await camera.close();
    }
  }));

test('a library that takes longer than any camera on a network is waited for', () =>
  withBridge({}, async ({ bridge }) => {
    const camera = await GigeVisionCamera.open(targetOf(bridge));
    try {
      // Longer than the 10 s that other devices may ask for.
      await camera.features.set('SlowAnswer', 11_000);
      assert.is(await camera.features.integer('SlowAnswer'), 11_000n);
      assert.is(camera.lost, null);
    } finally {
      await camera.close();
    }
  }));

test('a setting that takes its time asks for patience, is made once, and holds up nobody else', () =>
  withBridge({}, async ({ bridge }) => {
    const camera = await GigeVisionCamera.open(targetOf(bridge));
    const other = await StreamClient.open(bridge);
    try {
      const slow = camera.features.set('SlowAnswer', 1_500);
      await delay(300);
      const beganMs = performance.now();
      assert.is(await other.read(MODE.width), 64);
      assert.ok(performance.now() - beganMs < 400, 'others are answered meanwhile');
      await slow;
      assert.is(await camera.features.integer('SlowAnswer'), 1_500n);
      assert.is(camera.lost, null);
    } finally {
      other.close();
      await camera.close();
    }
  }));

test('one program controls it, and the others are refused', () =>
  withBridge({}, async ({ bridge }) => {
    const [first, second] = [await StreamClient.open(bridge), await StreamClient.open(bridge)];
    assert.is(await first.takeControl(), GVCP_STATUS.success);
    assert.is(await second.takeControl(), GVCP_STATUS.accessDenied);
    assert.is(await second.write(MODE.acquisitionStart, 1), GVCP_STATUS.accessDenied);
    assert.is(await first.write(MODE.acquisitionStart, 1), GVCP_STATUS.invalidParameter, 'there is no destination yet');
    assert.is(await first.write(BOOTSTRAP.controlChannelPrivilege.address, 0), GVCP_STATUS.success);
    assert.is(await second.takeControl(), GVCP_STATUS.success);
    first.close();
    second.close();
  }));

test('single frames and so many are sent, and then no more; a burst gives the frames between its ends', () =>
  withBridge({}, async ({ bridge }) => {
    const client = await StreamClient.open(bridge);
    const features = async (work: (camera: GigeVisionCamera) => Promise<void>) => {
      const camera = await GigeVisionCamera.open(targetOf(bridge));
      await work(camera);
      await camera.close();
    };
    const framesOf = async (mode: number, count: number) => {
      client.datagrams.length = 0;
      await client.takeControl();
      await client.aim();
      await client.write(MODE.acquisitionMode, mode);
      await client.write(MODE.acquisitionFrameCount, count);
      assert.is(await client.write(MODE.acquisitionStart, 1), GVCP_STATUS.success);
      await client.quiet(400);
      await client.write(BOOTSTRAP.controlChannelPrivilege.address, 0);
      return leadersOf(client.datagrams).length;
    };
    assert.is(await framesOf(1, 1), 1);
    assert.is(await framesOf(2, 7), 7);
    await features(async (camera) => {
      await camera.features.set('BurstMode', true);
      await camera.features.set('BurstStart', 1);
      await camera.features.set('BurstEnd', 5);
      await camera.features.set('BurstCount', 2);
    });
    assert.is(await framesOf(0, 1), 6, 'frames 2 to 4 of two bursts');
    client.close();
  }));

test('packets are sent again as long as their frame is kept, and refused afterwards', () =>
  withBridge(
    { fps: 20 },
    async ({ bridge }) => {
      const client = await StreamClient.open(bridge);
      await client.start();
      await client.until((all) => blocksOf(all).size > 24);
      // Eighteen frames are kept, which is nine tenths of a second.
      const asked = [...blocksOf(client.datagrams).keys()].at(-2) ?? 0n;
      const original = client.datagrams.find((bytes) => {
        const { blockId, packetId } = parseGvspHeader(bytes);
        return blockId === asked && packetId === 2;
      });
      client.datagrams.length = 0;
      client.askAgain(asked, 2, 2);
      const resent = (bytes: Buffer) => parseGvspHeader(bytes).status === GVCP_STATUS.packetResend;
      await client.until((all) => all.some(resent));
      const again = client.datagrams.find(resent);
      assert.ok(original && again);
      assert.equal(again.subarray(8), original.subarray(8), 'the same bytes as the first time');
      client.datagrams.length = 0;
      client.askAgain(1n, 1, 1);
      const refused = (bytes: Buffer) => parseGvspHeader(bytes).status >= 0x8000;
      await client.until((all) => all.some(refused));
      const refusal = client.datagrams.find(refused);
      assert.is(refusal && parseGvspHeader(refusal).status, GVCP_STATUS.packetRemoved);
      client.close();
    },
    // 4096 bytes a frame: 40 slots, of which half are for the driver.
    { memoryBytes: 40 * 4_096 },
  ));

test('blocks follow the count of the library, in ids of 16 and of 64 bits; leaders have the time of arrival', () =>
  withBridge({}, async ({ bridge }) => {
    for (const extended of [false, true]) {
      const client = await StreamClient.open(bridge);
      await client.takeControl();
      await client.write(BOOTSTRAP.gvspConfiguration.address, extended ? GVSP_EXTENDED_IDS : 0);
      const sinceNs = BigInt(Date.now()) * 1_000_000n;
      await client.start();
      await client.until((all) => leadersOf(all).length > 20);
      const leaders = leadersOf(client.datagrams);
      const ids = leaders.map((bytes) => parseGvspHeader(bytes).blockId);
      assert.equal(ids.slice(0, 3), [1n, 2n, 3n]);
      const at = leaders.map((bytes) => parseLeader(bytes, extended ? 20 : 8).timestamp);
      assert.ok(at.every((ns, i) => ns > (at[i - 1] ?? sinceNs) && ns - sinceNs < 20_000_000_000n));
      for (const packets of [...blocksOf(client.datagrams, extended).values()].slice(0, 15)) assert.is(packets.size, 5);
      await client.write(BOOTSTRAP.controlChannelPrivilege.address, 0);
      client.close();
    }
  }));

test('what the library tells beside a frame is a chunk behind the image', () =>
  withBridge({ info: true, gpsHeader: false }, async ({ bridge }) => {
    const client = await StreamClient.open(bridge);
    await client.start(9_000);
    await client.until((all) => leadersOf(all).length > 3);
    const payload = client.datagrams.find((bytes) => {
      const { format, blockId } = parseGvspHeader(bytes);
      return format === GVSP.payload && blockId === 1n;
    });
    assert.ok(payload);
    const [image, info] = parseChunks(payload.subarray(8));
    assert.is(image?.data.length, 64 * 48);
    const wanted = infoOf(1, 0n, IMITATED, 2_000_000n);
    assert.equal(Buffer.from(info?.data.subarray(0, 72) ?? []), Buffer.from(wanted.subarray(0, 72)));
    client.close();
  }));

test('several receivers have the stream by a multicast address', () =>
  withBridge({}, async ({ bridge }) => {
    const group = '239.192.77.7';
    const receivers = await Promise.all(
      [0, 1].map(async () => {
        const socket = createSocket({ type: 'udp4', reuseAddr: true });
        const blocks = new Set<bigint>();
        socket.on('message', (bytes) => blocks.add(parseGvspHeader(bytes).blockId));
        return { socket, blocks };
      }),
    );
    const [one, two] = receivers;
    assert.ok(one && two);
    one.socket.bind(0, group);
    await once(one.socket, 'listening');
    const { port } = one.socket.address();
    two.socket.bind(port, group);
    await once(two.socket, 'listening');
    for (const { socket } of receivers) socket.addMembership(group, '127.0.0.1');
    const client = await StreamClient.open(bridge);
    await client.takeControl();
    await client.write(STREAM_CHANNEL.destinationAddress.address, parseIpv4(group));
    await client.write(STREAM_CHANNEL.port.address, port);
    assert.is(await client.write(MODE.acquisitionStart, 1), GVCP_STATUS.success);
    const end = performance.now() + 5_000;
    while (receivers.some(({ blocks }) => blocks.size < 10) && performance.now() < end) await delay(20);
    for (const { socket } of receivers) socket.close();
    client.close();
    assert.ok(one.blocks.size >= 10 && two.blocks.size >= 10, `${one.blocks.size} and ${two.blocks.size} blocks`);
  }));

test('a setting that needs a stream at rest is made in between, and the stream goes on; its shape is locked', () =>
  withBridge({ gpsHeader: false }, async ({ bridge }) => {
    const camera = await GigeVisionCamera.open(targetOf(bridge));
    const receiver = createSocket('udp4');
    const ids: bigint[] = [];
    receiver.on('message', (bytes) => {
      const header = parseGvspHeader(bytes);
      if (header.format === GVSP.leader) ids.push(header.blockId);
    });
    receiver.bind(0, '127.0.0.1');
    await once(receiver, 'listening');
    try {
      await camera.startStream({ address: '127.0.0.1', port: receiver.address().port, extendedIds: false });
      await until(() => ids.length >= 5);
      await camera.features.set('LowNoise', true);
      await assertRejects(() => camera.features.set('Width', 32), /Width/);
      const so = ids.length;
      await until(() => ids.length >= so + 5);
      assert.ok(
        ids.every((id, i) => id === (ids[i - 1] ?? 0n) + 1n),
        `block ids ${ids.join(' ')}`,
      );
    } finally {
      await camera.close();
      receiver.close();
    }
  }));

async function until(done: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!done() && performance.now() < end) await delay(10);
  assert.ok(done(), 'within 10 s');
}

async function assertRejects(work: () => Promise<unknown>, reason: RegExp): Promise<void> {
  try {
    await work();
  } catch (error) {
    assert.match((error as Error).message, reason);
    return;
  }
  assert.unreachable(`nothing was refused: ${reason}`);
}

test.run();
