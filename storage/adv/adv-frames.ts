/**
 * The frames of an ADV version 2 file: where the index says, or, where a crash left none, wherever the magic FF 22 01 EE stands
 * with a frame behind it. Of a frame only its head and its status are read.
 */
import type { FileBytes } from '../times/file-bytes.js';
import type { AdvFile, StatusTag } from './adv-file.js';

export interface AdvFrame {
  readonly offset: number;
  readonly stream: number;
  /** Nanoseconds since 2010-01-01 UTC of the middle of the exposure. */
  readonly midNs: bigint;
  readonly exposureNs: bigint;
  /** By name; empty where the entries could not be read. */
  readonly status: ReadonlyMap<string, bigint | number | string>;
  readonly statusIsWhole: boolean;
}

const MAGIC = Buffer.from([0xff, 0x22, 0x01, 0xee]);
/** Magic, stream, ticks of start and end, size of the image section. */
const HEAD_BYTES = 4 + 1 + 8 + 8 + 4;
/** Middle and exposure, and the count of entries. */
const STATUS_HEAD_BYTES = 8 + 4 + 1;
const STATUS_LIMIT = 65_536;
const ENTRY_BYTES = 20;
const CHUNK = 1 << 20;

/** The frame at `offset`, and the byte behind it; text says why there is none. */
function frameAt(bytes: FileBytes, adv: AdvFile, offset: number): { frame: AdvFrame; next: number } | string {
  const head = bytes.upTo(offset, HEAD_BYTES);
  if (head.byteLength < HEAD_BYTES) return 'the file ends within the head of a frame';
  if (head.compare(MAGIC, 0, 4, 0, 4) !== 0) return 'no frame begins here';
  const stream = head.readUInt8(4);
  if (stream >= adv.streams.length) return `a frame of stream ${stream}, of which there are ${adv.streams.length}`;
  const statusAt = offset + HEAD_BYTES + head.readUInt32LE(21);
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
    const entry = bytes.exactly(at + i * ENTRY_BYTES, ENTRY_BYTES, `entry ${i} of the index`);
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
  return count * ENTRY_BYTES > bytes.left(at + 4) ? null : { at: at + 4, count };
}

/** Frames by their magic, from the end of the header on. */
function* scannedFrames(bytes: FileBytes, adv: AdvFile): Generator<AdvFrame, string[]> {
  const main = adv.streams.indexOf('MAIN');
  let last = 'no frame was found';
  let base = 0;
  let chunk: Buffer = Buffer.alloc(0);
  for (let from = adv.framesOffset; bytes.left(from) >= HEAD_BYTES; ) {
    // A chunk is searched to its end, whatever it holds: a file full of magics costs no more than its length.
    if (from < base || from + MAGIC.byteLength > base + chunk.byteLength) {
      base = from;
      chunk = bytes.upTo(from, CHUNK);
    }
    const hit = chunk.indexOf(MAGIC, from - base);
    if (hit < 0) {
      from = Math.max(from + 1, base + chunk.byteLength - (MAGIC.byteLength - 1));
      continue;
    }
    const found = frameAt(bytes, adv, base + hit);
    if (typeof found === 'string') {
      last = `byte ${base + hit}: ${found}`;
      from = base + hit + 1;
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
