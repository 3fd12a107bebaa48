/** Reads forward through the header and the tables of an ADV file, and knows where it is. */
import { type FileBytes, printable } from '../times/file-bytes.js';

const NAME_LIMIT = 255;
/** What is read of the file at a time: headers are many small fields. */
const CHUNK = 4096;

export class AdvCursor {
  readonly #bytes: FileBytes;
  #chunk: Buffer = Buffer.alloc(0);
  #chunkAt = 0;
  at: number;

  constructor(bytes: FileBytes, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  #take(length: number, what: string): Buffer {
    let from = this.at - this.#chunkAt;
    if (from < 0 || from + length > this.#chunk.byteLength) {
      this.#chunk = this.#bytes.upTo(this.at, Math.max(length, CHUNK));
      this.#chunkAt = this.at;
      from = 0;
    }
    // Says what is wrong, where the file ends before.
    if (this.#chunk.byteLength - from < length) return this.#bytes.exactly(this.at, length, what);
    this.at += length;
    return this.#chunk.subarray(from, from + length);
  }

  u8(what: string): number {
    return this.#take(1, what).readUInt8();
  }

  u32(what: string): number {
    return this.#take(4, what).readUInt32LE();
  }

  u64(what: string): bigint {
    return this.#take(8, what).readBigUInt64LE();
  }

  /** A text that people are shown and that is short. */
  name(what: string): string {
    const at = this.at;
    const length = this.#take(2, what).readUInt16LE();
    if (length > NAME_LIMIT) throw this.#bytes.broken(at, `${what} with a name of ${length} bytes`);
    return printable(this.#take(length, what).toString('utf8'));
  }

  /** Any text, as it stands. */
  text(what: string): string {
    return this.#take(this.#take(2, what).readUInt16LE(), what).toString('utf8');
  }

  /** Names and their values; the first of a name that stands twice. */
  pairs(count: number, what: string): Map<string, string> {
    const pairs = new Map<string, string>();
    for (let i = 0; i < count; i++) {
      const name = this.name(`${what} ${i}`);
      const value = this.text(`${what} ${name}`);
      if (!pairs.has(name)) pairs.set(name, value);
    }
    return pairs;
  }
}
