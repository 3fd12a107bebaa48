import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { StorageError } from '#storage/errors.js';
import { openDataFolder } from '#storage/folder/data-folder.js';
import { dataSumOf } from '#storage/formats/data-sum.js';
import { recordingFormat } from '#storage/formats/formats.js';
import { frameListOf, readFrameList } from '#storage/formats/frame-list.js';
import type { ScannedFrame } from '#storage/formats/segment-reader.js';
import { IndexReader } from '#storage/index/queries.js';
import { resumeSer } from '#storage/ser/ser-body.js';
import { decodeSerHeader } from '#storage/ser/ser-header.js';
import { serSegmentReader } from '#storage/ser/ser-segment.js';
import { localTicksOf, ticksOf, utcNsOfTicks } from '#storage/ser/ser-ticks.js';
import { randomBytes, randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';
import { FIRST_START, PERIOD_NS, temporaryFolder } from './sample-session.js';
import { SER_HEADER, SER_SHAPE, type SerShape, serPixels, serRecord, serSession } from './ser-session.js';

const FRAME_BYTES = 64 * 48 * 2;
const root = temporaryFolder();
let folders = 0;

/** The files of a folder's only session whose name ends so, in order. */
function filesOf(data: string, ending: string): string[] {
  const [session = ''] = readdirSync(join(data, 'sessions'));
  const folder = join(data, 'sessions', session);
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name));
}

/** A closed session of `frames` frames in one file. */
async function recorded(frames: number, options: Parameters<typeof serSession>[1] = {}) {
  const data = join(root, String(++folders));
  const folder = await openDataFolder(data);
  const { recorder, record, session } = await serSession(data, options);
  for (let number = 1; number <= frames; number++) await record(number);
  const status = await recorder.close();
  folder.close();
  assert.is(status.framesIndexed, frames);
  const [file = ''] = filesOf(data, '.ser');
  return { data, file, bytes: readFileSync(file), session };
}

function scanned(file: string, verify = false, from = 0): { frames: ScannedFrame[]; end: number } {
  const frames: ScannedFrame[] = [];
  const scan = serSegmentReader.scan(file, from, { verify });
  for (;;) {
    const next = scan.next();
    if (next.done) return { frames, end: next.value };
    frames.push(next.value);
  }
}

/** What a file that a crash left becomes by its list: its whole frames, and the bytes of the completed file. */
function completed(part: string, verify = true): { frames: ScannedFrame[]; bytes: Buffer } {
  const { frames, end: kept } = scanned(part, verify);
  const left = readFileSync(part);
  const body = resumeSer(left);
  for (const { record, place } of frames) body.added(record, place);
  const end = body.end(kept);
  const bytes = Buffer.concat([left.subarray(0, kept), end?.tail ?? Buffer.alloc(0)]);
  for (const patch of end?.patches ?? []) bytes.set(patch.bytes, patch.offset);
  return { frames, bytes };
}

test('ticks count 100 ns from the year 1, to the nearest, without a double on the way', () => {
  assert.is(ticksOf(0n), 621_355_968_000_000_000n);
  assert.is(ticksOf(FIRST_START), 621_355_968_000_000_000n + FIRST_START / 100n);
  assert.is(ticksOf(1_795_812_151_093_677_549n) - ticksOf(1_795_812_151_093_677_500n), 0n);
  assert.is(ticksOf(1_795_812_151_093_677_550n) - ticksOf(1_795_812_151_093_677_500n), 1n);
  assert.is(utcNsOfTicks(ticksOf(FIRST_START)), FIRST_START);
  const offset = BigInt(new Date(Number(FIRST_START / 1_000_000n)).getTimezoneOffset());
  assert.is(ticksOf(FIRST_START) - localTicksOf(FIRST_START), offset * 600_000_000n);
});

test('a session is recorded as a SER file byte by byte, with a stamp for each frame, a list beside it and rows in the index', async () => {
  const { data, file, bytes, session } = await recorded(20);
  assert.is(bytes.byteLength, 178 + 20 * (FRAME_BYTES + 8));
  assert.is(bytes.toString('latin1', 0, 14), 'LUCAM-RECORDER');
  const fields = [14, 18, 22, 26, 30, 34, 38].map((at) => bytes.readInt32LE(at));
  assert.equal(fields, [0, 0, 0, 64, 48, 12, 20]);
  const text = (at: number) => bytes.toString('latin1', at, at + 40).replace(/\0+$/, '');
  assert.is(text(42), 'Zo? Observer');
  assert.is(text(82), 'QHY411 [stamp start, row 0]');
  assert.is(text(122), 'x'.repeat(40));
  assert.is(bytes.readBigInt64LE(162), localTicksOf(FIRST_START));
  assert.is(bytes.readBigInt64LE(170), ticksOf(FIRST_START));
  const listed = [...readFrameList(file)];
  assert.is(listed.length, 20);
  for (let number = 1; number <= 20; number++) {
    const at = 178 + (number - 1) * FRAME_BYTES;
    assert.ok(bytes.subarray(at, at + FRAME_BYTES).equals(serPixels(number, SER_SHAPE)), `frame ${number}`);
    const stamp = bytes.readBigInt64LE(178 + 20 * FRAME_BYTES + (number - 1) * 8);
    assert.is(stamp, ticksOf(FIRST_START + BigInt(number - 1) * PERIOD_NS));
    const { record, place } = listed[number - 1] as ScannedFrame;
    assert.equal(record, serRecord(number, session.id));
    const dataSum = dataSumOf(serPixels(number, SER_SHAPE));
    assert.equal(place, { byteOffset: at, byteLength: FRAME_BYTES, headerBytes: 0, dataSum });
  }
  assert.match(
    readFileSync(frameListOf(file), 'utf8').split('\n')[0] ?? '',
    '{"format":"ser","stamp":"start","row":"0"}',
  );
  const index = new IndexReader(join(data, 'appulse.sqlite'));
  const rows = index.frames({ sessionId: session.id });
  assert.equal(
    rows.map(({ byteOffset }) => byteOffset),
    listed.map(({ place }) => place.byteOffset),
  );
  index.close();
});

test('stamps are those of the start, the middle or the end of row 0, as chosen, and the file says which', async () => {
  for (const [serStamp, afterNs] of [
    ['start', 0n],
    ['mid', 20_000_000n],
    ['end', 40_000_000n],
  ] as const) {
    const { bytes, file } = await recorded(2, { serStamp });
    assert.is(bytes.readBigInt64LE(178 + 2 * FRAME_BYTES), ticksOf(FIRST_START + afterNs));
    assert.match(decodeSerHeader(bytes).instrument, `[stamp ${serStamp}, row 0]`);
    assert.match(readFileSync(frameListOf(file), 'utf8'), `"stamp":"${serStamp}"`);
  }
});

test('depth and colours are kept: 8 bits as bytes, 9 to 16 as two, a Bayer pattern by its ColorID', async () => {
  const shapes: [Partial<SerShape>, number, number][] = [
    [{ sampleBytes: 1, bitDepth: 8, pixelFormat: 'Mono8' }, 0, 8],
    [{ bitDepth: 10, pixelFormat: 'BayerRG10p' }, 8, 10],
    [{ bitDepth: 12, pixelFormat: 'BayerGR12' }, 9, 12],
    [{ bitDepth: 14, pixelFormat: 'BayerGB14p' }, 10, 14],
    [{ bitDepth: 16, pixelFormat: 'BayerBG16' }, 11, 16],
    [{ bitDepth: 16, pixelFormat: 'Mono16', width: 63, height: 1 }, 0, 16],
    // Sums of 8-bit pixels have more bits than their format; two bytes are never told as 8 bits.
    [{ bitDepth: 8, pixelFormat: 'Mono8' }, 0, 9],
  ];
  for (const [changes, colorId, depth] of shapes) {
    const shape = { ...SER_SHAPE, ...changes };
    const { bytes, file } = await recorded(2, { shape });
    const header = decodeSerHeader(bytes);
    assert.is(header.colorId, colorId);
    assert.is(header.depth, depth);
    const { frames } = scanned(file, true);
    const pixels = serSegmentReader.readPixels(file, (frames[1] as ScannedFrame).place);
    assert.is(pixels.data.BYTES_PER_ELEMENT, shape.sampleBytes);
    const { buffer, byteOffset, byteLength } = pixels.data;
    assert.ok(Buffer.from(buffer, byteOffset, byteLength).equals(serPixels(2, shape)));
  }
});

test('pixels of a pattern that were added up have no pattern left', () => {
  const first = serRecord(1, 's', { ...SER_SHAPE, pixelFormat: 'BayerRG12' });
  const colorOf = (softwareBinning: number) =>
    decodeSerHeader(recordingFormat('ser').begin(SER_HEADER, { ...first, softwareBinning }).start).colorId;
  assert.equal([colorOf(1), colorOf(2)], [8, 0]);
});

test('pixels of 32 bits are refused', () => {
  try {
    recordingFormat('ser').layout({ width: 8, height: 8, sampleBytes: 4 });
    assert.unreachable();
  } catch (error) {
    assert.is((error as StorageError).code, 'storage.format-shape');
  }
});

test('a segment of SER ends at its size, and before its frames are more than a list may hold', async () => {
  const data = join(root, String(++folders));
  const folder = await openDataFolder(data);
  const { recorder, record } = await serSession(data, { segmentBytes: 178 + 8 * FRAME_BYTES });
  for (let number = 1; number <= 20; number++) await record(number);
  await recorder.close();
  folder.close();
  const files = filesOf(data, '.ser');
  assert.equal(
    files.map((file) => decodeSerHeader(readFileSync(file)).frameCount),
    [8, 8, 4],
  );
  assert.is(recordingFormat('ser').mostFrames, 262_144);
});

test("the sum of a frame's bytes is that of FITS", () => {
  const slow = (bytes: Uint8Array) => {
    const padded = Buffer.concat([bytes, Buffer.alloc((4 - (bytes.byteLength % 4)) % 4)]);
    let sum = 0n;
    for (let at = 0; at < padded.byteLength; at += 4) sum += BigInt(padded.readUInt32BE(at));
    while (sum >= 2n ** 32n) sum = (sum & 0xffff_ffffn) + (sum >> 32n);
    return Number(sum);
  };
  for (const length of [0, 1, 2, 3, 4, 5, 4095, 12_288]) {
    const bytes = randomBytes(length + 1, length + 1);
    assert.is(dataSumOf(bytes.subarray(1)), slow(bytes.subarray(1)), `${length} bytes`);
    assert.is(dataSumOf(bytes), slow(bytes));
  }
  assert.is(dataSumOf(new Uint8Array(4096).fill(0xff)), 0xffff_ffff);
  assert.is(dataSumOf(new Uint8Array(4096)), 0);
});

test('a scan gives what is listed and whole, from any frame on, and verifying finds what changed', async () => {
  const { file, bytes } = await recorded(20);
  assert.is(scanned(file).frames.length, 20);
  const later = scanned(file, false, 178 + 5 * FRAME_BYTES);
  assert.is(later.frames[0]?.record.frameNumber, 6);
  assert.is(later.end, 178 + 20 * FRAME_BYTES);
  const changed = Uint8Array.from(bytes);
  const at = 178 + 7 * FRAME_BYTES + 1000;
  changed[at] = (changed[at] ?? 0) ^ 0x10;
  writeFileSync(file, changed);
  assert.is(scanned(file).frames.length, 20);
  const { frames, end } = scanned(file, true);
  assert.is(frames.length, 7);
  assert.is(end, 178 + 7 * FRAME_BYTES);
  const all = [...readFrameList(file)];
  assert.equal(
    all.map(({ place }) => serSegmentReader.verify(file, place)),
    all.map((_, i) => i !== 7),
  );
  writeFileSync(file, 'SIMPLE  =');
  assert.throws(
    () => scanned(file),
    (error: StorageError) => error.code === 'storage.scan',
  );
});

test('frames that are verified in pieces are verified whole', async () => {
  const shape = { ...SER_SHAPE, width: 1021, height: 701 };
  const frameBytes = 2 * shape.width * shape.height;
  const { file, bytes } = await recorded(3, { shape, segmentBytes: 100_000_000 });
  assert.is(scanned(file, true).frames.length, 3);
  for (const at of [0, 2 ** 20 - 1, 2 ** 20, frameBytes - 1]) {
    const changed = Uint8Array.from(bytes);
    const byte = 178 + frameBytes + at;
    changed[byte] = (changed[byte] ?? 0) ^ 1;
    writeFileSync(file, changed);
    assert.is(scanned(file, true).frames.length, 1, `byte ${at} of the second`);
  }
});

test('a file that was cut or zeroed at any byte is completed to what stood whole, with its stamps', async () => {
  const { file, bytes } = await recorded(20, { serStamp: 'mid' });
  const pixelsEnd = 178 + 20 * FRAME_BYTES;
  const part = `${file}.part`;
  const random = randomOf(7);
  for (let i = 0; i < 60; i++) {
    const at = 178 + Math.floor(random() * (pixelsEnd - 177));
    const zeroed = i % 2 === 1;
    const left = Buffer.from(bytes.subarray(0, pixelsEnd));
    left.writeInt32LE(0, 38);
    if (zeroed) left.fill(0, at);
    writeFileSync(part, zeroed ? left : left.subarray(0, at));
    const { frames, bytes: made } = completed(part);
    const whole = Math.floor((at - 178) / FRAME_BYTES);
    // What was zeroed may have been zero before.
    assert.ok(frames.length >= whole && frames.length <= whole + (zeroed ? 1 : 0), `${frames.length} of ${whole}`);
    const stamps = bytes.subarray(pixelsEnd, pixelsEnd + 8 * frames.length);
    const expected = Buffer.concat([bytes.subarray(0, 178 + frames.length * FRAME_BYTES), stamps]);
    expected.writeInt32LE(frames.length, 38);
    assert.ok(made.equals(expected), `cut at ${at}`);
  }
});

test('whatever is damaged in a file or its list, reading ends with frames or an error of ours', async () => {
  const { file, bytes } = await recorded(4);
  const list = readFileSync(frameListOf(file));
  const random = randomOf(3);
  const damaged = (original: Uint8Array): Uint8Array => {
    const copy = Uint8Array.from(original);
    const kind = random();
    if (kind < 0.3) return copy.subarray(0, random() * copy.byteLength);
    if (kind < 0.5) return copy.fill(0, random() * copy.byteLength);
    for (let n = 1 + random() * 6; n > 0; n--) copy[Math.floor(random() ** 3 * copy.byteLength)] = random() * 256;
    return copy;
  };
  const copy = join(root, 'copy.ser');
  let read = 0;
  for (let i = 0; i < 600; i++) {
    writeFileSync(copy, random() < 0.7 ? damaged(bytes) : bytes);
    writeFileSync(frameListOf(copy), random() < 0.7 ? damaged(list) : list);
    try {
      const { frames } = completed(copy, random() < 0.5);
      for (const { place } of frames) {
        serSegmentReader.verify(copy, place);
        serSegmentReader.readPixels(copy, place);
        read++;
      }
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
  }
  assert.ok(read > 100, `${read} frames were read`);
});

test('pixels are asked for where none are: an error of ours', async () => {
  const { file } = await recorded(2);
  for (const place of [
    { byteOffset: 178 + 3 * FRAME_BYTES, byteLength: FRAME_BYTES, headerBytes: 0 },
    { byteOffset: 178, byteLength: 2 ** 40, headerBytes: 0 },
  ]) {
    assert.throws(
      () => serSegmentReader.readPixels(file, place),
      (error: StorageError) => error.code === 'storage.pixels',
    );
  }
});

test('the header that a segment begins with holds who and what, cut to 40 characters', () => {
  const first = serRecord(1, 's');
  const named = { ...SER_HEADER, cameraName: 'A camera with a name that is far too long', serStamp: 'end' as const };
  const { start } = recordingFormat('ser').begin(named, first);
  const header = decodeSerHeader(start);
  assert.is(header.instrument, 'A camera with a name  [stamp end, row 0]'.slice(0, 40));
  assert.is(header.instrument.length, 40);
  assert.is(header.frameCount, 0);
  assert.is(header.observer, 'J. Doe');
  assert.is(header.telescope, 'C11 f/6.3');
});

test.run();
