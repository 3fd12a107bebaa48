/**
 * The index of a data folder, for writing: synchronous, one connection, one session at a time. It lives in the index
 * thread while recording, and in the calling thread for recovery.
 */

import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { reasonOf } from '#gps/errors.js';
import { frameSpan } from '#gps/rows/row-time.js';
import { StorageError, systemCode } from '../errors.js';
import { type EventRecord, type FrameRecord, GAP_CAUSES, type GapRecord } from '../frame-record.js';
import type { CameraDescription, SessionDescription, StationDescription } from '../segments/recorder-types.js';
import {
  type FramePlace,
  type IndexChange,
  type MarkDescription,
  SESSION_EDITS,
  type SessionEdit,
  type StackDescription,
} from './index-changes.js';
import { prepareStatements, type Statements } from './index-statements.js';
import { type ListedRow, writeRowList } from './row-list.js';
import { MAKE_ANEW, prepareSchema } from './schema.js';

/** The index's file in a data folder. */
export const INDEX_FILE = 'appulse.sqlite';

/** Gap rows add to this column of their session. */
const COLUMN_OF = {
  lost: 'frames_lost',
  'not-recorded': 'frames_not_recorded',
  destroyed: 'frames_destroyed',
} as const;

/**
 * Opens the database for writing, with its tables; `onBackup` hears which copy was kept where an older index was brought forward. Throws
 * `storage.index-version`, `storage.disk-full`, and `storage.index-unusable` with the cause.
 */
export function openIndexFile(file: string, onBackup: (backup: string) => void = () => {}): Database.Database {
  let database: Database.Database | null = null;
  try {
    database = new Database(file, { timeout: 10_000 });
    database.defaultSafeIntegers(true);
    database.pragma('foreign_keys = ON');
    // First, because a database of something else is left as it is.
    const backup = prepareSchema(database, file);
    database.pragma('journal_mode = WAL');
    // A power cut may cost the last rows, never the file; the frames' headers hold what the rows say.
    database.pragma('synchronous = NORMAL');
    if (backup !== null) onBackup(backup);
    return database;
  } catch (cause) {
    database?.close();
    if (cause instanceof StorageError) throw cause;
    const isDamaged = /^SQLITE_(NOTADB|CORRUPT)/.test(systemCode(cause));
    const why = `${reasonOf(cause)}${isDamaged ? `; ${MAKE_ANEW}` : ''}`;
    throw new StorageError('storage.index-unusable', `the index ${file} cannot be used: ${why}`, {
      cause,
      context: { file },
    });
  }
}

interface Segment {
  readonly key: bigint;
  readonly cameraKey: bigint;
}

interface Counted {
  readonly segment: bigint;
  frames: number;
  incomplete: number;
  bytes: number;
  endByte: number;
}

export class IndexDatabase {
  readonly #database: Database.Database;
  readonly #statements: Statements;
  readonly #cameras = new Map<string, bigint>();
  readonly #segments = new Map<number, Segment>();
  readonly #onWarning: (message: string) => void;
  #sessionKey: bigint | null = null;
  /** Frames whose rows are written and whose counts are not yet. */
  #counted: Counted | null = null;

  /** Of the index file `index`, or of one that is open (see `openIndexFile`). */
  constructor(index: string | Database.Database, onWarning: (message: string) => void = () => {}) {
    this.#database = typeof index === 'string' ? openIndexFile(index) : index;
    this.#statements = prepareStatements(this.#database);
    this.#onWarning = onWarning;
  }

  /** Goes on with a session that has a row, its segments as far as they are not complete; false where it has none. */
  resume(sessionId: string): boolean {
    const session = this.#statements.sessionOf.get(sessionId) as { key: bigint } | undefined;
    this.#segments.clear();
    this.#sessionKey = session?.key ?? null;
    if (session === undefined) return false;
    const cameras = this.#statements.allCameras.all() as { id: string; key: bigint }[];
    for (const { id, key } of cameras) this.#cameras.set(id, key);
    const segments = this.#statements.segmentsOf.all(session.key) as { number: bigint; key: bigint; camera: bigint }[];
    for (const { number, key, camera } of segments) this.#segments.set(Number(number), { key, cameraKey: camera });
    return true;
  }

  /** A complete segment of the session takes rows again. */
  reopen(number: number): void {
    const row = this.#statements.segmentOf.get(this.#session(), number) as { key: bigint; camera: bigint } | undefined;
    if (row === undefined) throw this.#unknown('segment', String(number));
    this.#segments.set(number, { key: row.key, cameraKey: row.camera });
  }

  /** A frame of segment `number` that stands in no file any more, by its row in a list. It counts as those that were recorded. */
  addListed(number: number, row: ListedRow): void {
    const segment = this.#segment(number);
    const keys = { session_key: this.#session(), camera_key: segment.cameraKey, segment_key: segment.key };
    const values = new Map([...row.columns, ...Object.entries(keys)]);
    const known = new Set((this.#statements.frameColumns.all() as { name: string }[]).map(({ name }) => name));
    const columns = [...values.keys()].filter((name) => known.has(name));
    const { lastInsertRowid } = this.#database
      .prepare(`INSERT INTO frames (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`)
      .run(...columns.map((name) => values.get(name)));
    for (const [offset, length] of row.missing) this.#statements.missingRange.run(lastInsertRowid, offset, length);
    const count = (name: string): number => Number(values.get(name) ?? 0);
    const incomplete = count('packets_missing') > 0 || count('bytes_missing') > 0;
    const byteLength = count('byte_length');
    this.#count(segment, incomplete, { byteOffset: count('byte_offset'), byteLength });
    this.#writeCounts();
  }

  /** Applies `changes` in order, in one transaction: all of them or, when it throws, none. Returns the frames among them, less those removed. */
  apply(changes: readonly IndexChange[]): number {
    let frames = 0;
    const cameras = new Map(this.#cameras);
    const segments = new Map(this.#segments);
    const sessionKey = this.#sessionKey;
    try {
      this.#database.transaction(() => {
        for (const change of changes) {
          if (change.kind !== 'frame') this.#writeCounts();
          if (change.kind === 'segment-removed') frames -= this.#removeSegment(change.number);
          else this.#applyOne(change);
          if (change.kind === 'frame') frames++;
        }
        this.#writeCounts();
      })();
    } catch (error) {
      // What the rolled back transaction had made known is not known any more.
      this.#sessionKey = sessionKey;
      this.#counted = null;
      this.#restore(this.#cameras, cameras);
      this.#restore(this.#segments, segments);
      throw error;
    }
    return frames;
  }

  close(): void {
    this.#database.close();
  }

  #restore<K, V>(map: Map<K, V>, from: Map<K, V>): void {
    map.clear();
    for (const [key, value] of from) map.set(key, value);
  }

  #applyOne(change: Exclude<IndexChange, { kind: 'segment-removed' }>): void {
    const s = this.#statements;
    switch (change.kind) {
      case 'session':
        this.#beginSession(change.session, change.folder, change.maxBytes);
        break;
      case 'camera':
        this.#camera(change.camera);
        break;
      case 'segment-opened': {
        const cameraKey = this.#cameraKey(change.cameraId);
        const { lastInsertRowid } = s.openSegment.run(
          this.#session(),
          cameraKey,
          change.number,
          change.file,
          change.format,
        );
        this.#segments.set(change.number, { key: BigInt(lastInsertRowid), cameraKey });
        break;
      }
      case 'frame':
        this.#frame(change.record, change.place);
        break;
      case 'gap':
        this.#gap(change.gap, change.cameraId);
        break;
      case 'event':
        this.#event(change.event, change.cameraId);
        break;
      case 'stack':
        this.#stack(change.stack, change.cameraId);
        break;
      case 'mark':
        this.#mark(change.mark, change.cameraId);
        break;
      case 'session-edited':
        this.#edit(change.edit);
        break;
      case 'segment-durable':
        s.durableSegment.run(change.durableBytes, this.#segment(change.number).key);
        break;
      case 'segment-closed':
        s.closeSegment.run(change.bytes, change.bytes, this.#segment(change.number).key);
        this.#segments.delete(change.number);
        break;
      case 'segment-expired':
        this.#keepRows(change.file);
        s.expireFrames.run(change.file);
        s.expireSegment.run(change.file);
        break;
      case 'stack-expired':
        s.expireStack.run(change.file);
        break;
      case 'session-ended':
        s.endSession.run(change.endedUtcNs, this.#session());
        break;
    }
  }

  #beginSession(session: SessionDescription, folder: string, maxBytes: number | null): void {
    const stationKey = this.#station(session.station);
    const { lastInsertRowid } = this.#statements.session.run(
      session.id,
      stationKey,
      folder,
      session.startedUtcNs,
      maxBytes,
      session.software,
      session.observer,
      session.object,
      session.name,
      session.telescope,
      session.site,
      session.notes,
    );
    this.#sessionKey = BigInt(lastInsertRowid);
    this.#camera(session.camera);
  }

  #station(station: StationDescription): bigint {
    const { site } = station;
    const row = this.#statements.station.get(
      station.id,
      station.name,
      site?.latitudeDeg ?? null,
      site?.longitudeDeg ?? null,
      site?.heightM ?? null,
    ) as { key: bigint };
    return row.key;
  }

  #camera(camera: CameraDescription): void {
    const row = this.#statements.camera.get(
      camera.id,
      camera.name,
      camera.uri,
      camera.vendor,
      camera.model,
      camera.serial,
    ) as { key: bigint };
    this.#cameras.set(camera.id, row.key);
  }

  #frame(record: FrameRecord, place: FramePlace): void {
    const { time, statistics } = record;
    const segment = this.#segment(place.segment);
    const span = frameSpan(time);
    const incomplete = record.missing.length > 0 || record.packetsMissing > 0;
    const { lastInsertRowid } = this.#statements.frame.run(
      this.#session(),
      segment.cameraKey,
      record.frameNumber,
      BigInt.asIntN(64, record.blockId),
      time.sequence,
      time.startUtcNs,
      time.midUtcNs,
      time.endUtcNs,
      time.leapSecond ? 1 : 0,
      time.exposureNs,
      time.uncertaintyNs,
      time.source,
      time.grade,
      time.flags.join(' '),
      record.receivedNs,
      record.width,
      record.height,
      record.bitDepth,
      record.pixelFormat,
      record.packetsMissing,
      record.packetsResent,
      record.missing.reduce((sum, range) => sum + range.length, 0),
      statistics === null ? null : BigInt(Math.round(statistics.min)),
      statistics === null ? null : BigInt(Math.round(statistics.max)),
      statistics?.mean ?? null,
      statistics === null ? null : BigInt(statistics.saturated),
      statistics?.stddev ?? null,
      statistics?.median ?? null,
      segment.key,
      place.byteOffset,
      place.byteLength,
      place.headerBytes,
      span.startUtcNs,
      span.endUtcNs,
      record.frameType,
      record.sampleBytes,
      record.readMode,
      record.gain,
      record.offset,
      record.binningX,
      record.binningY,
      record.softwareBinning,
      record.sensorTemperatureC,
      record.filter,
      place.dataSum,
    );
    for (const range of record.missing) {
      this.#statements.missingRange.run(lastInsertRowid, range.offset, range.length);
    }
    this.#count(segment, incomplete, place);
  }

  /** Rows of frames that follow each other in a segment are counted at once: an update a frame costs as much as its row. */
  #count(segment: Segment, incomplete: boolean, place: Pick<FramePlace, 'byteOffset' | 'byteLength'>): void {
    if (this.#counted?.segment !== segment.key) {
      this.#writeCounts();
      this.#counted = { segment: segment.key, frames: 0, incomplete: 0, bytes: 0, endByte: 0 };
    }
    const counted = this.#counted;
    counted.frames++;
    counted.incomplete += incomplete ? 1 : 0;
    counted.bytes += place.byteLength;
    counted.endByte = place.byteOffset + place.byteLength;
  }

  #writeCounts(): void {
    if (this.#counted === null) return;
    const { segment, frames, incomplete, bytes, endByte } = this.#counted;
    this.#counted = null;
    this.#statements.countFrames.run(frames, incomplete, bytes, this.#session());
    this.#statements.countInSegment.run(frames, endByte, segment);
  }

  /** The rows of a segment whose file goes stay beside where it was, for an index that is made again. */
  #keepRows(file: string): void {
    try {
      writeRowList(this.#database, dirname(this.#database.name), file);
    } catch (error) {
      this.#onWarning(
        `the rows of ${file} could not be kept in a file, so they stand in the index only: ${reasonOf(error)}`,
      );
    }
  }

  /** The segment's frames are in no file and no longer count as recorded; returns how many. */
  #removeSegment(number: number): number {
    const { key } = this.#segment(number);
    this.#keepRows(this.#statements.fileOf.get(key) as string);
    this.#statements.uncountFrames.run(key, key, this.#session());
    const { changes } = this.#statements.missFrames.run(key);
    this.#statements.missSegment.run(key);
    this.#segments.delete(number);
    return Number(changes);
  }

  #gap(gap: GapRecord, cameraId: string | null): void {
    const blockId = (id: bigint | null): bigint | null => (id === null ? null : BigInt.asIntN(64, id));
    this.#statements.gap.run(
      this.#session(),
      cameraId === null ? null : (this.#cameras.get(cameraId) ?? null),
      gap.cause,
      blockId(gap.firstBlock),
      blockId(gap.lastBlock),
      gap.frames,
      gap.fromUtcNs,
      gap.toUtcNs,
      gap.detail,
    );
    this.#statements.countGap[COLUMN_OF[GAP_CAUSES[gap.cause]]].run(gap.frames, this.#session());
  }

  #event(event: EventRecord, cameraId: string | null): void {
    this.#statements.event.run(
      this.#session(),
      cameraId === null ? null : (this.#cameras.get(cameraId) ?? null),
      event.kind,
      event.startUtcNs,
      event.endUtcNs,
      JSON.stringify(event.data),
    );
  }

  #stack(stack: StackDescription, cameraId: string): void {
    this.#statements.stack.run(
      this.#session(),
      this.#cameraKey(cameraId),
      stack.number,
      stack.file,
      stack.format,
      stack.frames,
      stack.firstFrame,
      stack.lastFrame,
      stack.startUtcNs,
      stack.endUtcNs,
      stack.bytes,
    );
  }

  #mark(mark: MarkDescription, cameraId: string | null): void {
    const cameraKey = cameraId === null ? null : this.#cameraKey(cameraId);
    const { fromUtcNs, toUtcNs, cause, detail, madeUtcNs } = mark;
    this.#statements.mark.run(this.#session(), cameraKey, fromUtcNs, toUtcNs, cause, detail, madeUtcNs);
  }

  #edit(edit: SessionEdit): void {
    for (const column of SESSION_EDITS) {
      const value = edit[column];
      if (value !== undefined) this.#statements.edit(column).run(value, this.#session());
    }
  }

  #cameraKey(cameraId: string): bigint {
    const key = this.#cameras.get(cameraId);
    if (key === undefined) throw this.#unknown('camera', cameraId);
    return key;
  }

  #session(): bigint {
    if (this.#sessionKey === null) throw this.#unknown('session', 'none begun');
    return this.#sessionKey;
  }

  #segment(number: number): Segment {
    const segment = this.#segments.get(number);
    if (segment === undefined) throw this.#unknown('segment', String(number));
    return segment;
  }

  #unknown(what: string, which: string): StorageError {
    return new StorageError('storage.index-order', `the index was told of an unknown ${what}: ${which}`);
  }
}
