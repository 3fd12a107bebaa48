/** Finished files get their names without taking anybody else's. */
import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from '../errors.js';

/** What a file system without hard links answers (exFAT, some network disks). */
export const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/** Brings what is written of a file or a folder to stable storage. Throws the system's errors. */
export function syncPath(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Syncs `draft` and calls it `name`, in the same folder; false where `name` is there already, and nothing happened. Throws the
 * system's errors.
 */
export function giveName(draft: string, name: string): boolean {
  syncPath(draft);
  try {
    linkSync(draft, name);
    unlinkSync(draft);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    if (!NO_LINKS.includes(systemCode(error))) throw error;
    if (existsSync(name)) return false;
    renameSync(draft, name);
  }
  syncPath(dirname(name));
  return true;
}
