/**
 * The index's own thread: takes changes from a writer thread and commits them in batches, so that a checkpoint of SQLite
 * never holds up the disk writer. What cannot be committed now (disk full) is kept and tried again; nothing is dropped
 * but a change that the database refuses for itself, and that is told. SQLite goes on without error in a database whose file
 * was removed; that is looked for, told, and the end of the rows.
 */
import { statSync } from 'node:fs';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { systemCode } from '../errors.js';
import type { IndexChange } from './index-changes.js';
import { IndexDatabase } from './index-database.js';

/** To the index: changes in order; with `ack`, an answer is wanted when they are committed. */
export type ToIndex =
  | { readonly kind: 'changes'; readonly changes: readonly IndexChange[]; readonly ack: number | null }
  /** Commit everything, close the database, answer `closed`. */
  | { readonly kind: 'close' };

export type FromIndex =
  | { readonly kind: 'committed'; readonly frames: number; readonly acks: readonly number[] }
  | { readonly kind: 'warning'; readonly message: string }
  /** The index's file was removed, and every row of the session with it. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'closed'; readonly uncommitted: number };

export interface IndexThreadData {
  readonly file: string;
  readonly port: MessagePort;
}

const BATCH_ROWS = 1000;
const BATCH_MS = 80;
const RETRY_MS = 500;
/** How long closing waits for a disk that takes nothing. */
const CLOSE_ATTEMPTS = 10;

/** Failures of the disk or of another program's lock, which pass; everything else is the change's own. */
function passes(error: unknown): boolean {
  return /^SQLITE_(FULL|IOERR|BUSY|LOCKED|NOMEM|CANTOPEN|READONLY)/.test(systemCode(error));
}

/** Device and inode behind a name; null where there is no such file. */
function identityOf(file: string): string | null {
  try {
    const { dev, ino } = statSync(file, { bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error))) return null;
    throw error;
  }
}

class IndexThread {
  readonly #port: MessagePort;
  readonly #file: string;
  readonly #database: IndexDatabase;
  readonly #identity: string | null;
  #waiting: IndexChange[] = [];
  #acks: number[] = [];
  #timer: NodeJS.Timeout | null = null;
  #failing = false;
  #gone = false;

  constructor(file: string, port: MessagePort) {
    this.#file = file;
    this.#database = new IndexDatabase(file, (message) => this.#say(message));
    this.#identity = identityOf(file);
    this.#port = port;
    port.on('message', (message: ToIndex) => this.#take(message));
  }

  #take(message: ToIndex): void {
    if (message.kind === 'close') {
      void this.#close();
      return;
    }
    for (const change of message.changes) this.#waiting.push(change);
    if (message.ack !== null) this.#acks.push(message.ack);
    if (this.#failing) return;
    if (message.ack !== null || this.#waiting.length >= BATCH_ROWS) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), BATCH_MS);
  }

  /** Commits what waits; false when the disk did not take it. */
  #flush(): boolean {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#checkGone();
    if (this.#gone) {
      this.#waiting = [];
      this.#answer({ kind: 'committed', frames: 0, acks: this.#acks });
      this.#acks = [];
      return true;
    }
    try {
      const frames = this.#commit();
      if (this.#failing) this.#say('the index takes rows again');
      this.#failing = false;
      this.#answer({ kind: 'committed', frames, acks: this.#acks });
      this.#acks = [];
      return true;
    } catch (error) {
      if (!this.#failing) {
        this.#say(`the index cannot be written, rows are kept and tried again: ${(error as Error).message}`);
      }
      this.#failing = true;
      this.#timer = setTimeout(() => this.#flush(), RETRY_MS);
      return false;
    }
  }

  #checkGone(): void {
    try {
      if (this.#gone || identityOf(this.#file) === this.#identity) return;
    } catch {
      // Whether it is there cannot be known now; the commit says what is wrong.
      return;
    }
    this.#gone = true;
    this.#failing = false;
    this.#say(`the index ${this.#file} was removed while recording: frames are recorded, their rows are not kept`);
    this.#answer({ kind: 'gone' });
  }

  #commit(): number {
    let frames = 0;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, 4 * BATCH_ROWS);
      try {
        frames += this.#database.apply(batch);
      } catch (error) {
        if (passes(error)) throw error;
        frames += this.#applySingly(batch);
      }
      this.#waiting = this.#waiting.slice(batch.length);
    }
    return frames;
  }

  /** A batch with a bad change in it: everything else of it is kept. */
  #applySingly(batch: readonly IndexChange[]): number {
    let frames = 0;
    for (const change of batch) {
      try {
        frames += this.#database.apply([change]);
      } catch (error) {
        if (passes(error)) throw error;
        this.#say(`the index refused a row (${change.kind}): ${(error as Error).message}`);
      }
    }
    return frames;
  }

  async #close(): Promise<void> {
    for (let attempt = 1; !this.#flush() && attempt < CLOSE_ATTEMPTS; attempt++) {
      if (this.#timer !== null) clearTimeout(this.#timer);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    if (this.#timer !== null) clearTimeout(this.#timer);
    try {
      this.#database.close();
    } catch (error) {
      this.#say(`the index could not be closed: ${(error as Error).message}`);
    }
    this.#answer({ kind: 'closed', uncommitted: this.#waiting.length });
    this.#port.close();
  }

  #say(message: string): void {
    this.#answer({ kind: 'warning', message });
  }

  #answer(message: FromIndex): void {
    this.#port.postMessage(message);
  }
}

if (parentPort !== null) {
  const { file, port } = workerData as IndexThreadData;
  new IndexThread(file, port);
  parentPort.postMessage({ kind: 'ready' });
}
