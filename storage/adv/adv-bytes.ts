/** Bytes of an ADV file that are put together in memory: header, index, metadata. */

/** What the length of a text can say. */
const TEXT_LIMIT = 0xffff;

/** `text` in UTF-8, cut between characters to at most `limit` bytes. */
function utf8Within(text: string, limit: number): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.byteLength <= limit) return bytes;
  let end = limit;
  // Bytes 10xxxxxx go on with a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}

export class AdvBytes {
  #bytes: Buffer;
  #length = 0;

  constructor(capacity = 4096) {
    this.#bytes = Buffer.alloc(capacity);
  }

  get length(): number {
    return this.#length;
  }

  #room(length: number): number {
    const at = this.#length;
    if (at + length > this.#bytes.byteLength) {
      const larger = Buffer.alloc(2 * (at + length));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    this.#length += length;
    return at;
  }

  u8(value: number): this {
    this.#bytes.writeUInt8(value, this.#room(1));
    return this;
  }

  u32(value: number): this {
    const at = this.#room(4);
    this.#bytes.writeUInt32LE(value, at);
    return this;
  }

  u64(value: bigint | number): this {
    const at = this.#room(8);
    this.#bytes.writeBigUInt64LE(BigInt(value), at);
    return this;
  }

  /** Length in 16 bits, then UTF-8; what is longer is cut. */
  text(value: string): this {
    const utf8 = utf8Within(value, TEXT_LIMIT);
    const at = this.#room(2 + utf8.byteLength);
    this.#bytes.writeUInt16LE(utf8.byteLength, at);
    utf8.copy(this.#bytes, at + 2);
    return this;
  }

  /** Names and values one after the other; their count is the caller's. */
  pairs(pairs: readonly (readonly [string, string])[]): this {
    for (const [name, value] of pairs) this.text(name).text(value);
    return this;
  }

  /** A view of what was written. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}
