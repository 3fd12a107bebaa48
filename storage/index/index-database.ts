/**
 * The index of a data folder, for writing: synchronous, one connection, one session at a time. It lives in the index
 * thread while recording, and in the calling thread for recovery.
 */
import { dirname } from 'node:path';
import type Database from 'better-sqlite3';
import { reasonOf } from '#gps/errors.js';
import { StorageError } from '../errors.js';
import type { FramePlace, FrameRecord } from '../frame-record.js';
import type { CameraDescription } from '../session-record.js';
import type { IndexChange } from './index-changes.js';
import { openIndexFile } from './index-file.js';
import { prepareStatements, type Statements } from './index-statements.js';
import {
  editSession,
  insertEvent,
  insertFrame,
  insertGap,
  insertMark,
  insertSession,
  insertStack,
  keepCamera,
  type RowKeys,
} from './row-inserts.js';
import { type ListedRow, writeRowList } from './row-list.js';

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
        this.#sessionKey = insertSession(s, change.session, change.folder, change.maxBytes);
        this.#keepCamera(change.session.camera);
        break;
      case 'camera':
        this.#keepCamera(change.camera);
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
        insertGap(s, this.#keysIfKnown(change.cameraId), change.gap);
        break;
      case 'event':
        insertEvent(s, this.#keysIfKnown(change.cameraId), change.event);
        break;
      case 'stack':
        insertStack(s, this.#keys(change.cameraId), change.stack);
        break;
      case 'mark':
        insertMark(s, this.#keys(change.cameraId), change.mark);
        break;
      case 'session-edited':
        editSession(s, this.#session(), change.edit);
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

  #keepCamera(camera: CameraDescription): void {
    this.#cameras.set(camera.id, keepCamera(this.#statements, camera));
  }

  #frame(record: FrameRecord, place: FramePlace): void {
    const segment = this.#segment(place.segment);
    const keys = { session: this.#session(), camera: segment.cameraKey };
    insertFrame(this.#statements, keys, segment.key, record, place);
    this.#count(segment, record.missing.length > 0 || record.packetsMissing > 0, place);
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

  /** Throws `storage.index-order` for a camera that the index was not told of. */
  #keys(cameraId: string | null): RowKeys {
    return { session: this.#session(), camera: cameraId === null ? null : this.#cameraKey(cameraId) };
  }

  /** What is told of a camera before the camera itself belongs to the session. */
  #keysIfKnown(cameraId: string | null): RowKeys {
    return { session: this.#session(), camera: cameraId === null ? null : (this.#cameras.get(cameraId) ?? null) };
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
