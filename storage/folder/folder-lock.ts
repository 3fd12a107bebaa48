/**
 * One process at a time records into a data folder. The lock is a file with the process's id and start time, so that a lock
 * left by a dead process, or by one whose id was given out again, is seen as such and taken over.
 */
import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError, systemCode } from '../errors.js';

const LOCK_FILE = 'appulse.lock';

interface Holder {
  readonly pid: number;
  /** Clock ticks from boot to the process's start, and the boot they count from; '' where the system does not tell. */
  readonly started: string;
}

function readOr(file: string, fallback: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return fallback;
  }
}

/** When the process began, as proc(5) tells it: field 22 of its stat. Its name may hold spaces, so fields count from `)`. */
function startOf(pid: number): string {
  const stat = readOr(`/proc/${pid}/stat`, '');
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return ticks === '' ? '' : `${readOr('/proc/sys/kernel/random/boot_id', '').trim()}/${ticks}`;
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return false;
  }
  return holder.started === '' || startOf(holder.pid) === holder.started;
}

function readHolder(file: string): Holder | null {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('started' in value)) return null;
    return typeof value.pid === 'number' && typeof value.started === 'string'
      ? { pid: value.pid, started: value.started }
      : null;
  } catch {
    return null;
  }
}

/** Takes the lock of `folder` and returns what releases it. Throws `storage.folder-in-use` naming the process that has it. */
export function lockFolder(folder: string): () => void {
  const file = join(folder, LOCK_FILE);
  const own: Holder = { pid: process.pid, started: startOf(process.pid) };
  const text = JSON.stringify(own);
  const draft = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(draft, text, { flag: 'wx' });
  try {
    for (let attempt = 0; attempt < 10; attempt++) {
      try {
        // A link is made whole or not at all, so nobody reads half a lock.
        linkSync(draft, file);
        return () => release(file, text);
      } catch (error) {
        if (systemCode(error) !== 'EEXIST') throw error;
      }
      const holder = readHolder(file);
      if (holder !== null && isAlive(holder)) {
        const who = holder.pid === process.pid ? 'this process' : `process ${holder.pid}`;
        throw new StorageError(
          'storage.folder-in-use',
          `${folder} is in use by ${who}: stop it (appulse stop), or record into another folder`,
          { context: { folder, pid: holder.pid } },
        );
      }
      removeStale(file, draft);
    }
    throw new StorageError(
      'storage.folder-in-use',
      `${folder} is being opened by several processes at once: try again`,
    );
  } finally {
    unlinkSync(draft);
  }
}

/** Moves a dead process's lock away first: of several that try, one finds it. */
function removeStale(file: string, draft: string): void {
  const aside = `${draft}.stale`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  const moved = readHolder(aside);
  // Between reading and moving, another process may have put its own lock there: give it back.
  if (moved !== null && isAlive(moved)) renameSync(aside, file);
  else unlinkSync(aside);
}

function release(file: string, text: string): void {
  if (readOr(file, '') === text) unlinkSync(file);
}
