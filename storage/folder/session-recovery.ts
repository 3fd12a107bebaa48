/** Sets one session right: its log, its segments, its journal. Done again it finds nothing more to do. */
import { closeSync, existsSync, openSync, readSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { frameListOf, readFrameList } from '../formats/frame-list.js';
import type { FormatName } from '../formats/recording-format.js';
import { segmentReaderOf } from '../formats/segment-readers.js';
import type { ByteRange } from '../frame-record.js';
import type { IndexDatabase } from '../index/index-database.js';
import { PART } from '../segments/names.js';
import { namesIn, segmentOfName } from './folder-names.js';
import { recoverJournal } from './journal-recovery.js';
import { replayLog } from './log-replay.js';
import type { SessionRecovery } from './recovery-report.js';
import { keepTorn, recoverSegment, rowsOnDisk, type SegmentState, type SessionContext } from './segment-recovery.js';
import { findSegmentFile, type PlacedRow } from './segment-scan.js';
import { appendToSessionLog, type LogEntry, readSessionLog } from './session-log.js';
import { setFileAside } from './torn-bytes.js';

/** Compressed FITS says so in the first header behind the primary one, and that begins within this. */
const FORMAT_BYTES = 64 * 1024;

export interface SessionSource {
  readonly database: Database.Database;
  /** Writes into `database`. */
  readonly index: IndexDatabase;
  readonly dataFolder: string;
  readonly report: SessionRecovery;
}

/** The log of a session; an empty one where it has none. Damage is noted in the report. */
export function logOf({ dataFolder, report }: Pick<SessionSource, 'dataFolder' | 'report'>): readonly LogEntry[] {
  const log = readSessionLog(join(dataFolder, report.folder));
  report.damagedLogLines += log?.damaged ?? 0;
  return log?.entries ?? [];
}

/** Ranges that stand in the log because a header had no room for them. */
export function rangesOf(entries: readonly LogEntry[]): Map<number, readonly ByteRange[]> {
  const ranges = new Map<number, readonly ByteRange[]>();
  for (const entry of entries) if (entry.kind === 'missing-ranges') ranges.set(entry.frameNumber, entry.ranges);
  return ranges;
}

/**
 * Sets right a session that its process did not end. `thorough`: also segments that an earlier recovery left as parts, and those that
 * are complete, by their size and their last frame.
 */
export function recoverSession(source: SessionSource, options: { readonly thorough: boolean }): void {
  const { database, index, report } = source;
  const entries = logOf(source);
  const replay = replayLog(database, index, report.id, entries);
  report.rowsRestored += replay.restored;
  report.damagedLogLines += replay.refused;
  if (database.prepare('SELECT 1 FROM sessions WHERE id = ?').get(report.id) === undefined) return;
  const context = { ...source, ranges: rangesOf(entries) };
  const known = segmentsOf(context);
  for (const segment of known) {
    if (segment.state === 'open') recoverSegment(context, segment, options.thorough ? 0 : segment.durableBytes);
    else if (segment.state === 'interrupted' && options.thorough) recoverSegment(context, segment, 0);
    else checkSegment(context, segment, options.thorough);
  }
  for (const segment of openUnknown(context, known)) recoverSegment(context, segment, 0);
  recoverJournal(context, entries);
  database.prepare("UPDATE sessions SET state = 'interrupted' WHERE id = ? AND state = 'recording'").run(report.id);
}

/** The segments of a session as the index has them. */
export function segmentsOf({ database, report }: Pick<SessionContext, 'database' | 'report'>): SegmentState[] {
  const rows = database
    .prepare(
      `SELECT segments.key AS key, number, file, segments.state AS state, format, cameras.id AS cameraId,
         segments.bytes AS bytes, durable_bytes AS durableBytes
       FROM segments JOIN cameras ON cameras.key = camera_key JOIN sessions ON sessions.key = session_key
       WHERE sessions.id = ? ORDER BY number`,
    )
    .all(report.id) as (Omit<SegmentState, 'number' | 'bytes' | 'durableBytes'> &
    Record<'number' | 'bytes' | 'durableBytes', bigint>)[];
  return rows.map((row) => ({
    ...row,
    number: Number(row.number),
    bytes: Number(row.bytes),
    durableBytes: Number(row.durableBytes),
  }));
}

/** A complete segment: its file must be there and as long as it was; `thorough`, its last frame must be right too. */
export function checkSegment(context: SessionContext, segment: SegmentState, thorough: boolean): void {
  if (segment.state !== 'closed' && segment.state !== 'interrupted') return;
  const found = findSegmentFile(join(context.dataFolder, segment.file));
  if (found !== null && found.bytes >= segment.bytes) {
    if (!thorough || isRight(found.file, rowsOnDisk(context.database, segment.key).at(-1))) return;
  }
  context.index.resume(context.report.id);
  context.index.reopen(segment.number);
  recoverSegment(context, segment, 0);
}

function isRight(file: string, row: PlacedRow | undefined): boolean {
  return row === undefined || (segmentReaderOf(file)?.verify(file, row.place) ?? true);
}

/** Files of segments that neither the index nor the log had heard of when the process ended: their rows are made. */
function openUnknown(context: SessionContext, known: readonly SegmentState[]): SegmentState[] {
  const { dataFolder, report, index } = context;
  const numbers = new Set(known.map(({ number }) => number));
  const made: SegmentState[] = [];
  for (const name of namesIn(join(dataFolder, report.folder)).sort()) {
    const segment = segmentOfName(name, report.id);
    if (segment === null || numbers.has(segment.number)) continue;
    const file = `${report.folder}/${segment.name}`;
    const path = join(dataFolder, report.folder, name);
    const cameraId = firstCamera(path);
    const format = formatOfFile(path, segment.extension) ?? known.at(-1)?.format ?? null;
    if (cameraId === null && name.endsWith(PART)) {
      // The program ended before the first frame of it was in the file.
      keepTorn(context, setFileAside(path, startBytesOf(path)));
      if (!existsSync(path)) removeEmptyList(path);
      continue;
    }
    if (cameraId === null || format === null) {
      report.problems.push(`${file} holds no frame that can be read, and is left as it is`);
      continue;
    }
    numbers.add(segment.number);
    const opened = { kind: 'segment-opened', number: segment.number, file, cameraId, format } as const;
    try {
      index.apply([opened]);
    } catch {
      report.problems.push(`${file} is of a camera that the session's log does not name, and is left as it is`);
      continue;
    }
    appendToSessionLog(join(dataFolder, report.folder), [opened]);
    made.push(...segmentsOf(context).filter(({ number }) => number === segment.number));
  }
  return made;
}

function firstCamera(file: string): string | null {
  try {
    const scan = segmentReaderOf(file)?.scan(file, 0, { verify: false });
    const first = scan?.next();
    scan?.return(0);
    return first === undefined || first.done === true ? null : first.value.record.cameraId;
  } catch {
    return null;
  }
}

/** Where the first frame of a file would begin; 0 for a file that begins as no segment does. */
function startBytesOf(file: string): number {
  try {
    const step = segmentReaderOf(file)?.scan(file, 0, { verify: false }).next();
    return step?.done === true ? step.value : 0;
  } catch {
    return 0;
  }
}

/** Of a segment in which no frame stood. */
function removeEmptyList(segmentFile: string): void {
  const list = frameListOf(segmentFile);
  if (existsSync(list) && readFrameList(segmentFile).next().done === true) unlinkSync(list);
}

/** The format of a segment's file; null where its name does not tell of one. */
export function formatOfFile(file: string, extension: string): FormatName | null {
  if (extension === 'ser' || extension === 'adv') return extension;
  if (extension !== 'fits') return null;
  const fd = openSync(file, 'r');
  try {
    const start = Buffer.alloc(FORMAT_BYTES);
    const got = readSync(fd, start, 0, start.byteLength, 0);
    return start.toString('latin1', 0, got).includes('ZIMAGE  =') ? 'fits' : 'fits-raw';
  } finally {
    closeSync(fd);
  }
}
