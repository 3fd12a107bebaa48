/**
 * A msgpack map of names with plain values: numbers, short text, booleans, null. What the page sends is no more than that, and a whole decoder
 * would make arrays as long as a client writes them, which is the end of the process.
 */

const MOST_ENTRIES = 16;
const DECODER = new TextDecoder('utf-8', { fatal: true });

export type FlatMessage = Readonly<Record<string, string | number | boolean | null>>;

/** Null for everything else. */
export function readFlatMessage(bytes: Uint8Array): FlatMessage | null {
  try {
    return new FlatReader(bytes).message();
  } catch {
    // Beyond the end of the bytes, or no text.
    return null;
  }
}

class FlatReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  message(): FlatMessage {
    const entries: [string, string | number | boolean | null][] = [];
    for (let left = this.#entryCount(); left > 0; left--) {
      const name = this.#value();
      if (typeof name !== 'string') throw new RangeError('a name is text');
      entries.push([name, this.#value()]);
    }
    if (this.#at !== this.#bytes.byteLength) throw new RangeError('bytes behind the map');
    return Object.fromEntries(entries);
  }

  #entryCount(): number {
    const head = this.#take(1).getUint8(0);
    const count = head === 0xde ? this.#take(2).getUint16(0) : (head & 0xf0) === 0x80 ? head & 0x0f : MOST_ENTRIES + 1;
    if (count > MOST_ENTRIES) throw new RangeError('no map, or too large a one');
    return count;
  }

  /** By the formats of the msgpack specification. */
  #value(): string | number | boolean | null {
    const head = this.#take(1).getUint8(0);
    if (head <= 0x7f) return head;
    if (head >= 0xe0) return head - 0x100;
    if ((head & 0xe0) === 0xa0) return this.#text(head & 0x1f);
    switch (head) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xca:
        return this.#take(4).getFloat32(0);
      case 0xcb:
        return this.#take(8).getFloat64(0);
      case 0xcc:
        return this.#take(1).getUint8(0);
      case 0xcd:
        return this.#take(2).getUint16(0);
      case 0xce:
        return this.#take(4).getUint32(0);
      case 0xd0:
        return this.#take(1).getInt8(0);
      case 0xd1:
        return this.#take(2).getInt16(0);
      case 0xd2:
        return this.#take(4).getInt32(0);
      case 0xd9:
        return this.#text(this.#take(1).getUint8(0));
      default:
        throw new RangeError('a value that is not plain');
    }
  }

  #text(byteLength: number): string {
    return DECODER.decode(this.#take(byteLength));
  }

  /** The next bytes. @throws RangeError where there are fewer */
  #take(byteLength: number): DataView {
    const taken = new DataView(this.#view.buffer, this.#view.byteOffset + this.#at, byteLength);
    this.#at += byteLength;
    if (this.#at > this.#bytes.byteLength) throw new RangeError('beyond the end');
    return taken;
  }
}
