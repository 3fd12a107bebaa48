import * as assert from 'uvu/assert';
import { formatUtc, parseUtc } from '#gps/instant.js';
import { test } from '#test/support/test.js';
import { errorOf, fuzz, readBytes } from './time-reading.js';

const EPOCH = parseUtc('2010-01-01T00:00:00');
const FIRST_MID = parseUtc('2020-01-02T03:04:05.500');

class Writer {
  #parts: Buffer[] = [];
  length = 0;
  raw(bytes: Uint8Array): this {
    this.#parts.push(Buffer.from(bytes));
    this.length += bytes.byteLength;
    return this;
  }
  u8(value: number): this {
    return this.raw(Buffer.from([value]));
  }
  u32(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return this.raw(bytes);
  }
  u64(value: bigint): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(value);
    return this.raw(bytes);
  }
  name(text: string): this {
    const bytes = Buffer.from(text);
    return this.raw(Buffer.from([bytes.byteLength & 0xff, bytes.byteLength >> 8])).raw(bytes);
  }
  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

interface Frame {
  midNs: bigint;
  exposureNs: number;
  fix?: number | null;
  almanac?: number | null;
  id?: number;
}

interface Adv {
  frames?: readonly Frame[];
  accuracyNs?: bigint;
  withIndex?: boolean;
  calibrationFirst?: boolean;
}

const TAGS = [
  ['SystemErrors', 5],
  ['SatelliteFixStatus', 0],
  ['AlmanacStatus', 0],
  ['VideoCameraFrameId', 3],
  ['Gain', 4],
] as const;

const framesOf = (count: number): Frame[] =>
  Array.from({ length: count }, (_, i) => ({
    midNs: FIRST_MID - EPOCH + BigInt(i) * 1_000_000_000n,
    exposureNs: 1_000_000_000,
    fix: 3,
    almanac: 1,
    id: 100 + i,
  }));

function frameBytes({ midNs, exposureNs, fix = 3, almanac = 1, id = 1 }: Frame, stream: number): Buffer {
  const entries = new Writer();
  let count = 2;
  entries.u8(0).name('none').u8(3).u64(BigInt(id));
  if (fix !== null) entries.u8(1).u8(fix);
  if (almanac !== null) entries.u8(2).u8(almanac);
  count += Number(fix !== null) + Number(almanac !== null);
  const gain = Buffer.alloc(4);
  gain.writeFloatLE(1.5);
  entries.u8(4).raw(gain);
  const status = new Writer()
    .u64(midNs)
    .u32(exposureNs)
    .u8(count + 1)
    .raw(entries.bytes());
  // The size of the image section counts the bytes of layout and mode.
  const pixels = Buffer.alloc(2 * 12 * 12, 7);
  return new Writer()
    .u8(stream)
    .u64(0n)
    .u64(76900n)
    .u32(2 + pixels.byteLength)
    .u8(1)
    .u8(0)
    .raw(pixels)
    .u32(status.length)
    .raw(status.bytes())
    .bytes();
}

function adv({
  frames = framesOf(6),
  accuracyNs = 5_000_000n,
  withIndex = true,
  calibrationFirst = false,
}: Adv = {}): Buffer {
  const image = new Writer().u8(2).u32(12).u32(12).u8(16).u8(0).u8(0).bytes();
  const status = new Writer().u8(2).u64(accuracyNs).u8(TAGS.length);
  for (const [name, type] of TAGS) status.name(name).u8(type);
  const names = calibrationFirst ? ['CALIBRATION', 'MAIN'] : ['MAIN', 'CALIBRATION'];
  const head = (offsets: readonly number[], index: number) => {
    const out = new Writer().raw(Buffer.from('FSTF')).u8(2).u32(0).u64(BigInt(index)).u64(0n).u64(0n).u8(2);
    for (const name of names) out.name(name).u32(frames.length).u64(76900n).u32(1).u64(0n);
    return out
      .u8(2)
      .name('IMAGE')
      .u64(BigInt(offsets[0] ?? 0))
      .name('STATUS')
      .u64(BigInt(offsets[1] ?? 0));
  };
  const headLength = head([0, 0], 0).length;
  const offsets = [headLength, headLength + image.byteLength];
  const body = new Writer();
  const first = headLength + image.byteLength + status.length;
  const main = names.indexOf('MAIN');
  const entries: { offset: number; length: number }[] = [];
  const add = (frame: Frame, stream: number) => {
    const bytes = frameBytes(frame, stream);
    if (stream === main) entries.push({ offset: first + body.length, length: bytes.byteLength });
    body.raw(Buffer.from([0xff, 0x22, 0x01, 0xee])).raw(bytes);
  };
  add({ midNs: 0n, exposureNs: 5 }, 1 - main);
  for (const frame of frames) add(frame, main);
  const block = new Writer().u32(entries.length);
  for (const { offset, length } of entries) block.u64(0n).u64(BigInt(offset)).u32(length);
  const empty = new Writer().u32(0).bytes();
  const blocks = calibrationFirst ? [empty, block.bytes()] : [block.bytes(), empty];
  const index = new Writer()
    .u8(2)
    .u32(9)
    .u32(9 + (blocks[0]?.byteLength ?? 0))
    .raw(Buffer.concat(blocks))
    .bytes();
  const start = head(offsets, withIndex ? first + body.length : 0).bytes();
  return Buffer.concat([start, image, status.bytes(), body.bytes(), ...(withIndex ? [index] : [])]);
}

test('frames are read by the index, and the same ones by their magic where there is none', () => {
  for (const calibrationFirst of [false, true]) {
    const byIndex = readBytes(adv({ calibrationFirst }));
    assert.is(byIndex.format, 'adv');
    assert.equal(byIndex.notes, []);
    assert.is(byIndex.frames.length, 6);
    const scanned = readBytes(adv({ withIndex: false, calibrationFirst }));
    assert.equal(scanned.frames, byIndex.frames);
    assert.match(scanned.notes.join(), 'no index');
  }
  const [time] = readBytes(adv()).frames[0]?.times ?? [];
  assert.is(formatUtc(time?.midUtcNs ?? 0n), '2020-01-02T03:04:05.500000000');
  assert.is(formatUtc(time?.startUtcNs ?? 0n), '2020-01-02T03:04:05.000000000');
  assert.is(time?.exposureNs, 1_000_000_000n);
  assert.is(time?.uncertaintyNs, 5_000_000n);
  assert.is(time?.source, 'recorder-gps');
  assert.is(time?.grade, 'coarse');
  assert.is(time?.sequence, 100);
});

test('what the recorder says of its satellites decides the grade and the bound', () => {
  const one = (changes: Partial<Frame>, accuracyNs?: bigint) => {
    const [frame] = framesOf(1);
    const file = adv({
      frames: [{ ...(frame as Frame), ...changes }],
      ...(accuracyNs === undefined ? {} : { accuracyNs }),
    });
    const [time] = readBytes(file).frames[0]?.times ?? [];
    if (time === undefined) throw new Error('no time');
    return time;
  };
  assert.is(one({ fix: 0 }).grade, 'untrusted');
  assert.is(one({ fix: 1 }).uncertaintyNs, null);
  assert.is(one({ almanac: 0 }).uncertaintyNs, 3_005_000_000n);
  assert.match(one({ almanac: null }).reasons.join(), 'no almanac status');
  assert.is(one({ fix: null }).source, 'unknown-clock');
  assert.is(one({}, 0n).uncertaintyNs, null);
  const long = one({ exposureNs: 0xffff_ffff });
  assert.is(long.exposureNs, null);
  assert.is(long.startUtcNs, long.midUtcNs);
});

test('a frame without a time, and one that is not later, are said', () => {
  const frames = framesOf(3);
  const { frames: read } = readBytes(adv({ frames: [{ midNs: 0n, exposureNs: 1 }, ...frames, frames[0] as Frame] }));
  assert.match(read[0]?.reasons.join() ?? '', 'wrote no time');
  assert.is(read[4]?.times[0]?.grade, 'untrusted');
});

test('drafts, version 1 and an index outside of the file are errors that say what to do', () => {
  const draft = adv();
  draft.set([2, 4], 0x21);
  draft.write('MAIN', 0x23, 'latin1');
  const error = errorOf(draft);
  assert.is(error?.code, 'storage.times-unsupported');
  assert.match(error?.message ?? '', 'draft of ADV version 2');
  const one = adv();
  one[4] = 1;
  assert.match(errorOf(one)?.message ?? '', 'ADV version 1 is not read');
  const far = adv();
  far.writeBigUInt64LE(1n << 60n, 9);
  assert.is(errorOf(far)?.context.byte, 9);
});

test('a file that a crash cut off gives the frames that are whole', () => {
  const bytes = adv({ withIndex: false });
  const { frames, notes } = readBytes(bytes.subarray(0, bytes.byteLength - 100));
  assert.is(frames.length, 5);
  assert.match(notes.join(), 'the file ends within');
  // The index is there by the header, and cut off.
  const whole = adv();
  assert.is(readBytes(whole.subarray(0, whole.byteLength - 30)).frames.length, 6);
});

// Where each magic cost a chunk, this ran into the limit of a test.
test('a file full of magics is read to its end', () => {
  const bytes = Buffer.concat([adv({ frames: framesOf(1), withIndex: false }), Buffer.alloc(4_000_000)]);
  const from = bytes.byteLength - 4_000_000;
  for (let at = from; at < bytes.byteLength; at += 4) bytes.writeUInt32BE(0xff2201ee, at);
  assert.is(readBytes(bytes).frames.length, 1);
});

test('whatever is cut or changed, reading ends with times or an error of ours', () => {
  fuzz(adv({ frames: framesOf(2) }), 21, 3000, 1000);
  fuzz(adv({ frames: framesOf(2), withIndex: false }), 22, 2000, 300);
});

test.run();
