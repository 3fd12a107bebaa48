import * as assert from 'uvu/assert';
import { parseChunks, writeChunks } from '#pipeline/wire/chunks.js';
import { errorOf, memoryCamera, register } from '#test/support/memory-camera.js';
import { test } from '#test/support/test.js';

const inPort = (port: string, text: string) => text.replaceAll('<pPort>Device</pPort>', `<pPort>${port}</pPort>`);

const CHUNKS = `
  <Integer Name="ChunkTimestamp"><pValue>ChunkTimestampReg</pValue></Integer>
  ${inPort('TimestampPort', register('ChunkTimestampReg', 8, '<AccessMode>RO</AccessMode>', 'IntReg', 8))}
  <Enumeration Name="ChunkLine"><EnumEntry Name="Low"><Value>0</Value></EnumEntry><EnumEntry Name="High"><Value>1</Value></EnumEntry><pValue>ChunkLineReg</pValue></Enumeration>
  ${inPort('LinePort', register('ChunkLineReg', 0, '<AccessMode>RO</AccessMode><Bit>0</Bit>', 'MaskedIntReg', 1))}
  ${inPort('NamePort', register('ChunkName', 0, '<AccessMode>RW</AccessMode>', 'StringReg', 64))}
  ${inPort('SwappedPort', register('ChunkCounter', 0, '<AccessMode>RO</AccessMode>'))}
  <Integer Name="ChunkSelector"><Value>0</Value></Integer>
  ${inPort('TimestampPort', register('ChunkIndexed', '<Address>0</Address><pIndex Offset="4">ChunkSelector</pIndex>', '<AccessMode>RO</AccessMode>'))}
  <SwissKnife Name="ChunkSeconds"><pVariable Name="T">ChunkTimestamp</pVariable><pVariable Name="F">Frequency</pVariable><Formula>T / F</Formula></SwissKnife>
  ${register('Frequency', 0)}
  <Port Name="TimestampPort"><ChunkID>a5010001</ChunkID></Port><Port Name="LinePort"><ChunkID>0x2</ChunkID></Port>
  <Port Name="NamePort"><pChunkID>NameChunk</pChunkID></Port><String Name="NameChunk"><Value>1F</Value></String>
  <Port Name="SwappedPort"><ChunkID>20</ChunkID><SwapEndianess>Yes</SwapEndianess></Port>`;

/** A frame's payload with its image and three chunks, as it is received. */
function payload(): Uint8Array {
  const timestamp = Buffer.alloc(16);
  timestamp.writeUInt32BE(7, 4);
  timestamp.writeBigUInt64BE(5_000_000_000n, 8);
  return writeChunks([
    { id: 1, data: new Uint8Array(100) },
    { id: 0xa5010001, data: timestamp },
    { id: 2, data: Buffer.from([0x80]) },
    { id: 0x1f, data: Buffer.from('dome\0west') },
    { id: 0x20, data: Buffer.from([9, 0, 0, 0]) },
  ]);
}

test('features of a frame are read from its chunks, by the same names and kinds', async () => {
  const { map, memory, take } = memoryCamera(CHUNKS);
  memory.setUint32(0, 1_000_000_000);
  const frame = map.withChunks(parseChunks(payload()));
  assert.is(await frame.integer('ChunkTimestamp'), 5_000_000_000n);
  assert.is(await frame.text('ChunkLine'), 'High');
  assert.is(await frame.text('ChunkName'), 'dome');
  assert.is(await frame.integer('ChunkCounter'), 9n, 'the port swaps the order of bytes');
  assert.is(await frame.float('ChunkSeconds'), 5, 'chunk and camera in one formula');
  assert.equal(take().reads, [0]);
  await map.set('ChunkSelector', 1);
  assert.is(await frame.integer('ChunkIndexed'), 7n, 'a selector set on the camera holds for the frame');
});

test('a place before the beginning of a chunk counts from its end', async () => {
  const { map } = memoryCamera(
    `${inPort('LastPort', register('Last', '<Address>-4</Address>', '<AccessMode>RO</AccessMode>'))}<Port Name="LastPort"><ChunkID>7</ChunkID></Port>`,
  );
  assert.is(await map.withChunks([{ id: 7, data: Uint8Array.of(1, 2, 3, 4, 0, 0, 1, 0) }]).integer('Last'), 256n);
  const short = map.withChunks([{ id: 7, data: Uint8Array.of(1, 2) }]);
  assert.match(await errorOf(short.integer('Last')), /^feature.access/);
});

test('a frame cannot be written, and tells what it does not carry', async () => {
  const { map } = memoryCamera(CHUNKS);
  const frame = map.withChunks(parseChunks(payload()).filter(({ id }) => id !== 2));
  assert.equal(await frame.access('ChunkName'), { mode: 'RO', why: null });
  assert.match(await errorOf(frame.set('ChunkName', 'x')), /feature.access: .* read only/);
  assert.equal((await frame.access('ChunkLine')).mode, 'NA');
  assert.match(await errorOf(frame.text('ChunkLine')), /feature.access: .* sent with the frames/);
  const short = map.withChunks([{ id: 0xa5010001, data: new Uint8Array(12) }]);
  assert.match(await errorOf(short.integer('ChunkTimestamp')), /feature.access: .*8\.\.16 of a chunk that is 12 bytes/);
  assert.match(await errorOf(map.integer('ChunkTimestamp')), /feature.access: .* sent with the frames/);
});

test('features of an event are read from its data', async () => {
  const { map } = memoryCamera(
    `<Integer Name="EventExposureEndFrameID"><pValue>FrameIdReg</pValue></Integer>
     ${inPort('ExposureEndPort', register('FrameIdReg', 4, '<AccessMode>RO</AccessMode>'))}<Port Name="ExposureEndPort"><EventID>9001</EventID></Port>`,
  );
  const event = map.withEvent(0x9001, Uint8Array.of(0, 0, 0, 0, 0, 0, 1, 2));
  assert.is(await event.integer('EventExposureEndFrameID'), 258n);
  assert.match(await errorOf(map.withEvent(0x9002, new Uint8Array(8)).integer('FrameIdReg')), /sent with an event/);
});

test.run();
