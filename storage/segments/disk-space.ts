/**
 * What is left on the data folder's file system. Pixels stop before the disk is full, so that the index can still say
 * which frames were not recorded.
 */
import { statfs } from 'node:fs/promises';
import { StorageError } from '../errors.js';

/** The reserve is a twentieth of the file system, at most this. */
const RESERVE_LIMIT = 256 * 1024 ** 2;

export class DiskSpace {
  readonly #folder: string;
  #free: number | null = null;
  #reserve = 0;
  #writtenSince = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Bytes free when last asked, less what was written since; null until first asked. */
  get freeBytes(): number | null {
    return this.#free === null ? null : Math.max(0, this.#free - this.#writtenSince);
  }

  /** Whether `bytes` can be written and the reserve for the index stays. */
  takes(bytes: number): boolean {
    const free = this.freeBytes;
    return free === null || free - bytes >= this.#reserve;
  }

  /** Throws `storage.disk-full` where `bytes` cannot be written and the reserve stay. */
  check(bytes: number): void {
    if (this.takes(bytes)) return;
    const kept = Math.ceil(this.#reserve / 1024 ** 2);
    throw new StorageError(
      'storage.disk-full',
      `no space left in ${this.#folder} (${kept} MiB are kept for the index): free some`,
    );
  }

  written(bytes: number): void {
    this.#writtenSince += bytes;
  }

  /** Asks the file system; a failure leaves what was known. */
  async refresh(): Promise<void> {
    const before = this.#writtenSince;
    try {
      const stats = await statfs(this.#folder);
      this.#free = stats.bavail * stats.bsize;
      this.#reserve = Math.min(RESERVE_LIMIT, Math.floor((stats.blocks * stats.bsize) / 20));
      this.#writtenSince -= before;
    } catch {
      // The next write says what is wrong.
    }
  }
}
