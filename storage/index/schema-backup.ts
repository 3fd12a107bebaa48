/** The copy of an index that is kept before its tables are changed. */
import { rmSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { formatUtc } from '#gps/instant.js';
import { StorageError, systemCode } from '../errors.js';
import { giveName } from '../folder/give-name.js';

/**
 * Writes the index `file`, open as `database`, beside itself as `appulse.sqlite.v3-backup-20261127T190000Z` and returns that name. Never
 * overwrites. Throws `storage.disk-full` where there is no room, and SQLite's and the system's errors.
 */
export function keepBackup(database: Database.Database, file: string, version: number): string {
  const draft = `${file}.v${version}-backup.${process.pid}.part`;
  rmSync(draft, { force: true });
  try {
    database.prepare('VACUUM INTO ?').run(draft);
    const now = formatUtc(BigInt(Date.now()) * 1_000_000n, 0).replace(/[-:]/g, '');
    const name = `${file}.v${version}-backup-${now}Z`;
    for (let n = 1; ; n++) {
      const wanted = n === 1 ? name : `${name}-${n}`;
      if (giveName(draft, wanted)) return wanted;
    }
  } catch (cause) {
    if (!['SQLITE_FULL', 'ENOSPC', 'EDQUOT'].includes(systemCode(cause))) throw cause;
    throw new StorageError(
      'storage.disk-full',
      `no space left for a copy of ${file}, which is kept before the index is brought forward from version ${version}: free some, or move the folder to a larger disk; nothing was changed`,
      { cause, context: { file, version } },
    );
  } finally {
    rmSync(draft, { force: true });
  }
}
