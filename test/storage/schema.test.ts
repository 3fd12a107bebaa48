import { readdirSync, readFileSync, statfsSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import * as assert from 'uvu/assert';
import { openDataFolder } from '#storage/folder/data-folder.js';
import { INDEX_FILE, openIndexFile } from '#storage/index/index-file.js';
import { IndexReader } from '#storage/index/queries.js';
import { diskTest, onSmallDisk } from '#test/support/small-disk.js';
import { test } from '#test/support/test.js';
import { FIRST_START, sampleRecorder, temporaryFolder } from './sample-session.js';
import { SCHEMA_1 } from './schema-1.js';
import { SCHEMA_2 } from './schema-2.js';
import { SCHEMA_3 } from './schema-3.js';

const OLD = { 1: SCHEMA_1, 2: SCHEMA_2, 3: SCHEMA_3 } as const;

/** A data folder with an index of an older version in which a session of one frame stands. */
function folderOfVersion(version: keyof typeof OLD, path = temporaryFolder()): string {
  const database = new Database(join(path, INDEX_FILE));
  database.pragma('journal_mode = WAL');
  database.exec(OLD[version]);
  database.exec(`
    INSERT INTO stations VALUES (1, 'station-1', 'Old name', 1.5, 2.5, 3);
    INSERT INTO cameras VALUES (1, 'camera-1', 'n', 'u', 'v', 'm', 's');
    INSERT INTO sessions (key, id, station_key, folder, state, started_utc_ns, ended_utc_ns, software, frames_recorded)
      VALUES (1, 'old', 1, 'sessions/old', 'complete', 1, 2, 'appulse 0', 1);
    INSERT INTO segments (key, session_key, camera_key, number, file, state, frames, bytes, durable_bytes)
      VALUES (1, 1, 1, 1, 'sessions/old/1.fits', 'expired', 1, 2880, 2880);
    INSERT INTO frames (key, session_key, camera_key, number, block_id, sequence, start_utc_ns, mid_utc_ns, end_utc_ns,
      leap_second, exposure_ns, uncertainty_ns, source, grade, flags, received_utc_ns, width, height, bit_depth, pixel_format,
      packets_missing, packets_resent, bytes_missing, adu_min, adu_max, adu_mean, saturated, segment_key, byte_offset, byte_length,
      header_bytes, state) VALUES (7, 1, 1, 1, 5, null, 1, 2, 3, 0, 2, 100, 'host', 'coarse', '', 4, 64, 48, 12, 'Mono12', 0, 0, 0,
      1, 4095, 12.25, 9, 1, 2880, 20160, 14400, 'expired');`);
  database.close();
  return path;
}

test('an index of an older version is told from a broken one, and a recording brings it forward', async () => {
  const path = folderOfVersion(1);
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

/** Names that begin as a copy of the index before it was brought forward does. */
const backupsIn = (path: string): string[] => readdirSync(path).filter((name) => name.includes('backup'));

test('an index that was brought forward has the columns, their defaults and the indexes of a new one', async () => {
  const tablesOf = async (path: string): Promise<unknown> => {
    (await openDataFolder(path)).close();
    const database = new Database(join(path, INDEX_FILE), { readonly: true });
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all();
    const columns = tables.map((table) => [
      table,
      database
        .prepare('SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?) ORDER BY name')
        .raw()
        .all(table),
      database.prepare('SELECT "table", "from", "to" FROM pragma_foreign_key_list(?) ORDER BY 2').raw().all(table),
    ]);
    const indexes = database
      .prepare("SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY sql")
      .pluck()
      .all();
    assert.is(database.pragma('integrity_check', { simple: true }), 'ok');
    database.close();
    return { columns, indexes };
  };
  const fresh = await tablesOf(temporaryFolder());
  for (const version of [1, 2, 3] as const) assert.equal(await tablesOf(folderOfVersion(version)), fresh, `${version}`);
});

test('before an index is brought forward a copy of it is kept, told, and never overwritten', async () => {
  for (const version of [1, 2, 3] as const) {
    const path = folderOfVersion(version);
    const folder = await openDataFolder(path);
    folder.close();
    const [name = '', ...others] = backupsIn(path);
    assert.equal(others, []);
    assert.is(folder.recovery.indexBackup, join(path, name));
    assert.match(name, new RegExp(`^${INDEX_FILE}\\.v${version}-backup-\\d{8}T\\d{6}Z$`));
    const kept = new Database(join(path, name), { readonly: true });
    assert.is(kept.pragma('user_version', { simple: true }), version);
    assert.equal(kept.prepare('SELECT key, adu_mean FROM frames').raw().all(), [[7, 12.25]]);
    kept.close();
    const again = await openDataFolder(path);
    again.close();
    assert.is(again.recovery.indexBackup, null, 'once');
    // Another old index in its place, within the second or not: both copies stay.
    for (const end of ['', '-wal', '-shm']) unlinkSyncQuietly(join(path, INDEX_FILE + end));
    const first = readFileSync(join(path, name));
    folderOfVersion(version, path);
    (await openDataFolder(path)).close();
    assert.is(backupsIn(path).length, 2);
    assert.is(Buffer.compare(readFileSync(join(path, name)), first), 0);
  }
});

function unlinkSyncQuietly(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // It need not be there.
  }
}

diskTest(test, 'without room for the copy an index is not brought forward, and stays as it was', async () => {
  await onSmallDisk('4m', async (path) => {
    folderOfVersion(3, path);
    const file = join(path, INDEX_FILE);
    const grown = new Database(file);
    grown.exec(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO gaps (session_key, cause, frames, detail) SELECT 1, 'network', 1, hex(randomblob(400)) FROM n",
    );
    grown.close();
    const { bavail, bsize } = statfsSync(path);
    writeFileSync(join(path, 'ballast'), Buffer.alloc(bavail * bsize - 400_000));
    const before = readFileSync(file);
    const error = (await openDataFolder(path).catch((thrown) => thrown)) as { code: string; message: string };
    assert.is(error.code, 'storage.disk-full', error.message);
    assert.match(error.message, 'nothing was changed');
    assert.is(Buffer.compare(readFileSync(file), before), 0);
    assert.equal(backupsIn(path), []);
    unlinkSync(join(path, 'ballast'));
    (await openDataFolder(path)).close();
    assert.is(backupsIn(path).length, 1);
  });
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
  const before = readFileSync(file);
  assert.throws(
    () => new IndexReader(file),
    (error: { code: string }) => error.code === 'storage.index-version',
  );
  assert.throws(
    () => openIndexFile(file),
    (error: { code: string; message: string }) =>
      error.code === 'storage.index-version' && error.message.includes('another program'),
  );
  assert.is(Buffer.compare(readFileSync(file), before), 0, 'and is left as it is');
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
