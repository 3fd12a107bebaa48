import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parseUtc } from '#gps/instant.js';
import { StorageError } from '#storage/errors.js';
import { encodeSerHeader, type SerHeader } from '#storage/ser/ser-header.js';
import { SerReader } from '#storage/ser/ser-reader.js';
import { ticksOf } from '#storage/ser/ser-ticks.js';
import { randomOf, randomPixels } from '#test/support/random.js';
import { test } from '#test/support/test.js';
import { temporaryFolder } from './sample-session.js';

const root = temporaryFolder();
const START = parseUtc('2026-08-14T00:00:00.1234567');
const STEP_NS = 40_000_000n;
const COUNT = 5;
const WIDTH = 32;
const HEIGHT = 24;
const FRAME_BYTES = 2 * WIDTH * HEIGHT;
const TICKS_0001_TO_1601 = 504_911_232_000_000_000n;

interface Other extends Partial<SerHeader> {
  readonly name?: string;
  readonly bigEndian?: boolean;
  /** Stamps of the trailer; null: none. */
  readonly stamps?: readonly bigint[] | null;
}

const STAMPS = Array.from({ length: COUNT }, (_, i) => ticksOf(START + BigInt(i) * STEP_NS));

const framePixels = (number: number, depth = 12): Uint16Array => randomPixels(WIDTH * HEIGHT, depth, 100 + number);

/** A SER file as another program may write it. */
function serOf({ name, bigEndian = false, stamps = STAMPS, ...fields }: Other = {}): Buffer {
  const header = Buffer.from(
    encodeSerHeader({
      colorId: 0,
      littleEndianFlag: 0,
      width: WIDTH,
      height: HEIGHT,
      depth: 12,
      frameCount: COUNT,
      observer: 'somebody',
      instrument: 'some camera',
      telescope: '',
      dateTime: ticksOf(START),
      dateTimeUtc: ticksOf(START),
      ...fields,
    }),
  );
  if (name !== undefined) header.write(name, 0, 'latin1');
  const depth = fields.depth ?? 12;
  const frames = Array.from({ length: COUNT }, (_, i) => {
    const pixels = framePixels(i + 1, depth);
    if (depth <= 8) return Buffer.from(pixels);
    const bytes = Buffer.from(pixels.buffer);
    return bigEndian ? bytes.swap16() : bytes;
  });
  const trailer = Buffer.alloc(8 * (stamps?.length ?? 0));
  for (const [i, stamp] of (stamps ?? []).entries()) trailer.writeBigInt64LE(stamp, 8 * i);
  return Buffer.concat([header, ...frames, trailer]);
}

function write(bytes: Uint8Array): string {
  const file = join(mkdtempSync(join(root, 'f-')), 'other.ser');
  writeFileSync(file, bytes);
  return file;
}

/** Reads a whole file: its notes, pixels and stamps. */
function read(bytes: Uint8Array) {
  const reader = new SerReader(write(bytes));
  try {
    const frames = [...reader.frames()];
    return { reader, frames, stamps: frames.map(({ time }) => time?.times[0]?.startUtcNs ?? null) };
  } finally {
    reader.close();
  }
}

const INSTANTS = STAMPS.map((_, i) => START + BigInt(i) * STEP_NS);

function assertPixels({ frames }: ReturnType<typeof read>, depth = 12): void {
  for (const { frame, pixels } of frames) {
    assert.is(pixels.width, WIDTH);
    assert.is(pixels.height, HEIGHT);
    assert.equal([...pixels.data], [...framePixels(frame, depth)], `frame ${frame}`);
  }
}

test('pixels of 8 to 16 bits and stamps are read, whatever order the bytes have and whatever the flag says', () => {
  for (const depth of [8, 10, 12, 14, 16]) {
    for (const bigEndian of [false, true]) {
      for (const littleEndianFlag of [0, 1]) {
        const got = read(serOf({ depth, bigEndian, littleEndianFlag }));
        assert.is(got.frames.length, COUNT);
        assertPixels(got, depth);
        assert.equal(got.stamps, INSTANTS);
        const isTold = got.reader.notes.some((note) => note.includes('though the flag is'));
        const practice = littleEndianFlag === 1;
        assert.is(isTold, depth > 8 && bigEndian !== practice);
      }
    }
  }
});

test('pixels that fill 16 bits of 12 are told by their neighbours; uniform ones by the flag', () => {
  const bytes = serOf();
  for (let at = 178; at < 178 + COUNT * FRAME_BYTES; at += 2) bytes.writeUInt16LE(bytes.readUInt16LE(at) << 4, at);
  assert.is(read(bytes).reader.byteOrder, 'little-endian');
  const swapped = Buffer.from(bytes);
  swapped.subarray(178, 178 + COUNT * FRAME_BYTES).swap16();
  assert.is(read(swapped).reader.byteOrder, 'big-endian');
  for (const [flag, order] of [
    [0, 'little-endian'],
    [1, 'big-endian'],
  ] as const) {
    const uniform = serOf({ littleEndianFlag: flag });
    uniform.fill(1, 178, 178 + COUNT * FRAME_BYTES);
    assert.is(read(uniform).reader.byteOrder, order);
  }
});

test('a header that counts no frames, or too many, does not hide those that are there', () => {
  const open = read(serOf({ frameCount: 0, stamps: null }));
  assert.is(open.reader.frameCount, COUNT);
  assertPixels(open);
  assert.equal(
    open.frames.map(({ time }) => time),
    Array(COUNT).fill(null),
  );
  assert.match(open.reader.notes.join(), 'the recording was not closed');
  const uncounted = read(serOf({ frameCount: 0 }));
  assert.is(uncounted.reader.frameCount, COUNT);
  assert.equal(uncounted.stamps, INSTANTS);
  assert.match(uncounted.reader.notes.join(), `by its size the file holds ${COUNT}`);
  const cut = read(serOf().subarray(0, 178 + 3 * FRAME_BYTES + 100));
  assert.is(cut.reader.frameCount, 3);
  assertPixels(cut);
  assert.match(cut.reader.notes.join(), 'the file holds 3');
});

test('a trailer that is short, missing or counted from 1601 gives what it holds', () => {
  const short = read(serOf({ stamps: STAMPS.slice(0, 2) }));
  assert.equal(short.stamps, [...INSTANTS.slice(0, 2), null, null, null]);
  assert.is(short.frames.length, COUNT);
  const none = read(serOf({ stamps: null }));
  assert.equal(none.stamps, Array(COUNT).fill(null));
  const since1601 = read(serOf({ stamps: STAMPS.map((stamp) => stamp - TICKS_0001_TO_1601) }));
  assert.equal(since1601.stamps, INSTANTS);
  assert.match(since1601.frames[0]?.time?.times[0]?.reasons.join() ?? '', 'counted from 1601');
});

test("INDI's name is read; colours are named; those of three samples are planes, unknown colours told", () => {
  assert.is(read(serOf({ name: 'INDI-RECORDER\0' })).frames.length, COUNT);
  const names = [0, 8, 9, 10, 11, 16, 19].map((colorId) => read(serOf({ colorId })).reader.color);
  assert.equal(names, ['MONO', 'RGGB', 'GRBG', 'GBRG', 'BGGR', 'CYYM', 'MYYC']);
  for (const [colorId, depth, order] of [
    [100, 8, [0, 1, 2]],
    [101, 8, [2, 1, 0]],
    [100, 12, [0, 1, 2]],
    [101, 16, [2, 1, 0]],
  ] as const) {
    const bytes = depth <= 8 ? 1 : 2;
    const samples = randomPixels(3 * WIDTH * HEIGHT, depth, colorId + depth);
    const header = serOf({ colorId, depth, frameCount: 1, stamps: null }).subarray(0, 178);
    const file = Buffer.concat([header, bytes === 1 ? Uint8Array.from(samples) : Buffer.from(samples.buffer)]);
    const { reader, frames } = read(file);
    assert.is(reader.color, colorId === 100 ? 'RGB' : 'BGR');
    const { data } = frames[0]?.pixels ?? { data: new Uint8Array(0) };
    assert.equal([data.BYTES_PER_ELEMENT, data.length], [bytes, samples.length]);
    for (const [plane, at] of order.entries()) {
      const expected = Array.from({ length: WIDTH * HEIGHT }, (_, i) => samples[3 * i + at]);
      assert.equal([...data.subarray(plane * WIDTH * HEIGHT, (plane + 1) * WIDTH * HEIGHT)], expected);
    }
  }
  const unknown = read(serOf({ colorId: 7 }));
  assert.is(unknown.reader.color, 'MONO');
  assert.match(unknown.reader.notes.join(), 'ColorID 7');
});

test('a frame that is not there is an error of ours', () => {
  const reader = new SerReader(write(serOf()));
  for (const frame of [0, -1, 1.5, COUNT + 1]) {
    assert.throws(
      () => reader.readPixels(frame),
      (error: StorageError) => error.code === 'storage.pixels',
    );
  }
  reader.close();
});

test('whatever is cut or changed, reading ends with frames or an error of ours', () => {
  const original = serOf();
  const file = write(original);
  const random = randomOf(5);
  let frames = 0;
  for (let i = 0; i < 1500; i++) {
    let bytes: Uint8Array = Uint8Array.from(original);
    if (i % 3 === 0) bytes = bytes.subarray(0, random() * bytes.byteLength);
    for (let n = random() * 4; i % 3 > 0 && n > 0; n--) {
      const at = random() < 0.7 ? random() * 178 : random() * bytes.byteLength;
      bytes[Math.floor(at)] = random() < 0.3 ? 0xff : random() * 256;
    }
    writeFileSync(file, bytes);
    try {
      const reader = new SerReader(file);
      try {
        for (const { pixels } of reader.frames()) frames += pixels.data.length > 0 ? 1 : 0;
      } finally {
        reader.close();
      }
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
  }
  assert.ok(frames > 1000, `${frames} frames`);
});

test.run();
