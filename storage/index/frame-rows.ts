/** The rows of the table frames, a page or millions of them. */
import type Database from 'better-sqlite3';
import { Conditions, type FrameFilter, frameConditions } from './frame-filter.js';
import { count, flag, integer, nullable, RowShape, real, text, unsigned, word, words } from './row-shape.js';
import type { FrameRow, Page } from './rows.js';

const FRAME = new RowShape<FrameRow>('frame', {
  key: ['frames.key', integer],
  sessionId: ['sessions.id', text],
  cameraId: ['cameras.id', text],
  number: ['frames.number', count],
  blockId: ['block_id', unsigned],
  sequence: ['sequence', nullable(count)],
  startUtcNs: ['start_utc_ns', integer],
  midUtcNs: ['mid_utc_ns', integer],
  endUtcNs: ['end_utc_ns', integer],
  leapSecond: ['leap_second', flag],
  exposureNs: ['exposure_ns', integer],
  uncertaintyNs: ['uncertainty_ns', integer],
  source: ['source', word()],
  grade: ['grade', word()],
  flags: ['flags', words],
  receivedUtcNs: ['received_utc_ns', integer],
  width: ['width', count],
  height: ['height', count],
  bitDepth: ['bit_depth', count],
  pixelFormat: ['pixel_format', text],
  packetsMissing: ['packets_missing', count],
  packetsResent: ['packets_resent', count],
  bytesMissing: ['bytes_missing', count],
  aduMin: ['adu_min', nullable(real)],
  aduMax: ['adu_max', nullable(real)],
  aduMean: ['adu_mean', nullable(real)],
  aduStddev: ['adu_stddev', nullable(real)],
  aduMedian: ['adu_median', nullable(real)],
  saturated: ['saturated', nullable(real)],
  file: ["segments.file || CASE WHEN segments.state IN ('open', 'interrupted') THEN '.part' ELSE '' END", text],
  byteOffset: ['byte_offset', count],
  byteLength: ['byte_length', count],
  headerBytes: ['header_bytes', count],
  state: ['frames.state', word()],
  spanStartUtcNs: ['span_start_utc_ns', nullable(integer)],
  spanEndUtcNs: ['span_end_utc_ns', nullable(integer)],
  frameType: ['frame_type', word()],
  sampleBytes: ['sample_bytes', sampleBytes],
  format: ['segments.format', word()],
  readMode: ['read_mode', nullable(text)],
  gain: ['gain', nullable(real)],
  offset: ['camera_offset', nullable(real)],
  binningX: ['binning_x', count],
  binningY: ['binning_y', count],
  softwareBinning: ['software_binning', count],
  sensorTemperatureC: ['sensor_temperature_c', nullable(real)],
  filter: ['filter', nullable(text)],
  dataSum: ['data_sum', nullable(count)],
});

function sampleBytes(value: unknown): 1 | 2 | 4 | undefined {
  return value === 1n ? 1 : value === 2n ? 2 : value === 4n ? 4 : undefined;
}

// Frames are walked, and the few rows that they refer to are looked up.
const FROM_FRAMES = `FROM frames CROSS JOIN sessions ON sessions.key = frames.session_key
  CROSS JOIN cameras ON cameras.key = frames.camera_key CROSS JOIN segments ON segments.key = frames.segment_key`;

/** Rows of one question of `iterateFrames`. */
const PAGE_ROWS = 1000;

/** A page of frames in the order of writing. */
export function readFrames(database: Database.Database, filter: FrameFilter, page: Page): FrameRow[] {
  const conditions = frameConditions(filter, 'keys');
  const isRange = filter.fromUtcNs !== undefined && filter.toUtcNs !== undefined;
  conditions.add(`${isRange ? '+' : ''}frames.key ${page.newestFirst === true ? '<' : '>'} ?`, page.afterKey);
  const rows = database
    .prepare(
      `SELECT ${FRAME.sql} ${FROM_FRAMES} ${conditions.where}
       ORDER BY frames.key ${page.newestFirst === true ? 'DESC' : 'ASC'} LIMIT ?`,
    )
    .raw()
    .all(...conditions.values, page.limit ?? 1000) as unknown[][];
  return rows.map((row) => FRAME.of(row));
}

/** How many frames the filter finds. */
export function countFrames(database: Database.Database, filter: FrameFilter): number {
  const conditions = frameConditions(filter, 'keys');
  const statement = database.prepare(`SELECT count(*) FROM frames ${conditions.where}`).pluck();
  return Number(statement.get(...conditions.values));
}

/**
 * All frames of a filter that are in the index when the first is asked for, in the order of writing, in bounded memory. Each page is a
 * question of its own, so that a station that records goes on with its write-ahead log however long the reader takes.
 */
export function* iterateFrames(
  database: Database.Database,
  filter: FrameFilter,
  { newestFirst = false }: Pick<Page, 'newestFirst'> = {},
): Generator<FrameRow, void> {
  let [first, last] = keysOf(database, filter);
  const conditions = frameConditions(filter, 'plain').addText('frames.key BETWEEN ? AND ?');
  const statement = database
    .prepare(
      `SELECT ${FRAME.sql} ${FROM_FRAMES} ${conditions.where}
       ORDER BY frames.key ${newestFirst ? 'DESC' : 'ASC'} LIMIT ${PAGE_ROWS}`,
    )
    .raw();
  for (;;) {
    if (first === null || last === null || first > last) return;
    const rows = statement.all(...conditions.values, first, last) as unknown[][];
    for (const values of rows) {
      const row = FRAME.of(values);
      if (newestFirst) last = row.key - 1n;
      else first = row.key + 1n;
      yield row;
    }
    if (rows.length < PAGE_ROWS) return;
  }
}

type Keys = [first: bigint | null, last: bigint | null];

/** The first and the last key among which the frames of a filter are; null where there are none. */
function keysOf(database: Database.Database, { sessionId, fromUtcNs, toUtcNs }: FrameFilter): Keys {
  const conditions =
    fromUtcNs !== undefined && toUtcNs !== undefined
      ? new Conditions().add('start_utc_ns >= ?', fromUtcNs).add('start_utc_ns < ?', toUtcNs)
      : frameConditions(sessionId === undefined ? {} : { sessionId }, 'plain');
  const { where, values } = conditions;
  // Asked for together, SQLite would read all that is between them.
  return database
    .prepare(`SELECT (SELECT min(key) FROM frames ${where}), (SELECT max(key) FROM frames ${where})`)
    .raw()
    .get(...values, ...values) as Keys;
}
