/** One row each of what the index is told: which value stands in which column. Positional, in the order of index-statements.ts. */
import { frameSpan } from '#gps/rows/row-time.js';
import { type EventRecord, type FramePlace, type FrameRecord, GAP_CAUSES, type GapRecord } from '../frame-record.js';
import type { CameraDescription, SessionDescription, StationDescription } from '../session-record.js';
import { type MarkDescription, SESSION_EDITS, type SessionEdit, type StackDescription } from './index-changes.js';
import type { Statements } from './index-statements.js';

/** Keys of the rows that a new row belongs to; `camera` is null where it belongs to the session only. */
export interface RowKeys {
  readonly session: bigint;
  readonly camera: bigint | null;
}

/** Gap rows add to this column of their session. */
const COLUMN_OF = {
  lost: 'frames_lost',
  'not-recorded': 'frames_not_recorded',
  destroyed: 'frames_destroyed',
} as const;

/** A session that begins; returns its key. */
export function insertSession(
  s: Statements,
  session: SessionDescription,
  folder: string,
  maxBytes: number | null,
): bigint {
  const { lastInsertRowid } = s.session.run(
    session.id,
    stationKey(s, session.station),
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
  return BigInt(lastInsertRowid);
}

/** The key of the station's row, made or brought up to date. */
function stationKey(s: Statements, { id, name, site }: StationDescription): bigint {
  const row = s.station.get(id, name, site?.latitudeDeg ?? null, site?.longitudeDeg ?? null, site?.heightM ?? null) as {
    key: bigint;
  };
  return row.key;
}

/** The key of the camera's row, made or brought up to date. */
export function keepCamera(s: Statements, camera: CameraDescription): bigint {
  const { id, name, uri, vendor, model, serial } = camera;
  const row = s.camera.get(id, name, uri, vendor, model, serial) as { key: bigint };
  return row.key;
}

/** A frame with its missing byte ranges, in the segment with key `segment`. */
export function insertFrame(
  s: Statements,
  keys: RowKeys,
  segment: bigint,
  record: FrameRecord,
  place: FramePlace,
): void {
  const { time, statistics } = record;
  const span = frameSpan(time);
  const { lastInsertRowid } = s.frame.run(
    keys.session,
    keys.camera,
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
    segment,
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
    s.missingRange.run(lastInsertRowid, range.offset, range.length);
  }
}

export function insertGap(s: Statements, { session, camera }: RowKeys, gap: GapRecord): void {
  s.gap.run(
    session,
    camera,
    gap.cause,
    signed(gap.firstBlock),
    signed(gap.lastBlock),
    gap.frames,
    gap.fromUtcNs,
    gap.toUtcNs,
    gap.detail,
  );
  s.countGap[COLUMN_OF[GAP_CAUSES[gap.cause]]].run(gap.frames, session);
}

/** SQLite's integers have a sign. */
const signed = (blockId: bigint | null): bigint | null => (blockId === null ? null : BigInt.asIntN(64, blockId));

export function insertEvent(s: Statements, { session, camera }: RowKeys, event: EventRecord): void {
  s.event.run(session, camera, event.kind, event.startUtcNs, event.endUtcNs, JSON.stringify(event.data));
}

export function insertStack(s: Statements, { session, camera }: RowKeys, stack: StackDescription): void {
  s.stack.run(
    session,
    camera,
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

export function insertMark(s: Statements, { session, camera }: RowKeys, mark: MarkDescription): void {
  const { fromUtcNs, toUtcNs, cause, detail, madeUtcNs } = mark;
  s.mark.run(session, camera, fromUtcNs, toUtcNs, cause, detail, madeUtcNs);
}

/** Sets what the edit names of the session with key `session`. */
export function editSession(s: Statements, session: bigint, edit: SessionEdit): void {
  for (const column of SESSION_EDITS) {
    const value = edit[column];
    if (value !== undefined) s.edit(column).run(value, session);
  }
}
