/**
 * The log of a session in its folder: a line of JSON for everything that the index is told and that stands in no frame's header.
 * It is written before the index hears of it, so that a session can be put into an index again from its folder alone.
 */
import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { reasonOf } from '#gps/errors.js';
import { systemCode } from '../errors.js';
import type { ByteRange } from '../frame-record.js';
import type { IndexChange } from '../index/index-changes.js';
import { makeFolder } from '../make-folder.js';
import { readIfThere } from '../read-if-there.js';
import { fromTaggedJson, toTaggedJson } from '../tagged-json.js';

const fdatasyncAsync = promisify(fdatasync);

/** Its name in a session's folder. */
export const SESSION_LOG = 'session.ndjson';

/** Ranges of a frame that its header may not hold; frames with fewer need no line. */
const RANGES_IN_HEADER = 16;

/** The ranges that never came of a frame whose header may not hold all of them. */
export interface MissingRanges {
  readonly kind: 'missing-ranges';
  readonly frameNumber: number;
  readonly ranges: readonly ByteRange[];
}

export type LogEntry = Exclude<IndexChange, { kind: 'frame' | 'segment-durable' }> | MissingRanges;

/** What of `changes` belongs into the log, in order. */
export function logEntriesOf(changes: readonly IndexChange[]): LogEntry[] {
  const entries: LogEntry[] = [];
  for (const change of changes) {
    if (change.kind === 'frame') {
      const { frameNumber, missing } = change.record;
      if (missing.length > RANGES_IN_HEADER) entries.push({ kind: 'missing-ranges', frameNumber, ranges: missing });
    } else if (change.kind !== 'segment-durable') entries.push(change);
  }
  return entries;
}

const linesOf = (entries: readonly LogEntry[]): Buffer =>
  Buffer.from(entries.map((entry) => `${toTaggedJson(entry)}\n`).join(''));

/** Opens `file` for lines behind what is there; a line that a crash cut short is ended first. */
function openForAppending(file: string): number {
  const fd = openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND);
  const { size } = fstatSync(fd);
  const last = Buffer.alloc(1);
  if (size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a) writeSync(fd, '\n');
  return fd;
}

function writeWhole(fd: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.byteLength; ) done += writeSync(fd, bytes, done);
}

/**
 * The log of the session being recorded. What cannot be written now is kept and tried again; a log whose file was removed is
 * begun again with what says whose it is.
 */
export class SessionLog {
  readonly #file: string;
  readonly #onWarning: (message: string) => void;
  /** The session and its cameras. */
  #head: LogEntry[] = [];
  #waiting: LogEntry[] = [];
  #fd: number | null = null;
  #unsynced = false;
  #failing = false;
  #syncing: Promise<void> = Promise.resolve();

  /** Of the session in `folder`, which is absolute. */
  constructor(folder: string, onWarning: (message: string) => void) {
    this.#file = join(folder, SESSION_LOG);
    this.#onWarning = onWarning;
  }

  /** Writes what of `changes` belongs into it. Throws nothing: a failure is told once, and the lines are kept. */
  append(changes: readonly IndexChange[]): void {
    const entries = logEntriesOf(changes);
    if (entries.length === 0) return;
    for (const entry of entries) if (entry.kind === 'session' || entry.kind === 'camera') this.#head.push(entry);
    this.#waiting.push(...entries);
    this.#write();
  }

  /** Brings what is written to stable storage, in the background, and tries again what could not be written. */
  sync(): Promise<void> {
    this.#checkRemoved();
    this.#write();
    if (!this.#unsynced) return this.#syncing;
    this.#syncing = this.#syncing.then(async () => {
      if (this.#fd === null) return;
      this.#unsynced = false;
      await fdatasyncAsync(this.#fd).catch((error) => this.#failed(error));
    });
    return this.#syncing;
  }

  /** Syncs and closes it; nothing may be appended any more. */
  async close(): Promise<void> {
    await this.sync();
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #write(): void {
    if (this.#waiting.length === 0) return;
    try {
      if (this.#fd === null) {
        makeFolder(dirname(this.#file));
        this.#fd = openForAppending(this.#file);
      }
      writeWhole(this.#fd, linesOf(this.#waiting));
    } catch (error) {
      this.#failed(error);
      return;
    }
    this.#waiting = [];
    this.#unsynced = true;
    if (this.#failing) this.#onWarning(`the session's log ${this.#file} takes lines again`);
    this.#failing = false;
  }

  #failed(error: unknown): void {
    if (!this.#failing) {
      this.#onWarning(
        `the session's log ${this.#file} cannot be written, lines are kept and tried again: ${reasonOf(error)}`,
      );
    }
    this.#failing = true;
    if (this.#fd !== null) {
      // Opened again it ends the line that may have been cut short.
      closeSync(this.#fd);
      this.#fd = null;
    }
  }

  #checkRemoved(): void {
    if (this.#fd === null) return;
    try {
      const named = statSync(this.#file, { bigint: true });
      const written = fstatSync(this.#fd, { bigint: true });
      if (named.ino === written.ino && named.dev === written.dev) return;
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR'].includes(systemCode(error))) return;
    }
    closeSync(this.#fd);
    this.#fd = null;
    this.#waiting = [...this.#head, ...this.#waiting];
  }
}

/**
 * Appends to the log of a session that is not being recorded by this process, and syncs it. `folder`: the session's, absolute.
 * Throws the system's errors. Appending is one write, so that a process which records the session may append meanwhile.
 */
export function appendToSessionLog(folder: string, changes: readonly (IndexChange | MissingRanges)[]): void {
  const entries = changes.flatMap((change) => (change.kind === 'missing-ranges' ? [change] : logEntriesOf([change])));
  if (entries.length === 0) return;
  const fd = openForAppending(join(folder, SESSION_LOG));
  try {
    writeWhole(fd, linesOf(entries));
    fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** As {@link appendToSessionLog}; of a session whose folder is gone nothing is kept, because nothing of it can be read again. */
export function appendWhereFolderIs(folder: string, changes: readonly (IndexChange | MissingRanges)[]): void {
  try {
    appendToSessionLog(folder, changes);
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes(systemCode(error))) throw error;
  }
}

export interface ReadLog {
  readonly entries: readonly LogEntry[];
  /** Lines that are damaged. */
  readonly damaged: number;
}

/** The log in a session's folder; null where there is none. Throws `storage.not-a-file`, and the system's errors. */
export function readSessionLog(folder: string): ReadLog | null {
  const text = readIfThere(join(folder, SESSION_LOG), 'the log of a session')?.toString('utf8');
  if (text === undefined) return null;
  const entries: LogEntry[] = [];
  let damaged = 0;
  for (const line of text.split('\n')) {
    if (line.replaceAll('\0', '').trim() === '') continue;
    const entry = entryOf(line);
    if (entry === null) damaged++;
    else entries.push(entry);
  }
  return { entries, damaged };
}

const KINDS: Readonly<Record<LogEntry['kind'], string | null>> = {
  session: 'session',
  camera: 'camera',
  'segment-opened': 'number',
  'segment-closed': 'number',
  'segment-removed': 'number',
  'segment-expired': 'file',
  'stack-expired': 'file',
  stack: 'stack',
  mark: 'mark',
  'session-edited': 'edit',
  gap: 'gap',
  event: 'event',
  'missing-ranges': 'ranges',
  'session-ended': 'endedUtcNs',
};

/** Null for a damaged line, and for a kind that this program does not know. */
function entryOf(line: string): LogEntry | null {
  try {
    const value = fromTaggedJson(line);
    if (typeof value !== 'object' || value === null || !('kind' in value) || typeof value.kind !== 'string')
      return null;
    if (!Object.hasOwn(KINDS, value.kind)) return null;
    const field = KINDS[value.kind as LogEntry['kind']];
    return field === null || field in value ? (value as LogEntry) : null;
  } catch {
    return null;
  }
}
