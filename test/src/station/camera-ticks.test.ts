import * as assert from 'uvu/assert';
import { Assembler } from '#pipeline/receive/assembler.js';
import { DEFAULT_POLICY } from '#pipeline/receive/receiver.js';
import { Ring } from '#pipeline/ring/ring.js';
import { writeChunks } from '#pipeline/wire/chunks.js';

import { NodeMap } from '#src/cameras/gige-vision/genicam/node-map.js';
import { readPtpLocked } from '#src/cameras/gige-vision/ptp.js';
import { readTimestampChunk } from '#src/cameras/gige-vision/timestamp-chunk.js';
import { CameraTicks } from '#src/station/camera-ticks.js';
import { shapeOf } from '#src/station/frame-shape.js';
import { framePackets } from '#test/support/gvsp-stream.js';
import { test } from '#test/support/test.js';

/** A description over 64 KiB of memory. */
function camera(nodes: string): { map: NodeMap; memory: DataView } {
  const bytes = new Uint8Array(65536);
  const port = {
    read: async (address: number, length: number) => Uint8Array.from(bytes.subarray(address, address + length)),
    write: async (address: number, data: Uint8Array) => bytes.set(data, address),
  };
  const xml = `<RegisterDescription xmlns="http://www.genicam.org/GenApi/Version_1_1">${nodes}<Port Name="Device"/></RegisterDescription>`;
  return { map: new NodeMap(xml, port), memory: new DataView(bytes.buffer) };
}

const register = (name: string, address: number, length: number, port = 'Device', more = '') =>
  `<IntReg Name="${name}"><Address>${address}</Address><Length>${length}</Length><AccessMode>RW</AccessMode><pPort>${port}</pPort><Endianess>BigEndian</Endianess>${more}</IntReg>`;
const forward = (kind: string, name: string, to: string) => `<${kind} Name="${name}"><pValue>${to}</pValue></${kind}>`;
const CHUNKS =
  register('ChunkModeActiveReg', 0x100, 4) +
  forward('Boolean', 'ChunkModeActive', 'ChunkModeActiveReg') +
  forward('Integer', 'ChunkTimestamp', 'ChunkTimestampReg') +
  register('ChunkTimestampReg', 4, 8, 'StampPort');
const PORT = '<Port Name="StampPort"><ChunkID>A5000002</ChunkID></Port>';

test('where the time stamp stands is read from the description, while chunks are on', async () => {
  const { map } = camera(CHUNKS + PORT);
  assert.is(await readTimestampChunk(map), null);
  await map.set('ChunkModeActive', true);
  assert.equal(await readTimestampChunk(map), { id: 0xa5000002, offset: 4, bytes: 8, byteOrder: 'big' });
});

test('a description without chunks, without their port or with a time stamp of another kind gives none', async () => {
  for (const nodes of [
    '',
    CHUNKS,
    CHUNKS + PORT.replace('A5000002', 'stamp'),
    CHUNKS.replace('>ChunkTimestampReg<', '>ChunkModeActive<') + PORT,
    CHUNKS.replace('<Length>8', '<Length>9') + PORT,
    CHUNKS.replace('<Address>4<', '<Address>-5<') + PORT,
    CHUNKS.replaceAll('ChunkTimestamp"', 'ChunkOther"') + PORT,
    CHUNKS.replace(forward('Boolean', 'ChunkModeActive', 'ChunkModeActiveReg'), '<Port Name="ChunkModeActive"/>') +
      PORT,
  ]) {
    const { map, memory } = camera(nodes);
    memory.setUint32(0x100, 1);
    assert.is(await readTimestampChunk(map), null);
  }
});

const CHUNK = { id: 0xa5000002, offset: 4, bytes: 8, byteOrder: 'big' } as const;

/** A frame of an image chunk and a time stamp. */
function frame(ticks: bigint, leader: bigint, { complete = true, id = CHUNK.id as number } = {}) {
  const stamp = Buffer.alloc(12);
  stamp.writeBigUInt64BE(ticks, 4);
  const payload = writeChunks([
    { id: 1, data: new Uint8Array(64) },
    { id, data: stamp },
  ]);
  return { info: { complete, cameraTimestamp: leader, payloadBytes: payload.byteLength }, payload };
}

test('the chunk gives the ticks from the first whole frame on; a frame that lacks it has none', () => {
  const ticks = new CameraTicks(CHUNK, 1_000_000_000n);
  const of = ({ info, payload }: ReturnType<typeof frame>) => ticks.of(info, payload);
  assert.is(of(frame(999n, 1000n, { complete: false })), 0n);
  assert.is(ticks.source, null);
  assert.is(of(frame(2000n, 2500n)), 2000n);
  assert.is(ticks.source, 'chunk');
  assert.is(of(frame(3000n, 3500n, { complete: false })), 0n);
  assert.is(of(frame(4000n, 4500n, { id: 7 })), 0n);
  assert.is(of(frame(5000n, 5500n)), 5000n);
});

test('without the chunk in the first whole frame, or with one in other units, the leader has them for the whole stream', () => {
  for (const first of [frame(1n, 2500n, { id: 7 }), frame(10n ** 15n, 2500n)]) {
    const ticks = new CameraTicks(CHUNK, 1_000_000_000n);
    assert.is(ticks.of(first.info, first.payload), 2500n);
    assert.is(ticks.source, 'leader');
    const second = frame(3000n, 3500n);
    assert.is(ticks.of(second.info, second.payload), 3500n);
  }
  const none = frame(1n, 77n, { complete: false });
  assert.is(new CameraTicks(null, 0n).of(none.info, none.payload), 77n);
  const little = new CameraTicks({ ...CHUNK, byteOrder: 'little', offset: 4, bytes: 4 }, 1n);
  const swapped = frame(0x0100_0000_0000_0000n, 0n);
  assert.is(little.of(swapped.info, swapped.payload), 1n);
});

test('frames with chunks come out of the packets with their image first and their time stamp', () => {
  const image = Uint8Array.from({ length: 9000 }, (_, i) => (i * 7) & 0xff);
  for (const payloadType of [0x4001, 0x0004]) {
    const stamp = Buffer.alloc(12);
    stamp.writeBigUInt64BE(123_456_789_000n, 4);
    const payload = writeChunks([
      { id: 1, data: image },
      { id: CHUNK.id, data: stamp },
    ]);
    const ring = Ring.create({ payloadBytes: 9600, slots: 4, maxPayloadPackets: 10 });
    const options = { payloadBytes: 9600, packetDataBytes: 1000, policy: DEFAULT_POLICY, ring: ring.handle };
    const assembler = new Assembler(options, () => {});
    const plan = { block: 1, width: 90, height: 100, dataBytes: 1000, payloadType, timestamp: 123_000_000_000n };
    for (const packet of framePackets(plan, payload)) assembler.push(packet, 1_000_000);
    const event = ring.take();
    if (event?.type !== 'closed') throw new Error('the frame is not closed');
    const info = ring.slot(event.slot);
    assert.ok(info.complete);
    assert.is(info.payloadType, payloadType);
    assert.is(info.payloadBytes, payload.byteLength);
    assert.ok(Buffer.from(ring.payload(event.slot).subarray(0, 9000)).equals(image));
    assert.is(new CameraTicks(CHUNK, 1_000_000_000n).of(info, ring.payload(event.slot)), 123_456_789_000n);
    assert.is(shapeOf(info, { width: 90 }).width, 90);
  }
});

test('chunk data leaders have no geometry: that of the camera counts', () => {
  const asSet = { width: 10 };
  const info = (payloadType: number, leaderSeen = true) =>
    ({ payloadType, leaderSeen, width: 3 }) as Parameters<typeof shapeOf>[0];
  assert.is(shapeOf(info(0x0001), asSet).width, 3);
  assert.is(shapeOf(info(0x4001), asSet).width, 3);
  assert.is(shapeOf(info(0x0005), asSet).width, 3);
  assert.is(shapeOf(info(0x0004), asSet).width, 10);
  assert.is(shapeOf(info(0x4004), asSet).width, 10);
  assert.is(shapeOf(info(0x0001, false), asSet).width, 10);
});

test('PTP holds the clock of a camera that is a slave, by either name, and of no other', async () => {
  const states = [
    'Initializing',
    'Faulty',
    'Disabled',
    'Listening',
    'PreMaster',
    'Master',
    'Passive',
    'Uncalibrated',
    'Slave',
  ];
  const entries = states
    .map((name, i) => `<EnumEntry Name="EnumEntry_${name}"><Value>${i + 1}</Value></EnumEntry>`)
    .join('');
  for (const name of ['PtpStatus', 'GevIEEE1588Status']) {
    const entriesOf = entries.replaceAll('EnumEntry_', '');
    const nodes = `<Enumeration Name="${name}">${entriesOf}<pValue>StatusReg</pValue></Enumeration>${register('StatusReg', 0x200, 4)}`;
    for (const [i, state] of states.entries()) {
      const { map, memory } = camera(nodes);
      memory.setUint32(0x200, i + 1);
      assert.is(await readPtpLocked(map), state === 'Slave', state);
    }
  }
  assert.is(await readPtpLocked(camera('').map), false);
});

test.run();
