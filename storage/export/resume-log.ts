/**
 * What an export that was stopped goes on from: lines of JSON beside the target, the job first, then how far it was each time that
 * what it had written was synced. A line that a crash cut off does not count.
 */
import { closeSync, constants, fdatasyncSync, openSync, readFileSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { StorageError, systemCode } from '../errors.js';
import { fromTaggedJson, toTaggedJson } from '../tagged-json.js';

const VERSION = 1;

/** What must be the same for two calls to be one export. */
export interface ExportJob {
  readonly format: string;
  readonly dataFolder: string;
  readonly selection: Readonly<Record<string, unknown>>;
  readonly pattern: string;
  readonly stationCode: string;
  readonly serStamp: string;
}

export interface Checkpoint {
  /** The last row that was dealt with. */
  readonly lastKey: bigint;
  /** Rows since the checkpoint before that are not in the target. */
  readonly skipped: readonly bigint[];
  readonly counts: ExportCounts;
  /** As the sink wants it back. */
  readonly sink: unknown;
}

export interface ExportCounts {
  readonly frames: number;
  readonly exported: number;
  readonly expired: number;
  readonly missing: number;
  readonly unreadable: number;
}

interface Begun {
  readonly version: number;
  readonly job: ExportJob;
  /** Of the index when the export began: frames that come later are not in it. */
  readonly lastKey: bigint;
  readonly total: number;
}

export class ResumeLog {
  readonly #file: string;
  readonly #fd: number;
  readonly begun: Begun;
  /** It was there. */
  readonly resumed: boolean;
  /** Null: from the beginning. */
  readonly last: Checkpoint | null;
  /** Rows that were dealt with and are not in the target. */
  readonly skipped: Set<bigint>;

  private constructor(file: string, fd: number, begun: Begun, resumed: boolean, checkpoints: readonly Checkpoint[]) {
    this.resumed = resumed;
    this.#file = file;
    this.#fd = fd;
    this.begun = begun;
    this.last = checkpoints.at(-1) ?? null;
    this.skipped = new Set(checkpoints.flatMap(({ skipped }) => skipped));
  }

  /** Begins the log of a new export, which must hold the lock of `file`. Throws EEXIST. */
  static begin(
    file: string,
    job: ExportJob,
    selected: { readonly lastKey: bigint; readonly total: number },
  ): ResumeLog {
    const begun: Begun = { version: VERSION, job, ...selected };
    const fd = openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND);
    writeLine(fd, begun);
    return new ResumeLog(file, fd, begun, false, []);
  }

  /** The log of an export that was stopped; null where there is none. Throws `export.other-job` for that of another one. */
  static find(file: string, job: ExportJob): ResumeLog | null {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(systemCode(error))) return null;
      throw error;
    }
    const lines = wholeLines(text);
    const begun = lines[0] as Begun | undefined;
    if (begun === undefined) {
      // Killed before its first line was whole: nothing else had begun.
      unlinkSync(file);
      return null;
    }
    const same = begun.version === VERSION && isDeepStrictEqual(fromTaggedJson(toTaggedJson(job)), begun.job);
    if (!same) {
      throw new StorageError(
        'export.other-job',
        `${file} is of another export that was stopped: finish that with its own options, or remove this file and what it had written`,
        { context: { file } },
      );
    }
    const end = text.lastIndexOf('\n') + 1;
    const fd = openSync(file, constants.O_WRONLY | constants.O_APPEND);
    // What is appended must not be put behind half a line.
    if (end < text.length) writeSync(fd, '\n');
    return new ResumeLog(file, fd, begun, true, lines.slice(1) as Checkpoint[]);
  }

  /** What the checkpoint speaks of is on disk already. */
  checkpoint(checkpoint: Checkpoint): void {
    for (const key of checkpoint.skipped) this.skipped.add(key);
    writeLine(this.#fd, checkpoint);
  }

  /** The target is whole. */
  remove(): void {
    this.close();
    // Someone may have cleared it away.
    rmSync(this.#file, { force: true });
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function writeLine(fd: number, value: unknown): void {
  const bytes = Buffer.from(`${toTaggedJson(value)}\n`);
  for (let done = 0; done < bytes.byteLength; ) done += writeSync(fd, bytes, done);
  fdatasyncSync(fd);
}

/** The lines that are whole, each an object; those that a crash cut off are left out. */
function wholeLines(text: string): unknown[] {
  const found: unknown[] = [];
  for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
    try {
      const value = fromTaggedJson(line);
      if (typeof value === 'object' && value !== null) found.push(value);
    } catch {}
  }
  return found;
}
