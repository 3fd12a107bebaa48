import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parseUtc } from '#gps/instant.js';
import { AdvReader } from '#storage/adv/adv-reader.js';
import { StorageError } from '#storage/errors.js';
import { randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';
import { type MadeAdv, madeAdv, madeMidNs } from './adv-made-file.js';
import { recordAdv, samplePixels } from './adv-sample.js';
import { temporaryFolder } from './sample-session.js';

const RAW = { 'DATA-LAYOUT': 'FULL-IMAGE-RAW', 'SECTION-DATA-COMPRESSION': 'UNCOMPRESSED' };
const folder = temporaryFolder();

function written(bytes: Uint8Array): string {
  const file = join(folder, 'made.adv');
  writeFileSync(file, bytes);
  return file;
}

/** All pixels of all frames. */
function pixelsOf(bytes: Uint8Array): number[][] {
  const reader = new AdvReader(written(bytes));
  try {
    return [...reader.frames()].map((frame) => [...reader.pixels(frame).data]);
  } finally {
    reader.close();
  }
}

function errorOf(bytes: Uint8Array): StorageError {
  try {
    pixelsOf(bytes);
  } catch (error) {
    if (error instanceof StorageError) return error;
    throw error;
  }
  throw new Error('it was read');
}

const words = (values: readonly number[], big = false) => {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [i, value] of values.entries()) {
    if (big) bytes.writeUInt16BE(value, 2 * i);
    else bytes.writeUInt16LE(value, 2 * i);
  }
  return bytes;
};

const SHAPE = { width: 3, height: 1, nativeBits: 16, layoutBits: 16, layoutTags: RAW } as const;
const VALUES = [0x123, 0xabc, 0xfff];
/** Two pixels in three bytes, high bits first, the last alone. */
const PACKED = Buffer.from([0x12, 0x3a, 0xbc, 0xff, 0xf0, 0x00]);
const CRC = Buffer.from([1, 2, 3, 4]);
const PACKED_TAGS = { ...RAW, 'DATA-LAYOUT': '12BIT-IMAGE-PACKED' };

const READ: readonly [string, MadeAdv, number[]][] = [
  ['16 bits', { ...SHAPE, frames: [words(VALUES)] }, VALUES],
  [
    '16 bits, big-endian',
    { ...SHAPE, imageTags: { 'IMAGE-BYTE-ORDER': 'BIG-ENDIAN' }, frames: [words(VALUES, true)] },
    VALUES,
  ],
  [
    '16 bits with a CRC',
    {
      ...SHAPE,
      imageTags: { 'SECTION-DATA-REDUNDANCY-CHECK': 'CRC32' },
      frames: [Buffer.concat([words(VALUES), CRC])],
    },
    VALUES,
  ],
  ['12 bits packed', { ...SHAPE, nativeBits: 12, layoutBits: 12, layoutTags: PACKED_TAGS, frames: [PACKED] }, VALUES],
  [
    '12 bits packed, with a CRC that the file does not tell of',
    { ...SHAPE, nativeBits: 12, layoutBits: 12, layoutTags: PACKED_TAGS, frames: [Buffer.concat([PACKED, CRC])] },
    VALUES,
  ],
  [
    '12 bits in words',
    { ...SHAPE, width: 5, nativeBits: 12, layoutBits: 12, frames: [words([1, 2, 3, 4, 5])] },
    [1, 2, 3, 4, 5],
  ],
  ['8 bits', { ...SHAPE, nativeBits: 8, layoutBits: 8, frames: [u8s(1, 2, 255)] }, [1, 2, 255]],
  [
    '8 bits in a layout of 16',
    { ...SHAPE, width: 5, nativeBits: 8, frames: [u8s(1, 2, 3, 4, 255)] },
    [1, 2, 3, 4, 255],
  ],
];

function u8s(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

for (const [name, adv, values] of READ) {
  test(`pixels of another program are read: ${name}`, () => {
    assert.equal(pixelsOf(madeAdv(adv)), [values]);
    assert.equal(pixelsOf(madeAdv({ ...adv, withIndex: false })), [values]);
  });
}

test('frames come with their times, and the file with what it says of itself', () => {
  const frames = [1, 2, 3].map((value) => words([value, value, value]));
  const imageTags = { 'IMAGE-BAYER-PATTERN': 'RGGB' };
  const reader = new AdvReader(written(madeAdv({ ...SHAPE, imageTags, frames })));
  assert.is(reader.width, 3);
  assert.is(reader.height, 1);
  assert.is(reader.bitDepth, 16);
  assert.is(reader.bayerPattern, 'RGGB');
  assert.is(reader.tags.get('CAMERA-MODEL'), 'PAL');
  for (const [i, frame] of [...reader.frames()].entries()) {
    assert.is(frame.number, i + 1);
    assert.is(frame.time?.midUtcNs, madeMidNs(i) + parseUtc('2010-01-01T00:00:00'));
    assert.is(frame.time?.exposureNs, 1_000_000_000n);
    assert.is(frame.time?.source, 'recorder-gps');
    assert.is(frame.record, null);
  }
  reader.close();
});

test('what is not read is refused by its name', () => {
  const frames = [words(VALUES)];
  const refusals: [MadeAdv, RegExp][] = [
    [{ ...SHAPE, frames, layoutTags: { ...RAW, 'SECTION-DATA-COMPRESSION': 'LAGARITH16' } }, /LAGARITH16/],
    [{ ...SHAPE, frames, layoutTags: { ...RAW, 'SECTION-DATA-COMPRESSION': 'QUICKLZ' } }, /QUICKLZ/],
    [{ ...SHAPE, frames, layoutTags: { ...RAW, 'DATA-LAYOUT': '8BIT-COLOR-IMAGE' } }, /8BIT-COLOR-IMAGE/],
    [{ ...SHAPE, frames, layoutTags: { ...RAW, 'ROI-COUNT': '2' } }, /regions of interest/],
    [{ ...SHAPE, frames, mode: 2 }, /differences/],
  ];
  for (const [adv, words] of refusals) {
    const error = errorOf(madeAdv(adv));
    assert.is(error.code, 'storage.adv-unsupported');
    assert.match(error.message, words);
    assert.match(error.message, 'made.adv');
  }
  const draft = madeAdv({ ...SHAPE, frames });
  draft.set([2, 4], 0x21);
  draft.write('MAIN', 0x23, 'latin1');
  assert.match(errorOf(draft).message, 'draft of ADV version 2');
  const one = madeAdv({ ...SHAPE, frames });
  one[4] = 1;
  assert.is(errorOf(one).code, 'storage.adv-unsupported');
});

test('pixels that are not as many as the file says are damage, and no frame of a giant size is believed', () => {
  assert.is(errorOf(madeAdv({ ...SHAPE, frames: [words([1, 2])] })).code, 'storage.adv-broken');
  assert.is(errorOf(madeAdv({ ...SHAPE, width: 0xffff_ffff, frames: [words([1])] })).code, 'storage.adv-broken');
  assert.is(
    errorOf(madeAdv({ ...SHAPE, width: 60_000, height: 60_000, frames: [words([1])] })).code,
    'storage.adv-broken',
  );
});

test('a file of our own gives back all that was known of its frames', async () => {
  const { recorder, record, files } = await recordAdv(temporaryFolder());
  const records = [await record(1), await record(2)];
  await recorder.close();
  const reader = new AdvReader(files()[0] ?? '');
  assert.is(reader.bayerPattern, null);
  for (const [i, frame] of [...reader.frames()].entries()) {
    assert.equal(frame.record, records[i]);
    assert.equal(reader.pixels(frame), samplePixels(records[i] as NonNullable<(typeof records)[0]>));
  }
  reader.close();
});

test('whatever is cut or changed, reading ends with pixels or an error of ours', () => {
  const random = randomOf(31);
  for (const withIndex of [true, false]) {
    const bytes = madeAdv({
      ...SHAPE,
      nativeBits: 12,
      layoutBits: 12,
      layoutTags: PACKED_TAGS,
      frames: [PACKED, PACKED],
      withIndex,
    });
    const attempt = (changed: Uint8Array) => {
      try {
        pixelsOf(changed);
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        assert.match(error.code, /^storage\.adv-(broken|unsupported)$/);
      }
    };
    for (let length = 0; length < bytes.byteLength; length++) attempt(bytes.subarray(0, length));
    for (let i = 0; i < 2000; i++) {
      const changed = Uint8Array.from(bytes);
      for (let n = 1 + random() * 6; n > 0; n--) {
        changed[Math.floor(random() * changed.byteLength)] = random() < 0.3 ? 0xff : random() * 256;
      }
      attempt(changed);
    }
  }
});

test.run();
