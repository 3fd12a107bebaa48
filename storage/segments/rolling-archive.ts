/**
 * Retention: keeps the pixels of sessions recorded with a limit within it, oldest first, whole segments. A segment's rows are
 * committed as `expired` before its file is unlinked, and both happen off the writing path. Segments of sessions recorded
 * without a limit are not known here, so they cannot be removed.
 */

import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '#gps/errors.js';
import { systemCode } from '../errors.js';
import { PART } from './names.js';

/** A closed or interrupted segment, `file` relative to the data folder and without `.part`. */
export interface RollingSegment {
  readonly file: string;
  readonly bytes: number;
}

export interface RollingArchiveOptions {
  readonly dataFolder: string;
  readonly maxBytes: number;
  /** Segments there already, oldest first. */
  readonly segments: readonly RollingSegment[];
  /** Resolves when the segment's rows are committed as expired. */
  readonly expire: (file: string) => Promise<void>;
  /** Bytes were freed. */
  readonly onRoom: () => void;
  readonly onWarning: (message: string) => void;
}

export class RollingArchive {
  readonly #options: RollingArchiveOptions;
  readonly #segments: RollingSegment[];
  readonly #open = new Map<string, number>();
  readonly #removals = new Set<Promise<void>>();
  #onDisk = 0;
  #leaving = 0;

  constructor(options: RollingArchiveOptions) {
    this.#options = options;
    this.#segments = [...options.segments];
    for (const { bytes } of this.#segments) this.#onDisk += bytes;
  }

  /** Bytes on disk and promised to open segments. */
  get bytes(): number {
    return this.#onDisk;
  }

  /** Whether a segment is being removed. */
  get removing(): boolean {
    return this.#removals.size > 0;
  }

  /** Whether a segment of `bytes` fits now; starts removing the oldest where it does not. */
  hasRoom(bytes: number): boolean {
    this.makeRoom(bytes);
    return this.#onDisk + bytes <= this.#options.maxBytes;
  }

  /** Starts removing the oldest segments until `bytes` will fit. */
  makeRoom(bytes: number): void {
    while (this.#onDisk - this.#leaving + bytes > this.#options.maxBytes && this.removeOldest());
  }

  /** Starts removing the oldest segment; false when there is none. */
  removeOldest(): boolean {
    const oldest = this.#segments.shift();
    if (oldest === undefined) return false;
    this.#leaving += oldest.bytes;
    const removal = this.#remove(oldest).finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
    return true;
  }

  /** A segment of at most `bytes` is begun. */
  opened(file: string, bytes: number): void {
    this.#open.set(file, bytes);
    this.#onDisk += bytes;
  }

  /** The segment is complete with `bytes`, and may be removed from now on. */
  closed(file: string, bytes: number): void {
    this.#onDisk += bytes - (this.#open.get(file) ?? 0);
    this.#open.delete(file);
    this.#segments.push({ file, bytes });
  }

  /** The segment is not on disk. */
  discarded(file: string): void {
    this.#onDisk -= this.#open.get(file) ?? 0;
    this.#open.delete(file);
  }

  /** Resolves when no removal is under way. */
  async settled(): Promise<void> {
    while (this.#removals.size > 0) await Promise.all(this.#removals);
  }

  async #remove(segment: RollingSegment): Promise<void> {
    try {
      await this.#options.expire(segment.file);
      await removeSegmentFile(join(this.#options.dataFolder, segment.file));
      this.#onDisk -= segment.bytes;
    } catch (error) {
      // Its bytes stay counted, so the next oldest goes instead.
      const why = reasonOf(error);
      this.#options.onWarning(`the expired segment ${segment.file} could not be removed: ${why}`);
    } finally {
      this.#leaving -= segment.bytes;
      this.#options.onRoom();
    }
  }
}

/** Unlinks a segment by its name without `.part`, whichever of the two it has. Missing already is fine. */
export async function removeSegmentFile(file: string): Promise<void> {
  for (const path of [file, file + PART]) {
    await unlink(path).catch((error) => {
      if (systemCode(error) !== 'ENOENT') throw error;
    });
  }
}
