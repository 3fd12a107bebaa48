/** A file read from front to back through one buffer: pieces of it as views, with few and large reads where they follow each other. */
import { closeSync, fstatSync, readSync } from 'node:fs';
import { openRegular } from '../open-regular.js';

const LEAST_READ = 64 * 1024;
const MOST_READ = 8 * 1024 ** 2;

export class FileWindow {
  readonly file: string;
  /** When it was opened. */
  readonly size: number;
  readonly #fd: number;
  #buffer: Buffer = Buffer.alloc(LEAST_READ);
  #start = 0;
  #length = 0;
  #ahead = LEAST_READ;

  /** Throws as `openRegular` does. */
  constructor(file: string) {
    this.file = file;
    this.#fd = openRegular(file);
    this.size = fstatSync(this.#fd).size;
  }

  /** `length` bytes from `offset` on, good until the next call; null where the file ends before. */
  at(offset: number, length: number): Uint8Array | null {
    if (!(offset >= 0 && length >= 0) || offset + length > this.size) return null;
    if (offset < this.#start || offset + length > this.#start + this.#length) this.#read(offset, length);
    const from = offset - this.#start;
    return from + length <= this.#length ? this.#buffer.subarray(from, from + length) : null;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #read(offset: number, length: number): void {
    const end = this.#start + this.#length;
    const follows = offset >= this.#start && offset <= end;
    this.#ahead = follows ? Math.min(2 * this.#ahead, MOST_READ) : LEAST_READ;
    const wanted = Math.min(Math.max(length, this.#ahead), this.size - offset);
    const kept = follows ? end - offset : 0;
    if (this.#buffer.byteLength < wanted) {
      const larger = Buffer.allocUnsafe(wanted);
      if (kept > 0) this.#buffer.copy(larger, 0, offset - this.#start, this.#length);
      this.#buffer = larger;
    } else if (kept > 0) this.#buffer.copyWithin(0, offset - this.#start, this.#length);
    this.#start = offset;
    this.#length = kept;
    while (this.#length < wanted) {
      const got = readSync(this.#fd, this.#buffer, this.#length, wanted - this.#length, offset + this.#length);
      if (got === 0) return;
      this.#length += got;
    }
  }
}
