import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { openDataFolder } from '#storage/folder/data-folder.js';
import { IndexReader } from '#storage/index/queries.js';
import { test } from '#test/support/test.js';
import { fillHdu, hduBytes, sampleRecord, sampleRecorder, temporaryFolder, until } from './sample-session.js';

const totalBytes = hduBytes(64, 48);

interface Writing {
  readonly child: ChildProcess;
  /** Kills it as a power switch would, after it has recorded `frames`. */
  readonly killAfter: (frames: number) => Promise<void>;
}

/** A process that records into `folder` until it is killed. */
function startWriting(folder: string, framesInSegment = 50): Writing {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./writing-child.js', import.meta.url)), folder, String(framesInSegment)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  let recorded = 0;
  child.stdout?.on('data', (text) => {
    recorded = Number(String(text).trim().split('\n').at(-1));
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return {
    child,
    killAfter: async (frames) => {
      await until(() => recorded >= frames, 30);
      child.kill('SIGKILL');
      await ended;
    },
  };
}

test('after kill -9 the folder opens, the session is interrupted, and every row has its bytes', async () => {
  const path = temporaryFolder();
  for (const frames of [1, 40, 150]) {
    await startWriting(path).killAfter(frames);
    const folder = await openDataFolder(path);
    assert.is(folder.recovery.interruptedSessions.length, 1);
    assert.is(folder.recovery.framesMissing, 0);
    const index = new IndexReader(folder.indexFile);
    const [session] = index.sessions({ limit: 1 });
    assert.is(session?.state, 'interrupted');
    const bytes = new Uint8Array(totalBytes);
    let rows = 0;
    for (const frame of index.frames({ sessionId: folder.recovery.interruptedSessions[0] ?? '' })) {
      fillHdu(bytes, sampleRecord(frame.number, frame.sessionId));
      const stored = readFileSync(join(path, frame.file)).subarray(frame.byteOffset);
      assert.ok(stored.subarray(0, totalBytes).equals(bytes), `frame ${frame.number}`);
      assert.is(frame.number, ++rows);
    }
    assert.ok(rows >= frames, `${rows} rows after ${frames} frames were reported as indexed`);
    index.close();
    folder.close();
  }
  const again = await openDataFolder(path);
  assert.equal(again.recovery.interruptedSessions, []);
  again.close();
});

test('a part that a crash left is completed, its blocks are given back, and every frame stays', async () => {
  const path = temporaryFolder();
  await startWriting(path, 10_000).killAfter(30);
  const [session] = readdirSync(join(path, 'sessions')) as [string];
  const part = readdirSync(join(path, 'sessions', session)).find((name) => name.endsWith('.part')) ?? '';
  const file = join(path, 'sessions', session, part);
  const before = statSync(file);
  const bytes = readFileSync(file);
  assert.ok(before.size < 100_000_000, 'the size is what was written, not what was set aside');
  const folder = await openDataFolder(path);
  assert.is(folder.recovery.framesMissing, 0);
  const complete = file.slice(0, -'.part'.length);
  assert.not(existsSync(file));
  const whole = readFileSync(complete);
  assert.ok(whole.equals(bytes.subarray(0, whole.byteLength)));
  assert.is(
    bytes.subarray(whole.byteLength).findIndex((byte) => byte !== 0),
    -1,
    'only padding was cut off',
  );
  assert.ok(statSync(complete).blocks * 512 < before.size + 1_000_000);
  const index = new IndexReader(folder.indexFile);
  const frames = index.frames();
  assert.ok(frames.length >= 30);
  for (const frame of frames)
    assert.ok(frame.state === 'on-disk' && frame.byteOffset + frame.byteLength <= before.size);
  index.close();
  folder.close();
});

test('a session can be recorded right after a crash, beside the one that was completed', async () => {
  const path = temporaryFolder();
  await startWriting(path).killAfter(10);
  const folder = await openDataFolder(path);
  const { recorder, record } = await sampleRecorder(path);
  await record(1);
  const status = await recorder.close();
  assert.is(status.framesIndexed, 1);
  const parts = readdirSync(join(path, 'sessions')).flatMap((name) => readdirSync(join(path, 'sessions', name)));
  assert.is(parts.filter((name) => name.endsWith('.part')).length, 0);
  assert.is(parts.filter((name) => name.endsWith('.fits')).length, 2);
  folder.close();
});

test('rows whose bytes a power cut took are missing, with a gap that says which', async () => {
  const path = temporaryFolder();
  await startWriting(path, 10_000).killAfter(30);
  const [session] = readdirSync(join(path, 'sessions')) as [string];
  const part = readdirSync(join(path, 'sessions', session)).find((name) => name.endsWith('.part')) ?? '';
  truncateSync(join(path, 'sessions', session, part), 2880 + 10 * totalBytes + 100);
  const folder = await openDataFolder(path);
  const index = new IndexReader(folder.indexFile);
  const frames = index.frames();
  for (const frame of frames) assert.is(frame.state, frame.number <= 10 ? 'on-disk' : 'missing');
  const [gap] = index.gaps();
  assert.is(gap?.cause, 'crash');
  assert.is(gap?.frames, frames.length - 10);
  assert.is(gap?.firstBlock, 65_011n);
  assert.is(folder.recovery.framesMissing, frames.length - 10);
  const [row] = index.sessions();
  assert.is(row?.framesRecorded, frames.length);
  assert.is(row?.framesDestroyed, frames.length - 10);
  index.close();
  folder.close();
});

test('a closed segment that someone removed leaves no row that points at it', async () => {
  const path = temporaryFolder();
  let folder = await openDataFolder(path);
  const { recorder, record } = await sampleRecorder(path);
  await record(1);
  await recorder.close();
  folder.close();
  for (const name of readdirSync(recorder.folder)) rmSync(join(recorder.folder, name));
  folder = await openDataFolder(path);
  assert.is(folder.recovery.framesMissing, 1);
  folder.close();
  folder = await openDataFolder(path);
  assert.is(folder.recovery.framesMissing, 0);
  folder.close();
});

test('an expired file that a crash left is removed at the next start', async () => {
  const path = temporaryFolder();
  let folder = await openDataFolder(path);
  const { recorder, record, session } = await sampleRecorder(path, { maxBytes: 16 * totalBytes });
  for (let number = 1; number <= 40; number++) await record(number);
  await recorder.close();
  const index = new IndexReader(folder.indexFile);
  const expired = index.segments(session.id).find((segment) => segment.state === 'expired')?.file ?? '';
  index.close();
  folder.close();
  writeFileSync(join(path, expired), 'left');
  folder = await openDataFolder(path);
  assert.is(folder.recovery.expiredFilesRemoved, 1);
  assert.not(existsSync(join(path, expired)));
  folder.close();
});

test('a folder in use is refused, by whom is said, and a dead holder is not believed', async () => {
  const path = temporaryFolder();
  const writing = startWriting(path);
  await until(() => existsSync(join(path, 'appulse.lock')), 20);
  await until(() => statSync(join(path, 'appulse.lock')).size > 0, 5);
  const refused = await openDataFolder(path).catch((error) => error);
  assert.is(refused.code, 'storage.folder-in-use');
  assert.match(refused.message, `process ${writing.child.pid}`);
  await writing.killAfter(0);
  const folder = await openDataFolder(path);
  const twice = await openDataFolder(path).catch((error) => error);
  assert.match(twice.message, 'this process');
  folder.close();
  // The id of a living process, but not its start: given out again.
  writeFileSync(join(path, 'appulse.lock'), JSON.stringify({ pid: process.pid, started: 'boot/1' }));
  (await openDataFolder(path)).close();
  writeFileSync(join(path, 'appulse.lock'), 'half a lo');
  (await openDataFolder(path)).close();
  assert.not(existsSync(join(path, 'appulse.lock')));
});

test('a data folder that is a file is refused by its name', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  for (const path of [file, join(file, 'below')]) {
    const error = await openDataFolder(path).catch((e) => e);
    assert.is(error.code, 'storage.not-a-folder');
    assert.match(error.message, path);
  }
});

test.run();
