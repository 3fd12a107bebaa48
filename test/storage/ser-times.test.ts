import * as assert from 'uvu/assert';
import { formatUtc, parseUtc } from '#gps/instant.js';
import { test } from '#test/support/test.js';
import { errorOf, fuzz, readBytes } from './time-reading.js';

const START = parseUtc('2026-08-14T00:00:00.1234567');
const TICKS_0001 = 621_355_968_000_000_000n;
const TICKS_1601 = 116_444_736_000_000_000n;
const ticks = (utcNs: bigint, epoch = TICKS_0001) => utcNs / 100n + epoch;

interface Ser {
  frames?: number;
  stamps?: readonly bigint[];
  endian?: number;
  depth?: number;
  width?: number;
  name?: string;
  local?: bigint;
  utc?: bigint;
  bigEndian?: boolean;
}

const COUNT = 5;
const stampsOf = (epoch = TICKS_0001) =>
  Array.from({ length: COUNT }, (_, i) => ticks(START + BigInt(i) * 40_000_000n, epoch));

function ser({
  frames = COUNT,
  stamps = stampsOf(),
  endian = 0,
  depth = 12,
  width = 8,
  name = 'LUCAM-RECORDER',
  ...more
}: Ser = {}) {
  const header = Buffer.alloc(178);
  header.write(name.slice(0, 14), 0, 'latin1');
  header.writeInt32LE(0, 18);
  header.writeInt32LE(endian, 22);
  header.writeInt32LE(width, 26);
  header.writeInt32LE(6, 30);
  header.writeInt32LE(depth, 34);
  header.writeInt32LE(frames, 38);
  header.writeBigInt64LE(more.local ?? ticks(START + 7_200_000_000_000n), 162);
  header.writeBigInt64LE(more.utc ?? ticks(START), 170);
  const trailer = Buffer.alloc(8 * stamps.length);
  for (const [i, stamp] of stamps.entries()) {
    if (more.bigEndian === true) trailer.writeBigInt64BE(stamp, 8 * i);
    else trailer.writeBigInt64LE(stamp, 8 * i);
  }
  return Buffer.concat([header, Buffer.alloc(COUNT * 8 * 6 * (depth > 8 ? 2 : 1)), trailer]);
}

const startsOf = (bytes: Uint8Array) => readBytes(bytes).frames.map(({ times }) => times[0]?.startUtcNs ?? null);
const expected = Array.from({ length: COUNT }, (_, i) => START + BigInt(i) * 40_000_000n);

test('stamps are read to their 100 ns, whatever the flag of the byte order says', () => {
  for (const endian of [0, 1]) {
    const { format, frames, notes } = readBytes(ser({ endian }));
    assert.is(format, 'ser');
    assert.equal(notes, []);
    assert.equal(
      frames.map(({ times }) => times[0]?.startUtcNs),
      expected,
    );
    const [time] = frames[0]?.times ?? [];
    assert.is(time?.grade, 'coarse');
    assert.is(time?.source, 'unknown-clock');
    assert.is(time?.uncertaintyNs, null);
    assert.is(time?.exposureNs, null);
  }
  assert.equal(startsOf(ser({ depth: 8 })), expected);
});

test('stamps since 1601, and in the other byte order, are told apart and said', () => {
  const since1601 = readBytes(ser({ stamps: stampsOf(TICKS_1601) }));
  assert.equal(
    since1601.frames.map(({ times }) => times[0]?.startUtcNs),
    expected,
  );
  assert.match(since1601.frames[0]?.times[0]?.reasons.join() ?? '', 'counted from 1601');
  const swapped = readBytes(ser({ bigEndian: true }));
  assert.equal(
    swapped.frames.map(({ times }) => times[0]?.startUtcNs),
    expected,
  );
  assert.match(swapped.frames[0]?.times[0]?.reasons.join() ?? '', 'big-endian');
});

test('a trailer that is missing, short, or behind more frames than there are, is said', () => {
  const none = readBytes(ser({ stamps: [] }));
  assert.match(none.notes.join(), 'no stamps behind the 5 frames');
  assert.is(formatUtc(none.frames[0]?.times[0]?.startUtcNs ?? 0n, 7), '2026-08-14T00:00:00.1234567');
  assert.match(none.frames[0]?.times[0]?.reasons.join() ?? '', 'DateTime_UTC');
  const short = readBytes(ser({ stamps: stampsOf().slice(0, 3) }));
  assert.equal(startsOf(ser({ stamps: stampsOf().slice(0, 3) })), expected.slice(0, 3));
  assert.match(short.notes.join(), 'stamps for 3 of 5 frames');
  assert.match(readBytes(ser({ frames: 2_000_000_000 })).notes.join(), 'the file holds 5');
  assert.match(readBytes(ser({ frames: 0, stamps: [] })).notes.join(), 'the recording was not closed');
  assert.equal(readBytes(ser({ stamps: [], utc: 0n })).frames[0]?.times, []);
});

test('a stamp of zero, of no time, and one that goes back are not passed for times', () => {
  const stamps = stampsOf();
  const { frames } = readBytes(ser({ stamps: [0n, stamps[1] ?? 0n, stamps[0] ?? 0n, 5n, stamps[0] ?? 0n] }));
  assert.match(frames[0]?.reasons.join() ?? '', 'the stamp is zero');
  assert.is(frames[1]?.times[0]?.grade, 'coarse');
  assert.is(frames[2]?.times[0]?.grade, 'untrusted');
  assert.match(frames[2]?.times[0]?.reasons.join() ?? '', 'earlier than the frame before');
  assert.equal(frames[3]?.times, []);
  assert.match(frames[4]?.times[0]?.reasons.join() ?? '', 'the same stamp');
});

test("local time in the stamps is untrusted, and so is a day that is not the header's", () => {
  const local = START + 7_200_000_000_000n;
  const stamps = stampsOf().map((stamp) => stamp + 72_000_000_000n);
  const [time] = readBytes(ser({ stamps, local: ticks(local) })).frames[0]?.times ?? [];
  assert.is(time?.grade, 'untrusted');
  assert.match(time?.reasons.join() ?? '', 'DateTime (local)');
  assert.is(readBytes(ser({ utc: ticks(START - 86_400_000_000_000n) })).frames[0]?.times[0]?.grade, 'untrusted');
});

test("INDI's other name is read and said; sizes that cannot be are errors with their byte", () => {
  assert.match(readBytes(ser({ name: 'INDI-RECORDER\0' })).notes.join(), 'INDI-RECORDER');
  assert.is(errorOf(ser({ width: 0 }))?.context.byte, 26);
  assert.is(errorOf(ser({ width: -5 }))?.context.byte, 26);
  assert.is(errorOf(ser({ depth: 17 }))?.context.byte, 34);
  assert.is(errorOf(ser({ frames: -1 }))?.context.byte, 38);
  assert.is(errorOf(ser({ width: 2 ** 31 - 1, frames: 2 ** 31 - 1 })), null);
});

test('whatever is cut or changed, reading ends with times or an error of ours', () => {
  fuzz(ser(), 11, 3000);
});

test.run();
