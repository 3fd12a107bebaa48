/**
 * A lock that one process at a time holds: a file with the process's id and start time, so that a lock left by a dead process,
 * or by one whose id was given out again, is seen as such and taken over.
 */
import { linkSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { type StorageError, systemCode } from '../errors.js';
import { NO_LINKS } from './give-name.js';

/** An empty lock is one that is being written, where there are no hard links, or what a power cut left of one. */
const WRITTEN_WITHIN_MS = 2_000;

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

/**
 * Takes the lock `file` and returns what releases it. Where a process that lives holds it, throws what `inUse` makes of its
 * words ("process 4711") and id. Throws the system's errors.
 */
export function takeLock(file: string, inUse: (who: string, pid: number | null) => StorageError): () => void {
  const own: Holder = { pid: process.pid, started: startOf(process.pid) };
  const text = JSON.stringify(own);
  const draft = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(draft, text, { flag: 'wx' });
  try {
    for (let attempt = 0; attempt < 10; attempt++) {
      if (place(draft, file, text)) return () => release(file, text);
      const holder = readHolder(file);
      if (holder !== null && isAlive(holder)) {
        throw inUse(holder.pid === process.pid ? 'this process' : `process ${holder.pid}`, holder.pid);
      }
      if (holder === null && isBeingWritten(file)) break;
      removeStale(file, draft);
    }
    throw inUse('several processes that begin at once', null);
  } finally {
    unlinkSync(draft);
  }
}

/** Puts the lock there, unless one is. A link is made whole or not at all, so nobody reads half a lock. */
function place(draft: string, file: string, text: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    if (!NO_LINKS.includes(systemCode(error))) throw error;
  }
  try {
    writeFileSync(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

function isBeingWritten(file: string): boolean {
  const found = statSync(file, { throwIfNoEntry: false });
  return found?.size === 0 && Math.abs(Date.now() - found.mtimeMs) < WRITTEN_WITHIN_MS;
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
