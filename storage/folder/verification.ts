/**
 * Reads the segments of a data folder from front to back and compares them with the index both ways: each frame's data with the sum that was
 * recorded, its header with its row, and rows with what stands in the file. Changes nothing; works while a station records, since only
 * segments that are complete are read.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { reasonOf } from '#gps/errors.js';
import { StorageError, systemCode } from '../errors.js';
import type { ScannedFrame, SegmentReader } from '../formats/segment-reader.js';
import { segmentReaderOf } from '../formats/segment-readers.js';
import type { PlacedRow } from './segment-scan.js';
import { findSegmentFile } from './segment-scan.js';

/**
 * gone: the file is not there, or ends before it. damaged: its header or its data are not what was recorded. differs: whole, and other than its
 * row says. no-row: whole, and in no row. stack: a stack's file is gone or has another size.
 */
export type FindingKind = 'gone' | 'damaged' | 'differs' | 'no-row' | 'stack';

export interface VerifyFinding {
  readonly kind: FindingKind;
  readonly session: string;
  /** Relative to the data folder. */
  readonly file: string;
  /** Of the frame in the file; null of a whole file. */
  readonly offset: number | null;
  /** Of the frame in its session; null of a whole file. */
  readonly frame: number | null;
  /** Key of the row that is wrong; null where there is none. */
  readonly key: bigint | null;
  readonly detail: string;
}

export interface VerifyProgress {
  readonly bytes: number;
  readonly totalBytes: number;
  readonly frames: number;
}

export interface Verification {
  readonly segments: number;
  readonly frames: number;
  readonly bytes: number;
  readonly stacks: number;
  readonly findings: readonly VerifyFinding[];
}

interface SegmentToRead {
  readonly key: bigint;
  readonly session: string;
  readonly file: string;
  readonly bytes: bigint;
}

interface RowToCompare extends PlacedRow {
  readonly blockId: bigint;
  readonly startUtcNs: bigint;
}

/** Bytes between two words about progress. */
const PROGRESS_BYTES = 16 * 1024 ** 2;

/** Of one session, or of all. Ends with what was found; the steps between are for showing progress and for letting others run. */
export function* verifyFolder(
  database: Database.Database,
  dataFolder: string,
  sessionId: string | null,
): Generator<VerifyProgress, Verification> {
  const segments = segmentsToRead(database, sessionId);
  const totalBytes = segments.reduce((sum, { bytes }) => sum + Number(bytes), 0);
  const findings: VerifyFinding[] = [];
  let frames = 0;
  let bytes = 0;
  for (const segment of segments) {
    const verifier = verifySegment(database, dataFolder, segment, findings);
    let told = 0;
    for (let step = verifier.next(); ; step = verifier.next()) {
      if (step.done === true) {
        frames += step.value;
        break;
      }
      const { end, count } = step.value;
      if (end - told < PROGRESS_BYTES) continue;
      told = end;
      yield { bytes: bytes + end, totalBytes, frames: frames + count };
    }
    bytes += Number(segment.bytes);
    yield { bytes, totalBytes, frames };
  }
  const stacks = verifyStacks(database, dataFolder, sessionId, findings);
  return { segments: segments.length, frames, bytes, stacks, findings };
}

function segmentsToRead(database: Database.Database, sessionId: string | null): SegmentToRead[] {
  return database
    .prepare(
      `SELECT segments.key AS key, sessions.id AS session, file, segments.bytes AS bytes FROM segments
       JOIN sessions ON sessions.key = session_key
       WHERE segments.state IN ('closed', 'interrupted') AND (? IS NULL OR sessions.id = ?) ORDER BY segments.key`,
    )
    .all(sessionId, sessionId) as SegmentToRead[];
}

interface RawRow {
  readonly key: bigint;
  readonly number: bigint;
  readonly byteOffset: bigint;
  readonly byteLength: bigint;
  readonly headerBytes: bigint;
  readonly dataSum: bigint | null;
  readonly blockId: bigint;
  readonly startUtcNs: bigint;
}

function rowsOf(database: Database.Database, segment: SegmentToRead): RowToCompare[] {
  const rows = database
    .prepare(
      `SELECT key, number, byte_offset AS byteOffset, byte_length AS byteLength, header_bytes AS headerBytes,
         data_sum AS dataSum, block_id AS blockId, start_utc_ns AS startUtcNs
       FROM frames WHERE segment_key = ? AND state = 'on-disk' ORDER BY byte_offset`,
    )
    .all(segment.key) as RawRow[];
  return rows.map(({ key, number, byteOffset, byteLength, headerBytes, dataSum, blockId, startUtcNs }) => ({
    key,
    number: Number(number),
    blockId,
    startUtcNs,
    place: {
      byteOffset: Number(byteOffset),
      byteLength: Number(byteLength),
      headerBytes: Number(headerBytes),
      dataSum: dataSum === null ? null : Number(dataSum),
    },
  }));
}

/** Retention may have taken the segment since it was listed. */
function isExpired(database: Database.Database, { key }: SegmentToRead): boolean {
  return database.prepare("SELECT 1 FROM segments WHERE key = ? AND state = 'expired'").get(key) !== undefined;
}

/** Returns the frames that were read. */
function* verifySegment(
  database: Database.Database,
  dataFolder: string,
  segment: SegmentToRead,
  findings: VerifyFinding[],
): Generator<{ end: number; count: number }, number> {
  const rows = rowsOf(database, segment);
  const found = findSegmentFile(join(dataFolder, segment.file));
  const reader = segmentReaderOf(segment.file);
  const tell = (kind: FindingKind, row: PlacedRow | null, offset: number | null, detail: string): void => {
    const { session, file } = segment;
    findings.push({ kind, session, file, offset, frame: row?.number ?? null, key: row?.key ?? null, detail });
  };
  const whole = findings.length;
  let count = 0;
  if (found !== null && reader !== null) {
    try {
      for (const end of compare(found.file, reader, rows, found.bytes, tell)) yield { end, count: ++count };
    } catch (error) {
      const isRemoved = systemCode(error) === 'ENOENT';
      if (!isRemoved && !(error instanceof StorageError) && !/^(EIO|EACCES)$/.test(systemCode(error))) throw error;
      if (!isRemoved) for (const row of rows) tell('damaged', row, row.place.byteOffset, reasonOf(error));
    }
  }
  if ((found === null || findings.length > whole) && isExpired(database, segment)) findings.length = whole;
  else if (found === null) for (const row of rows) tell('gone', row, row.place.byteOffset, 'the file is not there');
  return count;
}

type Tell = (kind: FindingKind, row: PlacedRow | null, offset: number | null, detail: string) => void;

/** Compares a file with its rows; gives where each frame ends. */
function* compare(
  file: string,
  reader: SegmentReader,
  rows: readonly RowToCompare[],
  size: number,
  tell: Tell,
): Generator<number, void> {
  let next = 0;
  const giveUpBefore = (offset: number): void => {
    for (let row = rows[next]; row !== undefined && row.place.byteOffset < offset; row = rows[++next]) {
      const { byteOffset, byteLength } = row.place;
      if (byteOffset + byteLength > size) tell('gone', row, byteOffset, 'the file ends before its end');
      else tell('damaged', row, byteOffset, 'its header or its data are not what was recorded');
    }
  };
  for (let from: number | null = 0; from !== null; ) {
    const scan = reader.scan(file, from, { verify: true });
    let step = scan.next();
    for (; step.done !== true; step = scan.next()) {
      const { byteOffset, byteLength } = step.value.place;
      giveUpBefore(byteOffset);
      const row = rows[next];
      if (row?.place.byteOffset !== byteOffset)
        tell('no-row', null, byteOffset, `frame ${step.value.record.frameNumber}`);
      else {
        next++;
        const difference = differenceOf(row, step.value);
        if (difference !== null) tell('differs', row, byteOffset, difference);
      }
      yield byteOffset + byteLength;
    }
    // Behind damage the rows say where frames begin.
    let after = next;
    while (after < rows.length && !isAt(file, reader, rows[after] as RowToCompare, Math.max(from, step.value), size))
      after++;
    from = rows[after]?.place.byteOffset ?? null;
    if (from === null) giveUpBefore(Number.POSITIVE_INFINITY);
    else giveUpBefore(from);
  }
}

/** Whether the frame of a row stands whole in the file, and a scan can begin there. */
function isAt(file: string, reader: SegmentReader, row: RowToCompare, least: number, size: number): boolean {
  const { byteOffset, byteLength } = row.place;
  if (byteOffset < least || byteOffset + byteLength > size || !reader.verify(file, row.place)) return false;
  const scan = reader.scan(file, byteOffset, { verify: true });
  const first = scan.next();
  scan.return(0);
  return first.done !== true && first.value.place.byteOffset === byteOffset;
}

function differenceOf(row: RowToCompare, { record, place }: ScannedFrame): string | null {
  const signed = BigInt.asIntN(64, record.blockId);
  const pairs: readonly [string, bigint | number | null, bigint | number | null][] = [
    ['number', row.number, record.frameNumber],
    ['block id', row.blockId, signed],
    ['start', row.startUtcNs, record.time.startUtcNs],
    ['length', row.place.byteLength, place.byteLength],
    ['header', row.place.headerBytes, place.headerBytes],
    ['sum', row.place.dataSum ?? place.dataSum, place.dataSum],
  ];
  const wrong = pairs.filter(([, ofRow, ofFile]) => ofRow !== ofFile);
  if (wrong.length === 0) return null;
  return wrong.map(([what, ofRow, ofFile]) => `its ${what} is ${ofFile}, its row has ${ofRow}`).join('; ');
}

interface StackToRead {
  readonly session: string;
  readonly file: string;
  readonly bytes: bigint;
}

/** Returns how many there are. */
function verifyStacks(
  database: Database.Database,
  dataFolder: string,
  sessionId: string | null,
  findings: VerifyFinding[],
): number {
  const stacks = database
    .prepare(
      `SELECT sessions.id AS session, file, stacks.bytes AS bytes FROM stacks JOIN sessions ON sessions.key = session_key
       WHERE stacks.bytes > 0 AND (? IS NULL OR sessions.id = ?)`,
    )
    .all(sessionId, sessionId) as StackToRead[];
  for (const { session, file, bytes } of stacks) {
    const size = statSync(join(dataFolder, file), { throwIfNoEntry: false })?.size ?? null;
    if (size === Number(bytes)) continue;
    const detail = size === null ? 'the file is not there' : `it has ${size} bytes, its row says ${bytes}`;
    findings.push({ kind: 'stack', session, file, offset: null, frame: null, key: null, detail });
  }
  return stacks.length;
}
