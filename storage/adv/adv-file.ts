/**
 * The structure of an ADV version 2 file (AstroDigitalVideo, format description of 2020-02-09), as far as times need it: the
 * header, the configurations of the IMAGE and STATUS sections, and where the index is. Everything is little-endian; a string is
 * its length in bytes (16 bits) and UTF-8.
 */
import { type FileBytes, printable } from '../times/file-bytes.js';

export interface AdvFile {
  /** Names of the streams, MAIN and CALIBRATION. */
  readonly streams: readonly string[];
  /** Frames that each stream's header counts. */
  readonly frameCounts: readonly number[];
  /** 0 where the recorder did not come to write it. */
  readonly indexOffset: number;
  /** First byte behind the header and the configurations. */
  readonly framesOffset: number;
  /** What the file states for the absolute time, nanoseconds; null for 0. */
  readonly accuracyNs: bigint | null;
  /** The entries of a frame's status, in the order of their index. */
  readonly statusTags: readonly StatusTag[];
}

export interface StatusTag {
  readonly name: string;
  readonly type: number;
}

export const ADV_MAGIC = 'FSTF';
const NAME_LIMIT = 255;
const STREAMS_OFFSET = 0x21;

/** Reads forward through a file, and knows where it is. */
class Cursor {
  readonly #bytes: FileBytes;
  at: number;

  constructor(bytes: FileBytes, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  #take(length: number, what: string): Buffer {
    const taken = this.#bytes.exactly(this.at, length, what);
    this.at += length;
    return taken;
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

  name(what: string): string {
    const at = this.at;
    const length = this.#take(2, what).readUInt16LE();
    if (length > NAME_LIMIT) throw this.#bytes.broken(at, `${what} with a name of ${length} bytes`);
    return printable(this.#take(length, what).toString('utf8'));
  }
}

/** Throws `storage.times-unsupported` for other versions and drafts, `storage.times-broken` for a damaged file. */
export function openAdv(bytes: FileBytes): AdvFile {
  const head = bytes.exactly(0, STREAMS_OFFSET + 6, 'the header of an ADV file');
  if (head.toString('latin1', 0, 4) !== ADV_MAGIC)
    throw bytes.broken(0, `no ADV file: it does not begin with '${ADV_MAGIC}'`);
  const revision = head.readUInt8(4);
  if (revision !== 2) {
    throw bytes.unsupported(`ADV version ${revision} is not read`, 'convert it to version 2, for instance with Tangra');
  }
  if (
    head.readUInt8(STREAMS_OFFSET + 1) === 4 &&
    head.toString('latin1', STREAMS_OFFSET + 2, STREAMS_OFFSET + 6) === 'MAIN'
  ) {
    throw bytes.unsupported(
      'a draft of ADV version 2, from before its names had lengths of 16 bits',
      'record or convert it again with a released version of the recorder',
    );
  }
  const indexOffset = offsetOf(bytes, 9, head.readBigUInt64LE(9), 'the index');
  const cursor = new Cursor(bytes, STREAMS_OFFSET);
  const streams: string[] = [];
  const frameCounts: number[] = [];
  const streamCount = cursor.u8('the count of streams');
  for (let i = 0; i < streamCount; i++) {
    streams.push(cursor.name(`stream ${i}`));
    frameCounts.push(cursor.u32(`stream ${i}`));
    cursor.at += 8 + 4 + 8;
  }
  const sections = new Map<string, number>();
  const sectionCount = cursor.u8('the count of sections');
  for (let i = 0; i < sectionCount; i++) {
    const name = cursor.name(`section ${i}`);
    const at = cursor.at;
    sections.set(name, offsetOf(bytes, at, cursor.u64(`section ${name}`), `section ${name}`));
  }
  const status = sections.get('STATUS');
  if (!streams.includes('MAIN') || status === undefined || !sections.has('IMAGE')) {
    throw bytes.broken(
      STREAMS_OFFSET,
      `streams ${streams.join(', ')} and sections ${[...sections.keys()].join(', ')} are not those of ADV`,
    );
  }
  return {
    streams,
    frameCounts,
    indexOffset,
    framesOffset: cursor.at,
    ...readStatusConfiguration(bytes, status),
  };
}

function offsetOf(bytes: FileBytes, at: number, offset: bigint, what: string): number {
  if (offset > BigInt(bytes.size)) throw bytes.broken(at, `${what} would stand at byte ${offset} of ${bytes.size}`);
  return Number(offset);
}

function readStatusConfiguration(bytes: FileBytes, offset: number): Pick<AdvFile, 'accuracyNs' | 'statusTags'> {
  const cursor = new Cursor(bytes, offset);
  const version = cursor.u8('the STATUS section');
  if (version !== 2) throw bytes.unsupported(`a STATUS section of version ${version} is not read`, 'version 2 is');
  const accuracy = cursor.u64('the accuracy of the STATUS section');
  const count = cursor.u8('the STATUS section');
  const statusTags: StatusTag[] = [];
  for (let i = 0; i < count; i++) {
    const name = cursor.name(`entry ${i} of the STATUS section`);
    statusTags.push({ name, type: cursor.u8(`entry ${i} of the STATUS section`) });
  }
  // A file says with 0, or with all bits, that its recorder did not know.
  const isStated = accuracy > 0n && accuracy < 1n << 62n;
  return { accuracyNs: isStated ? accuracy : null, statusTags };
}
