import * as assert from 'uvu/assert';
import { parseChunks, writeChunks } from '#pipeline/wire/chunks.js';
import { WireError } from '#pipeline/wire/wire-error.js';
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

test.run();
