/**
 * The frames of an ADV version 2 file: where the index says, or, where a crash left none, wherever the magic FF 22 01 EE stands
 * with a frame behind it. Of a frame only its head and its status are read.
 */
import type { FileBytes } from '../times/file-bytes.js';
import type { AdvFile, StatusTag } from './adv-file.js';
import { FRAME_HEAD_BYTES, FRAME_MAGIC, INDEX_ENTRY_BYTES, STATUS_HEAD_BYTES } from './adv-words.js';

export interface AdvFrame {
  readonly offset: number;
  readonly stream: number;
  readonly startTicks: bigint;
  readonly endTicks: bigint;
  /** Bytes of the image section, which begins with layout and mode behind the frame's head. */
  readonly imageBytes: number;
  /** Nanoseconds since 2010-01-01 UTC of the middle of the exposure. */
  readonly midNs: bigint;
  readonly exposureNs: bigint;
  /** By name; empty where the entries could not be read. */
  readonly status: ReadonlyMap<string, bigint | number | string>;
  readonly statusIsWhole: boolean;
}

const MAGIC = Buffer.from(FRAME_MAGIC);
const STATUS_LIMIT = 1 << 17;
const CHUNK = 1 << 20;

/** The frame at `offset`, and the byte behind it; text says why there is none. */
export function frameAt(bytes: FileBytes, adv: AdvFile, offset: number): { frame: AdvFrame; next: number } | string {
  const head = bytes.upTo(offset, FRAME_HEAD_BYTES);
  if (head.byteLength < FRAME_HEAD_BYTES) return 'the file ends within the head of a frame';
  if (head.compare(MAGIC, 0, 4, 0, 4) !== 0) return 'no frame begins here';
  const stream = head.readUInt8(4);
  if (stream >= adv.streams.length) return `a frame of stream ${stream}, of which there are ${adv.streams.length}`;
  const imageBytes = head.readUInt32LE(21);
  const statusAt = offset + FRAME_HEAD_BYTES + imageBytes;
  const size = bytes.upTo(statusAt, 4);
  if (size.byteLength < 4) return 'the file ends within the pixels of a frame';
  const statusBytes = size.readUInt32LE();
  if (statusBytes < STATUS_HEAD_BYTES || statusBytes > STATUS_LIMIT) return `a status of ${statusBytes} bytes`;
  if (bytes.left(statusAt + 4) < statusBytes) return 'the file ends within the status of a frame';
  const status = bytes.exactly(statusAt + 4, statusBytes, 'the status of a frame');
  const entries = readEntries(status, adv.statusTags);
  return {
    frame: {
      offset,
      stream,
      startTicks: head.readBigInt64LE(5),
      endTicks: head.readBigInt64LE(13),
      imageBytes,
      midNs: status.readBigUInt64LE(0),
      exposureNs: BigInt(status.readUInt32LE(8)),
      status: entries ?? new Map(),
      statusIsWhole: entries !== null,
    },
    next: statusAt + 4 + statusBytes,
  };
}

/** The entries of a status; null where they do not fill it exactly as the configuration has it. */
function readEntries(status: Buffer, tags: readonly StatusTag[]): Map<string, bigint | number | string> | null {
  const entries = new Map<string, bigint | number | string>();
  const count = status.readUInt8(12);
  let at = STATUS_HEAD_BYTES;
  for (let i = 0; i < count; i++) {
    const tag = at < status.byteLength ? tags[status.readUInt8(at)] : undefined;
    if (tag === undefined) return null;
    at += 1;
    // Int8, Int16, Int32, Int64, Real (32 bits), UTF8String.
    const fixed = [1, 2, 4, 8, 4][tag.type];
    const left = status.byteLength - at;
    const bytes = fixed ?? (tag.type === 5 && left >= 2 ? 2 + status.readUInt16LE(at) : left + 1);
    if (bytes > left) return null;
    if (tag.type === 5) entries.set(tag.name, status.toString('utf8', at + 2, at + bytes));
    else if (tag.type === 4) entries.set(tag.name, status.readFloatLE(at));
    else if (tag.type === 3) entries.set(tag.name, status.readBigInt64LE(at));
    else entries.set(tag.name, status.readIntLE(at, bytes));
    at += bytes;
  }
  return at === status.byteLength ? entries : null;
}

/** Frames of the stream MAIN; returns what is to be said of the file. */
export function* advFrames(bytes: FileBytes, adv: AdvFile): Generator<AdvFrame, string[]> {
  const block = adv.indexOffset === 0 ? null : indexBlock(bytes, adv);
  if (block === null) return yield* scannedFrames(bytes, adv);
  const { at, count } = block;
  let damaged = 0;
  for (let i = 0; i < count; i++) {
    const entry = bytes.exactly(at + i * INDEX_ENTRY_BYTES, INDEX_ENTRY_BYTES, `entry ${i} of the index`);
    const offset = entry.readBigUInt64LE(8);
    const found = offset < BigInt(bytes.size) ? frameAt(bytes, adv, Number(offset)) : 'it is outside of the file';
    if (typeof found === 'string') damaged += 1;
    else yield found.frame;
  }
  return damaged > 0 ? [`${damaged} of ${count} frames of the index are not where it says`] : [];
}

/** Where the entries of MAIN stand in the index; null where the index is cut off, so that frames must be looked for. */
function indexBlock(bytes: FileBytes, adv: AdvFile): { at: number; count: number } | null {
  const main = adv.streams.indexOf('MAIN');
  const head = bytes.upTo(adv.indexOffset, 1 + 4 * adv.streams.length);
  if (head.byteLength < 1 + 4 * adv.streams.length || head.readUInt8(0) !== adv.streams.length) return null;
  const at = adv.indexOffset + head.readUInt32LE(1 + 4 * main);
  const size = bytes.upTo(at, 4);
  if (size.byteLength < 4) return null;
  const count = size.readUInt32LE();
  return count * INDEX_ENTRY_BYTES > bytes.left(at + 4) ? null : { at: at + 4, count };
}

/** Finds where the magic stands. A chunk is searched to its end, whatever it holds: a file full of magics costs no more than its length. */
export class MagicSearch {
  readonly #bytes: FileBytes;
  #chunk: Buffer = Buffer.alloc(0);
  #chunkAt = 0;

  constructor(bytes: FileBytes) {
    this.#bytes = bytes;
  }

  /** The first magic at or behind `from`; null where there is none. */
  next(from: number): number | null {
    for (let at = from; this.#bytes.left(at) >= MAGIC.byteLength; ) {
      if (at < this.#chunkAt || at + MAGIC.byteLength > this.#chunkAt + this.#chunk.byteLength) {
        this.#chunk = this.#bytes.upTo(at, CHUNK);
        this.#chunkAt = at;
        // The file became shorter meanwhile.
        if (this.#chunk.byteLength < MAGIC.byteLength) return null;
      }
      const hit = this.#chunk.indexOf(MAGIC, at - this.#chunkAt);
      if (hit >= 0) return this.#chunkAt + hit;
      at = this.#chunkAt + this.#chunk.byteLength - (MAGIC.byteLength - 1);
    }
    return null;
  }
}

/** Frames by their magic, from the end of the header on. */
function* scannedFrames(bytes: FileBytes, adv: AdvFile): Generator<AdvFrame, string[]> {
  const main = adv.streams.indexOf('MAIN');
  const search = new MagicSearch(bytes);
  let last = 'no frame was found';
  for (let from = adv.framesOffset; ; ) {
    const at = search.next(from);
    if (at === null) break;
    const found = frameAt(bytes, adv, at);
    if (typeof found === 'string') {
      last = `byte ${at}: ${found}`;
      from = at + 1;
      continue;
    }
    if (found.frame.stream === main) yield found.frame;
    last = '';
    from = found.next;
  }
  return [
    'no index, so the recording was not closed: frames were found by their magic',
    ...(last === '' ? [] : [last]),
  ];
}
