import * as assert from 'uvu/assert';
import { framePackets, framePayload } from '#test/support/gvsp-stream.js';
import { test } from '#test/support/test.js';
import { Bench, frameOf, noResend, SHAPE, without } from './assembler-bench.js';

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

test.run();
