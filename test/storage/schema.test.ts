import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import * as assert from 'uvu/assert';
import { openDataFolder } from '#storage/folder/data-folder.js';
import { INDEX_FILE } from '#storage/index/index-database.js';
import { IndexReader } from '#storage/index/queries.js';
import { test } from '#test/support/test.js';
import { FIRST_START, sampleRecorder, temporaryFolder } from './sample-session.js';
import { SCHEMA_1 } from './schema-1.js';

/** A data folder with an index of version 1 in which a session of one frame stands. */
function folderOfVersion1(): string {
  const path = temporaryFolder();
  const database = new Database(join(path, INDEX_FILE));
  database.pragma('journal_mode = WAL');
  database.exec(SCHEMA_1);
  database.exec(`
    INSERT INTO stations VALUES (1, 'station-1', 'Old name', 1.5, 2.5, 3);
    INSERT INTO cameras VALUES (1, 'camera-1', 'n', 'u', 'v', 'm', 's');
    INSERT INTO sessions (key, id, station_key, folder, state, started_utc_ns, ended_utc_ns, software, frames_recorded)
      VALUES (1, 'old', 1, 'sessions/old', 'complete', 1, 2, 'appulse 0', 1);
    INSERT INTO segments VALUES (1, 1, 1, 1, 'sessions/old/1.fits', 'expired', 1, 2880, 2880);
    INSERT INTO frames VALUES (7, 1, 1, 1, 5, null, 1, 2, 3, 0, 2, 100, 'host', 'coarse', '', 4, 64, 48, 12, 'Mono12', 0, 0, 0,
      1, 4095, 12.25, 9, 1, 2880, 20160, 14400, 'expired');`);
  database.close();
  return path;
}

test('an index of an older version is told from a broken one, and a recording brings it forward', async () => {
  const path = folderOfVersion1();
  const indexFile = join(path, INDEX_FILE);
  assert.throws(
    () => new IndexReader(indexFile),
    (error: { code: string; message: string }) =>
      error.code === 'storage.index-version' && error.message.includes('brings it forward'),
  );
  const folder = await openDataFolder(path);
  const { recorder, record } = await sampleRecorder(path);
  await record(1);
  await recorder.close();
  folder.close();
  const index = new IndexReader(indexFile);
  const [old, fresh] = index.frames();
  assert.equal(
    [old?.key, old?.sessionId, old?.state, old?.aduMean, old?.aduStddev, old?.aduMedian, old?.saturated],
    [7n, 'old', 'expired', 12.25, null, null, 9],
  );
  assert.equal([old?.byteOffset, old?.byteLength, old?.headerBytes], [2880, 20_160, 14_400]);
  assert.equal([fresh?.startUtcNs, fresh?.aduStddev, fresh?.aduMedian], [FIRST_START, 10.25, 999.5]);
  assert.is(index.sessions().length, 2);
  index.close();
});

test('an index that was brought forward has the columns of a new one', async () => {
  const columnsOf = async (path: string): Promise<unknown> => {
    (await openDataFolder(path)).close();
    const database = new Database(join(path, INDEX_FILE), { readonly: true });
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").pluck().all();
    const columns = tables.map((table) => [
      table,
      database.prepare('SELECT name, type, "notnull" FROM pragma_table_info(?) ORDER BY name').raw().all(table),
    ]);
    database.close();
    return columns;
  };
  assert.equal(await columnsOf(folderOfVersion1()), await columnsOf(temporaryFolder()));
});

test('the index of a newer program is neither read nor written', async () => {
  const path = temporaryFolder();
  (await openDataFolder(path)).close();
  const indexFile = join(path, INDEX_FILE);
  const database = new Database(indexFile);
  database.pragma('user_version = 99');
  database.close();
  assert.is((await openDataFolder(path).catch((error) => error)).code, 'storage.index-version');
  assert.throws(
    () => new IndexReader(indexFile),
    (error: { code: string }) => error.code === 'storage.index-version',
  );
});

test('a database of something else is not taken for an index', () => {
  const file = join(temporaryFolder(), INDEX_FILE);
  const database = new Database(file);
  database.exec('CREATE TABLE t (a)');
  database.close();
  assert.throws(
    () => new IndexReader(file),
    (error: { code: string }) => error.code === 'storage.index-version',
  );
});

test('a file that is no index is refused by its name', () => {
  const file = join(temporaryFolder(), INDEX_FILE);
  writeFileSync(file, 'no database, but long enough to be looked at. '.repeat(100));
  assert.throws(
    () => new IndexReader(file),
    (error: { code: string; message: string }) =>
      error.code === 'storage.index-unreadable' &&
      error.message.includes(file) &&
      error.message.includes('not the index'),
  );
});

test.run();
