import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { decodeQhyHeader, QHY_HEADER_BYTES, receiverStatus, stampUtcNs } from '#gps/header/qhy-header.js';
import { BlockIdUnwrapper } from '#pipeline/wire/block-ids.js';
import { GVSP, type ImageLeader, parseGvspHeader, parseLeader, parseTrailer } from '#pipeline/wire/gvsp.js';
import { type PixelFormat, pixelFormatByName } from '#pipeline/wire/pixel-formats.js';
import { STREAM_CHANNEL } from '#pipeline/wire/registers.js';
import { CAMERA } from '#src/cameras/simulator/camera-registers.js';
import { type CameraModel, cameraModelByName } from '#src/cameras/simulator/models.js';
import { packPixels } from '#src/cameras/simulator/pixel-packing.js';
import { loopFrames, type SceneOptions, scenePixels } from '#src/cameras/simulator/scene.js';
import { SimulatorProcess } from '#test/support/simulator-process.js';
import { StreamClient } from '#test/support/stream-client.js';
import { test } from '#test/support/test.js';

interface Truth {
  readonly block: string;
  readonly sequence: number;
  readonly startUtcNs: string;
  readonly endUtcNs: string;
  readonly row0EndUtcNs: string;
  readonly packetsWithheld: number[];
  readonly faults: string[];
}

/** What really arrived of a block: intact packets by id. */
type Arrived = Map<number, Buffer>;

const PACKET_SIZE = 1500;
const DATA_BYTES = PACKET_SIZE - 36;

/** Streams to the end, or until `end` has ended it, and returns truth and arrivals. */
async function stream(args: readonly string[], model = 'tiny', end?: (client: StreamClient) => Promise<unknown>) {
  const folder = mkdtempSync(join(tmpdir(), 'appulse-sim-'));
  const path = join(folder, 'truth.ndjson');
  const simulator = await SimulatorProcess.start([model, '--port', '0', '--truth', path, ...args]);
  const client = await StreamClient.open(simulator.camera);
  try {
    await client.start(PACKET_SIZE);
    await client.until((datagrams) => datagrams.length > 0);
    await end?.(client);
    await client.quiet(400);
    await simulator.stop();
    const truth = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Truth);
    return { truth, ...sort(client.datagrams), datagrams: client.datagrams };
  } finally {
    client.close();
    await simulator.stop();
    rmSync(folder, { recursive: true });
  }
}

/** Takes intact packets apart from mangled ones, as a receiver that knows the geometry can (tiny, Mono12). */
function sort(datagrams: readonly Buffer[], payloadBytes = 320 * 240 * 2) {
  const packets = Math.ceil(payloadBytes / DATA_BYTES);
  const blocks = new Map<string, Arrived>();
  const ids = new BlockIdUnwrapper();
  let mangled = 0;
  let twice = 0;
  for (const datagram of datagrams) {
    try {
      const header = parseGvspHeader(datagram);
      const { packetId: id, format } = header;
      const data = datagram.subarray(header.headerBytes);
      const payload = Math.min(DATA_BYTES, payloadBytes - (id - 1) * DATA_BYTES);
      const expected = format === GVSP.leader ? 36 : format === GVSP.trailer ? 8 : payload;
      const place =
        format === GVSP.leader ? id === 0 : format === GVSP.trailer ? id === packets + 1 : id >= 1 && id <= packets;
      if (header.blockId === 0n || !place || data.length !== expected) throw new Error('mangled');
      const key = String(ids.unwrap(Number(header.blockId)));
      const block = blocks.get(key) ?? new Map<number, Buffer>();
      blocks.set(key, block);
      if (block.has(id)) twice++;
      block.set(id, datagram);
    } catch {
      mangled++;
    }
  }
  return { blocks, mangled, twice, packets };
}

function missingOf(block: Arrived | undefined, packets: number): number[] {
  return Array.from({ length: packets + 2 }, (_, id) => id).filter((id) => !block?.has(id));
}

function assertEqualsTruth({ truth, blocks, packets }: Awaited<ReturnType<typeof stream>>) {
  for (const frame of truth) {
    const expected = frame.faults.includes('frame-gap') ? missingOf(undefined, packets) : frame.packetsWithheld;
    assert.equal(missingOf(blocks.get(frame.block), packets), expected, `block ${frame.block}`);
  }
  const known = new Set(truth.map((frame) => frame.block));
  for (const block of blocks.keys()) assert.ok(known.has(block), `block ${block} is in the truth file`);
}

function payloadOf(block: Arrived, packets: number): Buffer {
  return Buffer.concat(
    Array.from({ length: packets }, (_, i) => {
      const datagram = block.get(i + 1) as Buffer;
      return datagram.subarray(parseGvspHeader(datagram).headerBytes);
    }),
  );
}

for (const send of ['mmsg', 'gso', 'dgram'] as const) {
  test(`by ${send}: header times, pixels and order are those of the truth file`, async () => {
    const result = await stream(['--send', send, '--frames', '40', '--fps', '100', '--first-block', '65500']);
    const { truth, blocks, packets, mangled, twice } = result;
    assert.is(truth.length, 40);
    assert.is(mangled + twice, 0);
    assertEqualsTruth(result);
    const model = cameraModelByName('tiny') as CameraModel;
    const format = pixelFormatByName('Mono12') as PixelFormat;
    const scene: SceneOptions = {
      scene: 'stars',
      seed: 1,
      format,
      width: 320,
      height: 240,
      offsetX: 0,
      offsetY: 0,
      exposureNs: model.defaultExposureNs,
      gainDb: 0,
    };
    for (const frame of truth) {
      const block = blocks.get(frame.block) as Arrived;
      const payload = payloadOf(block, packets);
      const header = decodeQhyHeader(payload);
      assert.is(header.sequence, frame.sequence);
      assert.is(receiverStatus(header.start.flag), 3);
      assert.is(String(stampUtcNs(header.start, header.ppsCount)), frame.startUtcNs);
      assert.is(String(stampUtcNs(header.end, header.ppsCount)), frame.endUtcNs);
      const leader = parseLeader(block.get(0) as Buffer, 8) as ImageLeader;
      assert.is(String(leader.timestamp), frame.startUtcNs);
      assert.equal([leader.width, leader.height, leader.pixelFormat], [320, 240, format.code]);
      assert.is(parseTrailer(block.get(packets + 1) as Buffer, 8).sizeY, 240);
      if (frame.sequence % 13 !== 0) continue;
      const expected = Buffer.alloc(payload.length);
      packPixels(scenePixels(model, scene, frame.sequence % loopFrames(scene)), format, expected);
      assert.ok(payload.subarray(QHY_HEADER_BYTES).equals(expected.subarray(QHY_HEADER_BYTES)), 'pixels');
    }
    const sequence = truth.map((frame) => Number(frame.startUtcNs.slice(-12)));
    assert.ok(sequence.every((start, i) => i === 0 || start - (sequence[i - 1] as number) === 10_000_000));
  });

  test(`by ${send}: every fault arrives as the truth file says`, async () => {
    const faults = ['--loss', '0.01', '--burst-loss', '0.001:6', '--reorder', '0.03:9', '--duplicate', '0.02'];
    const more = ['--corrupt', '0.02', '--stall', '0.1:5', '--frame-gap', '0.05'];
    const result = await stream(['--send', send, '--frames', '80', '--fps', '50', '--seed', '3', ...faults, ...more]);
    assert.is(result.truth.length, 80);
    assert.ok(result.mangled > 50 && result.twice > 50);
    assertEqualsTruth(result);
    const names = new Set(result.truth.flatMap((frame) => frame.faults));
    assert.equal([...names].sort(), ['burst-loss', 'corrupt', 'duplicate', 'frame-gap', 'loss', 'reorder', 'stall']);
  });
}

test('of a frame with every packet withheld nothing is sent', async () => {
  for (const send of ['mmsg', 'gso', 'dgram']) {
    // Six packets a frame: most frames lose them all, some few do not and show that the stream runs.
    const tiny = ['--width', '64', '--height', '64', '--format', 'Mono8'];
    const args = [...tiny, '--send', send, '--frames', '60', '--fps', '200', '--loss', '0.9'];
    const { truth, datagrams } = await stream(args);
    const { blocks, packets } = sort(datagrams, 64 * 64);
    assertEqualsTruth({ truth, datagrams, ...sort(datagrams, 64 * 64) });
    const empty = truth.filter((frame) => frame.packetsWithheld.length === packets + 2);
    assert.ok(empty.length > 20 && empty.length < 60, `${empty.length} empty by ${send}`);
    for (const { block } of empty) assert.not(blocks.has(block), `block ${block} by ${send}`);
  }
});

test('the same seed gives the same truth but for its times', async () => {
  const args = ['--frames', '30', '--fps', '200', '--loss', '0.02', '--corrupt', '0.01', '--frame-gap', '0.1'];
  const what = (truth: readonly Truth[]) =>
    truth.map(({ block, packetsWithheld, faults }) => ({ block, packetsWithheld, faults }));
  const [first, again] = [await stream(args), await stream(args)];
  assert.equal(what(first.truth), what(again.truth));
});

test('reordered packets cross frame borders and none is lost when the stream is stopped', async () => {
  const result = await stream(['--fps', '100', '--reorder', '0.2:30'], 'tiny', async (client) => {
    await delay(700);
    await client.write(CAMERA.acquisitionStop, 1);
  });
  assertEqualsTruth(result);
  // On a machine that is busy otherwise it is far fewer than 70 frames.
  assert.ok(result.truth.length > 5, `${result.truth.length} frames`);
  assert.ok(result.truth.every((frame) => frame.packetsWithheld.length === 0));
  const order = result.datagrams.map((datagram) => Number(parseGvspHeader(datagram).blockId));
  assert.ok(
    order.some((block, i) => i > 0 && block < (order[i - 1] as number)),
    'some come behind the next leader',
  );
});

test('a frame that is broken off counts what had not left as withheld', async () => {
  for (const send of ['mmsg', 'dgram']) {
    // A frame takes 400 ms.
    const args = ['--fps', '2', '--exposure', '10ms', '--loss', '0.05', '--send', send];
    const result = await stream(args, 'tiny', async (client) => {
      await client.until((datagrams) => datagrams.length > 150);
      await client.write(STREAM_CHANNEL.port.address, 0);
    });
    assertEqualsTruth(result);
    const last = result.truth[result.truth.length - 1];
    assert.ok(last?.faults.includes('aborted'));
    assert.ok((last?.packetsWithheld.length ?? 0) > 20);
  }
});

test('a rolling model puts VSYNC into the header, and row 0 follows from its features', async () => {
  const roi = ['--width', '320', '--height', '240', '--format', 'Mono8'];
  const simulator = ['--frames', '5', ...roi];
  const { truth, datagrams } = await stream(simulator, 'qhy411-bin3');
  const { blocks, packets } = sort(datagrams, 320 * 240);
  const { shutter, defaultExposureNs } = cameraModelByName('qhy411-bin3') as CameraModel;
  assert.is(truth.length, 5);
  for (const frame of truth) {
    const header = decodeQhyHeader(payloadOf(blocks.get(frame.block) as Arrived, packets));
    const [start, end, now] = [header.start, header.end, header.now].map((stamp) => stampUtcNs(stamp, header.ppsCount));
    assert.is((end as bigint) - (start as bigint), 400n);
    assert.is(now, end);
    const rowZeroEnd = (end as bigint) + (shutter.rowZeroEndOffsetNs as bigint);
    assert.is(String(rowZeroEnd), frame.row0EndUtcNs);
    assert.is(String(rowZeroEnd - defaultExposureNs), frame.startUtcNs);
  }
});

test.run();
