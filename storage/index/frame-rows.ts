/** The rows of the table frames, a page or millions of them. */
import type Database from 'better-sqlite3';
import { StorageError } from '../errors.js';
import { Conditions, type FrameFilter, frameConditions } from './frame-filter.js';
import { count, flag, integer, nullable, RowShape, real, text, unsigned, word, words } from './row-shape.js';
import type { FrameRow, Page } from './rows.js';

// Keys of other tables are replaced by what they stand for before a row is made, see References.
const FRAME = new RowShape<FrameRow>('frame', {
  key: ['key', integer],
  sessionId: ['session_key', text],
  cameraId: ['camera_key', text],
  file: ['segment_key', text],
  format: ['segment_key', word()],
  number: ['number', count],
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
  byteOffset: ['byte_offset', count],
  byteLength: ['byte_length', count],
  headerBytes: ['header_bytes', count],
  state: ['state', word()],
  spanStartUtcNs: ['span_start_utc_ns', nullable(integer)],
  spanEndUtcNs: ['span_end_utc_ns', nullable(integer)],
  frameType: ['frame_type', word()],
  sampleBytes: ['sample_bytes', sampleBytes],
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

type Reference = readonly [sessionId: string, cameraId: string, file: string, format: string];
/** Where the keys stand in a row's values. */
const [SESSION, CAMERA, SEGMENT, FORMAT] = [1, 2, 3, 4] as const;

/**
 * The session, camera and segment that frames refer to, each looked up once: joined to every row they took a third of its time, most of it
 * for making the same texts again.
 */
class References {
  readonly #statement: Database.Statement;
  /** By segment: its frames have one session and one camera. */
  readonly #known = new Map<unknown, Reference>();

  constructor(database: Database.Database) {
    this.#statement = database
      .prepare(
        `SELECT (SELECT id FROM sessions WHERE key = ?), (SELECT id FROM cameras WHERE key = ?),
           file || CASE WHEN state IN ('open', 'interrupted') THEN '.part' ELSE '' END, format
         FROM segments WHERE key = ?`,
      )
      .raw();
  }

  /** A page of rows: segments get their names while a station records, so that no page goes by the names of another. */
  rowsOf(page: readonly unknown[][]): FrameRow[] {
    this.#known.clear();
    return page.map((values) => {
      const segment = values[SEGMENT];
      let reference = this.#known.get(segment);
      if (reference === undefined) {
        reference = this.#look(values);
        this.#known.set(segment, reference);
      }
      [values[SESSION], values[CAMERA], values[SEGMENT], values[FORMAT]] = reference;
      return FRAME.of(values);
    });
  }

  #look(values: readonly unknown[]): Reference {
    const found = this.#statement.get(values[SESSION], values[CAMERA], values[SEGMENT]) as unknown[] | undefined;
    if (found?.every((value) => typeof value === 'string')) return found as unknown as Reference;
    throw new StorageError(
      'storage.index-row',
      `the row of frame ${values[0]} in the index was changed by hand: its session, camera or segment is not there; set it right, or have the index made again from the files`,
      { context: { row: String(values[0]) } },
    );
  }
}

/** Rows of one question of `iterateFrames`. */
const PAGE_ROWS = 1000;

/** A page of frames in the order of writing. */
export function readFrames(database: Database.Database, filter: FrameFilter, page: Page): FrameRow[] {
  const conditions = frameConditions(filter, 'keys');
  const isRange = filter.fromUtcNs !== undefined && filter.toUtcNs !== undefined;
  conditions.add(`${isRange ? '+' : ''}frames.key ${page.newestFirst === true ? '<' : '>'} ?`, page.afterKey);
  const rows = database
    .prepare(
      `SELECT ${FRAME.sql} FROM frames ${conditions.where}
       ORDER BY frames.key ${page.newestFirst === true ? 'DESC' : 'ASC'} LIMIT ?`,
    )
    .raw()
    .all(...conditions.values, page.limit ?? 1000) as unknown[][];
  return new References(database).rowsOf(rows);
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
      `SELECT ${FRAME.sql} FROM frames ${conditions.where}
       ORDER BY frames.key ${newestFirst ? 'DESC' : 'ASC'} LIMIT ${PAGE_ROWS}`,
    )
    .raw();
  const references = new References(database);
  for (;;) {
    if (first === null || last === null || first > last) return;
    const rows = statement.all(...conditions.values, first, last) as unknown[][];
    for (const row of references.rowsOf(rows)) {
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
