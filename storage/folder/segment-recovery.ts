/**
 * Sets a segment right that a crash or a failing disk left: frames of its file that no row has get rows, rows whose bytes are damaged
 * become `missing` with gap rows, what is torn is set aside, and the file is completed by its format. The log says each of it before the index does.
 */
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { StorageError } from '../errors.js';
import type { FormatName, SegmentEnd } from '../formats/recording-format.js';
import type { ScannedFrame, SegmentReader } from '../formats/segment-reader.js';
import { framesOf, resumeBody, segmentReaderOf } from '../formats/segment-readers.js';
import type { ByteRange, FrameRecord, GapRecord } from '../frame-record.js';
import type { IndexChange } from '../index/index-changes.js';
import type { IndexDatabase } from '../index/index-database.js';
import { writeRowList } from '../index/row-list.js';
import type { SessionRecovery } from './recovery-report.js';
import { findSegmentFile, type PlacedRow, scanSegment } from './segment-scan.js';
import { appendWhereFolderIs } from './session-log.js';
import { completeFile, setFileAside, setTornBytesAside } from './torn-bytes.js';

/** A segment's row. */
export interface SegmentState {
  readonly key: bigint;
  readonly number: number;
  /** Relative to the data folder, without `.part`. */
  readonly file: string;
  readonly state: string;
  readonly format: FormatName;
  readonly cameraId: string;
  readonly bytes: number;
  readonly durableBytes: number;
}

/** What all segments of a session share while they are set right. */
export interface SessionContext {
  readonly database: Database.Database;
  readonly index: IndexDatabase;
  readonly dataFolder: string;
  readonly report: SessionRecovery;
  /** Ranges of frames whose header does not hold all of them, by the frame's number. */
  readonly ranges: ReadonlyMap<number, readonly ByteRange[]>;
}

interface RawRow {
  readonly key: bigint;
  readonly number: bigint;
  readonly byteOffset: bigint;
  readonly byteLength: bigint;
  readonly headerBytes: bigint;
  readonly dataSum: bigint | null;
}

/** Rows of a segment that should be on disk, in the order of the file. */
export function rowsOnDisk(database: Database.Database, segmentKey: bigint): PlacedRow[] {
  const rows = database
    .prepare(
      `SELECT key, number, byte_offset AS byteOffset, byte_length AS byteLength, header_bytes AS headerBytes,
         data_sum AS dataSum FROM frames WHERE segment_key = ? AND state = 'on-disk' ORDER BY byte_offset`,
    )
    .all(segmentKey) as RawRow[];
  return rows.map(({ key, number, byteOffset, byteLength, headerBytes, dataSum }) => ({
    key,
    number: Number(number),
    place: {
      byteOffset: Number(byteOffset),
      byteLength: Number(byteLength),
      headerBytes: Number(headerBytes),
      dataSum: dataSum === null ? null : Number(dataSum),
    },
  }));
}

/** The frame's record with the ranges that its header had no room for. */
export function withRanges(record: FrameRecord, ranges: SessionContext['ranges']): FrameRecord {
  const all = ranges.get(record.frameNumber);
  return all === undefined ? record : { ...record, missing: all };
}

/**
 * Sets a segment right whose end is not known to be good: of an interrupted session, or of a file that was found damaged. `trusted`: rows that end
 * before this byte are right. Throws the system's errors.
 */
export function recoverSegment(context: SessionContext, segment: SegmentState, trusted: number): void {
  const { dataFolder, report } = context;
  const path = join(dataFolder, segment.file);
  const rows = rowsOnDisk(context.database, segment.key);
  const found = findSegmentFile(path);
  if (found === null) {
    giveUp(context, segment, rows, `${segment.file} is gone`);
    setState(context, segment, 'missing', 0);
    return;
  }
  const reader = segmentReaderOf(segment.file);
  if (reader === null) {
    report.problems.push(`${segment.file} is of a format that is not known here: it is left as it is`);
    return;
  }
  const { file, bytes: size } = found;
  try {
    const scan = scanSegment(file, reader, rows, { trusted, size });
    addFrames(context, segment, scan.unindexed);
    giveUp(context, segment, scan.damaged, `${segment.file} is damaged or ends before them`);
    if (scan.frames === 0) {
      keepTorn(context, setFileAside(file, scan.end));
      setState(context, segment, 'missing', 0);
      return;
    }
    finish(context, segment, { file, path, end: scan.end, reader });
  } catch (error) {
    if (!(error instanceof StorageError) || error.code !== 'storage.scan') throw error;
    giveUp(context, segment, rows, `${segment.file} does not begin as its format does`);
    keepTorn(context, setFileAside(file, 0));
    setState(context, segment, 'missing', 0);
  }
}

/** Notes where torn bytes are now. */
export function keepTorn(
  { report, dataFolder }: Pick<SessionContext, 'report' | 'dataFolder'>,
  torn: ReturnType<typeof setFileAside>,
): void {
  if (torn !== null) report.torn.push({ ...torn, file: torn.file.slice(dataFolder.length + 1) });
}

/** Rows for frames that stand in the file. */
function addFrames(context: SessionContext, segment: SegmentState, frames: readonly ScannedFrame[]): void {
  if (frames.length === 0) return;
  const changes = frames.map(
    ({ record, place }): IndexChange => ({
      kind: 'frame',
      record: withRanges(record, context.ranges),
      place: { ...place, segment: segment.number },
    }),
  );
  context.index.apply(changes);
  context.report.framesIndexed += frames.length;
}

interface LostRow {
  readonly number: bigint;
  readonly block: bigint;
  readonly start: bigint;
  readonly end: bigint;
}

/** Rows whose bytes are not there become `missing`, each run of them with a gap row. */
export function giveUp(
  context: SessionContext,
  segment: Pick<SegmentState, 'file' | 'cameraId'>,
  rows: readonly Pick<PlacedRow, 'key'>[],
  detail: string,
): void {
  if (rows.length === 0) return;
  const { database, dataFolder, report } = context;
  const row = database.prepare(
    'SELECT number, block_id AS block, start_utc_ns AS start, end_utc_ns AS end FROM frames WHERE key = ?',
  );
  const lost = rows.map(({ key }) => row.get(key) as LostRow);
  const gaps = runsOf(lost).map((run) => gapOf(run, detail));
  tellGaps(context, gaps, segment.cameraId, () => {
    const miss = database.prepare("UPDATE frames SET state = 'missing' WHERE key = ?");
    for (const { key } of rows) miss.run(key);
  });
  report.framesMissing += rows.length;
  writeRowList(database, dataFolder, segment.file, { missingOnly: true });
}

/**
 * Gap rows, in the log first and then in the index with what `also` does, in one transaction. One that the index has already, because a crash came
 * between the two, is not told again.
 */
export function tellGaps(
  context: Pick<SessionContext, 'database' | 'index' | 'dataFolder' | 'report'>,
  gaps: readonly GapRecord[],
  cameraId: string | null,
  also: () => void = () => {},
): void {
  const { database, index, dataFolder, report } = context;
  const same = database.prepare(
    `SELECT 1 FROM gaps JOIN sessions ON sessions.key = session_key WHERE sessions.id = ? AND cause = ?
       AND first_block IS ? AND last_block IS ? AND frames = ? AND from_utc_ns IS ? AND to_utc_ns IS ? AND detail = ?`,
  );
  const signed = (id: bigint | null): bigint | null => (id === null ? null : BigInt.asIntN(64, id));
  const changes = gaps
    .filter((gap) => {
      const { cause, firstBlock, lastBlock, frames, fromUtcNs, toUtcNs, detail } = gap;
      const blocks = [signed(firstBlock), signed(lastBlock)];
      return same.get(report.id, cause, ...blocks, frames, fromUtcNs, toUtcNs, detail) === undefined;
    })
    .map((gap): IndexChange => ({ kind: 'gap', gap, cameraId }));
  appendWhereFolderIs(join(dataFolder, report.folder), changes);
  database.transaction(() => {
    index.apply(changes);
    also();
  })();
}

/** Rows whose frames follow one another. */
function runsOf(rows: readonly LostRow[]): LostRow[][] {
  const runs: LostRow[][] = [];
  for (const row of rows) {
    const last = runs.at(-1);
    const before = last?.at(-1);
    if (last !== undefined && before !== undefined && row.block - before.block === 1n) last.push(row);
    else runs.push([row]);
  }
  return runs;
}

function gapOf(run: readonly LostRow[], detail: string): GapRecord {
  const [first] = run;
  const last = run.at(-1);
  if (first === undefined || last === undefined) throw new RangeError('a gap of no frames');
  return {
    cause: 'crash',
    firstBlock: BigInt.asUintN(64, first.block),
    lastBlock: BigInt.asUintN(64, last.block),
    frames: run.length,
    fromUtcNs: first.start,
    toUtcNs: last.end,
    detail,
  };
}

interface FoundFile {
  readonly file: string;
  readonly path: string;
  /** Where the last whole frame ends. */
  readonly end: number;
  readonly reader: SegmentReader;
}

/** Cuts off what is torn, completes the file and closes the segment. */
function finish(context: SessionContext, segment: SegmentState, { file, path, end, reader }: FoundFile): void {
  const { report } = context;
  if (file !== path && findSegmentFile(path)?.isPart === false) {
    report.problems.push(`${segment.file} exists already, so its .part keeps its name`);
    return;
  }
  const made = endOfFile(context, segment, file, end, reader);
  if (made === null) {
    report.problems.push(
      `${segment.file} cannot be completed, because not all of its frames are known: it stays as it is`,
    );
    setState(context, segment, file === path ? 'closed' : 'interrupted', end);
    return;
  }
  const tail = made.end;
  keepTorn(context, setTornBytesAside(file, end));
  completeFile(file, path, end, tail);
  if (file !== path) report.completed.push(segment.file);
  const bytes = end + (tail?.tail.byteLength ?? 0);
  appendWhereFolderIs(join(context.dataFolder, report.folder), [
    { kind: 'segment-closed', number: segment.number, bytes },
  ]);
  setState(context, segment, 'closed', bytes);
}

/** What completes the file; null where the format needs all of its frames, and not all can be told. */
function endOfFile(
  context: SessionContext,
  segment: SegmentState,
  file: string,
  bytes: number,
  reader: SegmentReader,
): { end: SegmentEnd | null } | null {
  const body = resumeBody(file, segment.format);
  if (body === null) return { end: null };
  let reached = 0;
  for (const { record, place } of framesOf(file, reader)) {
    if (place.byteOffset + place.byteLength > bytes) break;
    body.added(withRanges(record, context.ranges), place);
    reached = place.byteOffset + place.byteLength;
  }
  return reached === bytes ? { end: body.end(bytes) } : null;
}

function setState({ database }: SessionContext, segment: SegmentState, state: string, bytes: number): void {
  database
    .prepare('UPDATE segments SET state = ?, bytes = ?, durable_bytes = ? WHERE key = ?')
    .run(state, bytes, state === 'closed' ? bytes : Math.min(bytes, segment.durableBytes), segment.key);
}
