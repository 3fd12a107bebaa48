import { Worker } from 'node:worker_threads';
import * as assert from 'uvu/assert';
import { RingError, ringDepth, ringGeometry } from '#pipeline/ring/geometry.js';
import { RING_LAYOUT as L, SLOT_STATE } from '#pipeline/ring/layout.js';
import { Ring } from '#pipeline/ring/ring.js';
import { missingRangesOf } from '#pipeline/ring/slot.js';
import { test } from '#test/support/test.js';

test('a slot is page aligned with a spare tail, and the queue holds four entries a slot', () => {
  const geometry = ringGeometry({ payloadBytes: 4096 * 3 - 10, slots: 200, maxPayloadPackets: 9 });
  assert.is(geometry.strideBytes, 4096 * 4);
  assert.is(geometry.queueCapacity, 1024);
  assert.is(geometry.bitmapBytes % 64, 0);
});

test('a ring deeper than one 4 GiB block spreads over several', () => {
  const geometry = ringGeometry({ payloadBytes: 307_472_384, slots: 20, maxPayloadPackets: 210_026 });
  assert.is(geometry.slotsPerBlock, 13);
  assert.ok(geometry.bitmapBytes * 8 >= 210_028);
});

test('the depth is two seconds, at least 16 or 128 slots, and gives way to the budget', () => {
  assert.is(ringDepth(25_000_000, 20, 8e9), 40);
  assert.is(ringDepth(25_000_000, 2, 8e9), 16);
  assert.is(ringDepth(76_800, 10, 8e9), 128);
  assert.is(ringDepth(307_472_384, 1, 2 ** 30), 3);
});

test('a ring keeps its state across threads', async () => {
  const ring = Ring.create({ payloadBytes: 5000, slots: 3, maxPayloadPackets: 5 });
  ring.payload(2)[4999] = 42;
  const worker = new Worker(
    `import { workerData, parentPort } from 'node:worker_threads';
     const { Ring } = await import(workerData.module);
     const ring = Ring.attach(workerData.handle);
     parentPort.postMessage([ring.slots, ring.payload(2)[4999], ring.payload(0).length]);`,
    { eval: true, workerData: { handle: ring.handle, module: import.meta.resolve('#pipeline/ring/ring.js') } },
  );
  const seen = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  assert.equal(seen, [3, 42, 5000]);
});

test('a slot is leased once, freed once, and comes back from a thread that died', () => {
  const ring = Ring.create({ payloadBytes: 5000, slots: 2, maxPayloadPackets: 5 });
  const words = new Int32Array(ring.handle.control);
  const set = (slot: number, state: number) => {
    words[(ring.geometry.slotsOffset + slot * L['slot.bytes']) / 4] = state;
    words[L['header.slotsInUse'] / 4] = (words[L['header.slotsInUse'] / 4] ?? 0) + 1;
  };
  set(0, SLOT_STATE.ready);
  set(1, SLOT_STATE.ready);
  assert.is(ring.fillLevel(), 2);
  ring.lease(0, 7);
  assert.throws(() => ring.lease(0, 8), /not ready/);
  ring.lease(1, 7);
  ring.free(1);
  assert.throws(() => ring.free(1), /cannot be freed/);
  assert.equal(ring.reclaim(7), [0]);
  assert.is(ring.fillLevel(), 0);
  assert.throws(
    () => ring.free(2),
    (error: unknown) => error instanceof RingError,
  );
});

test('missing packets become merged byte ranges, clipped to the payload', () => {
  const bitmap = new Uint32Array(4).fill(0xffffffff);
  const lose = (packet: number) => {
    bitmap[packet >>> 5] = (bitmap[packet >>> 5] ?? 0) & ~(1 << (packet & 31));
  };
  for (const packet of [0, 1, 31, 32, 33, 100]) lose(packet);
  assert.equal(missingRangesOf(bitmap, 100, 1000, 99_400), [
    { offset: 0, length: 1000 },
    { offset: 30_000, length: 3000 },
    { offset: 99_000, length: 400 },
  ]);
});

test('a handle that is no ring is refused', () => {
  assert.throws(
    () => Ring.attach({ control: new SharedArrayBuffer(8192), blocks: [] }),
    (error: unknown) => error instanceof RingError && error.code === 'ring.handle',
  );
});

test.run();
