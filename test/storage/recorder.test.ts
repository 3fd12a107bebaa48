import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import * as assert from 'uvu/assert';
import { layoutFrameHdu } from '#storage/fits/hdu-layout.js';
import { readHdus } from '#storage/fits/reader.js';
import { openDataFolder } from '#storage/folder/data-folder.js';
import { IndexReader } from '#storage/index/queries.js';
import { RecordBuffers } from '#storage/segments/record-buffers.js';
import { PYTHON, peerTest } from '#test/support/peers.js';
import { test } from '#test/support/test.js';
import {
  FIRST_START,
  fillHdu,
  hduBytes,
  PERIOD_NS,
  sampleRecord,
  sampleRecorder,
  temporaryFolder,
  until,
} from './sample-session.js';

const totalBytes = hduBytes(64, 48);

test('a session is recorded, indexed and closed, and every row points at its bytes', async () => {
  const folder = await openDataFolder(temporaryFolder());
  const { recorder, session, record, warnings } = await sampleRecorder(folder.path, { segmentBytes: 20 * totalBytes });
  const missing = [
    { offset: 0, length: 1400 },
    { offset: 2800, length: 700 },
  ];
  for (let number = 1; number <= 100; number++) {
    await record(number, number === 50 ? { missing, packetsMissing: 2, blockId: 2n ** 63n + 5n } : {});
  }
  recorder.gap({
    cause: 'network',
    firstBlock: 65_101n,
    lastBlock: 65_103n,
    frames: 3,
    fromUtcNs: FIRST_START,
    toUtcNs: null,
    detail: 'no packet seen',
  });
  const status = await recorder.close();
  assert.equal(warnings, []);
  assert.is(status.framesRecorded, 100);
  assert.is(status.framesIndexed, 100);
  assert.is(status.framesIncomplete, 1);
  assert.is(status.notRecorded, 0);
  assert.is(status.failing, false);

  const index = new IndexReader(folder.indexFile);
  const frames = index.frames({ sessionId: session.id });
  assert.is(frames.length, 100);
  const bytes = new Uint8Array(totalBytes);
  for (const [i, frame] of frames.entries()) {
    assert.is(frame.number, i + 1);
    assert.is(frame.startUtcNs, FIRST_START + BigInt(i) * PERIOD_NS);
    assert.is(frame.state, 'on-disk');
    const changes = i === 49 ? { missing, packetsMissing: 2, blockId: 2n ** 63n + 5n } : {};
    assert.is(fillHdu(bytes, sampleRecord(i + 1, session.id, changes)), frame.byteLength);
    const stored = readFileSync(join(folder.path, frame.file)).subarray(
      frame.byteOffset,
      frame.byteOffset + frame.byteLength,
    );
    assert.ok(stored.equals(bytes), `frame ${i + 1}`);
  }
  const incomplete = index.frames({ incomplete: true });
  assert.is(incomplete.length, 1);
  assert.is(incomplete[0]?.blockId, 2n ** 63n + 5n);
  assert.is(incomplete[0]?.bytesMissing, 2100);
  assert.equal(index.missingRanges(incomplete[0]?.key ?? 0n), missing);
  const [row] = index.sessions();
  assert.is(row?.state, 'complete');
  assert.is(row?.framesRecorded, 100);
  assert.is(row?.framesIncomplete, 1);
  assert.is(row?.framesLost, 3);
  assert.equal(index.gaps()[0]?.cause, 'network');
  assert.equal(index.grades(session.id), { locked: 100 });
  const segments = index.segments(session.id);
  assert.ok(segments.length >= 5);
  for (const segment of segments) {
    assert.is(segment.state, 'closed');
    assert.is(segment.bytes, statSync(join(folder.path, segment.file)).size);
    assert.is(segment.durableBytes, segment.bytes);
    assert.ok(segment.bytes <= 20 * totalBytes);
  }
  assert.is(
    status.bytes,
    segments.reduce((sum, segment) => sum + segment.bytes, 0),
  );
  assert.not(readdirSync(recorder.folder).some((name) => name.endsWith('.part')));
  index.close();
  folder.close();
});

test('frames are on disk within moments, and rows only after their bytes', async () => {
  const folder = await openDataFolder(temporaryFolder());
  const { recorder, record } = await sampleRecorder(folder.path);
  await record(1);
  await until(() => recorder.status().framesIndexed === 1, 3);
  const index = new IndexReader(folder.indexFile);
  const [frame] = index.frames();
  assert.ok(frame?.file.endsWith('.part'));
  assert.ok(statSync(join(folder.path, frame?.file ?? '')).size >= 2880 + totalBytes);
  await until(() => index.segments(frame?.sessionId ?? '')[0]?.durableBytes === 2880 + totalBytes, 5);
  index.close();
  await recorder.close();
  folder.close();
});

test('pages of frames follow one another in both directions', async () => {
  const folder = await openDataFolder(temporaryFolder());
  const { recorder, record } = await sampleRecorder(folder.path);
  for (let number = 1; number <= 25; number++) await record(number);
  await recorder.close();
  const index = new IndexReader(folder.indexFile);
  for (const newestFirst of [false, true]) {
    const seen: number[] = [];
    let afterKey: bigint | undefined;
    for (;;) {
      const rows = index.frames({}, { limit: 10, newestFirst, ...(afterKey === undefined ? {} : { afterKey }) });
      seen.push(...rows.map((row) => row.number));
      if (rows.length < 10) break;
      afterKey = rows.at(-1)?.key;
    }
    const expected = Array.from({ length: 25 }, (_, i) => i + 1);
    assert.equal(seen, newestFirst ? expected.reverse() : expected);
  }
  const half = FIRST_START + 10n * PERIOD_NS;
  assert.is(index.countFrames({ toUtcNs: half }), 10);
  assert.is(index.frames({ fromUtcNs: half })[0]?.number, 11);
  const range = {
    sessionId: index.frames({}, { limit: 1 })[0]?.sessionId ?? '',
    fromUtcNs: half,
    toUtcNs: half + 3n * PERIOD_NS,
  };
  assert.equal(
    index.frames(range).map((row) => row.number),
    [11, 12, 13],
  );
  assert.equal(
    index.frames(range, { limit: 2, newestFirst: true }).map((row) => row.number),
    [13, 12],
  );
  assert.is(index.frames({ ...range, sessionId: 'another' }).length, 0);
  assert.is(index.countFrames({ grade: 'coarse' }), 0);
  assert.is(index.countFrames({ cameraId: 'camera-1', state: 'on-disk' }), 25);
  index.close();
  folder.close();
});

test('another camera gets a segment of its own', async () => {
  const folder = await openDataFolder(temporaryFolder());
  const { recorder, record, session } = await sampleRecorder(folder.path);
  await record(1);
  await record(2);
  const spare = { id: 'camera-2', name: 'Spare', uri: 'qhy:1', vendor: 'v', model: 'm', serial: '2' };
  await recorder.changeCamera(spare, null);
  await record(3, { cameraId: 'camera-2', cameraName: 'Spare' });
  await recorder.close();
  const index = new IndexReader(folder.indexFile);
  assert.equal(
    index.segments(session.id).map(({ cameraId, frames }) => [cameraId, frames]),
    [
      ['camera-1', 2],
      ['camera-2', 1],
    ],
  );
  assert.is(index.frames({ cameraId: 'camera-2' })[0]?.number, 3);
  index.close();
  folder.close();
});

test('a camera with larger frames brings larger buffers', async () => {
  const folder = await openDataFolder(temporaryFolder());
  const { recorder, record, session } = await sampleRecorder(folder.path);
  for (let number = 1; number <= 10; number++) await record(number);
  const { headerBytes } = layoutFrameHdu(320, 240, 'fits-raw');
  const buffers = RecordBuffers.create({ bufferBytes: hduBytes(320, 240), count: 4 });
  const spare = { id: 'camera-2', name: 'Spare', uri: 'qhy:1', vendor: 'v', model: 'm', serial: '2' };
  await recorder.changeCamera(spare, buffers.handle);
  for (let number = 11; number <= 20; number++) {
    await until(() => recorder.status().framesRecorded >= number - 4);
    const buffer = recorder.acquire() ?? -1;
    const frame = sampleRecord(number, session.id, { width: 320, height: 240, cameraId: spare.id });
    const length = fillHdu(buffers.buffer(buffer), frame);
    recorder.append({ buffer, parts: [{ offset: 0, length }], headerBytes, dataSum: null, record: frame });
  }
  const status = await recorder.close();
  assert.is(status.framesIndexed, 20);
  const index = new IndexReader(folder.indexFile);
  for (const segment of index.segments(session.id)) {
    const { hdus, complete } = readHdus(join(folder.path, segment.file));
    assert.is(complete, true);
    assert.is(hdus.length, 11);
    assert.is(hdus[1]?.cards.get('CAMERAID'), segment.cameraId);
  }
  index.close();
  folder.close();
});

test('a row that the index refuses is told and takes no other with it', async () => {
  const folder = await openDataFolder(temporaryFolder());
  const { recorder, record, warnings } = await sampleRecorder(folder.path);
  const twice = { offset: 100, length: 10 };
  for (let number = 1; number <= 20; number++) await record(number, number === 7 ? { missing: [twice, twice] } : {});
  const status = await recorder.close();
  assert.is(status.framesRecorded, 20);
  assert.is(status.framesIndexed, 19);
  assert.is(warnings.length, 1);
  assert.match(warnings[0] ?? '', 'refused a row');
  const index = new IndexReader(folder.indexFile);
  assert.is(index.countFrames(), 19);
  assert.is(index.sessions()[0]?.state, 'complete');
  index.close();
  folder.close();
});

test('an index that another program holds for a while gets its rows later', async () => {
  const folder = await openDataFolder(temporaryFolder());
  const { recorder, record } = await sampleRecorder(folder.path);
  await record(1);
  await until(() => recorder.status().framesIndexed === 1);
  const other = new Database(folder.indexFile);
  other.exec('BEGIN IMMEDIATE');
  for (let number = 2; number <= 50; number++) await record(number);
  await until(() => recorder.status().framesRecorded === 50);
  assert.is(recorder.status().framesIndexed, 1, 'recording does not wait for the index');
  other.exec('ROLLBACK');
  other.close();
  const status = await recorder.close();
  assert.is(status.framesIndexed, 50);
  folder.close();
});

test('what is no HDU of a buffer is refused', async () => {
  const folder = await openDataFolder(temporaryFolder());
  const { recorder, session } = await sampleRecorder(folder.path);
  const whole = [{ offset: 0, length: 2880 }];
  const frame = { buffer: 0, parts: whole, headerBytes: 2880, dataSum: null, record: sampleRecord(1, session.id) };
  for (const changes of [
    { buffer: 16 },
    { buffer: -1 },
    { parts: [] },
    { parts: [{ offset: 0, length: 100 }] },
    { parts: [...whole, { offset: 0, length: 100 }] },
    { parts: [{ offset: 0, length: 2880 * 1000 }] },
    { parts: [{ offset: -2880, length: 2880 }] },
  ]) {
    assert.throws(
      () => recorder.append({ ...frame, ...changes }),
      (error: { code: string }) => error.code === 'storage.bad-frame',
    );
  }
  await recorder.close();
  assert.not(existsSync(join(recorder.folder, 'x')));
  assert.equal(readdirSync(recorder.folder), ['session.ndjson'], 'a session without frames has no segment');
  folder.close();
});

peerTest(test, ['fitsverify', 'astropy'], 'fitsverify and astropy agree with a recorded segment', async () => {
  const folder = await openDataFolder(temporaryFolder());
  const { recorder, record, session } = await sampleRecorder(folder.path);
  for (let number = 1; number <= 10; number++) await record(number);
  await recorder.close();
  const index = new IndexReader(folder.indexFile);
  const file = join(folder.path, index.segments(session.id)[0]?.file ?? '');
  index.close();
  const verified = spawnSync('fitsverify', [file], { encoding: 'utf8' });
  assert.match(verified.stdout, /Verification found 0 warning\(s\) and 0 error\(s\)/, verified.stdout);
  const script = `
import sys, numpy as np
from astropy.io import fits
with fits.open(sys.argv[1]) as f:
    assert len(f) == 11
    for n in range(1, 11):
        expected = ((np.arange(64 * 48) * 2621 + n * 77) & 0xffff).astype(np.uint16).reshape(48, 64)
        assert (f[n].data == expected).all(), n
        assert f['FRAME', n].header['BLOCKID'] == 65000 + n
print('equal')
`;
  const read = spawnSync(PYTHON, ['-c', script, file], { encoding: 'utf8' });
  assert.is(read.stdout.trim(), 'equal', read.stderr);
  folder.close();
});

test.run();
