/**
 * The index made anew from the files alone: the logs of the sessions, the frames of the segments, the lists of rows whose frames are in no
 * file. The index that was there is kept under another name.
 */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { reasonOf } from '#gps/errors.js';
import { formatUtc } from '#gps/instant.js';
import { StorageError } from '../errors.js';
import type { ScannedFrame } from '../formats/segment-reader.js';
import { framesOf, segmentReaderOf } from '../formats/segment-readers.js';
import type { ByteRange } from '../frame-record.js';
import type { IndexChange } from '../index/index-changes.js';
import { IndexDatabase } from '../index/index-database.js';
import { openIndexFile } from '../index/index-file.js';
import { type ListedRow, readRowList } from '../index/row-list.js';
import { SESSIONS } from '../segments/names.js';
import { namesIn } from './folder-names.js';
import { inferLog } from './inferred-log.js';
import { recoverIndex } from './recovery.js';
import { newSessionRecovery, type Recovery, type SessionRecovery } from './recovery-report.js';
import { withRanges } from './segment-recovery.js';
import { findSegmentFile } from './segment-scan.js';
import { type LogEntry, readSessionLog } from './session-log.js';
import { rangesOf } from './session-recovery.js';

/** The files that an index may be; a rebuild that was killed at its start leaves a `-journal`. */
const PARTS = ['', '-wal', '-shm', '-journal'];
/** Frames that are given to the index at once. */
const BATCH = 1000;

/** Makes `indexFile` anew from the files of `dataFolder`, which must be locked, and then sets right what a crash left. */
export async function rebuildIndex(dataFolder: string, indexFile: string): Promise<Recovery> {
  const made = `${indexFile}.rebuilt`;
  for (const part of PARTS) rmSync(made + part, { force: true });
  const problems: SessionRecovery[] = [];
  let recovery: Recovery;
  const database = openIndexFile(made);
  try {
    for (const name of namesIn(join(dataFolder, SESSIONS)).sort()) {
      const report = rebuildSession(database, dataFolder, `${SESSIONS}/${name}`);
      if (report !== null && report.problems.length > 0) problems.push(report);
    }
    recovery = await recoverIndex(database, dataFolder, true);
  } finally {
    database.close();
  }
  const now = formatUtc(BigInt(Date.now()) * 1_000_000n, 3).replace(/[-:]/g, '');
  for (const part of PARTS) {
    if (existsSync(indexFile + part)) renameSync(indexFile + part, `${indexFile}.${now}Z.old${part}`);
  }
  renameSync(made, indexFile);
  return { ...recovery, sessions: [...problems, ...recovery.sessions] };
}

/** Puts a session into the index; null for a folder that holds none, or one that is there already. */
function rebuildSession(database: Database.Database, dataFolder: string, folder: string): SessionRecovery | null {
  const log = readSessionLog(join(dataFolder, folder));
  const isWhole = log?.entries.some(({ kind }) => kind === 'session') === true;
  const entries = isWhole ? log.entries : [...inferLog(dataFolder, folder), ...(log?.entries ?? [])];
  const begin = entries.find((entry) => entry.kind === 'session');
  if (begin?.kind !== 'session') return null;
  // A copy of a session that is in the index already is nobody's.
  if (database.prepare('SELECT 1 FROM sessions WHERE id = ?').get(begin.session.id) !== undefined) return null;
  const report = newSessionRecovery(begin.session.id, folder);
  const session = new SessionRebuild(new IndexDatabase(database), dataFolder, report, rangesOf(entries));
  database.transaction(() => {
    for (const entry of entries) session.take(entry);
    session.end();
  })();
  return report;
}

class SessionRebuild {
  readonly #index: IndexDatabase;
  readonly #dataFolder: string;
  readonly #report: SessionRecovery;
  readonly #ranges: ReadonlyMap<number, readonly ByteRange[]>;
  /** Segments that take rows. */
  readonly #open = new Set<number>();
  readonly #names = new Map<number, string>();
  readonly #gone = new Set<string>();
  #begun = false;

  constructor(
    index: IndexDatabase,
    dataFolder: string,
    report: SessionRecovery,
    ranges: ReadonlyMap<number, readonly ByteRange[]>,
  ) {
    this.#index = index;
    this.#dataFolder = dataFolder;
    this.#report = report;
    this.#ranges = ranges;
  }

  take(entry: LogEntry): void {
    if (entry.kind === 'missing-ranges') return;
    // A log that was removed while recording begins again with the session and its cameras.
    if (entry.kind === 'session' && this.#begun) return;
    if (entry.kind === 'segment-closed' && !this.#open.delete(entry.number)) return;
    if (entry.kind === 'segment-opened' && this.#open.has(entry.number)) return;
    try {
      this.#index.apply([entry]);
    } catch (error) {
      this.#report.problems.push(`a line of its log (${entry.kind}) makes no sense: ${reasonOf(error)}`);
      return;
    }
    this.#begun = true;
    if (entry.kind === 'segment-removed') this.#gone.delete(this.#names.get(entry.number) ?? '');
    if (entry.kind !== 'segment-opened') return;
    this.#names.set(entry.number, entry.file);
    this.#open.add(entry.number);
    this.#addFrames(entry.number, entry.file);
  }

  /** Segments whose rows stand in a list and whose file is gone are those that retention took; another session's log may say so. */
  end(): void {
    for (const file of this.#gone) this.#index.apply([{ kind: 'segment-expired', file }]);
  }

  /** Rows from the segment's list, and of the frames in its file. A part has its rows from the recovery that follows. */
  #addFrames(number: number, name: string): void {
    const path = join(this.#dataFolder, name);
    const listed = readRowList(path) ?? [];
    const found = findSegmentFile(path);
    const scanned = found === null || found.isPart ? [] : this.#scan(found.file);
    if (found === null && listed.some(({ columns }) => columns.get('state') !== 'missing')) this.#gone.add(name);
    const numberOf = (row: ListedRow): number => Number(row.columns.get('number'));
    const inList = new Set(listed.map(numberOf));
    const waiting = [...listed];
    const addListedBefore = (frameNumber: number): void => {
      while (waiting[0] !== undefined && numberOf(waiting[0]) < frameNumber) {
        this.#index.addListed(number, waiting.shift() as ListedRow);
      }
    };
    let batch: IndexChange[] = [];
    const addBatch = (): void => {
      this.#index.apply(batch);
      batch = [];
    };
    let end: number | null = null;
    for (const { record, place } of scanned) {
      if (end !== null && place.byteOffset > end) this.#tellHole(name, [end, place.byteOffset], listed);
      end = place.byteOffset + place.byteLength;
      if (inList.has(record.frameNumber)) continue;
      const isListedNext = waiting[0] !== undefined && numberOf(waiting[0]) < record.frameNumber;
      if (isListedNext || batch.length >= BATCH) addBatch();
      addListedBefore(record.frameNumber);
      const whole = withRanges(record, this.#ranges);
      batch.push({ kind: 'frame', record: whole, place: { ...place, segment: number } });
    }
    addBatch();
    addListedBefore(Number.POSITIVE_INFINITY);
  }

  /** Frames follow one another without a byte between: what stands there is damaged, unless the list says what it was. */
  #tellHole(name: string, [from, to]: readonly [number, number], listed: readonly ListedRow[]): void {
    const isListed = listed.some(({ columns }) => {
      const offset = Number(columns.get('byte_offset'));
      return from <= offset && offset < to;
    });
    if (isListed) return;
    this.#report.problems.push(
      `${name}: no frame can be read from byte ${from} to ${to}, and the index made anew has no row of what stood there: keep the old one`,
    );
  }

  *#scan(file: string): Generator<ScannedFrame> {
    try {
      const reader = segmentReaderOf(file);
      if (reader !== null) yield* framesOf(file, reader);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.#report.problems.push(error.message);
    }
  }
}
