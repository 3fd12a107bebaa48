/** The rows of one session of another index join those that an index has of it. */
import type Database from 'better-sqlite3';
import { StorageError } from '../errors.js';
import { GAP_CAUSES, type GapCause } from '../frame-record.js';

/** The other index, as it is attached. */
export const PART_INDEX = 'part';

/** Tables of a session whose rows are kept once, however often they come. */
const KEPT_ONCE = ['gaps', 'events', 'marks', 'pointings'] as const;

type Value = bigint | number | string | Uint8Array | null;
type Row = Record<string, Value>;

interface SessionKeys {
  readonly main: bigint;
  readonly part: bigint;
  /** What a path of the part begins with, and what it begins with here. */
  readonly folders: readonly [part: string, main: string];
}

/** A session's folder in the index itself, relative to the data folder; null where it has none of that session. */
export function folderOfSession(database: Database.Database, sessionId: string): string | null {
  return (
    (database.prepare('SELECT folder FROM main.sessions WHERE id = ?').pluck().get(sessionId) as string | undefined) ??
    null
  );
}

/** By the number of each segment that the attached index has of a session: its number here. */
export function segmentNumbersHere(
  database: Database.Database,
  sessionId: string,
  folders: readonly [part: string, main: string],
): Map<number, number> {
  const rows = database
    .prepare(
      `SELECT p.number, m.number FROM part.segments p JOIN part.sessions s ON s.key = p.session_key
       JOIN main.segments m ON m.file = replace(p.file, ?, ?) WHERE s.id = ?`,
    )
    .raw()
    .all(`${folders[0]}/`, `${folders[1]}/`, sessionId) as [bigint, bigint][];
  return new Map(rows.map(([part, main]) => [Number(part), Number(main)]));
}

/**
 * Puts session `sessionId` of the attached index `part` into `database`, all of it or nothing: segments that it has not with their frames,
 * rows of other tables that it has not, and their counts. Returns the frames added. Throws `storage.merge-conflict` where a file belongs to
 * another session here.
 */
export function mergeSession(database: Database.Database, sessionId: string): number {
  return database.transaction(() => new SessionMerge(database, sessionId).run()).immediate();
}

class SessionMerge {
  readonly #database: Database.Database;
  readonly #sessionId: string;
  /** By the part's key. */
  readonly #cameras = new Map<Value, bigint>();

  constructor(database: Database.Database, sessionId: string) {
    this.#database = database;
    this.#sessionId = sessionId;
  }

  run(): number {
    this.#addCameras();
    const part = this.#get('SELECT * FROM part.sessions WHERE id = ?', this.#sessionId);
    const isNew = this.#get('SELECT key FROM main.sessions WHERE id = ?', this.#sessionId) === undefined;
    if (part === undefined) throw new Error(`no session ${this.#sessionId}`);
    if (isNew) this.#addSession(part);
    const main = this.#get('SELECT key, folder FROM main.sessions WHERE id = ?', this.#sessionId) as Row;
    const keys: SessionKeys = {
      main: main.key as bigint,
      part: part.key as bigint,
      folders: [part.folder as string, main.folder as string],
    };
    const segments = this.#addSegments(keys);
    const frames = segments.added.reduce((sum, { frames: n }) => sum + n, 0);
    const gaps = this.#addKeptOnce(keys);
    this.#addStacks(keys);
    if (!isNew) this.#addCounts(keys, part, segments, gaps);
    return frames;
  }

  #get(sql: string, ...values: Value[]): Row | undefined {
    return this.#database.prepare(sql).get(...values) as Row | undefined;
  }

  #all(sql: string, ...values: Value[]): Row[] {
    return this.#database.prepare(sql).all(...values) as Row[];
  }

  /** Columns of a table without those named. */
  #columns(table: string, ...without: string[]): string[] {
    const names = this.#database.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table) as string[];
    return names.filter((name) => !without.includes(name));
  }

  #addCameras(): void {
    const columns = this.#columns('cameras', 'key').join(', ');
    this.#database.exec(
      `INSERT INTO main.cameras (${columns}) SELECT ${columns} FROM part.cameras WHERE true ON CONFLICT (id) DO NOTHING`,
    );
    const pairs = this.#all(
      'SELECT p.key AS part, m.key AS main FROM part.cameras p JOIN main.cameras m ON m.id = p.id',
    );
    for (const { part, main } of pairs) this.#cameras.set(part as bigint, main as bigint);
  }

  #addSession(part: Row): void {
    const station = this.#columns('stations', 'key').join(', ');
    this.#database
      .prepare(
        `INSERT INTO main.stations (${station}) SELECT ${station} FROM part.stations WHERE key = ? ON CONFLICT (id) DO NOTHING`,
      )
      .run(part.station_key);
    const folderTaken = this.#get('SELECT id FROM main.sessions WHERE folder = ?', part.folder as string);
    if (folderTaken !== undefined) throw this.#conflict(part.folder as string);
    const columns = this.#columns('sessions', 'key', 'station_key').join(', ');
    this.#database
      .prepare(
        `INSERT INTO main.sessions (station_key, ${columns})
         SELECT (SELECT m.key FROM main.stations m JOIN part.stations p ON p.id = m.id WHERE p.key = station_key), ${columns}
         FROM part.sessions WHERE id = ?`,
      )
      .run(this.#sessionId);
  }

  #addSegments(keys: SessionKeys): SegmentsAdded {
    const added: { key: bigint; frames: number }[] = [];
    let known = 0;
    const columns = this.#columns('segments', 'key', 'session_key', 'camera_key', 'number', 'file').join(', ');
    const insert = this.#database.prepare(
      `INSERT INTO main.segments (session_key, camera_key, number, file, ${columns}) SELECT ?, ?, ?, ?, ${columns}
       FROM part.segments WHERE key = ?`,
    );
    let offset: bigint | null = null;
    for (const segment of this.#all('SELECT * FROM part.segments WHERE session_key = ? ORDER BY number', keys.part)) {
      const file = this.#here(keys, segment.file as string);
      const there = this.#get('SELECT session_key FROM main.segments WHERE file = ?', file);
      if (there !== undefined) {
        if (there.session_key !== keys.main) throw this.#conflict(file);
        known++;
        continue;
      }
      const number = this.#freeNumber(keys, segment.number as bigint);
      const { lastInsertRowid } = insert.run(keys.main, this.#camera(segment), number, file, segment.key);
      offset ??= this.#keyOffset(keys);
      const frames = this.#addFrames(keys, segment, BigInt(lastInsertRowid), offset);
      added.push({ key: segment.key as bigint, frames });
    }
    return { added, known };
  }

  #freeNumber(keys: SessionKeys, wanted: bigint): bigint {
    const taken = this.#get('SELECT key FROM main.segments WHERE session_key = ? AND number = ?', keys.main, wanted);
    if (taken === undefined) return wanted;
    return this.#get('SELECT max(number) + 1 AS free FROM main.segments WHERE session_key = ?', keys.main)
      ?.free as bigint;
  }

  /** What is added to the part's keys of frames, so that all of them come behind those that are here. */
  #keyOffset(keys: SessionKeys): bigint {
    const last = this.#get('SELECT coalesce(max(key), 0) AS key FROM main.frames') as Row;
    const first = this.#get(
      'SELECT coalesce(min(key), 1) AS key FROM part.frames WHERE session_key = ?',
      keys.part,
    ) as Row;
    return (last.key as bigint) + 1n - (first.key as bigint);
  }

  #addFrames(keys: SessionKeys, part: Row, segment: bigint, offset: bigint): number {
    const columns = this.#columns('frames', 'key', 'session_key', 'segment_key', 'camera_key').join(', ');
    const { changes } = this.#database
      .prepare(
        `INSERT INTO main.frames (key, session_key, segment_key, camera_key, ${columns})
         SELECT key + ?, ?, ?, ?, ${columns} FROM part.frames WHERE segment_key = ? ORDER BY key`,
      )
      .run(offset, keys.main, segment, this.#camera(part), part.key);
    this.#database
      .prepare(
        `INSERT INTO main.missing_ranges (frame_key, byte_offset, byte_length)
         SELECT frame_key + ?, byte_offset, byte_length FROM part.missing_ranges
         WHERE frame_key IN (SELECT key FROM part.frames WHERE segment_key = ?)`,
      )
      .run(offset, part.key);
    return Number(changes);
  }

  /** The key here of the camera of a row of the part. */
  #camera(part: Row): bigint | null {
    return this.#cameras.get(part.camera_key ?? null) ?? null;
  }

  /** Returns the gaps that were not here. */
  #addKeptOnce(keys: SessionKeys): Row[] {
    let gaps: Row[] = [];
    for (const table of KEPT_ONCE) {
      // Frames that an event is about are known by their keys in one index only.
      const columns = this.#columns(table, 'key', 'session_key', 'camera_key', 'first_frame_key', 'last_frame_key');
      const hasCamera = table !== 'pointings';
      const all = [...columns, ...(hasCamera ? ['camera_key'] : [])];
      const select = `SELECT ${all.join(', ')} FROM`;
      const known = new Map<string, number>();
      for (const row of this.#all(`${select} main.${table} WHERE session_key = ?`, keys.main)) {
        known.set(textOf(row), (known.get(textOf(row)) ?? 0) + 1);
      }
      const insert = this.#database.prepare(
        `INSERT INTO main.${table} (session_key, ${all.join(', ')}) VALUES (?, ${all.map(() => '?').join(', ')})`,
      );
      const added: Row[] = [];
      for (const row of this.#all(`${select} part.${table} WHERE session_key = ? ORDER BY key`, keys.part)) {
        const here: Row = hasCamera ? { ...row, camera_key: this.#camera(row) } : row;
        const times = known.get(textOf(here)) ?? 0;
        known.set(textOf(here), times - 1);
        if (times > 0) continue;
        insert.run(keys.main, ...all.map((column) => here[column]));
        added.push(here);
      }
      if (table === 'gaps') gaps = added;
    }
    return gaps;
  }

  #addStacks(keys: SessionKeys): void {
    const columns = this.#columns('stacks', 'key', 'session_key', 'camera_key', 'file').join(', ');
    const insert = this.#database.prepare(
      `INSERT INTO main.stacks (session_key, camera_key, file, ${columns}) SELECT ?, ?, ?, ${columns} FROM part.stacks WHERE key = ?`,
    );
    for (const stack of this.#all(
      'SELECT key, camera_key, file FROM part.stacks WHERE session_key = ? ORDER BY key',
      keys.part,
    )) {
      const file = this.#here(keys, stack.file as string);
      const there = this.#get('SELECT session_key FROM main.stacks WHERE file = ?', file);
      if (there !== undefined && there.session_key !== keys.main) throw this.#conflict(file);
      if (there === undefined) insert.run(keys.main, this.#camera(stack), file, stack.key);
    }
  }

  /** Of a session that was here: what has come is added, and what people wrote stays where there is any. */
  #addCounts(keys: SessionKeys, part: Row, { added, known }: SegmentsAdded, gaps: readonly Row[]): void {
    const recorded = known === 0 ? part : this.#countsOf(added.map(({ key }) => key));
    const gapFrames = (kind: string): bigint =>
      gaps
        .filter(({ cause }) => GAP_CAUSES[cause as GapCause] === kind)
        .reduce((sum, { frames }) => sum + (frames as bigint), 0n);
    const edits = ['observer', 'object', 'name', 'telescope', 'site', 'notes'];
    this.#database
      .prepare(
        `UPDATE main.sessions SET frames_recorded = frames_recorded + ?, frames_incomplete = frames_incomplete + ?, bytes = bytes + ?,
           frames_lost = frames_lost + ?, frames_not_recorded = frames_not_recorded + ?, frames_destroyed = frames_destroyed + ?,
           started_utc_ns = min(started_utc_ns, ?), ended_utc_ns = max(coalesce(ended_utc_ns, ?), coalesce(?, ended_utc_ns)),
           state = CASE WHEN state = 'complete' THEN ? ELSE state END,
           max_bytes = CASE WHEN max_bytes IS NULL THEN NULL ELSE ? END,
           ${edits.map((column) => `${column} = coalesce(${column}, ?)`).join(', ')}
         WHERE key = ?`,
      )
      .run(
        ...['frames_recorded', 'frames_incomplete', 'bytes'].map((column) => recorded[column] as bigint),
        ...['lost', 'not-recorded', 'destroyed'].map(gapFrames),
        part.started_utc_ns,
        part.ended_utc_ns,
        part.ended_utc_ns,
        part.state,
        part.max_bytes,
        ...edits.map((column) => part[column]),
        keys.main,
      );
  }

  /** Of segments of the part; those that were removed while they were written hold no recorded frames. */
  #countsOf(segments: readonly bigint[]): Row {
    const sum: Row = { frames_recorded: 0n, frames_incomplete: 0n, bytes: 0n };
    for (const key of segments) {
      const row = this.#get(
        `SELECT count(*) AS frames_recorded, count(*) FILTER (WHERE packets_missing > 0 OR bytes_missing > 0) AS frames_incomplete,
           coalesce(sum(byte_length), 0) AS bytes
         FROM part.frames WHERE segment_key = ?`,
        key,
      ) as Row;
      for (const column of Object.keys(sum)) sum[column] = (sum[column] as bigint) + (row[column] as bigint);
    }
    return sum;
  }

  #here({ folders: [part, main] }: SessionKeys, file: string): string {
    return file.startsWith(`${part}/`) ? `${main}${file.slice(part.length)}` : file;
  }

  #conflict(file: string): StorageError {
    return new StorageError(
      'storage.merge-conflict',
      `${file} of session ${this.#sessionId} belongs to another session in the folder that is merged into: merge into another folder`,
    );
  }
}

interface SegmentsAdded {
  readonly added: readonly { readonly key: bigint; readonly frames: number }[];
  /** Segments of the part that were here already. */
  readonly known: number;
}

const textOf = (row: Row): string =>
  JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? `n${value}` : value));
