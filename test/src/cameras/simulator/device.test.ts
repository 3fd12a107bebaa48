import { createSocket } from 'node:dgram';
import { setTimeout as delay } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { decodeDiscoveryAck } from '#pipeline/wire/discovery-ack.js';
import {
  encodeDiscovery,
  encodePacketResend,
  encodeReadMem,
  encodeReadReg,
  encodeWriteMem,
  encodeWriteReg,
  GVCP_STATUS,
} from '#pipeline/wire/gvcp.js';
import { parseGvspHeader } from '#pipeline/wire/gvsp.js';
import { pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import { BOOTSTRAP, GVCP_CAPABILITY, GVSP_EXTENDED_IDS, STREAM_CHANNEL } from '#pipeline/wire/registers.js';
import { Random } from '#src/cameras/random.js';
import { CAMERA } from '#src/cameras/simulator/camera-registers.js';
import { SimulatorProcess } from '#test/support/simulator-process.js';
import { StreamClient } from '#test/support/stream-client.js';
import { test } from '#test/support/test.js';

/** One simulator and one client; both gone afterwards. */
async function withDevice(
  args: readonly string[],
  run: (client: StreamClient, simulator: SimulatorProcess) => unknown,
) {
  const simulator = await SimulatorProcess.start(['tiny', '--port', '0', ...args]);
  const client = await StreamClient.open(simulator.camera);
  try {
    await run(client, simulator);
  } finally {
    client.close();
    await simulator.stop();
  }
}

test('it answers discovery with who it is, and the serial follows from model and seed', () =>
  withDevice(['--seed', '42'], async (client, simulator) => {
    const answer = await client.ask(encodeDiscovery(client.requestId));
    const device = decodeDiscoveryAck(answer?.payload ?? new Uint8Array(0));
    assert.is(device.vendor, 'Appulse');
    assert.is(device.model, 'tiny');
    assert.is(device.serial, 'TINY-42.1');
    assert.is(device.serial, simulator.camera.serial);
    assert.is(device.address, '127.0.0.1');
    assert.is(device.versionMajor, 2);
  }));

test('reads are checked: alignment, address, length', () =>
  withDevice([], async (client) => {
    const status = async (message: Uint8Array) => (await client.ask(message))?.status;
    assert.is(await status(encodeReadReg(client.requestId, [0x0002])), GVCP_STATUS.badAlignment);
    assert.is(await status(encodeReadReg(client.requestId, [0x1f0000])), GVCP_STATUS.invalidAddress);
    assert.is(await status(encodeReadMem(client.requestId, 0x200, 516)), GVCP_STATUS.invalidParameter);
    assert.is(await status(encodeReadMem(client.requestId, 0x20000, 512)), GVCP_STATUS.success);
    assert.is(await status(encodeReadReg(client.requestId, [0x0a00, 0x0938])), GVCP_STATUS.success);
  }));

test('only the controller writes, and control is released when it falls silent', () =>
  withDevice([], async (client, simulator) => {
    const other = await StreamClient.open(simulator.camera);
    try {
      assert.is(await client.write(CAMERA.width, 100), GVCP_STATUS.accessDenied);
      assert.is(await client.takeControl(), GVCP_STATUS.success);
      assert.is(await other.takeControl(), GVCP_STATUS.accessDenied);
      assert.is(await other.read(BOOTSTRAP.primaryApplicationPort.address), client.control.address().port);
      assert.is(await client.write(CAMERA.width, 100), GVCP_STATUS.success);
      assert.is(await client.write(BOOTSTRAP.heartbeatTimeout.address, 500), GVCP_STATUS.success);
      assert.is(await client.write(BOOTSTRAP.manufacturerName.address, 1), GVCP_STATUS.writeProtect);
      await delay(900);
      assert.is(await other.read(BOOTSTRAP.controlChannelPrivilege.address), 0);
      assert.is(await other.takeControl(), GVCP_STATUS.success);
      assert.match(simulator.log, /fell silent/);
    } finally {
      other.close();
    }
  }));

test('geometry, format and rates are checked and change the payload size', () =>
  withDevice([], async (client) => {
    await client.takeControl();
    assert.is(await client.read(CAMERA.payloadSize), 320 * 240 * 2);
    assert.is(await client.write(CAMERA.width, 321), GVCP_STATUS.invalidParameter);
    assert.is(await client.read(CAMERA.width), 320);
    assert.is(await client.write(CAMERA.width, 33), GVCP_STATUS.success);
    assert.is(await client.write(CAMERA.offsetX, 288), GVCP_STATUS.invalidParameter);
    assert.is(await client.write(CAMERA.offsetX, 287), GVCP_STATUS.success);
    assert.is(
      await client.write(CAMERA.pixelFormat, pixelFormatByName('YUV422_8')?.code ?? 0),
      GVCP_STATUS.invalidParameter,
    );
    const code = pixelFormatByName('Mono12p')?.code ?? 0;
    assert.is(await client.write(CAMERA.pixelFormat, code), GVCP_STATUS.success);
    assert.is(await client.read(CAMERA.payloadSize), Math.ceil((33 * 240 * 12) / 8));
    assert.is(await client.writeDouble(CAMERA.frameRate, 1001), GVCP_STATUS.invalidParameter);
    // The exposure limits the rate.
    assert.is(await client.writeDouble(CAMERA.exposureTime, 50_000), GVCP_STATUS.success);
    assert.is((await client.readMemory(CAMERA.frameRate, 8)).readDoubleBE(0), 20);
    assert.is(await client.writeDouble(CAMERA.exposureTime, 500), GVCP_STATUS.success);
    assert.is((await client.readMemory(CAMERA.frameRate, 8)).readDoubleBE(0), 100);
  }));

test('a test packet has the size asked for and comes from the stream port', () =>
  withDevice([], async (client) => {
    await client.takeControl();
    await client.aim();
    let source = 0;
    client.stream.on('message', (_, from) => {
      source = from.port;
    });
    for (const size of [576, 1500, 9000]) {
      client.datagrams.length = 0;
      await client.write(STREAM_CHANNEL.packetSize.address, 0x80000000 + 0x40000000 + size);
      await client.until((datagrams) => datagrams.length > 0, 1000);
      assert.equal(
        client.datagrams.map((datagram) => datagram.length),
        [size - 28],
      );
      assert.is(await client.read(STREAM_CHANNEL.packetSize.address), 0x40000000 + size);
    }
    assert.is(source, await client.read(STREAM_CHANNEL.sourcePort.address));
  }));

test('the features are described where the first URL says', () =>
  withDevice([], async (client) => {
    const url = String(await client.readMemory(BOOTSTRAP.firstUrl.address, 512)).replace(/\0.*$/s, '');
    const match = /^Local:\/\/\/appulse-tiny\.xml;([0-9a-f]+);([0-9a-f]+)$/.exec(url);
    assert.ok(match, url);
    const [address, bytes] = [Number.parseInt(match?.[1] ?? '', 16), Number.parseInt(match?.[2] ?? '', 16)];
    let xml = '';
    for (let at = 0; at < bytes; at += 512) {
      const count = Math.min(512, Math.ceil((bytes - at) / 4) * 4);
      xml += String(await client.readMemory(address + at, count));
    }
    assert.match(xml.slice(0, bytes), /^<\?xml.*<\/RegisterDescription>\n$/s);
    for (const feature of ['Width', 'PixelFormat', 'ExposureTime', 'SensorShutterMode', 'LinePeriod', 'GpsHeader']) {
      assert.match(xml, new RegExp(`Name="${feature}"`));
    }
  }));

test('resent packets are the packets, and what cannot be resent is answered with a status', () =>
  withDevice(['--frames', '12', '--history', '4', '--fps', '50'], async (client) => {
    await client.start(1500);
    await client.quiet();
    const packetOf = (block: bigint, id: number, status: number) =>
      client.datagrams.find((datagram) => {
        const header = parseGvspHeader(datagram);
        return header.blockId === block && header.packetId === id && header.status === status;
      });
    const last = Math.ceil((320 * 240 * 2) / 1464) + 1;
    const originals = [0, 1, 7, last].map((id) => packetOf(11n, id, 0));
    client.askAgain(11n, 0, 7);
    client.askAgain(11n, last, last + 1);
    client.askAgain(2n, 3, 3);
    client.askAgain(500n, 3, 3);
    await client.quiet();
    for (const [i, id] of [0, 1, 7, last].entries()) {
      const again = packetOf(11n, id, GVCP_STATUS.packetResend);
      assert.ok(again, `packet ${id}`);
      assert.ok(again?.subarray(8).equals(originals[i]?.subarray(8) ?? Buffer.alloc(0)), `packet ${id} is the same`);
    }
    assert.is(packetOf(11n, last + 1, GVCP_STATUS.packetUnavailable)?.length, 8);
    assert.is(packetOf(2n, 3, GVCP_STATUS.packetRemoved)?.length, 8);
    assert.is(packetOf(500n, 3, GVCP_STATUS.packetUnavailable)?.length, 8);
  }));

test('only the controller and the stream destination are sent packets again, by address and port', () =>
  withDevice(['--frames', '3'], async (client, simulator) => {
    await client.start(1500);
    await client.quiet();
    const { address, port } = simulator.camera;
    const request = { streamChannel: 0, blockId: 2n, firstPacketId: 3, lastPacketId: 3, extendedIds: false };
    const ask = encodePacketResend(client.requestId, request);
    const before = client.datagrams.length;
    const stranger = createSocket('udp4');
    stranger.send(ask, port, address);
    await client.quiet();
    stranger.close();
    assert.is(client.datagrams.length, before, 'another socket of the same host');
    client.control.send(ask, port, address);
    await client.until((datagrams) => datagrams.length > before, 1000);
    assert.is(client.datagrams.length, before + 1, 'the controller');
    client.askAgain(2n, 3, 3);
    await client.until((datagrams) => datagrams.length > before + 1, 1000);
    assert.is(client.datagrams.length, before + 2, 'the destination');
  }));

test('a packet that has not been sent yet is refused for now', () =>
  withDevice(['--fps', '2', '--exposure', '10ms'], async (client) => {
    await client.start(1500);
    await client.until((datagrams) => datagrams.length > 5);
    client.askAgain(1n, 100, 100);
    const refused = (datagram: Buffer) => parseGvspHeader(datagram).status === GVCP_STATUS.packetNotYetAvailable;
    await client.until((datagrams) => datagrams.some(refused), 1000);
    assert.ok(client.datagrams.some(refused));
  }));

test('with 64-bit ids headers are extended and resend works', () =>
  withDevice(['--ids', '64', '--first-block', '70000', '--frames', '3'], async (client) => {
    assert.is(await client.read(BOOTSTRAP.gvspConfiguration.address), GVSP_EXTENDED_IDS);
    await client.start(1500);
    await client.quiet();
    client.askAgain(70_001n, 2, 3, true);
    client.askAgain(70_001n, 2, 3);
    await client.quiet();
    const headers = client.datagrams.map((datagram) => parseGvspHeader(datagram));
    assert.ok(headers.every((header) => header.extended && header.headerBytes === 20));
    assert.equal([...new Set(headers.map((header) => header.blockId))], [70_000n, 70_001n, 70_002n]);
    const again = headers.filter((header) => header.flags === 1);
    assert.equal(
      again.map((header) => header.packetId),
      [2, 3],
    );
  }));

test('without resend it says so and does nothing', () =>
  withDevice(['--no-resend', '--ids', '16', '--frames', '2'], async (client) => {
    assert.is((await client.read(BOOTSTRAP.gvcpCapability.address)) & GVCP_CAPABILITY.packetResend, 0);
    await client.start(1500);
    await client.write(BOOTSTRAP.gvspConfiguration.address, GVSP_EXTENDED_IDS);
    assert.is(await client.read(BOOTSTRAP.gvspConfiguration.address), 0);
    await client.quiet();
    const before = client.datagrams.length;
    client.askAgain(1n, 0, 5);
    await client.quiet();
    assert.is(client.datagrams.length, before);
  }));

test('16-bit block ids wrap from 65535 to 1', () =>
  withDevice(['--first-block', '65533', '--frames', '6', '--fps', '200'], async (client) => {
    await client.start(9000);
    await client.quiet();
    const blocks = [...new Set(client.datagrams.map((datagram) => Number(parseGvspHeader(datagram).blockId)))];
    assert.equal(blocks, [65533, 65534, 65535, 1, 2, 3]);
  }));

test('acquisition modes, start and stop end where they should', () =>
  withDevice(['--fps', '200'], async (client) => {
    await client.takeControl();
    await client.write(CAMERA.acquisitionMode, 2);
    await client.write(CAMERA.acquisitionFrameCount, 3);
    await client.start(9000);
    await client.quiet();
    const trailers = () => client.datagrams.filter((datagram) => parseGvspHeader(datagram).format === 2).length;
    assert.is(trailers(), 3);
    await client.write(CAMERA.acquisitionMode, 0);
    await client.write(CAMERA.acquisitionStart, 1);
    assert.is(await client.write(CAMERA.width, 100), GVCP_STATUS.busy);
    await delay(200);
    await client.write(CAMERA.acquisitionStop, 1);
    await client.quiet();
    const leaders = client.datagrams.filter((datagram) => parseGvspHeader(datagram).format === 1).length;
    assert.is(trailers(), leaders, 'the last frame is finished');
    assert.ok(trailers() > 20);
    assert.is(await client.write(CAMERA.width, 100), GVCP_STATUS.success);
  }));

test('the inter-packet delay sets the pace', () =>
  withDevice(['--frames', '1', '--fps', '10'], async (client) => {
    await client.takeControl();
    await client.write(STREAM_CHANNEL.packetDelay.address, 10_000_000);
    await client.start(9000);
    await client.until((datagrams) => datagrams.length > 0);
    const begin = performance.now();
    await client.until((datagrams) => datagrams.some((datagram) => parseGvspHeader(datagram).format === 2));
    // 20 packets, 10 ms apart: 190 ms. Without the delay they leave in 80.
    assert.ok(performance.now() - begin > 150);
    assert.is(client.datagrams.length, 20);
  }));

test('damaged commands do it no harm', () =>
  withDevice(['--fps', '200'], async (client, simulator) => {
    await client.start(9000);
    const random = new Random(9);
    const { address, port } = simulator.camera;
    const samples = [
      encodeDiscovery(1),
      encodeReadReg(2, [0x0a00, 0x0938]),
      encodeReadMem(3, 0x20000, 512),
      encodeWriteReg(4, [{ address: CAMERA.width, value: 77 }]),
      encodeWriteMem(5, CAMERA.exposureTime, new Uint8Array(8)),
      encodePacketResend(6, { streamChannel: 0, blockId: 3n, firstPacketId: 0, lastPacketId: 9, extendedIds: false }),
    ];
    const answers: number[] = [];
    client.control.on('message', (bytes) => answers.push(bytes.length));
    for (let i = 0; i < 4000; i++) {
      const message = Uint8Array.from(samples[random.below(samples.length)] as Uint8Array);
      for (let k = random.below(4); k >= 0; k--) message[random.below(message.length)] = random.uint32();
      const length = random.below(3) === 0 ? random.below(message.length) : message.length;
      client.control.send(message.subarray(0, length), port, address);
      if (i % 50 === 0) await delay(2);
    }
    await delay(300);
    assert.ok(answers.length > 1000);
    assert.is(await client.read(CAMERA.sensorWidth), 320);
    assert.is(simulator.child.exitCode, null);
    assert.is(simulator.log.replace(/^.*(control released|without a stream destination).*\n/gm, ''), '');
  }));

test.run();
