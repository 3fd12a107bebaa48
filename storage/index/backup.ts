/** A copy of an index as of one moment, made while a station records into it, and checked before it gets its name. */
import { existsSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { reasonOf } from '#gps/errors.js';
import { StorageError, systemCode } from '../errors.js';
import { giveName } from '../folder/give-name.js';
import { openForReading } from './open-for-reading.js';

/** Pages copied between two words about it. */
const STEP_PAGES = 4096;

/** `checking`: every page is read again. */
export type BackupStage = 'copying' | 'checking';

export interface BackupOptions {
  /** `share`: of the stage that is done, 0 to 1. */
  readonly onProgress?: (stage: BackupStage, share: number) => void;
  /** Ends it as soon as it can; the copy is removed and `storage.backup-stopped` is thrown. */
  readonly signal?: AbortSignal;
}

export interface Backup {
  readonly bytes: number;
  /** By table, as counted in the index and in the copy. */
  readonly rows: Readonly<Record<string, number>>;
}

/**
 * Copies the index `file` to `to`, which must not be there. The copy needs no files beside it and can be read from a disk that is mounted
 * read-only. Throws `storage.backup-exists`, `storage.backup-failed`, `storage.backup-stopped`, and what opening the index throws.
 */
export async function backupIndex(file: string, to: string, options: BackupOptions = {}): Promise<Backup> {
  if (existsSync(to)) throw alreadyThere(to);
  const source = openForReading(file);
  const draft = `${to}.${process.pid}.part`;
  try {
    // A reader's moment is held until the copy is counted: what is written meanwhile would make SQLite begin again each time.
    source.exec('BEGIN');
    const rows = rowsOf(source);
    await copy(source, draft, options);
    options.onProgress?.('checking', 0);
    const bytes = check(draft, rows);
    options.onProgress?.('checking', 1);
    if (!giveName(draft, to)) throw alreadyThere(to);
    return { bytes, rows };
  } catch (cause) {
    if (cause instanceof StorageError) throw cause;
    throw new StorageError('storage.backup-failed', `${file} was not copied to ${to}: ${whyOf(cause, to)}`, { cause });
  } finally {
    source.close();
    for (const end of ['', '-journal', '-wal', '-shm']) rmSync(draft + end, { force: true });
  }
}

function alreadyThere(to: string): StorageError {
  return new StorageError('storage.backup-exists', `${to} is there already, and is not overwritten: name another file`);
}

function whyOf(cause: unknown, to: string): string {
  const code = systemCode(cause);
  if (code === 'SQLITE_FULL' || code === 'ENOSPC') return 'no space left there: free some, or name another disk';
  if (!existsSync(dirname(to)) || /^SQLITE_CANTOPEN/.test(code))
    return `no file can be made in ${dirname(to)}: make the folder, or change its rights`;
  return reasonOf(cause);
}

async function copy(source: Database.Database, draft: string, { onProgress, signal }: BackupOptions): Promise<void> {
  await source.backup(draft, {
    progress: ({ totalPages, remainingPages }) => {
      if (signal?.aborted) {
        throw new StorageError(
          'storage.backup-stopped',
          'the copy of the index was stopped, and nothing of it is left',
        );
      }
      onProgress?.('copying', totalPages === 0 ? 0 : 1 - remainingPages / totalPages);
      return STEP_PAGES;
    },
  });
}

/** Returns its size. */
function check(draft: string, rows: Readonly<Record<string, number>>): number {
  const copied = new Database(draft);
  try {
    copied.pragma('journal_mode = DELETE');
    const found = copied.pragma('integrity_check(1)', { simple: true });
    if (found !== 'ok') throw damaged(draft, String(found));
    const counted = rowsOf(copied);
    for (const [table, count] of Object.entries(rows)) {
      if (counted[table] !== count) throw damaged(draft, `${counted[table]} rows of ${table} instead of ${count}`);
    }
    return Number(copied.pragma('page_count', { simple: true })) * Number(copied.pragma('page_size', { simple: true }));
  } finally {
    copied.close();
  }
}

function damaged(draft: string, what: string): StorageError {
  return new StorageError(
    'storage.backup-failed',
    `the copy ${draft} is not right (${what}), and was removed: ask the index itself with sqlite3 and PRAGMA integrity_check`,
  );
}

function rowsOf(database: Database.Database): Record<string, number> {
  const tables = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name")
    .pluck()
    .all() as string[];
  return Object.fromEntries(
    tables.map((table) => [table, Number(database.prepare(`SELECT count(*) FROM "${table}"`).pluck().get())]),
  );
}
