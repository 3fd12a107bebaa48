import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import * as assert from 'uvu/assert';
import { openDataFolder } from '#storage/folder/data-folder.js';
import { backupIndex } from '#storage/index/backup.js';
import { INDEX_FILE } from '#storage/index/index-file.js';
import { appulse } from '#test/support/appulse.js';
import { diskTest, onSmallDisk } from '#test/support/small-disk.js';
import { test } from '#test/support/test.js';
import { sampleRecorder, temporaryFolder } from './sample-session.js';

/** A data folder with an index of more pages than are copied at once, and a recorder that goes on. */
async function recording(path = temporaryFolder()) {
  const folder = await openDataFolder(path);
  const sample = await sampleRecorder(path);
  await sample.record(1);
  const database = new Database(join(path, INDEX_FILE));
  while (database.prepare('SELECT count(*) FROM frames').pluck().get() === 0) await sleep(10);
  database.exec(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
     INSERT INTO events (session_key, kind, start_utc_ns, end_utc_ns, data) SELECT 1, 'gpsd', i, i, hex(randomblob(2500)) FROM n`,
  );
  return { ...sample, path, folder, database, file: join(path, INDEX_FILE) };
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('an index is copied as of one moment while rows are written into it, and the copy can be read by itself', async () => {
  const { path, file, folder, database, recorder } = await recording();
  let writing = true;
  let written = 0;
  const writer = (async () => {
    const insert = database.prepare(
      "INSERT INTO gaps (session_key, cause, frames, detail) VALUES (1, 'network', 1, '')",
    );
    while (writing) {
      insert.run();
      written++;
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  const to = join(temporaryFolder(), 'copy.sqlite');
  const shares: number[] = [];
  const { rows, bytes } = await backupIndex(file, to, {
    onProgress: (stage, share) => stage === 'copying' && shares.push(share),
  });
  writing = false;
  await writer;
  assert.ok(written > 1 && (rows.gaps ?? 0) < written, 'rows were written meanwhile');
  assert.ok(shares.length > 1 && shares.some((share) => share > 0 && share < 1), 'in several steps');
  const copy = new Database(to, { readonly: true });
  assert.is(copy.pragma('journal_mode', { simple: true }), 'delete');
  assert.is(copy.pragma('integrity_check', { simple: true }), 'ok');
  assert.is(copy.prepare('SELECT count(*) FROM gaps').pluck().get(), rows.gaps);
  copy.close();
  assert.ok(bytes > 16_000_000);
  assert.equal(readdirSync(join(to, '..')), ['copy.sqlite']);
  const again = await appulse(['backup', '--data', path, '--to', to, '--json']);
  assert.is(again.code, 1);
  assert.match(again.stderr, 'is not overwritten');
  const second = await appulse(['backup', '--data', path, '--to', `${to}.2`, '--json']);
  assert.is(second.code, 0, second.stderr);
  assert.is((second.json as { rows: { events: number } }).rows.events, 5000);
  database.close();
  await recorder.close();
  folder.close();
});

test('a copy that is stopped, or has no place, leaves nothing', async () => {
  const { path, file, folder, database, recorder } = await recording();
  database.close();
  await recorder.close();
  folder.close();
  const target = temporaryFolder();
  const stop = new AbortController();
  const stopped = await backupIndex(file, join(target, 'x'), {
    signal: stop.signal,
    onProgress: () => stop.abort(),
  }).catch((error) => error);
  assert.is(stopped.code, 'storage.backup-stopped');
  assert.equal(readdirSync(target), []);
  writeFileSync(join(target, 'file'), '');
  const nowhere = await appulse(['backup', '--data', path, '--to', join(target, 'no', 'x')]);
  assert.is(nowhere.code, 1);
  assert.match(nowhere.stderr, 'make the folder');
  assert.is((await appulse(['backup', '--data', path])).code, 2);
  assert.match((await appulse(['backup', '--data', target, '--to', 'x'])).stderr, 'nothing was recorded');
});

diskTest(test, 'a copy onto a full disk is refused in words, and leaves nothing', async () => {
  const { path, folder, database, recorder } = await recording();
  await onSmallDisk('4m', async (disk) => {
    const full = await appulse(['backup', '--data', path, '--to', join(disk, 'x')]);
    assert.is(full.code, 1);
    assert.match(full.stderr, 'no space left');
    assert.equal(readdirSync(disk), []);
    assert.not(existsSync(join(disk, 'x')));
  });
  database.close();
  await recorder.close();
  folder.close();
});

test.run();
