/** The index's file, and how it is opened for writing. */
import Database from 'better-sqlite3';
import { reasonOf } from '#gps/errors.js';
import { StorageError, systemCode } from '../errors.js';
import { MAKE_ANEW, prepareSchema } from './schema.js';

/** The index's file in a data folder. */
export const INDEX_FILE = 'appulse.sqlite';

/**
 * Opens the database for writing, with its tables; `onBackup` hears which copy was kept where an older index was brought forward. Throws
 * `storage.index-version`, `storage.disk-full`, and `storage.index-unusable` with the cause.
 */
export function openIndexFile(file: string, onBackup: (backup: string) => void = () => {}): Database.Database {
  let database: Database.Database | null = null;
  try {
    database = new Database(file, { timeout: 10_000 });
    database.defaultSafeIntegers(true);
    database.pragma('foreign_keys = ON');
    // First, because a database of something else is left as it is.
    const backup = prepareSchema(database, file);
    database.pragma('journal_mode = WAL');
    // A power cut may cost the last rows, never the file; the frames' headers hold what the rows say.
    database.pragma('synchronous = NORMAL');
    if (backup !== null) onBackup(backup);
    return database;
  } catch (cause) {
    database?.close();
    if (cause instanceof StorageError) throw cause;
    const isDamaged = /^SQLITE_(NOTADB|CORRUPT)/.test(systemCode(cause));
    const why = `${reasonOf(cause)}${isDamaged ? `; ${MAKE_ANEW}` : ''}`;
    throw new StorageError('storage.index-unusable', `the index ${file} cannot be used: ${why}`, {
      cause,
      context: { file },
    });
  }
}
