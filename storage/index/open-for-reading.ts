/** An index opened so that nothing can change it. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { reasonOf } from '#gps/errors.js';
import { StorageError, systemCode } from '../errors.js';
import { SESSIONS } from '../segments/names.js';
import { MAKE_ANEW, SCHEMA_VERSION } from './schema.js';

/**
 * Opens the index `file`. Throws `storage.no-index` where there is none, `storage.index-version` for another version,
 * `storage.index-unreadable` where the file is no index or SQLite cannot read it.
 */
export function openForReading(file: string): Database.Database {
  if (!existsSync(file)) {
    const why = existsSync(join(dirname(file), SESSIONS)) ? MAKE_ANEW : 'nothing was recorded into this folder';
    throw new StorageError('storage.no-index', `there is no index ${file}: ${why}`);
  }
  const database = openReadOnly(file);
  const version = Number(database.pragma('user_version', { simple: true }));
  if (version === SCHEMA_VERSION) return database;
  database.close();
  const older = version < SCHEMA_VERSION;
  throw new StorageError(
    'storage.index-version',
    `${file} has version ${version} of the index, this program reads ${SCHEMA_VERSION}: ${older ? 'a recording into the folder brings it forward' : 'use the Appulse that wrote it'}`,
  );
}

/** Throws `storage.index-unreadable` where the file is none, or SQLite cannot read it. */
function openReadOnly(file: string): Database.Database {
  try {
    const database = new Database(file, { readonly: true, timeout: 10_000 });
    database.defaultSafeIntegers(true);
    // The first question is what fails: a folder in which SQLite may not put its -shm file, a file that is no database.
    database.pragma('schema_version');
    return database;
  } catch (cause) {
    const reason = reasonOf(cause);
    throw new StorageError(
      'storage.index-unreadable',
      `${file} cannot be read (${reason}): ${remedyFor(cause, file)}`,
      {
        cause,
        context: { file },
      },
    );
  }
}

function remedyFor(cause: unknown, file: string): string {
  const code = systemCode(cause);
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code)) return `it is not the index that was recorded; ${MAKE_ANEW}`;
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return 'another program holds it; try again when that is done';
  // Of an index in WAL mode SQLite reads nothing where it cannot make its -shm file: a disk mounted read-only, another's folder.
  return `SQLite reads an index only where it may make files beside it; ask as the user who records, or copy ${basename(file)}* to a folder of yours`;
}
