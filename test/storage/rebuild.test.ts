import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import * as assert from 'uvu/assert';
import { openDataFolder, recoverDataFolder } from '#storage/folder/data-folder.js';
import { appendToSessionLog, SESSION_LOG } from '#storage/folder/session-log.js';
import { backupIndex } from '#storage/index/backup.js';
import { IndexDatabase } from '#storage/index/index-database.js';
import { IndexReader } from '#storage/index/queries.js';
import { appulse } from '#test/support/appulse.js';
import { test } from '#test/support/test.js';
import { dumpIndex } from './index-dump.js';
import { FIRST_START, hduBytes, sampleRecorder, temporaryFolder } from './sample-session.js';

const totalBytes = hduBytes(64, 48);

/** A folder with two sessions, of which the second rolled, and everything else that an index holds. */
async function recorded(path: string): Promise<void> {
  const folder = await openDataFolder(path);
  const ranges = Array.from({ length: 200 }, (_, i) => ({ offset: 1000 * i, length: 10 }));
  const first = await sampleRecorder(path, { segmentBytes: 8 * totalBytes });
  for (let number = 1; number <= 20; number++) {
    await first.record(number, number === 3 ? { missing: ranges, packetsMissing: 200 } : {});
    if (number === 4)
      first.recorder.gap({
        cause: 'network',
        firstBlock: 7n,
        lastBlock: 9n,
        frames: 3,
        fromUtcNs: null,
        toUtcNs: FIRST_START,
        detail: 'lost',
      });
    const data = { second: '9007199254740993', count: 4, good: true, none: null };
    if (number % 5 === 0)
      first.recorder.event({ kind: 'clock-check', startUtcNs: FIRST_START, endUtcNs: FIRST_START + 5n, data });
  }
  await first.recorder.changeCamera(
    { id: 'camera-2', name: 'Other', uri: 'sim:other', vendor: 'V', model: 'M', serial: 'S' },
    null,
  );
  for (let number = 21; number <= 25; number++)
    await first.record(number, { cameraId: 'camera-2', cameraName: 'Other' });
  await first.recorder.close();
  const second = await sampleRecorder(path, { maxBytes: 24 * totalBytes });
  for (let number = 1; number <= 60; number++) {
    await second.record(number, number % 7 === 0 ? { missing: ranges.slice(0, 3) } : {});
  }
  await second.recorder.close();
  // It takes the oldest of the session before.
  const third = await sampleRecorder(path, { maxBytes: 24 * totalBytes });
  for (let number = 1; number <= 14; number++) await third.record(number);
  await third.recorder.close();
  // What other commands add later: they tell the log and then the index.
  const index = new IndexDatabase(folder.indexFile);
  index.resume(second.session.id);
  const mark = { fromUtcNs: 1n, toUtcNs: 2n, cause: 'command', detail: 'a meteor', madeUtcNs: 3n } as const;
  const stack = {
    number: 1,
    file: 'sessions/stack.fits',
    format: 'stack',
    frames: 3,
    firstFrame: 1,
    lastFrame: 3,
  } as const;
  const changes = [
    { kind: 'mark', mark, cameraId: null },
    { kind: 'stack', stack: { ...stack, startUtcNs: 5n, endUtcNs: 6n, bytes: 7 }, cameraId: 'camera-1' },
    { kind: 'session-edited', edit: { notes: "with 'quotes' and \u2603", object: null } },
  ] as const;
  appendToSessionLog(second.recorder.folder, changes);
  index.apply(changes);
  index.close();
  folder.close();
}

const contentsOf = (folder: string, suffix: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(suffix))
    .map((name) => `${name} ${readFileSync(join(folder, name), 'base64')}`);

test('an index made anew from the files alone equals the one that was lost, row by row', async () => {
  const path = temporaryFolder();
  await recorded(path);
  const indexFile = join(path, 'appulse.sqlite');
  const before = dumpIndex(indexFile);
  for (const [table, rows] of Object.entries(before)) assert.ok(rows.length > 0, `the folder has ${table}`);
  assert.ok(before.frames?.some((row) => row.includes('"expired"')));
  const old = readFileSync(indexFile);
  const recovery = await recoverDataFolder(path, { rebuild: true });
  assert.equal(recovery.sessions, []);
  const after = dumpIndex(indexFile);
  for (const table of Object.keys(before)) assert.equal(after[table], before[table], table);
  const kept = readdirSync(path).find((name) => name.endsWith('.old')) ?? '';
  assert.ok(readFileSync(join(path, kept)).equals(old), 'the old index is kept');
  for (const name of readdirSync(path)) if (name.startsWith('appulse.sqlite')) rmSync(join(path, name));
  await recoverDataFolder(path, { rebuild: true });
  assert.equal(dumpIndex(indexFile), before, 'also where nothing is left of it');
});

test('neither an index made anew nor an old copy of it that is put back takes rows from the lists of expired segments', async () => {
  const path = temporaryFolder();
  const folder = await openDataFolder(path);
  const { recorder, record } = await sampleRecorder(path, { maxBytes: 64 * 2 ** 20, segmentBytes: 2 ** 30 });
  for (let number = 1; number <= 20; number++) await record(number);
  await recorder.close();
  folder.close();
  const indexFile = join(path, 'appulse.sqlite');
  const words = ['retention', '--data', path, '--keep-hours', '1'];
  const copy = join(path, 'copy');
  await backupIndex(indexFile, copy);
  assert.is((await appulse(words)).code, 0);
  const before = dumpIndex(indexFile);
  const lists = () => contentsOf(recorder.folder, '.rows');
  const kept = lists();
  assert.is(kept.length, 1);
  await recoverDataFolder(path, { rebuild: true });
  assert.equal(lists(), kept, 'a file that tells all is left as it is');
  // The copy is of a moment at which five frames had rows.
  for (const part of ['', '-wal', '-shm']) rmSync(indexFile + part, { force: true });
  cpSync(copy, indexFile);
  const database = new Database(indexFile);
  database.exec("DELETE FROM frames WHERE number > 5; UPDATE sessions SET frames_recorded = 5, state = 'recording'");
  database.close();
  await recoverDataFolder(path, { rebuild: false });
  assert.equal(lists(), kept);
  await recoverDataFolder(path, { rebuild: true });
  assert.equal(dumpIndex(indexFile), before);
});

test('damage in the midst of a complete segment is told by what makes the index anew, because no row can', async () => {
  const path = temporaryFolder();
  const folder = await openDataFolder(path);
  const { recorder, record } = await sampleRecorder(path);
  for (let number = 1; number <= 9; number++) await record(number);
  await recorder.close();
  folder.close();
  const index = new IndexReader(folder.indexFile);
  const fifth = index.frames({}).find(({ number }) => number === 5);
  index.close();
  if (fifth === undefined) throw new Error('no fifth frame');
  assert.is((await appulse(['recover', '--rebuild', '--data', path])).code, 0);
  const file = join(path, fifth.file);
  const bytes = readFileSync(file);
  bytes.fill(0xa5, fifth.byteOffset, fifth.byteOffset + fifth.headerBytes);
  writeFileSync(file, bytes);
  const rebuilt = await appulse(['recover', '--rebuild', '--data', path]);
  assert.is(rebuilt.code, 3);
  assert.match(rebuilt.stdout, `no frame can be read from byte ${fifth.byteOffset} to`);
});

test('a folder from before there were logs is rebuilt from its headers, as far as they go', async () => {
  const path = temporaryFolder();
  await recorded(path);
  const indexFile = join(path, 'appulse.sqlite');
  const before = dumpIndex(indexFile);
  for (const folder of readdirSync(join(path, 'sessions'))) {
    for (const name of readdirSync(join(path, 'sessions', folder))) {
      if (name === SESSION_LOG || name.endsWith('.rows')) rmSync(join(path, 'sessions', folder, name));
    }
  }
  await recoverDataFolder(path, { rebuild: true });
  const after = dumpIndex(indexFile);
  const onDisk = (rows: string[] | undefined) => rows?.filter((row) => row.includes('"on-disk"'));
  const withoutCut = (rows: string[] | undefined) => rows?.filter((row) => !row.includes('["number","3n"]'));
  assert.equal(withoutCut(onDisk(after.frames)), withoutCut(onDisk(before.frames)));
  assert.is(after.sessions?.length, 3);
  assert.is(after.cameras?.length, 2);
  assert.ok(
    after.sessions?.every((row) => row.includes('Kleť, the dome')),
    'the primary header has the name of the place',
  );
  const again = await recoverDataFolder(path, { rebuild: true });
  assert.equal(again.sessions, []);
  assert.equal(dumpIndex(indexFile), after);
});

test("a stranger's files are left alone and named", async () => {
  const path = temporaryFolder();
  await recorded(path);
  const [folder = ''] = readdirSync(join(path, 'sessions'));
  const strange = join(path, 'sessions', folder, 'holiday.jpg');
  writeFileSync(strange, 'sea');
  writeFileSync(join(path, 'sessions', 'note.txt'), 'mine');
  const night = 'XX0001_20260814_000000_250123';
  mkdirSync(join(path, 'sessions', folder, night));
  cpSync(join(path, 'sessions', folder), join(path, 'sessions', 'a copy'), { recursive: true });
  for (const name of readdirSync(path)) if (name.startsWith('appulse.sqlite')) rmSync(join(path, name));
  const lost = await recoverDataFolder(path, { rebuild: false });
  assert.ok(lost.unknownFolders.includes(`sessions/${folder}`));
  assert.equal(lost.strangers, [], 'files of sessions that the index does not know are no strangers');
  // As a rebuild leaves it that was killed.
  for (const part of ['', '-journal']) writeFileSync(join(path, `appulse.sqlite.rebuilt${part}`), 'half');
  const recovery = await recoverDataFolder(path, { rebuild: true });
  assert.not(readdirSync(path).some((name) => name.includes('rebuilt')));
  assert.ok(recovery.strangers.includes(`sessions/${folder}/holiday.jpg`));
  assert.not(recovery.strangers.includes(`sessions/${folder}/${night}`), 'the folder of a night of FF files');
  assert.is(readFileSync(strange, 'utf8'), 'sea');
  const index = new IndexReader(join(path, 'appulse.sqlite'));
  assert.is(index.sessions().length, 3);
  index.close();
});

test.run();
