/**
 * One segment on disk: `.part` while it is written, always a whole number of HDUs, renamed when complete and synced.
 * Appending is synchronous and belongs in the writer thread; syncing and finishing do not make it wait.
 */

import {
  closeSync,
  constants,
  existsSync,
  fdatasync,
  fstatSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  openSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { reasonOf } from '#gps/errors.js';
import { StorageError, systemCode } from '../errors.js';
import type { SegmentEnd } from '../formats/recording-format.js';
import { makeFolder } from '../make-folder.js';
import { PART } from './names.js';
import type { Preallocation } from './preallocation.js';
import { OutputError, openSegmentOutput, type SegmentOutput } from './segment-output.js';
import type { WriterFaults } from './writer-faults.js';

const fdatasyncAsync = promisify(fdatasync);
const fsyncAsync = promisify(fsync);

/** Writing stopped early: `whole` of the HDUs given are in the file, `cause` says why the others are not. */
export class ShortWrite extends StorageError {
  readonly whole: number;
  constructor(file: string, whole: number, cause: unknown) {
    const why = reasonOf(cause);
    super('storage.write-failed', `writing ${file} failed: ${why}`, { cause, context: { file } });
    this.whole = whole;
  }
}

/** Someone took the file away, or put another in its place, before it had its final name. */
export class SegmentRemoved extends StorageError {
  constructor(file: string) {
    super('storage.segment-removed', `${file} was removed while it was written`, { context: { file } });
  }
}

export class SegmentFile {
  readonly file: string;
  readonly #output: SegmentOutput;
  readonly #ahead: Preallocation | null;
  /** Null but in tests. */
  readonly #faults: WriterFaults | null;
  #bytes = 0;
  #durable = 0;
  #syncFailed = false;
  #busy: Promise<unknown> = Promise.resolve();

  /**
   * Creates `file`.part, and its folder where that is gone, with `start` in it, written through `stage` (see `createStage`),
   * or buffered without one. `ahead` sets blocks aside for it. Never overwrites: throws when `file` or its part exists.
   */
  constructor(
    file: string,
    start: Uint8Array,
    stage: Uint8Array | null,
    ahead: Preallocation | null = null,
    faults: WriterFaults | null = null,
  ) {
    this.#ahead = ahead;
    this.#faults = faults;
    if (existsSync(file)) throw new StorageError('storage.segment-exists', `${file} exists already, not overwritten`);
    this.file = file;
    makeFolder(dirname(file));
    faults?.strike('open');
    const output = openSegmentOutput(file + PART, stage);
    this.#output = faults?.over(output) ?? output;
    try {
      this.append([[start]]);
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  /** Bytes in the file. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes that are on stable storage. */
  get durableBytes(): number {
    return this.#durable;
  }

  /**
   * Appends `hdus`, each given in parts. Throws ShortWrite when only some of them fitted; those stay, and what there was of
   * the next is cut off again.
   */
  append(hdus: readonly (readonly Uint8Array[])[]): void {
    const before = this.#bytes;
    const lengths = hdus.map((parts) => parts.reduce((sum, part) => sum + part.byteLength, 0));
    try {
      const total = lengths.reduce((sum, length) => sum + length, 0);
      this.#ahead?.reach(this.#output.fd, before, total);
      this.#output.write(hdus.flat(), before);
      this.#bytes += total;
      this.#ahead?.written(this.#bytes);
    } catch (error) {
      const { reached, cause } = error instanceof OutputError ? error : { reached: before, cause: error };
      let whole = 0;
      for (const length of lengths) {
        if (this.#bytes + length > reached) break;
        this.#bytes += length;
        whole++;
      }
      this.#cut();
      throw new ShortWrite(this.file, whole, cause);
    }
  }

  /** Whether the name of the part no longer stands for the file that is written. Writing to such a file goes on without error. */
  get removed(): boolean {
    try {
      const written = fstatSync(this.#output.fd, { bigint: true });
      const named = statSync(this.file + PART, { bigint: true });
      return named.ino !== written.ino || named.dev !== written.dev;
    } catch (error) {
      return isGone(error);
    }
  }

  /** The file ends at byte `bytes` again, where a frame began. Nothing may be appended any more. */
  takeBack(bytes: number): void {
    this.#bytes = bytes;
    this.#cut();
  }

  /** Cuts off what stands behind the last HDU, and gives back blocks that were set aside for more. */
  #cut(): void {
    try {
      ftruncateSync(this.#output.fd, this.#bytes);
      this.#ahead?.gaveBack();
    } catch {
      // The index only names what stands before #bytes, so a tail that stays harms no row.
    }
  }

  /**
   * Brings what is written to stable storage, in the background. Resolves to the durable bytes. Rejects once when that fails;
   * from then on nothing more of this file becomes durable, because the system tells of bytes that it lost one time only.
   */
  sync(): Promise<number> {
    const upTo = this.#bytes;
    const done = this.#busy.then(async () => {
      if (upTo <= this.#durable || this.#syncFailed) return this.#durable;
      try {
        this.#faults?.strike('sync');
        await fdatasyncAsync(this.#output.fd);
      } catch (error) {
        this.#syncFailed = true;
        throw error;
      }
      this.#durable = upTo;
      return upTo;
    });
    this.#busy = done.catch(() => undefined);
    return done;
  }

  /**
   * Cuts off the padding of direct writes, syncs, closes and renames; resolves when the name itself is durable. Throws
   * SegmentRemoved, and `storage.sync-failed` for a file that could not be synced before: it stays a part. Nothing may be
   * appended any more. `end` completes the file first, past whatever direct writing had.
   */
  finish(end: SegmentEnd | null = null): Promise<void> {
    return this.#busy.then(async () => {
      try {
        this.#cut();
        if (end !== null) this.#complete(end);
        this.#faults?.strike('sync');
        await fsyncAsync(this.#output.fd);
        if (this.removed) throw new SegmentRemoved(this.file);
        if (this.#syncFailed) {
          throw new StorageError(
            'storage.sync-failed',
            `an earlier sync failed, so ${this.file}${PART} keeps its name`,
          );
        }
      } finally {
        closeSync(this.#output.fd);
        this.#ahead?.gaveBack();
      }
      this.#durable = this.#bytes;
      if (existsSync(this.file)) {
        throw new StorageError('storage.segment-exists', `${this.file} exists already, ${PART} is kept`);
      }
      try {
        this.#faults?.strike('rename');
        await rename(this.file + PART, this.file);
        await syncFolder(dirname(this.file));
      } catch (error) {
        throw isGone(error) ? new SegmentRemoved(this.file) : error;
      }
    });
  }

  /** Direct writing wants whole blocks; what completes a file has none, so it goes through the page cache. */
  #complete({ tail, patches }: SegmentEnd): void {
    const fd = openSync(this.file + PART, constants.O_WRONLY);
    try {
      if (tail.byteLength > 0) writeWhole(fd, tail, this.#bytes);
      this.#bytes += tail.byteLength;
      for (const { offset, bytes } of patches) writeWhole(fd, bytes, offset);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }

  /** Removes a segment in which no frame stands. */
  discard(): void {
    closeSync(this.#output.fd);
    this.#ahead?.gaveBack();
    try {
      unlinkSync(this.file + PART);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  /** Lets go of a file that was removed. Nothing may be appended any more. */
  abandon(): void {
    this.#ahead?.gaveBack();
    void this.#busy.then(() => closeSync(this.#output.fd)).catch(() => undefined);
  }
}

function writeWhole(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.byteLength; ) {
    done += writeSync(fd, bytes, done, bytes.byteLength - done, position + done);
  }
}

function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(systemCode(error));
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
