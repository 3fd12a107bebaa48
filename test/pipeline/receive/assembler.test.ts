import * as assert from 'uvu/assert';
import { Assembler } from '#pipeline/receive/assembler.js';
import { DEFAULT_POLICY } from '#pipeline/receive/receiver.js';
import { Ring } from '#pipeline/ring/ring.js';
import { framePackets, framePayload, gvspPacket } from '#test/support/gvsp-stream.js';
import { test } from '#test/support/test.js';
import { Bench, frameOf, MS, noResend, OFFSET_NS, SHAPE, without } from './assembler-bench.js';

test('a whole frame closes with its last packet, in whatever order they come', () => {
  const bench = new Bench();
  const packets = frameOf(7);
  bench.nowNs = 3 * MS;
  bench.push(packets[0], ...packets.slice(1).reverse());
  const info = bench.frame();
  assert.ok(info.complete && info.leaderSeen && info.trailerSeen && !info.sizeMismatch);
  assert.is(info.blockId, 7n);
  assert.equal([info.width, info.height, info.pixelFormat, info.payloadType], [96, 100, 0x01080001, 1]);
  assert.equal([info.payloadBytes, info.receivedBytes, info.payloadPackets, info.packetsMissing], [9600, 9600, 10, 0]);
  assert.is(info.cameraTimestamp, 7_000_000n);
  assert.is(info.firstPacketNs, OFFSET_NS + 3_000_000n);
  assert.equal(Buffer.from(bench.ring.payload(info.slot)), framePayload({ block: 7, ...SHAPE }));
  assert.equal(bench.ring.missingRanges(info.slot), []);
});

test('a gap is asked for after a millisecond, again after twenty, and its packet counts as resent', () => {
  const bench = new Bench();
  const packets = frameOf(1);
  bench.push(...packets.slice(0, 3), ...packets.slice(5));
  bench.pass(1);
  assert.equal(bench.asked, [{ block: 1, first: 3, last: 4, atMs: 1 }]);
  bench.push(packets[3]);
  bench.pass(21);
  assert.equal(bench.asked.slice(1), [{ block: 1, first: 4, last: 4, atMs: 21 }]);
  bench.push(packets[4]);
  const info = bench.frame();
  assert.ok(info.complete);
  assert.is(info.packetsResent, 2);
  const { packetsResent, resendRequests, packetsRequested } = bench.counters();
  assert.equal([packetsResent, resendRequests, packetsRequested], [2, 2, 3]);
});

test('a reordered packet within the millisecond is not asked for', () => {
  const bench = new Bench();
  const packets = frameOf(1);
  bench.push(packets[0], packets[2], packets[1], ...packets.slice(3));
  bench.pass(3);
  assert.equal(bench.asked, []);
  assert.ok(bench.frame().complete);
});

test('a lost tail is asked for when the next frame begins, or after 20 ms of silence', () => {
  const bench = new Bench();
  bench.push(...frameOf(1).slice(0, 9));
  bench.push(...frameOf(2).slice(0, 10));
  bench.pass(2);
  assert.equal(bench.asked, [{ block: 1, first: 9, last: 11, atMs: 2 }]);
  bench.pass(21);
  assert.ok(bench.asked.some(({ block, first, last }) => block === 2 && first === 10 && last === 11));
});

test('frames close in block order: a complete one waits for an incomplete older one', () => {
  const bench = new Bench();
  const first = frameOf(1);
  bench.push(...without(first, 5), ...frameOf(2));
  assert.equal(bench.events(), []);
  bench.push(first[5]);
  assert.equal(
    bench.events().map((event) => event.blockId),
    [1n, 2n],
  );
});

test('without an answer a frame closes 100 ms after its last packet, zeroed where packets are missing', () => {
  const bench = new Bench();
  bench.push(...without(frameOf(1), 4, 5, 10));
  bench.pass(99);
  assert.equal(bench.events(), []);
  bench.pass(1);
  const info = bench.frame();
  assert.not(info.complete);
  assert.is(info.packetsMissing, 3);
  assert.equal(bench.ring.missingRanges(info.slot), [
    { offset: 3000, length: 2000 },
    { offset: 9000, length: 600 },
  ]);
  const expected = framePayload({ block: 1, ...SHAPE })
    .fill(0, 3000, 5000)
    .fill(0, 9000);
  assert.equal(Buffer.from(bench.ring.payload(info.slot)), expected);
  assert.is(bench.counters().packetsMissing, 3);
});

test('a slot used again shows zeros, never the older frame, where packet 1 is missing', () => {
  const bench = new Bench({ slots: 1, policy: noResend });
  bench.push(...frameOf(1));
  bench.ring.free(bench.frame().slot);
  bench.push(...without(frameOf(2), 1));
  bench.pass(100);
  const info = bench.frame();
  assert.is(info.blockId, 2n);
  assert.is(info.generation, 2);
  assert.equal(bench.ring.missingRanges(info.slot), [{ offset: 0, length: 1000 }]);
  assert.ok(
    bench.ring
      .payload(info.slot)
      .subarray(0, 1000)
      .every((byte) => byte === 0),
  );
  assert.equal(bench.ring.payload(info.slot)[1000], framePayload({ block: 2, ...SHAPE })[1000]);
});

test('with resend off a frame stays open 5 ms after its successor began, and then its packets are late', () => {
  const bench = new Bench({ policy: noResend });
  const first = frameOf(1);
  bench.push(...without(first, 3, 4));
  bench.pass(30);
  bench.push(frameOf(2)[0]);
  bench.push(first[3]);
  bench.pass(4);
  assert.equal(bench.events(), []);
  bench.pass(1);
  assert.is(bench.frame().packetsMissing, 1);
  bench.push(first[4]);
  assert.is(bench.counters().packetsLate, 1);
  assert.equal(bench.asked, []);
});

test('the leader alone keeps the newest frame open: the camera may still expose', () => {
  const bench = new Bench();
  const packets = frameOf(1);
  bench.push(packets[0]);
  bench.pass(2000);
  assert.equal(bench.events(), []);
  assert.equal(bench.asked, []);
  bench.push(...packets.slice(1));
  assert.ok(bench.frame().complete);
});

test('a frame is given up when more than a quarter, and more than 32, of its packets are missing', () => {
  const ring = Ring.create({ payloadBytes: 200_000, slots: 4, maxPayloadPackets: 200 });
  let asked = 0;
  const assembler = new Assembler(
    { ring: ring.handle, payloadBytes: 200_000, packetDataBytes: 1000, policy: DEFAULT_POLICY },
    (_, first, last) => {
      asked += last - first + 1;
    },
  );
  const packets = framePackets({ block: 1, width: 2000, height: 100, dataBytes: 1000 });
  for (const [id, packet] of packets.entries()) if (id < 100 || id >= 160) assembler.push(packet, 0);
  assembler.tick(2 * MS);
  assert.is(asked, 0);
  assembler.push(framePackets({ block: 2, width: 2000, height: 100, dataBytes: 1000 })[0] as Buffer, 3 * MS);
  assembler.tick(8 * MS);
  const event = ring.take();
  assert.ok(event?.type === 'closed' && ring.slot(event.slot).resendGivenUp);
});

test('a device that has the packet no more is not asked again, and the frame does not wait for it', () => {
  const bench = new Bench();
  bench.push(...without(frameOf(1), 3, 4), frameOf(2)[0]);
  bench.pass(1);
  bench.push(gvspPacket(1, 3, 3, Buffer.alloc(0), false, 0x800c));
  bench.pass(5);
  assert.is(bench.asked.length, 1);
  assert.is(bench.frame().packetsMissing, 2);
});

test('a device that has the packet not yet is asked later', () => {
  const bench = new Bench();
  bench.push(...without(frameOf(1), 3));
  bench.pass(1);
  bench.pass(10);
  bench.push(gvspPacket(1, 3, 3, Buffer.alloc(0), false, 0x8010));
  bench.pass(19);
  assert.is(bench.asked.length, 1);
  bench.pass(1);
  assert.is(bench.asked.length, 2);
});

test('duplicates are counted and change nothing', () => {
  const bench = new Bench();
  const packets = frameOf(1);
  bench.push(...packets.slice(0, 6), packets[0], packets[3], ...packets.slice(6), packets[11]);
  assert.ok(bench.frame().complete);
  const { packetsDuplicate, packetsLate, packetsReceived } = bench.counters();
  assert.equal([packetsDuplicate, packetsLate, packetsReceived], [2, 1, 15]);
});

test('the end of a stream closes what is open', () => {
  const bench = new Bench();
  bench.push(...frameOf(1).slice(0, 6));
  bench.assembler.end();
  const info = bench.frame();
  assert.is(info.packetsMissing, 6);
  assert.equal(bench.ring.missingRanges(info.slot), [{ offset: 5000, length: 4600 }]);
  assert.is(bench.ring.fillLevel(), 1);
});

test.run();
