/** A data folder: sessions with their segments, the index, and a lock. Opened once a process, before any recorder. */
import { accessSync, constants, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StorageError, systemCode } from '../errors.js';
import { INDEX_FILE } from '../index/index-file.js';
import { makeFolder } from '../make-folder.js';
import { lockFolder } from './folder-lock.js';
import { rebuildIndex } from './rebuild.js';
import { type Recovery, recoverFolder } from './recovery.js';

export interface DataFolder {
  /** Absolute. */
  readonly path: string;
  readonly indexFile: string;
  /** What had to be set right after a crash. */
  readonly recovery: Recovery;
  /** Gives the folder free for other processes; after the recorders are closed. */
  close(): void;
}

/**
 * Creates the folder where needed, takes its lock and sets right what a crash left. Throws StorageError: `storage.not-a-folder`,
 * `storage.not-writable`, `storage.disk-full`, `storage.folder-in-use`, and the index's `storage.index-...`.
 */
export function openDataFolder(folder: string): Promise<DataFolder> {
  return open(folder, (path, indexFile) => recoverFolder(path, indexFile));
}

/**
 * As `appulse recover` does: looks at every segment by its size and its last frame, and with `rebuild` makes the index anew from the
 * files alone. Throws as `openDataFolder` does, and `storage.no-folder` where there is no such folder.
 */
export async function recoverDataFolder(folder: string, options: { readonly rebuild: boolean }): Promise<Recovery> {
  if (!existsSync(folder)) {
    throw new StorageError('storage.no-folder', `there is no folder ${folder}: name the data folder with --data`);
  }
  const opened = await open(folder, (path, indexFile) =>
    options.rebuild ? rebuildIndex(path, indexFile) : recoverFolder(path, indexFile, { thorough: true }),
  );
  opened.close();
  return opened.recovery;
}

async function open(
  folder: string,
  recover: (path: string, indexFile: string) => Promise<Recovery>,
): Promise<DataFolder> {
  const path = resolve(folder);
  let unlock: () => void;
  try {
    makeFolder(path);
    accessSync(path, constants.W_OK | constants.X_OK);
    unlock = lockFolder(path);
  } catch (error) {
    throw inWords(path, error);
  }
  try {
    const indexFile = join(path, INDEX_FILE);
    return { path, indexFile, recovery: await recover(path, indexFile), close: unlock };
  } catch (error) {
    unlock();
    throw inWords(path, error);
  }
}

function inWords(path: string, cause: unknown): unknown {
  if (cause instanceof StorageError) return cause;
  const context = { path };
  switch (systemCode(cause)) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOENT':
      return new StorageError(
        'storage.not-writable',
        `${path} is not writable for this user: change its rights, or name another data folder`,
        { cause, context },
      );
    case 'ENOSPC':
    case 'EDQUOT':
    case 'SQLITE_FULL':
      return new StorageError('storage.disk-full', `no space left in ${path}: free some, or name another data folder`, {
        cause,
        context,
      });
    default:
      return cause;
  }
}
