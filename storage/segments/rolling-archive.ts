/**
 * Retention while a session records: removes what retention-plan.ts wants gone, ahead of need. A segment's rows are committed as
 * `expired` before its file is unlinked, and both happen off the writing path. Segments of sessions recorded without a limit
 * are not known here, so they cannot be removed.
 */

import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '#gps/errors.js';
import { systemCode } from '../errors.js';
import { frameListOf } from '../formats/frame-list.js';
import { type Mark, MarkedSpans } from '../retention/marked-spans.js';
import { countedBytes, markedFate, planRetention, type RetainedSegment } from '../retention/retention-plan.js';
import type { RetentionPolicy } from '../retention/retention-policy.js';
import { PART } from './names.js';

export interface RollingArchiveOptions {
  readonly dataFolder: string;
  readonly policy: RetentionPolicy;
  /** See `RetentionQuestion`. */
  readonly longitudeDeg: number | null;
  /** See `RetentionQuestion`; null: no trigger is expected. */
  readonly preRollNs: bigint | null;
  /** Segments there already, oldest first. */
  readonly segments: readonly RetainedSegment[];
  readonly marks: readonly Mark[];
  readonly now: () => bigint;
  /** Resolves when the segment's rows are committed as expired. */
  readonly expire: (file: string) => Promise<void>;
  /** Bytes were freed. */
  readonly onRoom: () => void;
  readonly onWarning: (message: string) => void;
}

export class RollingArchive {
  readonly #options: RollingArchiveOptions;
  readonly #marks: MarkedSpans;
  readonly #open = new Map<string, number>();
  readonly #removals = new Set<Promise<void>>();
  #segments: RetainedSegment[];
  /** Bytes that are on their way out, and such as could not be removed. */
  #leaving = 0;
  #stuck = 0;

  constructor(options: RollingArchiveOptions) {
    this.#options = options;
    this.#segments = [...options.segments];
    this.#marks = new MarkedSpans(options.marks);
  }

  /** Whether a segment is being removed. */
  get removing(): boolean {
    return this.#removals.size > 0;
  }

  /** Whether waiting can bring room: something is being removed, or finished, after which it may go. */
  get changing(): boolean {
    return this.removing || this.#open.size > 0;
  }

  /** Whether a segment of `bytes` fits now; starts removing what must go for it. */
  hasRoom(bytes: number): boolean {
    this.makeRoom(bytes);
    const { policy } = this.#options;
    if (policy.maxBytes === null) return true;
    return countedBytes(this.#segments, this.#marks, policy) + this.#besides + this.#leaving + bytes <= policy.maxBytes;
  }

  /** Starts removing what the policy wants gone when `bytes` more come. */
  makeRoom(bytes: number): void {
    const { policy, longitudeDeg, preRollNs, now } = this.#options;
    const fates = planRetention({
      segments: this.#segments,
      marks: this.#marks,
      policy,
      longitudeDeg,
      nowUtcNs: now(),
      ...(preRollNs === null ? {} : { preRollNs }),
      headroomBytes: this.#besides + bytes,
    });
    for (const { segment, goes } of fates) if (goes) this.#begin(segment);
  }

  /** Starts removing the oldest segment that no mark keeps; false when there is none. */
  removeOldest(): boolean {
    const oldest = this.#segments.find((segment) => markedFate(segment, this.#marks) === null);
    if (oldest === undefined) return false;
    this.#begin(oldest);
    return true;
  }

  /** What the mark touches stays from now on. */
  mark(mark: Mark): void {
    this.#marks.add(mark);
  }

  /** A segment of at most `bytes` is begun. */
  opened(file: string, bytes: number): void {
    this.#open.set(file, bytes);
  }

  /** The segment is complete, and may be removed from now on. */
  closed(segment: RetainedSegment): void {
    this.#open.delete(segment.file);
    this.#segments.push(segment);
  }

  /** The segment is not on disk. */
  discarded(file: string): void {
    this.#open.delete(file);
  }

  /** Resolves when no removal is under way. */
  async settled(): Promise<void> {
    while (this.#removals.size > 0) await Promise.all(this.#removals);
  }

  /** Bytes on disk, or promised to open segments, that are none of the removable segments'. */
  get #besides(): number {
    let bytes = this.#stuck;
    for (const promised of this.#open.values()) bytes += promised;
    return bytes;
  }

  #begin(segment: RetainedSegment): void {
    this.#segments = this.#segments.filter((other) => other !== segment);
    this.#leaving += segment.bytes;
    const removal = this.#remove(segment).finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }

  async #remove(segment: RetainedSegment): Promise<void> {
    try {
      await this.#options.expire(segment.file);
      await removeSegmentFile(join(this.#options.dataFolder, segment.file));
    } catch (error) {
      // Its bytes stay counted, so the next oldest goes instead.
      this.#stuck += segment.bytes;
      const why = reasonOf(error);
      this.#options.onWarning(`the expired segment ${segment.file} could not be removed: ${why}`);
    } finally {
      this.#leaving -= segment.bytes;
      this.#options.onRoom();
    }
  }
}

/** Unlinks a segment by its name without `.part`, whichever of the two it has, and its list of frames. Missing already is fine. */
export async function removeSegmentFile(file: string): Promise<void> {
  // The list first: what a crash leaves is found again by the segment's own name.
  for (const path of [frameListOf(file), file + PART, file]) {
    await unlink(path).catch((error) => {
      if (systemCode(error) !== 'ENOENT') throw error;
    });
  }
}
