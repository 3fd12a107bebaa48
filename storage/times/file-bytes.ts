/**
 * The bytes of a file whose contents nobody vouches for: every read is checked against the file's length before memory is
 * taken for it, and what is wrong is told with the file and the byte.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { StorageError } from '../errors.js';

/** The most that one read may ask for: headers and stamps are small. */
const READ_LIMIT = 16 * 1024 * 1024;

/** Text out of a file as it may be shown: anything but printable ASCII becomes `?`, so that it cannot steer a terminal. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}

export class FileBytes {
  readonly file: string;
  readonly size: number;
  readonly #fd: number;

  /** Opens `file`, which must be a regular file. Throws the system's errors, and `storage.times-file` for anything else. */
  constructor(file: string) {
    this.file = file;
    this.#fd = openSync(file, 'r');
    const stat = fstatSync(this.#fd);
    this.size = stat.size;
    if (!stat.isFile()) {
      closeSync(this.#fd);
      throw new StorageError('storage.times-file', `${file} is no regular file: name the files that it holds`);
    }
  }

  /** Bytes from `offset` to the end of the file. */
  left(offset: number): number {
    return Math.max(0, this.size - offset);
  }

  /** Up to `length` bytes at `offset`, fewer at the end of the file. */
  upTo(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(Math.min(length, this.left(offset), READ_LIMIT));
    return bytes.subarray(0, this.into(bytes, offset));
  }

  /** Fills `target` with the bytes from `offset` on; returns how many there were. */
  into(target: Uint8Array, offset: number): number {
    let got = 0;
    while (got < target.byteLength) {
      const read = readSync(this.#fd, target, got, target.byteLength - got, offset + got);
      if (read === 0) break;
      got += read;
    }
    return got;
  }

  /** Exactly `length` bytes at `offset`, which hold `what`. Throws `storage.times-broken` where the file ends before. */
  exactly(offset: number, length: number, what: string): Buffer {
    if (!Number.isSafeInteger(offset) || offset < 0 || length > READ_LIMIT) {
      throw this.broken(0, `${what} would stand at byte ${offset} with ${length} bytes`);
    }
    const bytes = this.upTo(offset, length);
    if (bytes.byteLength < length) {
      throw this.broken(offset, `${what} takes ${length} bytes, and the file ends after ${bytes.byteLength} of them`);
    }
    return bytes;
  }

  /** What is wrong at `byte`, and what to do. */
  broken(byte: number, what: string, remedy = 'copy the file again from where it was recorded'): StorageError {
    return new StorageError('storage.times-broken', `${this.file}: byte ${byte}: ${what}; ${remedy}`, {
      context: { file: this.file, byte },
    });
  }

  /** A file of a kind that is known and not read. */
  unsupported(what: string, remedy: string): StorageError {
    return new StorageError('storage.times-unsupported', `${this.file}: ${what}; ${remedy}`, {
      context: { file: this.file, byte: 0 },
    });
  }

  close(): void {
    closeSync(this.#fd);
  }
}
