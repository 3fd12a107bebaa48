import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openDataFolder } from '#storage/folder/data-folder.js';
import { IndexReader } from '#storage/index/queries.js';
import { test } from '#test/support/test.js';
import { hduBytes, sampleRecorder, temporaryFolder } from './sample-session.js';

const totalBytes = hduBytes(64, 48);

/** Bytes of all files of the sessions in `folders`. */
function bytesIn(folders: readonly string[]): number {
  let bytes = 0;
  for (const folder of folders) {
    for (const name of readdirSync(folder).filter((entry) => /\.fits(\.part)?$/.test(entry))) {
      bytes += statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
    }
  }
  return bytes;
}

test('a rolling archive stays within its limit, keeps its rows and counts, and removes the oldest pixels', async () => {
  const folder = await openDataFolder(temporaryFolder());
  const maxBytes = 40 * totalBytes;
  const { recorder, record, session, warnings } = await sampleRecorder(folder.path, { maxBytes });
  let most = 0;
  for (let number = 1; number <= 200; number++) {
    await record(number);
    if (number % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    most = Math.max(most, bytesIn([recorder.folder]));
  }
  const status = await recorder.close();
  assert.equal(warnings, []);
  assert.ok(most <= maxBytes, `${most} of ${maxBytes}`);
  assert.ok(most > maxBytes / 2);
  assert.is(status.framesRecorded, 200);
  assert.is(status.framesIndexed, 200);
  const index = new IndexReader(folder.indexFile);
  const frames = index.frames({ sessionId: session.id });
  assert.is(frames.length, 200);
  const oldestKept = frames.find((frame) => frame.state === 'on-disk')?.number ?? 0;
  assert.ok(oldestKept > 150, String(oldestKept));
  for (const frame of frames) {
    assert.is(frame.state, frame.number < oldestKept ? 'expired' : 'on-disk');
    assert.is(existsSync(join(folder.path, frame.file)), frame.state === 'on-disk');
  }
  assert.is(index.sessions()[0]?.framesRecorded, 200);
  index.close();
  folder.close();
});

test('a session recorded without a limit is never removed, an earlier rolling one is', async () => {
  const folder = await openDataFolder(temporaryFolder());
  const maxBytes = 40 * totalBytes;
  const kept = await sampleRecorder(folder.path);
  const rolling = await sampleRecorder(folder.path, { maxBytes });
  for (const session of [kept, rolling]) {
    for (let number = 1; number <= 30; number++) await session.record(number);
    await session.recorder.close();
  }
  const later = await sampleRecorder(folder.path, { maxBytes });
  for (let number = 1; number <= 60; number++) await later.record(number);
  await later.recorder.close();
  const index = new IndexReader(folder.indexFile);
  assert.is(index.countFrames({ sessionId: kept.session.id, state: 'on-disk' }), 30);
  assert.is(index.countFrames({ sessionId: rolling.session.id, state: 'expired' }), 30);
  assert.ok(bytesIn([rolling.recorder.folder, later.recorder.folder]) <= maxBytes);
  assert.is(bytesIn([kept.recorder.folder]), 30 * totalBytes + 2880);
  index.close();
  folder.close();
});

test('a limit below four frames is refused', async () => {
  const folder = await openDataFolder(temporaryFolder());
  try {
    await sampleRecorder(folder.path, { maxBytes: 3 * totalBytes });
    assert.unreachable();
  } catch (error) {
    assert.is((error as { code: string }).code, 'storage.max-bytes-small');
  }
  folder.close();
});

test('a frame larger than an eighth of the limit still rolls', async () => {
  const folder = await openDataFolder(temporaryFolder());
  const large = hduBytes(640, 480);
  const maxBytes = Math.floor(5.5 * large);
  const { recorder, record, warnings } = await sampleRecorder(folder.path, { maxBytes, width: 640, height: 480 });
  for (let number = 1; number <= 20; number++) {
    await record(number);
    assert.ok(bytesIn([recorder.folder]) <= maxBytes);
  }
  const status = await recorder.close();
  assert.is(status.framesRecorded, 20);
  assert.equal(warnings, []);
  folder.close();
});

test.run();
