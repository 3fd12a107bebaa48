/** A folder is made with those above it that are missing. */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { reasonOf } from '#gps/errors.js';
import { StorageError, systemCode } from './errors.js';

/**
 * Makes `path` a folder, and what is missing above it, all with `mode`; one that is there stays as it is. Each is tried once: Node's own
 * recursive mkdir begins again without end where a file system answers ENOENT to a folder whose parent is there, as /proc does, a
 * working folder that was removed, and network file systems whose server is gone.
 *
 * Throws StorageError `storage.not-a-folder` where something else has a folder's name, `storage.disk-full`, and `storage.not-writable`.
 */
export function makeFolder(path: string, mode = 0o777): void {
  const missing: string[] = [];
  for (let at = path; !isFolder(at); at = dirname(at)) {
    missing.push(at);
    if (dirname(at) === at) break;
  }
  for (const each of missing.reverse()) {
    try {
      mkdirSync(each, mode);
    } catch (cause) {
      // Another may have made it meanwhile.
      if (!isFolder(each)) throw inWords(path, each, cause);
    }
  }
}

/** False as well where nobody can tell: making it says why. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** `cause` is why `failed`, the folder `path` or one above it, could not be made. */
function inWords(path: string, failed: string, cause: unknown): StorageError {
  const above = dirname(failed);
  const [code, why] = reasonFor(systemCode(cause), failed, above) ?? [
    'storage.not-writable',
    `${reasonOf(cause)}: name another place`,
  ];
  return new StorageError(code, `no folder ${path} can be made: ${why}`, { cause, context: { path, failed } });
}

function reasonFor(systemCode: string, failed: string, above: string): readonly [string, string] | null {
  switch (systemCode) {
    case 'EEXIST':
    case 'ENOTDIR':
      return ['storage.not-a-folder', `${failed} is not a folder: name another place`];
    case 'EACCES':
    case 'EPERM':
      return [
        'storage.not-writable',
        `${above} is not writable for this user: change its rights, or name another place`,
      ];
    case 'EROFS':
      return ['storage.not-writable', `${above} is on a file system that is mounted read-only: name another place`];
    case 'ENOENT':
      return [
        'storage.not-writable',
        `${above} takes no folders: name another place, or see that its disk or server is still there`,
      ];
    case 'ENOSPC':
    case 'EDQUOT':
      return ['storage.disk-full', `no space left in ${above}: free some, or name another place`];
    default:
      return null;
  }
}
