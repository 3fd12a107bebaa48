import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { formatUtc } from '#gps/instant.js';
import { advSegmentHeader, advSegmentReader } from '#storage/adv/adv-segment.js';
import { recordingFormat } from '#storage/formats/formats.js';
import type { ScannedFrame } from '#storage/formats/segment-reader.js';
import type { FrameRecord } from '#storage/frame-record.js';
import { IndexReader } from '#storage/index/queries.js';
import { fromTaggedJson } from '#storage/tagged-json.js';
import { test } from '#test/support/test.js';
import { bytesOf, fillFrame, recordAdv, samplePixels } from './adv-sample.js';
import { readStrictly } from './adv-strict-reader.js';
import { sampleRecord, temporaryFolder } from './sample-session.js';
import { readBytes, readFile } from './time-reading.js';

const EPOCH_NS = 1_262_304_000_000_000_000n;

/** Records `count` frames into one file, and gives it with the records that went in. */
async function recorded(count: number, shape: Partial<FrameRecord> = {}) {
  const { recorder, record, files, session } = await recordAdv(temporaryFolder(), { shape });
  const records: FrameRecord[] = [];
  for (let number = 1; number <= count; number++) records.push(await record(number));
  await recorder.close();
  const [file = ''] = files();
  assert.match(file, /\.adv$/);
  return { file, records, recorder, session };
}

function scan(file: string, from = 0, verify = true): { frames: ScannedFrame[]; end: number } {
  const frames: ScannedFrame[] = [];
  const found = advSegmentReader.scan(file, from, { verify });
  for (let next = found.next(); ; next = found.next()) {
    if (next.done) return { frames, end: next.value };
    frames.push(next.value);
  }
}

const withoutGps = (number: number, sessionId: string): FrameRecord['time'] => ({
  ...sampleRecord(number, sessionId).time,
  source: 'host-clock',
  grade: 'coarse',
  rawHeader: null,
  sequence: null,
  uncertaintyNs: 30_000_000n,
});

const SHAPES: Readonly<Record<string, Partial<FrameRecord>>> = {
  '12 bits in words of 16': {},
  '16 bits': { bitDepth: 16, pixelFormat: 'Mono16' },
  '8 bits': { bitDepth: 8, sampleBytes: 1, pixelFormat: 'Mono8' },
  '8 bits in words': { bitDepth: 8, pixelFormat: 'Mono8' },
  '8 bits, an odd number of pixels': { bitDepth: 8, sampleBytes: 1, pixelFormat: 'Mono8', width: 7, height: 3 },
  'a Bayer pattern': { pixelFormat: 'BayerRG12p' },
  'colours added up': { pixelFormat: 'BayerRG12p', softwareBinning: 2, bitDepth: 14 },
  'no GPS': { time: withoutGps(1, 's') },
};

for (const [name, shape] of Object.entries(SHAPES)) {
  test(`what is recorded with ${name} is an ADV file to the last byte`, async () => {
    const { file, records } = await recorded(5, shape);
    const strict = readStrictly(readFileSync(file));
    assert.is(strict.frames.length, 5);
    for (const [i, frame] of strict.frames.entries()) {
      const record = records[i] as FrameRecord;
      assert.ok(frame.pixels.equals(bytesOf(samplePixels(record))), `pixels of frame ${i + 1}`);
      assert.is(frame.midNs, record.time.midUtcNs - EPOCH_NS);
      assert.is(BigInt(frame.exposureNs), record.time.exposureNs);
      assert.is(frame.status.SystemTime, record.receivedNs - EPOCH_NS);
      assert.is(frame.status.UtcAccuracyNs, record.time.uncertaintyNs);
      assert.is(frame.status.VideoCameraFrameId, BigInt(record.time.sequence ?? record.blockId));
      assert.is(frame.status.TimeGrade, record.time.grade === 'locked' ? 0 : 2);
      assert.is(frame.status.SatelliteFixStatus, record.time.rawHeader === null ? 0 : 3);
      const kept = fromTaggedJson(String(frame.status['APPULSE-FRAME'])) as { record: FrameRecord };
      assert.equal(kept.record, record);
    }
    assert.is(strict.accuracyNs, records[0]?.time.uncertaintyNs);
    assert.is(
      strict.imageTags['IMAGE-BAYER-PATTERN'],
      shape.pixelFormat?.startsWith('Bayer') && shape.softwareBinning === undefined ? 'RGGB' : 'MONOCHROME',
    );
    const { frames, end } = scan(file);
    assert.equal(
      frames.map(({ record }) => record),
      records,
    );
    assert.is(end, Number(readFileSync(file).readBigUInt64LE(9)));
    for (const { place, record } of frames) {
      assert.ok(place.dataSum !== null && advSegmentReader.verify(file, place));
      const pixels = advSegmentReader.readPixels(file, place);
      assert.ok(bytesOf(pixels).equals(bytesOf(samplePixels(record))));
      assert.is(pixels.data.BYTES_PER_ELEMENT, record.sampleBytes);
    }
  });
}

test('one frame is a file, and three thousand are', async () => {
  assert.is(readStrictly(readFileSync((await recorded(1)).file)).frames.length, 1);
  const { file, records } = await recorded(3000, { width: 16, height: 12 });
  const strict = readStrictly(readFileSync(file));
  assert.is(strict.frames.length, 3000);
  assert.is(strict.elapsedTicks.at(-1), (records.at(-1)?.receivedNs ?? 0n) - (records[0]?.receivedNs ?? 0n));
  assert.is(scan(file).frames.length, 3000);
  // From any frame on.
  const { frames } = scan(file);
  const from = frames[1234]?.place.byteOffset ?? 0;
  assert.equal(scan(file, from, false).frames, frames.slice(1234));
  assert.equal(scan(file, scan(file).end).frames, []);
});

test('the index points at the frames, and closes the segment with the bytes of the whole file', async () => {
  const { recorder, record, files, session } = await recordAdv(temporaryFolder(), { segmentBytes: 40_000 });
  for (let number = 1; number <= 20; number++) await record(number);
  await recorder.close();
  assert.ok(files().length > 2);
  const index = new IndexReader(recorder.indexFile);
  const rows = index.frames({ sessionId: session.id });
  assert.is(rows.length, 20);
  assert.equal(
    index.segments(session.id).map((segment) => Number(segment.bytes)),
    files().map((file) => readFileSync(file).byteLength),
  );
  const inFiles = files().flatMap((file) => scan(file).frames);
  assert.equal(
    rows.map(({ byteOffset, byteLength }) => ({ byteOffset, byteLength })),
    inFiles.map(({ place: { byteOffset, byteLength } }) => ({ byteOffset, byteLength })),
  );
  index.close();
  for (const file of files()) readStrictly(readFileSync(file));
});

test('the file says who recorded what where, as the standard names it', async () => {
  const { recorder, record, files, session } = await recordAdv(temporaryFolder(), {
    session: { observer: 'Näme', telescope: '0.5 m', object: '(136199) Eris', software: 'appulse 1.2.3' },
  });
  await record(1);
  await recorder.close();
  const [file = ''] = files();
  const { system, user } = readStrictly(readFileSync(file));
  assert.is(system['RECORDER-SOFTWARE'], 'appulse');
  assert.is(system['RECORDER-SOFTWARE-VERSION'], '1.2.3');
  assert.is(system['CAMERA-MODEL'], 'QHY411');
  assert.is(system.OBSERVER, 'Näme');
  assert.is(system.TELESCOPE, '0.5 m');
  assert.is(system.OBJNAME, '(136199) Eris');
  assert.is(system.LATITUDE, '41.5');
  assert.is(system.LONGITUDE, '-73');
  assert.is(system.ALTITUDE, '120');
  assert.is(user?.FRAMES, '1');
  const segment = advSegmentHeader(file);
  assert.is(segment.sessionId, session.id);
  assert.equal(segment.site, session.station.site);
});

test('an exposure beyond 32 bits of nanoseconds saturates, and the true one stands beside it', async () => {
  const time = { ...sampleRecord(1, 's').time, exposureNs: 3_600_000_000_000n, midLeapSecond: true };
  const { file } = await recorded(1, { time });
  const [frame] = readStrictly(readFileSync(file)).frames;
  assert.is(frame?.exposureNs, 0xffff_ffff);
  assert.is(frame?.status.ExposureNs, 3_600_000_000_000n);
  assert.is(frame?.status.Shutter, 3600);
  // ADV counts as POSIX does, and has no flag for a leap second.
  const kept = fromTaggedJson(String(frame?.status['APPULSE-FRAME'])) as { record: FrameRecord };
  assert.is(kept.record.time.midLeapSecond, true);
});

test('the satellite fix is the grade of a GPS time, and none where no satellite had a part in it', async () => {
  const base = sampleRecord(1, 's').time;
  const fixOf = async (changes: Partial<FrameRecord['time']>) => {
    const { file } = await recorded(1, { time: { ...base, ...changes } });
    return readStrictly(readFileSync(file)).frames[0]?.status.SatelliteFixStatus;
  };
  assert.is(await fixOf({}), 3);
  assert.is(await fixOf({ source: 'toupcam-gps', rawHeader: null }), 2);
  assert.is(await fixOf({ grade: 'holdover' }), 1);
  assert.is(await fixOf({ grade: 'untrusted' }), 0);
  assert.is(await fixOf({ source: 'ptp' }), 0);
});

test('more missing ranges than a text of ADV holds are cut, and the file says how many', async () => {
  const missing = Array.from({ length: 9000 }, (_, i) => ({ offset: 9000 * i, length: 1000 + (i % 7) }));
  const { file, records } = await recorded(2, { missing, packetsMissing: 9000, observer: 'ä'.repeat(40_000) });
  const [frame] = readStrictly(readFileSync(file)).frames;
  const kept = fromTaggedJson(String(frame?.status['APPULSE-FRAME'])) as { record: FrameRecord; missingCut: number };
  assert.ok(kept.record.missing.length > 1000);
  assert.is(kept.record.missing.length + kept.missingCut, 9000);
  assert.equal(kept.record.missing, missing.slice(0, kept.record.missing.length));
  assert.is(kept.record.packetsMissing, 9000);
  assert.is(frame?.status.PacketsMissing, 9000);
  assert.is(scan(file).frames.length, 2);
  assert.is(records[1]?.frameNumber, scan(file).frames[1]?.record.frameNumber);
});

test('the accuracy of the file is that of its worst time', async () => {
  const { recorder, record, files } = await recordAdv(temporaryFolder());
  const { time } = sampleRecord(1, 's');
  for (const [i, uncertaintyNs] of [200n, 90_000n, 300n].entries()) {
    await record(i + 1, { time: { ...time, uncertaintyNs } });
  }
  await recorder.close();
  assert.is(readStrictly(readFileSync(files()[0] ?? '')).accuracyNs, 90_000n);
});

test('pixels of 32 bits are refused with what to do', () => {
  const layout = () => recordingFormat('adv').layout({ width: 10, height: 10, sampleBytes: 4 });
  assert.throws(layout, (error: { code?: string; message: string }) => {
    return error.code === 'storage.format-shape' && /record as fits/.test(error.message);
  });
});

test('whatever stands in a record buffer before, the bytes of a frame are the same', () => {
  const record = sampleRecord(3, 's');
  const { bufferBytes } = recordingFormat('adv').layout(record);
  const zeros = new Uint8Array(new SharedArrayBuffer(bufferBytes));
  const ones = new Uint8Array(bufferBytes).fill(0xff);
  const [part] = fillFrame(zeros, record).parts;
  fillFrame(ones, record);
  assert.equal(zeros.slice(0, part?.length), ones.slice(0, part?.length));
});

test('the times in our own file are those of its frames, graded as they were recorded', async () => {
  const time = { ...sampleRecord(1, 's').time, exposureNs: 60_000_000_000n };
  const { file, records } = await recorded(3);
  const read = readFile(file);
  assert.is(read.format, 'adv');
  assert.equal(read.notes, []);
  for (const [i, { times }] of read.frames.entries()) {
    assert.is(times[0]?.midUtcNs, records[i]?.time.midUtcNs);
    assert.is(formatUtc(times[0]?.startUtcNs ?? 0n), formatUtc(records[i]?.time.startUtcNs ?? 0n));
    assert.is(times[0]?.sequence, records[i]?.time.sequence);
    assert.is(times[0]?.grade, 'locked');
    assert.is(times[0]?.source, 'gps-header');
    assert.is(times[0]?.uncertaintyNs, 200n);
    assert.match(times[0]?.reasons.join() ?? '', 'graded locked when it was recorded');
  }
  const long = readFile((await recorded(1, { time })).file).frames[0]?.times[0];
  assert.is(long?.exposureNs, 60_000_000_000n);
  const bytes = readFileSync(file);
  // Somebody shifts a frame by a second, and leaves what stands in its text.
  const at = (scan(file).frames[0]?.place.byteOffset ?? 0) + 27 + 64 * 48 * 2 + 4;
  bytes.writeBigUInt64LE(bytes.readBigUInt64LE(at) + 1_000_000_000n, at);
  const shifted = readBytes(bytes, 'shifted.adv').frames[0]?.times[0];
  assert.is(shifted?.grade, 'untrusted');
  assert.match(shifted?.reasons.join() ?? '', 'two times');
});

test.run();
