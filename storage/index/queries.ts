/**
 * Questions to an index, read only, also while a station records into it. Answers come in pages, since a night has millions
 * of rows. Instants, block ids and keys are bigint; everything else that fits is a number.
 */

import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import Database from 'better-sqlite3';
import { reasonOf } from '#gps/errors.js';
import type { Grade, TimeSource } from '#gps/frame-time.js';
import { StorageError, systemCode } from '../errors.js';
import type { ByteRange, GapCause } from '../frame-record.js';
import { parseEventData } from './event-data.js';
import type {
  CameraRow,
  EventRow,
  FrameFilter,
  FrameRow,
  FrameTimingRow,
  GapRow,
  Page,
  SegmentRow,
  SessionRow,
} from './rows.js';
import { type FrameState, SCHEMA_VERSION, type SegmentState, type SessionState } from './schema.js';

export type { CameraRow, EventRow, FrameFilter, FrameRow, FrameTimingRow, GapRow, Page, SegmentRow, SessionRow };

type Value = bigint | number | string | null;

const FRAME_COLUMNS = `frames.key, sessions.id, cameras.id, frames.number, block_id, sequence, start_utc_ns, mid_utc_ns,
  end_utc_ns, leap_second, exposure_ns, uncertainty_ns, source, grade, flags, received_utc_ns, width, height, bit_depth,
  pixel_format, packets_missing, packets_resent, bytes_missing, adu_min, adu_max, adu_mean, adu_stddev, adu_median,
  saturated, segments.file || CASE WHEN segments.state IN ('open', 'interrupted') THEN '.part' ELSE '' END,
  byte_offset, byte_length, header_bytes, frames.state`;

const FROM_FRAMES = `FROM frames JOIN sessions ON sessions.key = frames.session_key
  JOIN cameras ON cameras.key = frames.camera_key JOIN segments ON segments.key = frames.segment_key`;

const number = (value: Value): number => Number(value);
const optional = (value: Value): number | null => (value === null ? null : Number(value));

function toFrame(row: Value[]): FrameRow {
  const [key, sessionId, cameraId, frameNumber, blockId, sequence, start, mid, end, leap, exposure, uncertainty] = row;
  const [source, grade, flags, received, width, height, bitDepth, pixelFormat, missing, resent, bytesMissing] =
    row.slice(12);
  const [min, max, mean, stddev, median, saturated, file, offset, length, headerBytes, state] = row.slice(23);
  return {
    key: key as bigint,
    sessionId: sessionId as string,
    cameraId: cameraId as string,
    number: number(frameNumber as bigint),
    blockId: BigInt.asUintN(64, blockId as bigint),
    sequence: optional(sequence as Value),
    startUtcNs: start as bigint,
    midUtcNs: mid as bigint,
    endUtcNs: end as bigint,
    leapSecond: leap === 1n,
    exposureNs: exposure as bigint,
    uncertaintyNs: uncertainty as bigint,
    source: source as TimeSource,
    grade: grade as Grade,
    flags: flags === '' ? [] : (flags as string).split(' '),
    receivedUtcNs: received as bigint,
    width: number(width as bigint),
    height: number(height as bigint),
    bitDepth: number(bitDepth as bigint),
    pixelFormat: pixelFormat as string,
    packetsMissing: number(missing as bigint),
    packetsResent: number(resent as bigint),
    bytesMissing: number(bytesMissing as bigint),
    aduMin: optional(min as Value),
    aduMax: optional(max as Value),
    aduMean: optional(mean as Value),
    aduStddev: optional(stddev as Value),
    aduMedian: optional(median as Value),
    saturated: optional(saturated as Value),
    file: file as string,
    byteOffset: number(offset as bigint),
    byteLength: number(length as bigint),
    headerBytes: number(headerBytes as bigint),
    state: state as FrameState,
  };
}

/** Throws `storage.index-unreadable` where the file is none, or SQLite cannot read it. */
function openReadOnly(file: string): Database.Database {
  try {
    const database = new Database(file, { readonly: true, timeout: 10_000 });
    database.defaultSafeIntegers(true);
    // The first question is what fails: a folder in which SQLite may not put its -shm file, a file that is no database.
    database.pragma('schema_version');
    return database;
  } catch (cause) {
    const reason = reasonOf(cause);
    throw new StorageError(
      'storage.index-unreadable',
      `${file} cannot be read (${reason}): ${remedyFor(cause, file)}`,
      {
        cause,
        context: { file },
      },
    );
  }
}

function remedyFor(cause: unknown, file: string): string {
  const code = systemCode(cause);
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code))
    return 'it is not the index that was recorded; the segments hold all that was in it';
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return 'another program holds it; try again when that is done';
  // Of an index in WAL mode SQLite reads nothing where it cannot make its -shm file: a disk mounted read-only, another's folder.
  return `SQLite reads an index only where it may make files beside it; ask as the user who records, or copy ${basename(file)}* to a folder of yours`;
}

export class IndexReader {
  readonly #database: Database.Database;

  /** Opens the index `file`; throws `storage.no-index` where there is none, `storage.index-version` for another
   * version, `storage.index-unreadable`. */
  constructor(file: string) {
    if (!existsSync(file)) {
      throw new StorageError('storage.no-index', `there is no index ${file}: nothing was recorded into this folder`);
    }
    this.#database = openReadOnly(file);
    const version = Number(this.#database.pragma('user_version', { simple: true }));
    if (version !== SCHEMA_VERSION) {
      this.#database.close();
      const older = version < SCHEMA_VERSION;
      throw new StorageError(
        'storage.index-version',
        `${file} has version ${version} of the index, this program reads ${SCHEMA_VERSION}: ${older ? 'a recording into the folder brings it forward' : 'use the Appulse that wrote it'}`,
      );
    }
  }

  close(): void {
    this.#database.close();
  }

  /** Everything that `work` asks is answered as of one moment, also while a station records. */
  snapshot<T>(work: () => T): T {
    return this.#database.transaction(work)();
  }

  /** Sessions, the newest first. */
  sessions(filter: { readonly state?: SessionState; readonly limit?: number } = {}): SessionRow[] {
    const rows = this.#database
      .prepare(
        `SELECT sessions.id, stations.id, folder, state, started_utc_ns, ended_utc_ns, max_bytes, software,
           observer, object, frames_recorded, frames_incomplete, frames_lost, frames_not_recorded, frames_destroyed, bytes
         FROM sessions JOIN stations ON stations.key = station_key
         WHERE ? IS NULL OR state = ? ORDER BY started_utc_ns DESC LIMIT ?`,
      )
      .raw()
      .all(filter.state ?? null, filter.state ?? null, filter.limit ?? 1000) as Value[][];
    return rows.map((row) => {
      const [id, stationId, folder, state, started, ended, maxBytes, software, observer, object] = row;
      const [recorded, incomplete, lost, notRecorded, destroyed, bytes] = row.slice(10).map(number);
      return {
        id: id as string,
        stationId: stationId as string,
        folder: folder as string,
        state: state as SessionState,
        startedUtcNs: started as bigint,
        endedUtcNs: ended as bigint | null,
        maxBytes: optional(maxBytes as Value),
        software: software as string,
        observer: observer as string | null,
        object: object as string | null,
        framesRecorded: recorded as number,
        framesIncomplete: incomplete as number,
        framesLost: lost as number,
        framesNotRecorded: notRecorded as number,
        framesDestroyed: destroyed as number,
        bytes: bytes as number,
      };
    });
  }

  /** A session's segments in order. */
  segments(sessionId: string): SegmentRow[] {
    const rows = this.#database
      .prepare(
        `SELECT segments.number, file, segments.state, cameras.id, frames, segments.bytes, durable_bytes
         FROM segments JOIN sessions ON sessions.key = session_key JOIN cameras ON cameras.key = camera_key
         WHERE sessions.id = ? ORDER BY segments.number`,
      )
      .raw()
      .all(sessionId) as Value[][];
    return rows.map(([n, file, state, cameraId, frames, bytes, durable]) => ({
      number: number(n as Value),
      file: file as string,
      state: state as SegmentState,
      cameraId: cameraId as string,
      frames: number(frames as Value),
      bytes: number(bytes as Value),
      durableBytes: number(durable as Value),
    }));
  }

  /** Frames in the order of writing. */
  frames(filter: FrameFilter = {}, page: Page = {}): FrameRow[] {
    const { where, values } = whereOf(filter);
    if (page.afterKey !== undefined) {
      where.push(`${isRange(filter) ? '+' : ''}frames.key ${page.newestFirst ? '<' : '>'} ?`);
      values.push(page.afterKey);
    }
    const rows = this.#database
      .prepare(
        `SELECT ${FRAME_COLUMNS} ${FROM_FRAMES} ${and(where)}
         ORDER BY frames.key ${page.newestFirst ? 'DESC' : 'ASC'} LIMIT ?`,
      )
      .raw()
      .all(...values, page.limit ?? 1000) as Value[][];
    return rows.map(toFrame);
  }

  /** How many frames the filter finds. */
  countFrames(filter: FrameFilter = {}): number {
    const { where, values } = whereOf(filter);
    return number(
      this.#database
        .prepare(`SELECT count(*) ${FROM_FRAMES} ${and(where)}`)
        .pluck()
        .get(...values) as bigint,
    );
  }

  /** Frames of a session by grade; a grade without frames is left out. */
  grades(sessionId: string): Partial<Record<Grade, number>> {
    const rows = this.#database
      .prepare(
        `SELECT grade, count(*) FROM frames WHERE session_key = (SELECT key FROM sessions WHERE id = ?) GROUP BY grade`,
      )
      .raw()
      .all(sessionId) as [Grade, bigint][];
    return Object.fromEntries(rows.map(([grade, count]) => [grade, Number(count)]));
  }

  /** The payload bytes that a frame lacks, in order. */
  missingRanges(frameKey: bigint): ByteRange[] {
    const rows = this.#database
      .prepare('SELECT byte_offset, byte_length FROM missing_ranges WHERE frame_key = ? ORDER BY byte_offset')
      .raw()
      .all(frameKey) as [bigint, bigint][];
    return rows.map(([offset, length]) => ({ offset: Number(offset), length: Number(length) }));
  }

  /** Gaps of a session, or of all, in the order they were found. */
  gaps(filter: { readonly sessionId?: string; readonly limit?: number } = {}): GapRow[] {
    const sessionId = filter.sessionId ?? null;
    const rows = this.#database
      .prepare(
        `SELECT sessions.id, cameras.id, cause, first_block, last_block, frames, from_utc_ns, to_utc_ns, detail
         FROM gaps JOIN sessions ON sessions.key = session_key LEFT JOIN cameras ON cameras.key = camera_key
         WHERE ? IS NULL OR sessions.id = ? ORDER BY gaps.key LIMIT ?`,
      )
      .raw()
      .all(sessionId, sessionId, filter.limit ?? 1000) as Value[][];
    const block = (value: Value): bigint | null => (value === null ? null : BigInt.asUintN(64, value as bigint));
    return rows.map(([session, camera, cause, first, last, frames, from, to, detail]) => ({
      sessionId: session as string,
      cameraId: camera as string | null,
      cause: cause as GapCause,
      firstBlock: block(first as Value),
      lastBlock: block(last as Value),
      frames: number(frames as Value),
      fromUtcNs: from as bigint | null,
      toUtcNs: to as bigint | null,
      detail: detail as string,
    }));
  }

  /** A page of events of a session, or of all, in the order of writing. `kind` left out: all kinds. */
  events(
    filter: { readonly sessionId?: string; readonly kind?: string } & Pick<Page, 'limit' | 'afterKey'> = {},
  ): EventRow[] {
    const where = ['events.key > ?'];
    const values: Value[] = [filter.afterKey ?? -1n];
    if (filter.sessionId !== undefined) {
      where.push('events.session_key = (SELECT key FROM sessions WHERE id = ?)');
      values.push(filter.sessionId);
    }
    if (filter.kind !== undefined) {
      where.push('events.kind = ?');
      values.push(filter.kind);
    }
    const rows = this.#database
      .prepare(
        `SELECT events.key, sessions.id, cameras.id, kind, start_utc_ns, end_utc_ns, data
         FROM events JOIN sessions ON sessions.key = session_key LEFT JOIN cameras ON cameras.key = camera_key
         ${and(where)} ORDER BY events.key LIMIT ?`,
      )
      .raw()
      .all(...values, filter.limit ?? 1000) as Value[][];
    return rows.map(([key, session, camera, kind, start, end, data]) => ({
      key: key as bigint,
      sessionId: session as string,
      cameraId: camera as string | null,
      kind: kind as string,
      startUtcNs: start as bigint,
      endUtcNs: end as bigint,
      data: parseEventData(data as string),
    }));
  }

  /** A page of what the rows of a session's frames say of their times, in the order of writing. */
  frameTimings(sessionId: string, page: Pick<Page, 'limit' | 'afterKey'> = {}): FrameTimingRow[] {
    const rows = this.#database
      .prepare(
        `SELECT key, camera_key, number, block_id, sequence, start_utc_ns, leap_second, exposure_ns, uncertainty_ns,
           source, grade, flags, state = 'missing'
         FROM frames WHERE session_key = (SELECT key FROM sessions WHERE id = ?) AND key > ? ORDER BY key LIMIT ?`,
      )
      .raw()
      .all(sessionId, page.afterKey ?? -1n, page.limit ?? 1000) as Value[][];
    const cameras = this.#cameraIds();
    return rows.map((row) => ({
      key: row[0] as bigint,
      cameraId: cameras.get(row[1] as bigint) ?? '',
      number: Number(row[2]),
      blockId: BigInt.asUintN(64, row[3] as bigint),
      sequence: optional(row[4] as Value),
      startUtcNs: row[5] as bigint,
      leapSecond: row[6] === 1n,
      exposureNs: row[7] as bigint,
      uncertaintyNs: row[8] as bigint,
      source: row[9] as TimeSource,
      grade: row[10] as Grade,
      flags: row[11] as string,
      missing: row[12] === 1n,
    }));
  }

  /** The cameras of all sessions. */
  cameras(): CameraRow[] {
    const rows = this.#database.prepare('SELECT id, name, uri, vendor, model, serial FROM cameras ORDER BY key').all();
    return rows as CameraRow[];
  }

  #cameraIds(): ReadonlyMap<bigint, string> {
    return new Map(this.#database.prepare('SELECT key, id FROM cameras').raw().all() as [bigint, string][]);
  }
}

const and = (where: readonly string[]): string => (where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`);

/** Whether both ends are given; an open one must keep the order of keys, or a night is sorted. */
const isRange = ({ fromUtcNs, toUtcNs }: FrameFilter): boolean => fromUtcNs !== undefined && toUtcNs !== undefined;

function whereOf(filter: FrameFilter): { where: string[]; values: Value[] } {
  const where: string[] = [];
  const values: Value[] = [];
  const add = (condition: string, value: Value | undefined): void => {
    if (value === undefined) return;
    where.push(condition);
    values.push(value);
  };
  // Within a range of time SQLite must go by the times: the plus keeps it from walking the whole session.
  add(`${isRange(filter) ? '+' : ''}frames.session_key = (SELECT key FROM sessions WHERE id = ?)`, filter.sessionId);
  add('frames.camera_key = (SELECT key FROM cameras WHERE id = ?)', filter.cameraId);
  if (isRange(filter)) {
    // The keys first: they are put in order cheaper than whole rows.
    where.push('frames.key IN (SELECT key FROM frames WHERE start_utc_ns >= ? AND start_utc_ns < ?)');
    values.push(filter.fromUtcNs ?? 0n, filter.toUtcNs ?? 0n);
  } else {
    add('start_utc_ns >= ?', filter.fromUtcNs);
    add('start_utc_ns < ?', filter.toUtcNs);
  }
  add('grade = ?', filter.grade);
  add('frames.state = ?', filter.state);
  if (filter.incomplete === true) where.push('(bytes_missing > 0 OR packets_missing > 0)');
  return { where, values };
}
