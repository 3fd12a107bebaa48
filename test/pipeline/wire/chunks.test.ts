import * as assert from 'uvu/assert';
import { findChunk, parseChunks, writeChunks } from '#pipeline/wire/chunks.js';
import { WireError } from '#pipeline/wire/wire-error.js';
import { randomBytes, randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';

test('chunks are found from the end and come in payload order', () => {
  const image = { id: 1, data: new Uint8Array(100).fill(7) };
  const stamp = { id: 0x80000002, data: Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7) };
  const empty = { id: 3, data: new Uint8Array(0) };
  assert.equal(parseChunks(writeChunks([image, stamp, empty])), [image, stamp, empty]);
  assert.equal(parseChunks(new Uint8Array(0)), []);
});

test('a tag is id, then length, behind its data', () => {
  const payload = writeChunks([{ id: 0x01020304, data: Uint8Array.of(9, 9) }]);
  assert.is(Buffer.from(payload).toString('hex'), '0909' + '01020304' + '00000002');
});

test('lengths that do not add up are a typed error', () => {
  const payload = writeChunks([{ id: 1, data: new Uint8Array(16) }]);
  const wrong = (error: unknown) => error instanceof WireError && error.code === 'wire.chunk';
  assert.throws(() => parseChunks(payload.subarray(1)), wrong);
  assert.throws(() => parseChunks(payload.subarray(0, 5)), wrong);
});

test('one chunk is found by its id, from the end, and lengths that do not fit end the search', () => {
  const image = { id: 1, data: new Uint8Array(100).fill(7) };
  const stamp = { id: 0x80000002, data: Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7) };
  const payload = writeChunks([image, stamp, { id: 3, data: new Uint8Array(0) }]);
  assert.equal(findChunk(payload, 0x80000002), stamp.data);
  assert.is(findChunk(payload, 1)?.byteLength, 100);
  assert.is(findChunk(payload, 3)?.byteLength, 0);
  assert.is(findChunk(payload, 4), null);
  assert.is(findChunk(payload.subarray(0, -1), 0x80000002), null);
  assert.is(findChunk(new Uint8Array(7), 0), null);
});

test('a search through zeros is short, and any bytes are taken', () => {
  const zeros = new Uint8Array(16 * 2 ** 20);
  assert.is(findChunk(zeros, 0)?.byteLength, 0);
  assert.is(findChunk(zeros, 5), null);
  const random = randomOf(4);
  for (let round = 0; round < 20_000; round++) {
    const payload = randomBytes(Math.floor(random() * 64), round);
    // Small lengths, so that some of them fit.
    for (let at = 3; at < payload.length; at += 4) payload.fill(0, at - 3, at);
    const id = Math.floor(random() * 256);
    const found = findChunk(payload, id);
    if (found !== null) assert.ok(found.byteOffset + found.byteLength + 8 <= payload.byteLength);
  }
});

test.run();
