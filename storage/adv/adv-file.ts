/**
 * The structure of an ADV version 2 file (AstroDigitalVideo, format description of 2020-02-09), as far as times need it: the
 * header, the configurations of the IMAGE and STATUS sections, and where the index is. Everything is little-endian; a string is
 * its length in bytes (16 bits) and UTF-8.
 */
import type { FileBytes } from '../times/file-bytes.js';
import { AdvCursor } from './adv-cursor.js';
import { INDEX_OFFSET_AT, SYSTEM_METADATA_OFFSET_AT } from './adv-words.js';

export interface AdvFile {
  /** Names of the streams, MAIN and CALIBRATION. */
  readonly streams: readonly string[];
  /** Frames that each stream's header counts. */
  readonly frameCounts: readonly number[];
  /** 0 where the recorder did not come to write it. */
  readonly indexOffset: number;
  /** Where the header counts the frames of each stream. */
  readonly frameCountsAt: readonly number[];
  /** 0 where there is none. */
  readonly systemMetadataOffset: bigint;
  readonly imageOffset: number;
  readonly statusOffset: number;
  /** First byte behind the header; configurations and system metadata may stand before the first frame. */
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
const STREAMS_OFFSET = 0x21;
const METADATA_LIMIT = 10_000;

/**
 * Throws `storage.times-unsupported` for other versions and drafts, `storage.times-broken` for a damaged file; with the index ignored,
 * wherever it would stand.
 */
export function openAdv(
  bytes: FileBytes,
  options: { readonly index: 'used' | 'ignored' } = { index: 'used' },
): AdvFile {
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
  const indexAt = options.index === 'used' ? head.readBigUInt64LE(INDEX_OFFSET_AT) : 0n;
  const indexOffset = offsetOf(bytes, INDEX_OFFSET_AT, indexAt, 'the index');
  const cursor = new AdvCursor(bytes, STREAMS_OFFSET);
  const streams: string[] = [];
  const frameCounts: number[] = [];
  const frameCountsAt: number[] = [];
  const streamCount = cursor.u8('the count of streams');
  for (let i = 0; i < streamCount; i++) {
    streams.push(cursor.name(`stream ${i}`));
    frameCountsAt.push(cursor.at);
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
  const image = sections.get('IMAGE');
  if (!streams.includes('MAIN') || status === undefined || image === undefined) {
    throw bytes.broken(
      STREAMS_OFFSET,
      `streams ${streams.join(', ')} and sections ${[...sections.keys()].join(', ')} are not those of ADV`,
    );
  }
  return {
    streams,
    frameCounts,
    frameCountsAt,
    indexOffset,
    systemMetadataOffset: head.readBigUInt64LE(SYSTEM_METADATA_OFFSET_AT),
    imageOffset: image,
    statusOffset: status,
    framesOffset: cursor.at,
    ...readStatusConfiguration(bytes, status),
  };
}

function offsetOf(bytes: FileBytes, at: number, offset: bigint, what: string): number {
  if (offset > BigInt(bytes.size)) throw bytes.broken(at, `${what} would stand at byte ${offset} of ${bytes.size}`);
  return Number(offset);
}

function readStatusConfiguration(bytes: FileBytes, offset: number): Pick<AdvFile, 'accuracyNs' | 'statusTags'> {
  const cursor = new AdvCursor(bytes, offset);
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

/** The system metadata by name, and the byte behind them. */
export function readSystemMetadata(bytes: FileBytes, adv: AdvFile): { tags: Map<string, string>; end: number } {
  const at = offsetOf(bytes, SYSTEM_METADATA_OFFSET_AT, adv.systemMetadataOffset, 'the system metadata');
  if (at === 0) return { tags: new Map(), end: adv.framesOffset };
  const cursor = new AdvCursor(bytes, at);
  const count = cursor.u32('the system metadata');
  if (count > METADATA_LIMIT) throw bytes.broken(at, `${count} entries of system metadata`);
  const tags = cursor.pairs(count, 'system metadata');
  return { tags, end: cursor.at };
}
