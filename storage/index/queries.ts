/**
 * Questions to an index, read only, also while a station records into it. Answers come in pages, since a night has millions
 * of rows. Instants, block ids and keys are bigint; everything else that fits is a number. Throws `storage.index-row` for a row that
 * somebody wrote by hand and that is none.
 */
import type Database from 'better-sqlite3';
import type { Grade } from '#gps/frame-time.js';
import type { ByteRange } from '../frame-record.js';
import { Conditions, type FrameFilter } from './frame-filter.js';
import { countFrames, iterateFrames, readFrames } from './frame-rows.js';
import { openForReading } from './open-for-reading.js';
import type { RowShape } from './row-shape.js';
import {
  CAMERA,
  EVENT,
  FRAME_TIMING,
  GAP,
  GAP_SUM,
  MARK,
  OF_SESSION_AND_CAMERA,
  SEGMENT,
  SESSION,
  STACK,
} from './row-shapes.js';
import type {
  CameraRow,
  EventRow,
  FrameRow,
  FrameTimingRow,
  GapRow,
  GapSum,
  MarkRow,
  Page,
  SegmentRow,
  SessionRow,
  StackRow,
  StationRow,
} from './rows.js';
import type { SessionState } from './schema.js';
import { readTimeline, type TimelinePart, type TimelineSpan } from './timeline.js';

export type { CameraRow, EventRow, FrameFilter, FrameRow, FrameTimingRow, GapRow, Page, SegmentRow, SessionRow };

/** Rows that belong to a session, to a camera where they have one, and to a span of time where they have one. */
export interface RowFilter {
  readonly sessionId?: string;
  readonly cameraId?: string;
  /** Rows that reach into this time, from, inclusive, to, exclusive. */
  readonly fromUtcNs?: bigint;
  readonly toUtcNs?: bigint;
  /** 1000 where it is left out. */
  readonly limit?: number;
}

export class IndexReader {
  readonly #database: Database.Database;

  /** Opens the index `file`; throws `storage.no-index` where there is none, `storage.index-version` for another
   * version, `storage.index-unreadable`. */
  constructor(file: string) {
    this.#database = openForReading(file);
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
    const conditions = new Conditions().add('sessions.state = ?', filter.state);
    return this.#all(
      SESSION,
      `FROM sessions JOIN stations ON stations.key = station_key ${conditions.where}
       ORDER BY started_utc_ns DESC, sessions.key DESC LIMIT ?`,
      ...conditions.values,
      filter.limit ?? 1000,
    );
  }

  /** A session's segments in order. */
  segments(sessionId: string): SegmentRow[] {
    return this.#all(
      SEGMENT,
      `FROM segments JOIN sessions ON sessions.key = session_key JOIN cameras ON cameras.key = camera_key
       WHERE sessions.id = ? ORDER BY segments.number`,
      sessionId,
    );
  }

  /** A page of frames in the order of writing. */
  frames(filter: FrameFilter = {}, page: Page = {}): FrameRow[] {
    return readFrames(this.#database, filter, page);
  }

  /** All frames of a filter in the order of writing, however many, in bounded memory; see `iterateFrames` there. */
  iterateFrames(filter: FrameFilter = {}, order: Pick<Page, 'newestFirst'> = {}): Generator<FrameRow, void> {
    return iterateFrames(this.#database, filter, order);
  }

  /** How many frames the filter finds. */
  countFrames(filter: FrameFilter = {}): number {
    return countFrames(this.#database, filter);
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

  /** Gaps in the order they were found; one whose time is not known reaches into every span. */
  gaps(filter: RowFilter = {}): GapRow[] {
    return this.#rowsOf(GAP, 'gaps', filter);
  }

  /** Gaps by cause, the most frames first. */
  gapSums(sessionId: string): GapSum[] {
    return this.#all(
      GAP_SUM,
      `FROM gaps WHERE session_key = (SELECT key FROM sessions WHERE id = ?) GROUP BY cause ORDER BY sum(frames) DESC, cause`,
      sessionId,
    );
  }

  /** Stacks in the order they were made. */
  stacks(filter: RowFilter = {}): StackRow[] {
    return this.#rowsOf(STACK, 'stacks', filter);
  }

  /** Marks in the order they were made. */
  marks(filter: RowFilter = {}): MarkRow[] {
    return this.#rowsOf(MARK, 'marks', filter);
  }

  /**
   * A page of events of a session, or of all, in the order of writing. `kind` left out: all kinds. `fromUtcNs` to `toUtcNs` (not included): when
   * they began.
   */
  events(
    filter: {
      readonly sessionId?: string;
      readonly kind?: string;
      readonly fromUtcNs?: bigint;
      readonly toUtcNs?: bigint;
    } & Pick<Page, 'limit' | 'afterKey'> = {},
  ): EventRow[] {
    const conditions = new Conditions()
      .add('events.key > ?', filter.afterKey)
      .add('events.start_utc_ns >= ?', filter.fromUtcNs)
      .add('events.start_utc_ns < ?', filter.toUtcNs)
      .add('events.session_key = (SELECT key FROM sessions WHERE id = ?)', filter.sessionId)
      .add('events.kind = ?', filter.kind);
    return this.#all(
      EVENT,
      `FROM events ${OF_SESSION_AND_CAMERA} ${conditions.where} ORDER BY events.key LIMIT ?`,
      ...conditions.values,
      filter.limit ?? 1000,
    );
  }

  /** A page of what the rows of a session's frames say of their times, in the order of writing. */
  frameTimings(sessionId: string, page: Pick<Page, 'limit' | 'afterKey'> = {}): FrameTimingRow[] {
    return this.#all(
      FRAME_TIMING,
      `FROM frames CROSS JOIN cameras ON cameras.key = camera_key
       WHERE session_key = (SELECT key FROM sessions WHERE id = ?) AND frames.key > ? ORDER BY frames.key LIMIT ?`,
      sessionId,
      page.afterKey ?? -1n,
      page.limit ?? 1000,
    );
  }

  /** A span of time in equal parts. @throws StorageError `storage.timeline` */
  timeline(span: TimelineSpan): TimelinePart[] {
    return readTimeline(this.#database, span);
  }

  /** The stations that sessions are of. */
  stations(): StationRow[] {
    const rows = this.#database
      .prepare('SELECT id, name, latitude_deg, longitude_deg, height_m FROM stations ORDER BY key')
      .raw()
      .all() as [string, string, number | null, number | null, number | null][];
    return rows.map(([id, name, latitudeDeg, longitudeDeg, heightM]) => {
      const isPlaced = latitudeDeg !== null && longitudeDeg !== null;
      return { id, name, site: isPlaced ? { latitudeDeg, longitudeDeg, heightM: heightM ?? 0 } : null };
    });
  }

  /** The cameras of all sessions, or of one, in the order they came. */
  cameras(sessionId?: string): CameraRow[] {
    const conditions = new Conditions().add(
      'key IN (SELECT camera_key FROM segments JOIN sessions ON sessions.key = session_key WHERE sessions.id = ?)',
      sessionId,
    );
    return this.#all(CAMERA, `FROM cameras ${conditions.where} ORDER BY key`, ...conditions.values);
  }

  #all<Row extends object>(shape: RowShape<Row>, from: string, ...values: (bigint | number | string)[]): Row[] {
    const statement = this.#database.prepare(`SELECT ${shape.sql} ${from}`).raw();
    return (statement.all(...values) as unknown[][]).map((row) => shape.of(row));
  }

  #rowsOf<Row extends object>(shape: RowShape<Row>, table: keyof typeof SPANS, filter: RowFilter): Row[] {
    const [begin, end] = SPANS[table];
    const conditions = new Conditions()
      .add(`${table}.session_key = (SELECT key FROM sessions WHERE id = ?)`, filter.sessionId)
      .add(`coalesce(cameras.id = ?, 1)`, filter.cameraId)
      .add(`coalesce(${end} >= ?, 1)`, filter.fromUtcNs)
      .add(`coalesce(${begin} < ?, 1)`, filter.toUtcNs);
    return this.#all(
      shape,
      `FROM ${table} ${OF_SESSION_AND_CAMERA} ${conditions.where} ORDER BY ${table}.key LIMIT ?`,
      ...conditions.values,
      filter.limit ?? 1000,
    );
  }
}

/** By table: the columns that a row's span of time begins and ends in. */
const SPANS = {
  gaps: ['from_utc_ns', 'to_utc_ns'],
  stacks: ['start_utc_ns', 'end_utc_ns'],
  marks: ['from_utc_ns', 'to_utc_ns'],
} as const;
