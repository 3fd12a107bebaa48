import * as assert from 'uvu/assert';
import { gvspPacket } from '#test/support/gvsp-stream.js';
import { test } from '#test/support/test.js';
import { Bench, frameOf, noResend, OFFSET_NS, without } from './assembler-bench.js';

/** The same packets, marked as sent again: by their status, or by the extended header's flag. */
const resent = (packets: Buffer[], byFlag = false) =>
  packets.map((packet) => {
    const again = Buffer.from(packet);
    again.writeUInt16BE(byFlag ? 0x0001 : 0x0100, byFlag ? 2 : 0);
    return again;
  });

test('16-bit ids go on from 65535 to 1 without a gap, and the ring counts on', () => {
  const bench = new Bench();
  for (const block of [65534, 65535, 1, 2]) bench.push(...frameOf(block));
  assert.equal(
    bench.events().map((event) => event.blockId),
    [65534n, 65535n, 65536n, 65537n],
  );
});

test('blocks that never show a packet are told as skipped, in order', () => {
  const bench = new Bench({ policy: noResend });
  bench.push(...frameOf(1), ...frameOf(5));
  assert.is(bench.events().length, 1);
  bench.pass(5);
  const events = bench.events();
  assert.equal(events[0], { type: 'skipped', blockId: 2n, count: 3 });
  assert.is(events[1]?.blockId, 5n);
  assert.is(bench.counters().framesSkipped, 3);
});

test('a small frame of which nothing came is asked for whole', () => {
  const bench = new Bench();
  bench.push(...frameOf(1), ...frameOf(3));
  bench.pass(1);
  assert.equal(bench.asked, [{ block: 2, first: 0, last: 11, atMs: 1 }]);
  bench.push(...frameOf(2));
  assert.equal(
    bench.events().map((event) => event.blockId),
    [1n, 2n, 3n],
  );
});

test('one damaged header neither begins a frame nor ends one', () => {
  const bench = new Bench();
  const packets = frameOf(10);
  const stray = frameOf(40)[3];
  bench.push(...packets.slice(0, 5), stray, ...packets.slice(5));
  assert.ok(bench.frame().complete);
  bench.pass(150);
  assert.is(bench.counters().packetsInvalid, 1);
  assert.is(bench.counters().framesSkipped, 0);
});

test('a frame whose leader is lost begins with its second packet', () => {
  const bench = new Bench();
  bench.push(...frameOf(1));
  bench.push(...without(frameOf(2), 0));
  assert.is(bench.events().length, 1);
  bench.pass(1);
  assert.equal(bench.asked, [{ block: 2, first: 0, last: 0, atMs: 1 }]);
  bench.pass(100);
  const info = bench.frame();
  assert.is(info.receivedBytes, 9600);
  assert.not(info.leaderSeen);
});

test('a stream that restarts is numbered on without a gap, a leap forward is told as skipped', () => {
  const bench = new Bench({ extendedIds: true });
  const extended = { extended: true };
  bench.push(...frameOf(5000, extended), ...frameOf(1, extended), ...frameOf(2, extended));
  bench.push(...frameOf(802, extended));
  assert.equal(bench.events().slice(0, 4), [
    { type: 'closed', slot: 0, blockId: 5000n },
    { type: 'closed', slot: 1, blockId: 5001n },
    { type: 'closed', slot: 2, blockId: 5002n },
    { type: 'skipped', blockId: 5003n, count: 799 },
  ]);
});

test('a restart within 100 ids is known by its newer time stamp', () => {
  const bench = new Bench();
  bench.push(...frameOf(60, { timestamp: 1000n }));
  bench.push(...frameOf(1, { timestamp: 2000n }));
  assert.equal(
    bench.events().map((event) => event.blockId),
    [60n, 61n],
  );
});

test('with a full ring a frame is dropped whole, told, and the stream goes on', () => {
  const bench = new Bench({ slots: 2 });
  for (let block = 1; block <= 4; block++) bench.push(...frameOf(block));
  const events = bench.events();
  assert.equal(
    events.map((event) => event.type),
    ['closed', 'closed', 'dropped', 'dropped'],
  );
  assert.equal(events[2], { type: 'dropped', blockId: 3n, count: 1, firstPacketNs: OFFSET_NS });
  bench.ring.free(0);
  bench.push(...frameOf(5));
  assert.is(bench.frame().blockId, 5n);
  const { framesDroppedRingFull, packetsMissing, packetsLate } = bench.counters();
  assert.equal([framesDroppedRingFull, packetsMissing, packetsLate], [2, 0, 0]);
  assert.is(bench.ring.highWater(), 2);
});

test('drops that nobody takes join one run, so that the queue never loses one', () => {
  const bench = new Bench({ slots: 2 });
  for (let block = 1; block <= 1000; block++) bench.push(...frameOf(block));
  const events = bench.events();
  bench.assembler.end();
  events.push(...bench.events());
  const told = events.reduce((sum, event) => sum + (event.type === 'dropped' ? event.count : 0), 0);
  assert.is(told, 998);
  assert.ok(events.length <= 256);
});

test('resent packets of old blocks are late, however old, and restart nothing', () => {
  for (const [extended, byFlag] of [
    [false, false],
    [true, false],
    [true, true],
  ] as const) {
    const bench = new Bench({ policy: noResend });
    const of = (block: number) => frameOf(block, { extended });
    bench.push(...of(1000), ...resent([...of(60), ...of(61), ...of(950)], byFlag));
    bench.pass(1500);
    bench.push(...resent([...of(60), ...of(999)], byFlag), ...of(1001));
    assert.equal(
      bench.events().map((event) => event.blockId),
      [1000n, 1001n],
    );
    const { packetsLate, packetsInvalid, framesSkipped } = bench.counters();
    assert.equal([packetsLate, packetsInvalid, framesSkipped], [60, 0, 0]);
  }
});

test('a resent packet begins no stream and no block ahead, and does not vouch for another', () => {
  const bench = new Bench({ policy: noResend });
  bench.push(...resent(frameOf(5)));
  assert.equal(bench.events(), []);
  bench.push(...frameOf(7), ...resent(frameOf(8)), frameOf(300)[3], ...resent(frameOf(300)));
  assert.equal(
    bench.events().map((event) => event.blockId),
    [7n],
  );
  assert.is(bench.counters().packetsLate, 36);
  bench.pass(150);
  assert.is(bench.counters().packetsInvalid, 1);
});

test('impossible packets are counted as invalid', () => {
  const bench = new Bench({ extendedIds: false });
  const [leader, payload] = frameOf(1) as [Buffer, Buffer];
  bench.push(leader);
  bench.push(Buffer.alloc(0), Buffer.alloc(7), Buffer.alloc(8));
  bench.push(gvspPacket(1, 9, 1, Buffer.alloc(1000)), gvspPacket(1, 3, 11, Buffer.alloc(1000)));
  bench.push(gvspPacket(1, 3, 2, Buffer.alloc(1001)), gvspPacket(1, 3, 0, Buffer.alloc(1000)));
  bench.push(gvspPacket(1, 3, 1, Buffer.alloc(1000), true), gvspPacket(1, 3, 1, payload, false, 0x1234));
  assert.is(bench.counters().packetsInvalid, 9);
});

test('a tap learns the packet size and begins at the next leader', () => {
  const bench = new Bench({ payloadBytes: 0, packetDataBytes: 0 });
  bench.push(...frameOf(1).slice(5), ...frameOf(2), ...frameOf(3));
  assert.equal(
    bench.events().map((event) => event.blockId),
    [2n, 3n],
  );
  assert.is(bench.ring.slot(0).packetDataBytes, 1000);
});

test('resent packets of an old block are late, however many agree: they never restart the stream', () => {
  const bench = new Bench();
  const blocks: bigint[] = [];
  const take = () => {
    for (const event of bench.events()) {
      blocks.push(event.blockId);
      if (event.type === 'closed') bench.ring.free(event.slot);
    }
  };
  for (let block = 1; block <= 220; block++) {
    bench.push(...frameOf(block));
    take();
    if (block !== 200) continue;
    for (const packet of [...frameOf(60), ...frameOf(61)]) {
      packet.writeUInt16BE(0x0100, 0);
      bench.push(packet);
    }
  }
  take();
  assert.equal(
    blocks,
    Array.from({ length: 220 }, (_, i) => BigInt(i + 1)),
  );
  assert.is(bench.counters().packetsLate, 24);
});

test.run();
