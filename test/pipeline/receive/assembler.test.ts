import * as assert from 'uvu/assert';
import { Assembler, type AssemblerOptions } from '#pipeline/receive/assembler.js';
import { DEFAULT_POLICY } from '#pipeline/receive/receiver.js';
import { Ring, type RingEvent } from '#pipeline/ring/ring.js';
import { framePackets, framePayload, gvspPacket } from '#test/support/gvsp-stream.js';
import { test } from '#test/support/test.js';

const MS = 1_000_000;
const OFFSET_NS = 1_790_000_000_000_000_000n;
/** 10 payload packets: 9 full ones of 1000 bytes, one of 600. */
const SHAPE = { width: 96, height: 100, dataBytes: 1000 };

/** An assembler with its ring, a clock, and what it asked for. */
class Bench {
  readonly ring: Ring;
  readonly assembler: Assembler;
  readonly asked: { block: number; first: number; last: number; atMs: number }[] = [];
  nowNs = 0;

  constructor(options: Partial<AssemblerOptions> & { slots?: number } = {}) {
    this.ring = Ring.create({ payloadBytes: 9600, slots: options.slots ?? 8, maxPayloadPackets: 10 });
    for (let slot = 0; slot < this.ring.slots; slot++) this.ring.payload(slot).fill(0xee);
    this.assembler = new Assembler(
      { payloadBytes: 9600, packetDataBytes: 1000, policy: DEFAULT_POLICY, ...options, ring: this.ring.handle },
      (block, first, last) => this.asked.push({ block, first, last, atMs: this.nowNs / MS }),
    );
    this.assembler.realtimeOffsetNs = OFFSET_NS;
  }

  push(...packets: (Buffer | undefined)[]): void {
    for (const packet of packets) if (packet !== undefined) this.assembler.push(packet, this.nowNs);
  }

  /** Lets `ms` pass, tick by tick. */
  pass(ms: number): void {
    for (let i = 0; i < ms; i++) {
      this.nowNs += MS;
      this.assembler.tick(this.nowNs);
    }
  }

  events(): RingEvent[] {
    const events: RingEvent[] = [];
    for (let event = this.ring.take(); event !== null; event = this.ring.take()) events.push(event);
    return events;
  }

  /** The one closed frame there must be. */
  frame() {
    const events = this.events();
    assert.is(
      events.length,
      1,
      JSON.stringify(events, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
    );
    const event = events[0];
    if (event?.type !== 'closed') throw new Error('not a frame');
    return this.ring.slot(event.slot);
  }

  counters() {
    this.assembler.producer.flush();
    return this.ring.counters();
  }
}

const frameOf = (block: number, more: object = {}) => framePackets({ block, ...SHAPE, ...more });
const without = (packets: Buffer[], ...ids: number[]) => packets.filter((_, id) => !ids.includes(id));
const noResend = { ...DEFAULT_POLICY, resend: false };

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

test('a shorter frame ends with its trailer, and nothing older shows behind it', () => {
  const bench = new Bench({ slots: 1 });
  bench.push(...frameOf(1));
  bench.ring.free(bench.frame().slot);
  bench.push(...framePackets({ block: 2, ...SHAPE, height: 40 }));
  const info = bench.frame();
  assert.ok(info.complete && !info.sizeMismatch);
  assert.equal([info.payloadBytes, info.payloadPackets, info.height], [3840, 4, 40]);
  assert.ok(
    bench.ring
      .payload(0)
      .subarray(3840)
      .every((byte) => byte === 0),
  );
});

test('a leader that does not fit the payload is flagged', () => {
  const bench = new Bench();
  const packets = frameOf(1);
  packets[0]?.writeUInt32BE(90, 8 + 16);
  bench.push(...packets);
  const info = bench.frame();
  assert.ok(info.complete && info.sizeMismatch);
  assert.is(info.payloadBytes, 9600);
});

test('a truncated packet is not taken for the end of the frame', () => {
  const bench = new Bench({ policy: noResend });
  const packets = frameOf(1);
  bench.push(...packets.slice(0, 4), packets[4]?.subarray(0, 500), ...packets.slice(5));
  bench.pass(100);
  const info = bench.frame();
  assert.equal(bench.ring.missingRanges(info.slot), [{ offset: 3000, length: 1000 }]);
  assert.is(info.payloadBytes, 9600);
  assert.is(bench.counters().packetsInvalid, 1);
});

test('a truncated last packet is a missing one, asked for again', () => {
  const bench = new Bench();
  const packets = frameOf(1);
  bench.push(...packets.slice(0, 10), packets[10]?.subarray(0, 308), packets[11]);
  assert.equal(bench.events(), []);
  bench.pass(1);
  assert.equal(bench.asked, [{ block: 1, first: 10, last: 10, atMs: 1 }]);
  bench.push(packets[10]?.subarray(0, 200));
  assert.equal(bench.events(), []);
  bench.push(packets[10]);
  const info = bench.frame();
  assert.ok(info.complete && !info.sizeMismatch);
  assert.equal([info.payloadBytes, info.receivedBytes], [9600, 9600]);
  assert.equal(Buffer.from(bench.ring.payload(info.slot)), framePayload({ block: 1, ...SHAPE }));
  assert.is(bench.counters().packetsInvalid, 2);
});

test('a truncated last packet that never comes whole leaves a hole, whatever else came, and when', () => {
  for (const payloadBytes of [9600, 9601, 0]) {
    const [leader, ...rest] = frameOf(1);
    const cut = rest.splice(9, 1)[0]?.subarray(0, 308);
    const [trailer] = rest.splice(9, 1);
    for (const [order, without] of [
      [[leader, ...rest, cut, trailer], 1],
      [[leader, ...rest, trailer, cut], 1],
      [[...rest, cut, trailer, leader], 1],
      [[leader, cut, trailer, ...rest], 1],
      [[leader, ...rest, cut], 2],
    ] as const) {
      const bench = new Bench({ policy: noResend, payloadBytes });
      bench.push(...order);
      bench.pass(100);
      const info = bench.frame();
      assert.not(info.complete);
      assert.equal([info.payloadBytes, info.receivedBytes, info.packetsMissing], [9600, 9000, without]);
      assert.equal(bench.ring.missingRanges(info.slot), [{ offset: 9000, length: 600 }]);
      assert.ok(
        bench.ring
          .payload(info.slot)
          .subarray(9000)
          .every((byte) => byte === 0),
      );
      const { framesComplete, framesIncomplete, packetsInvalid } = bench.counters();
      assert.equal([framesComplete, framesIncomplete, packetsInvalid], [0, 1, 1]);
    }
  }
});

test('a trailer that names fewer packets than the image has does not end it', () => {
  const bench = new Bench({ policy: noResend });
  const packets = frameOf(1);
  packets[11]?.writeUInt32BE(0x02000009, 4);
  bench.push(...packets.slice(0, 9), packets[11]);
  bench.pass(100);
  const info = bench.frame();
  assert.not(info.complete);
  assert.equal([info.payloadBytes, info.payloadPackets, info.packetsMissing], [9600, 10, 3]);
  assert.equal(bench.ring.missingRanges(info.slot), [{ offset: 8000, length: 1600 }]);
});

test('a frame ends before its leader says where the trailer declares fewer lines', () => {
  for (const leaderLast of [false, true]) {
    const bench = new Bench({ policy: noResend });
    const [leader, ...rest] = frameOf(1, { height: 40 }) as [Buffer, ...Buffer[]];
    leader.writeUInt32BE(100, 8 + 20);
    bench.push(...(leaderLast ? [...rest, leader] : [leader, ...rest]));
    const info = bench.frame();
    assert.ok(info.complete);
    assert.equal([info.payloadBytes, info.payloadPackets, info.height], [3840, 4, 40]);
    assert.is(bench.counters().packetsInvalid, 0);
  }
});

test('the lines of a trailer that proved damaged are forgotten', () => {
  const bench = new Bench();
  const packets = frameOf(1);
  const early = frameOf(1, { height: 40 })[5];
  bench.push(...packets.slice(0, 4), early, ...packets.slice(5), packets[4]);
  const info = bench.frame();
  assert.ok(info.complete);
  assert.equal([info.payloadBytes, info.height], [9600, 100]);
});

test('a payload with chunks may end early', () => {
  const bench = new Bench({ policy: noResend });
  const packets = frameOf(1, { payloadType: 0x4001 });
  bench.push(...packets.slice(0, 10), packets[10]?.subarray(0, 308), packets[11]);
  const info = bench.frame();
  assert.ok(info.complete);
  assert.is(info.payloadBytes, 9300);
});

/** The same packets, marked as sent again: by their status, or by the extended header's flag. */
const resent = (packets: Buffer[], byFlag = false) =>
  packets.map((packet) => {
    const again = Buffer.from(packet);
    again.writeUInt16BE(byFlag ? 0x0001 : 0x0100, byFlag ? 2 : 0);
    return again;
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

test('duplicates are counted and change nothing', () => {
  const bench = new Bench();
  const packets = frameOf(1);
  bench.push(...packets.slice(0, 6), packets[0], packets[3], ...packets.slice(6), packets[11]);
  assert.ok(bench.frame().complete);
  const { packetsDuplicate, packetsLate, packetsReceived } = bench.counters();
  assert.equal([packetsDuplicate, packetsLate, packetsReceived], [2, 1, 15]);
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

test('the end of a stream closes what is open', () => {
  const bench = new Bench();
  bench.push(...frameOf(1).slice(0, 6));
  bench.assembler.end();
  const info = bench.frame();
  assert.is(info.packetsMissing, 6);
  assert.equal(bench.ring.missingRanges(info.slot), [{ offset: 5000, length: 4600 }]);
  assert.is(bench.ring.fillLevel(), 1);
});

test('a last packet that was cut short is asked for again, not taken for the end of the image', () => {
  const bench = new Bench();
  const packets = frameOf(1);
  const cut = packets[10]?.subarray(0, 8 + 300);
  bench.push(...without(packets, 10, 11), cut === undefined ? undefined : Buffer.from(cut), packets[11]);
  assert.equal(bench.events(), []);
  bench.pass(2);
  assert.ok(bench.asked.some(({ first, last }) => first <= 10 && last >= 10));
  bench.push(packets[10], packets[11]);
  const info = bench.frame();
  assert.ok(info.complete);
  assert.equal(Buffer.from(bench.ring.payload(info.slot)), framePayload({ block: 1, ...SHAPE }));
});

test('without resend an image that was cut short is incomplete, its tail zeroed and listed', () => {
  const bench = new Bench({ policy: noResend });
  const packets = frameOf(1);
  const cut = packets[10]?.subarray(0, 8 + 300);
  bench.push(...without(packets, 10, 11), cut === undefined ? undefined : Buffer.from(cut), packets[11]);
  bench.push(...frameOf(2).slice(0, 1));
  bench.pass(6);
  const info = bench.frame();
  assert.not(info.complete);
  assert.equal(bench.ring.missingRanges(info.slot), [{ offset: 9000, length: 600 }]);
  assert.ok(
    bench.ring
      .payload(info.slot)
      .subarray(9000, 9600)
      .every((byte) => byte === 0),
  );
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
