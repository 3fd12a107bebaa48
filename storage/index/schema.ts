/**
 * The tables of the index, in one place. Instants are integer nanoseconds since 1970 UTC in columns named `_utc_ns`; they
 * pass SQLite as 64-bit integers and JavaScript as bigint (safeIntegers), never as a double.
 *
 * A row of `frames` is inserted only after write() of its bytes returned, and is never deleted: retention and recovery
 * change its `state`. Counts in `sessions` are cumulative for the same reason; only frames whose segment was removed while it
 * was written move from the recorded to the not recorded ones.
 */
import type Database from 'better-sqlite3';
import { StorageError } from '../errors.js';
import { keepBackup } from './schema-backup.js';

/** What to do about an index that is lost or damaged, for messages. */
export const MAKE_ANEW = "'appulse recover --rebuild' makes it anew from the files";

/** `PRAGMA user_version` of what this program writes. */
export const SCHEMA_VERSION = 4;

/** recording: its process lives. complete: closed. interrupted: its process ended without closing it. */
export const SESSION_STATES = ['recording', 'complete', 'interrupted'] as const;
/**
 * open: being written. closed: complete and synced. interrupted: left by a dead process. expired: removed by retention.
 * missing: its file is gone.
 */
export const SEGMENT_STATES = ['open', 'closed', 'interrupted', 'expired', 'missing'] as const;
/** on-disk: its bytes are in the segment. expired: retention removed them. missing: a crash or someone else did. */
export const FRAME_STATES = ['on-disk', 'expired', 'missing'] as const;
export type SessionState = (typeof SESSION_STATES)[number];
export type SegmentState = (typeof SEGMENT_STATES)[number];
export type FrameState = (typeof FRAME_STATES)[number];

const list = (values: readonly string[]): string => values.map((value) => `'${value}'`).join(', ');

const STACKS_AND_MARKS = `CREATE TABLE stacks (
  key INTEGER PRIMARY KEY,
  session_key INTEGER NOT NULL REFERENCES sessions(key),
  camera_key INTEGER NOT NULL REFERENCES cameras(key),
  number INTEGER NOT NULL,            -- from 1 in its session
  file TEXT NOT NULL UNIQUE,          -- relative to the data folder
  format TEXT NOT NULL,               -- stack, ff
  frames INTEGER NOT NULL,
  first_frame INTEGER NOT NULL, last_frame INTEGER NOT NULL, -- numbers in the session
  start_utc_ns INTEGER NOT NULL, end_utc_ns INTEGER NOT NULL,
  bytes INTEGER NOT NULL              -- 0: removed by retention
);
CREATE INDEX stacks_of_session ON stacks (session_key);
CREATE TABLE marks (                  -- frames in them are removed by no retention
  key INTEGER PRIMARY KEY,
  session_key INTEGER NOT NULL REFERENCES sessions(key),
  camera_key INTEGER REFERENCES cameras(key), -- null: of all cameras
  from_utc_ns INTEGER NOT NULL, to_utc_ns INTEGER NOT NULL,
  cause TEXT NOT NULL,                -- command, brightness, event
  detail TEXT NOT NULL,
  made_utc_ns INTEGER NOT NULL
);
CREATE INDEX marks_of_session ON marks (session_key);
`;

/** The frames that are looked for among millions of others; the others are not in these, so that they cost nothing. */
const RARE_FRAMES = `CREATE INDEX frames_not_locked ON frames (grade) WHERE grade <> 'locked';
CREATE INDEX frames_not_light ON frames (frame_type) WHERE frame_type <> 'light';
`;

const TABLES = `
CREATE TABLE stations (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  latitude_deg REAL, longitude_deg REAL, height_m REAL
);
CREATE TABLE cameras (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL, uri TEXT NOT NULL, vendor TEXT NOT NULL, model TEXT NOT NULL, serial TEXT NOT NULL
);
CREATE TABLE sessions (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  station_key INTEGER NOT NULL REFERENCES stations(key),
  folder TEXT NOT NULL,               -- relative to the data folder
  state TEXT NOT NULL CHECK (state IN (${list(SESSION_STATES)})),
  started_utc_ns INTEGER NOT NULL,
  ended_utc_ns INTEGER,               -- null while recording and where the end is not known
  max_bytes INTEGER,                  -- null: retention never touches its pixels; 0: it does, by other limits than bytes
  software TEXT NOT NULL,
  observer TEXT, object TEXT,
  name TEXT, telescope TEXT, site TEXT, notes TEXT, -- can be edited later, as observer and object
  frames_recorded INTEGER NOT NULL DEFAULT 0,
  frames_incomplete INTEGER NOT NULL DEFAULT 0,   -- of the recorded ones
  frames_lost INTEGER NOT NULL DEFAULT 0,         -- produced, not received
  frames_not_recorded INTEGER NOT NULL DEFAULT 0, -- received, not written or removed while recording
  frames_destroyed INTEGER NOT NULL DEFAULT 0,    -- recorded, not survived a crash
  bytes INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE segments (
  key INTEGER PRIMARY KEY,
  session_key INTEGER NOT NULL REFERENCES sessions(key),
  camera_key INTEGER NOT NULL REFERENCES cameras(key),
  number INTEGER NOT NULL,            -- from 1 in its session
  file TEXT NOT NULL UNIQUE,          -- relative to the data folder, without .part
  state TEXT NOT NULL CHECK (state IN (${list(SEGMENT_STATES)})),
  format TEXT NOT NULL DEFAULT 'fits',
  frames INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,   -- written
  durable_bytes INTEGER NOT NULL DEFAULT 0, -- of those, safe from a power cut
  UNIQUE (session_key, number)
);
CREATE TABLE frames (
  key INTEGER PRIMARY KEY,            -- rises with the order of writing
  session_key INTEGER NOT NULL REFERENCES sessions(key),
  camera_key INTEGER NOT NULL REFERENCES cameras(key),
  number INTEGER NOT NULL,
  block_id INTEGER NOT NULL,
  sequence INTEGER,
  start_utc_ns INTEGER NOT NULL, mid_utc_ns INTEGER NOT NULL, end_utc_ns INTEGER NOT NULL, -- row 0
  leap_second INTEGER NOT NULL,
  exposure_ns INTEGER NOT NULL,
  uncertainty_ns INTEGER NOT NULL,
  source TEXT NOT NULL,
  grade TEXT NOT NULL,
  flags TEXT NOT NULL,                -- words with spaces between
  received_utc_ns INTEGER NOT NULL,   -- host clock
  width INTEGER NOT NULL, height INTEGER NOT NULL,
  bit_depth INTEGER NOT NULL,
  pixel_format TEXT NOT NULL,
  packets_missing INTEGER NOT NULL,
  packets_resent INTEGER NOT NULL,
  bytes_missing INTEGER NOT NULL,
  adu_min INTEGER, adu_max INTEGER, adu_mean REAL, saturated INTEGER,
  adu_stddev REAL, adu_median REAL,   -- the median from a histogram
  segment_key INTEGER NOT NULL REFERENCES segments(key),
  byte_offset INTEGER NOT NULL,       -- of the HDU in the segment
  byte_length INTEGER NOT NULL,       -- of the HDU, header and padding included
  header_bytes INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN (${list(FRAME_STATES)})),
  span_start_utc_ns INTEGER, span_end_utc_ns INTEGER, -- first start and last end of exposure of any row
  frame_type TEXT NOT NULL DEFAULT 'light', -- light, dark, bias, flat
  sample_bytes INTEGER NOT NULL DEFAULT 2, -- of a recorded pixel
  read_mode TEXT, gain REAL, camera_offset REAL, -- as the camera names them
  binning_x INTEGER NOT NULL DEFAULT 1, binning_y INTEGER NOT NULL DEFAULT 1, -- by the camera
  software_binning INTEGER NOT NULL DEFAULT 1,
  sensor_temperature_c REAL, filter TEXT,
  data_sum INTEGER                    -- ones' complement sum of the data, as FITS DATASUM
);
-- The first two give their rows in the order of the key, which is the order of pages.
CREATE INDEX frames_of_session ON frames (session_key);
CREATE INDEX frames_of_segment ON frames (segment_key);
CREATE INDEX frames_by_time ON frames (start_utc_ns);
${RARE_FRAMES}CREATE TABLE missing_ranges (
  frame_key INTEGER NOT NULL REFERENCES frames(key),
  byte_offset INTEGER NOT NULL,       -- in the camera's payload, before unpacking
  byte_length INTEGER NOT NULL,
  PRIMARY KEY (frame_key, byte_offset)
) WITHOUT ROWID;
CREATE TABLE gaps (
  key INTEGER PRIMARY KEY,
  session_key INTEGER NOT NULL REFERENCES sessions(key),
  camera_key INTEGER REFERENCES cameras(key),
  cause TEXT NOT NULL,
  first_block INTEGER, last_block INTEGER,
  frames INTEGER NOT NULL,            -- 0 where their number cannot be known
  from_utc_ns INTEGER, to_utc_ns INTEGER,
  detail TEXT NOT NULL
);
CREATE INDEX gaps_of_session ON gaps (session_key);
${STACKS_AND_MARKS}CREATE TABLE pointings (
  key INTEGER PRIMARY KEY,
  session_key INTEGER NOT NULL REFERENCES sessions(key),
  utc_ns INTEGER NOT NULL,
  ra_deg REAL, dec_deg REAL, azimuth_deg REAL, elevation_deg REAL,
  source TEXT NOT NULL
);
CREATE INDEX pointings_of_session ON pointings (session_key, utc_ns);
CREATE TABLE events (
  key INTEGER PRIMARY KEY,
  session_key INTEGER NOT NULL REFERENCES sessions(key),
  camera_key INTEGER REFERENCES cameras(key),
  kind TEXT NOT NULL,
  start_utc_ns INTEGER NOT NULL, end_utc_ns INTEGER NOT NULL,
  first_frame_key INTEGER REFERENCES frames(key), last_frame_key INTEGER REFERENCES frames(key),
  data TEXT NOT NULL                  -- JSON
);
CREATE INDEX events_by_time ON events (start_utc_ns);
CREATE INDEX events_of_session ON events (session_key, kind);
`;

/** What brings an index from one version to the next, by the version it has. Rows that are there stay as they are. */
const MIGRATIONS: Readonly<Record<number, string>> = {
  1: 'ALTER TABLE frames ADD COLUMN adu_stddev REAL; ALTER TABLE frames ADD COLUMN adu_median REAL;',
  2: `ALTER TABLE frames ADD COLUMN span_start_utc_ns INTEGER; ALTER TABLE frames ADD COLUMN span_end_utc_ns INTEGER;
     CREATE INDEX events_of_session ON events (session_key, kind);`,
  3: `${['name', 'telescope', 'site', 'notes'].map((column) => `ALTER TABLE sessions ADD COLUMN ${column} TEXT;`).join('\n')}
     ALTER TABLE segments ADD COLUMN format TEXT NOT NULL DEFAULT 'fits';
     ${[
       "frame_type TEXT NOT NULL DEFAULT 'light'",
       'sample_bytes INTEGER NOT NULL DEFAULT 2',
       'read_mode TEXT',
       'gain REAL',
       'camera_offset REAL',
       'binning_x INTEGER NOT NULL DEFAULT 1',
       'binning_y INTEGER NOT NULL DEFAULT 1',
       'software_binning INTEGER NOT NULL DEFAULT 1',
       'sensor_temperature_c REAL',
       'filter TEXT',
       'data_sum INTEGER',
     ]
       .map((column) => `ALTER TABLE frames ADD COLUMN ${column};`)
       .join('\n')}
     ${RARE_FRAMES}${STACKS_AND_MARKS}`,
};

function migrationFrom(version: number): string {
  const statements = MIGRATIONS[version];
  if (statements === undefined)
    throw new StorageError('storage.index-version', `no way leads from index version ${version}`);
  return statements;
}

/**
 * Makes the tables in an empty database, and brings an older index forward after a copy of it was kept, whose name it returns; null
 * where nothing was to be kept. Throws `storage.index-version` for the index of a newer program and for a database of something else, and
 * `storage.disk-full` before anything is changed.
 */
export function prepareSchema(database: Database.Database, file: string): string | null {
  const version = versionOf(database, file);
  if (version === SCHEMA_VERSION) return null;
  const backup = version === 0 ? null : keepBackup(database, file, version);
  database
    .transaction(() => {
      // Another process may have been faster.
      const now = versionOf(database, file);
      if (now === 0) database.exec(TABLES);
      else for (let from = now; from < SCHEMA_VERSION; from++) database.exec(migrationFrom(from));
      database.pragma(`user_version = ${SCHEMA_VERSION}`);
    })
    .immediate();
  return backup;
}

function versionOf(database: Database.Database, file: string): number {
  const version = Number(database.pragma('user_version', { simple: true }));
  if (version > SCHEMA_VERSION) {
    throw new StorageError(
      'storage.index-version',
      `${file} has version ${version} of the index, this program reads ${SCHEMA_VERSION}: use the Appulse that wrote it, or another data folder`,
      { context: { file, version } },
    );
  }
  if (version === 0 && Number(database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get()) > 0) {
    throw new StorageError(
      'storage.index-version',
      `${file} is a database of another program: name another data folder, or move that file away`,
      { context: { file } },
    );
  }
  return version;
}
