/**
 * What is left on the data folder's file system. Pixels stop before the disk is full, so that the index can still say
 * which frames were not recorded. Blocks that segments have set aside are used to the file system and free to the pixels.
 */
import { stat, statfs } from 'node:fs/promises';
import { StorageError } from '../errors.js';

/** The reserve is a twentieth of the file system, at most this. */
const RESERVE_LIMIT = 256 * 1024 ** 2;
/** So much more than the reserve must be free before writing begins again: a quarter of it, at most this. */
const MARGIN_LIMIT = 4 * 1024 ** 3;
/** Below this much above the reserve the file system is asked after every write. */
const NEAR_BYTES = 64 * 1024 ** 2;
/** How often the file system is asked again because blocks were set aside while it answered. */
const ATTEMPTS = 3;

export class DiskSpace {
  readonly #folder: string;
  /** Asked for; 0: only what the index needs. */
  readonly #floor: number;
  #free: number | null = null;
  #reserve = 0;
  #written = 0;
  #writtenWhenAsked = 0;
  #ahead = 0;
  #moves = 0;
  /** The file system's device when first asked. */
  #device: number | null = null;
  #replaced = false;
  /** Nothing is written until there is room with a margin, or writing would stop and begin with every file that goes. */
  #full = false;

  /** `floorBytes`: what must stay free, where that is more than the index needs. */
  constructor(folder: string, floorBytes = 0) {
    this.#folder = folder;
    this.#floor = floorBytes;
  }

  /** Bytes free when last asked, less what was written since; null until first asked. */
  get freeBytes(): number | null {
    return this.#free === null ? null : Math.max(0, this.#free - (this.#written - this.#writtenWhenAsked));
  }

  /** Bytes that stay: for the index, or as the floor; 0 until first asked. */
  get reserveBytes(): number {
    return this.#reserve;
  }

  /** Whether so little is left that what others write within a second counts. */
  get nearlyFull(): boolean {
    return !this.takes(NEAR_BYTES);
  }

  /** Whether `bytes` can be written and the reserve for the index stays. */
  takes(bytes: number): boolean {
    const free = this.freeBytes;
    return free === null || free - bytes >= this.#reserve;
  }

  /** Whether `bytes` can be set aside beside what is, and the reserve stays; false until first asked. */
  takesAhead(bytes: number): boolean {
    return this.#free !== null && this.takes(this.#ahead + bytes);
  }

  /** Throws `storage.disk-full` where `bytes` cannot be written and the reserve stay. */
  check(bytes: number): void {
    const margin = this.#full ? Math.min(MARGIN_LIMIT, this.#reserve / 4) : 0;
    this.#full = !this.takes(bytes + margin);
    if (!this.#full) return;
    const kept = `${Math.ceil(this.#reserve / 1024 ** 2)} MiB are kept`;
    const why = this.#floor >= this.#reserve ? `the floor is reached, ${kept} free` : `${kept} for the index`;
    throw new StorageError('storage.disk-full', `no space left in ${this.#folder} (${why}): free some`);
  }

  /** True once, after the folder was found on another file system than before. */
  takeReplaced(): boolean {
    const replaced = this.#replaced;
    this.#replaced = false;
    return replaced;
  }

  written(bytes: number): void {
    this.#written += bytes;
  }

  /** Blocks for `bytes` were set aside. */
  setAside(bytes: number): void {
    this.#ahead += bytes;
    this.#moves++;
  }

  /** `bytes` went into blocks that were set aside. */
  usedAside(bytes: number): void {
    this.#ahead -= bytes;
  }

  /** Blocks for `bytes` that were set aside are the file system's again. */
  gaveBack(bytes: number): void {
    this.#ahead -= bytes;
    this.#moves++;
  }

  /** Asks the file system; a failure leaves what was known. */
  async refresh(): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const written = this.#written;
      const ahead = this.#ahead;
      const moves = this.#moves;
      try {
        const stats = await statfs(this.#folder);
        const { dev } = await stat(this.#folder);
        // Whether the answer knows of blocks that moved meanwhile cannot be told.
        if (moves !== this.#moves) continue;
        this.#free = stats.bavail * stats.bsize + ahead;
        const forIndex = Math.min(RESERVE_LIMIT, Math.floor((stats.blocks * stats.bsize) / 20));
        this.#reserve = Math.max(this.#floor, forIndex);
        this.#writtenWhenAsked = written;
        this.#replaced ||= this.#device !== null && this.#device !== dev;
        this.#device = dev;
      } catch {
        // The next write says what is wrong.
      }
      return;
    }
  }
}
