/** The tables of an index of version 3, as the program of that time made them. */
export const SCHEMA_3 = `
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
  folder TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('recording', 'complete', 'interrupted')),
  started_utc_ns INTEGER NOT NULL,
  ended_utc_ns INTEGER,
  max_bytes INTEGER,
  software TEXT NOT NULL,
  observer TEXT, object TEXT,
  frames_recorded INTEGER NOT NULL DEFAULT 0,
  frames_incomplete INTEGER NOT NULL DEFAULT 0,
  frames_lost INTEGER NOT NULL DEFAULT 0,
  frames_not_recorded INTEGER NOT NULL DEFAULT 0,
  frames_destroyed INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE segments (
  key INTEGER PRIMARY KEY,
  session_key INTEGER NOT NULL REFERENCES sessions(key),
  camera_key INTEGER NOT NULL REFERENCES cameras(key),
  number INTEGER NOT NULL,
  file TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('open', 'closed', 'interrupted', 'expired', 'missing')),
  frames INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,
  durable_bytes INTEGER NOT NULL DEFAULT 0,
  UNIQUE (session_key, number)
);
CREATE TABLE frames (
  key INTEGER PRIMARY KEY,
  session_key INTEGER NOT NULL REFERENCES sessions(key),
  camera_key INTEGER NOT NULL REFERENCES cameras(key),
  number INTEGER NOT NULL,
  block_id INTEGER NOT NULL,
  sequence INTEGER,
  start_utc_ns INTEGER NOT NULL, mid_utc_ns INTEGER NOT NULL, end_utc_ns INTEGER NOT NULL,
  leap_second INTEGER NOT NULL,
  exposure_ns INTEGER NOT NULL,
  uncertainty_ns INTEGER NOT NULL,
  source TEXT NOT NULL,
  grade TEXT NOT NULL,
  flags TEXT NOT NULL,
  received_utc_ns INTEGER NOT NULL,
  width INTEGER NOT NULL, height INTEGER NOT NULL,
  bit_depth INTEGER NOT NULL,
  pixel_format TEXT NOT NULL,
  packets_missing INTEGER NOT NULL,
  packets_resent INTEGER NOT NULL,
  bytes_missing INTEGER NOT NULL,
  adu_min INTEGER, adu_max INTEGER, adu_mean REAL, saturated INTEGER,
  adu_stddev REAL, adu_median REAL,
  segment_key INTEGER NOT NULL REFERENCES segments(key),
  byte_offset INTEGER NOT NULL,
  byte_length INTEGER NOT NULL,
  header_bytes INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('on-disk', 'expired', 'missing')),
  span_start_utc_ns INTEGER, span_end_utc_ns INTEGER
);
CREATE INDEX frames_of_session ON frames (session_key);
CREATE INDEX frames_of_segment ON frames (segment_key);
CREATE INDEX frames_by_time ON frames (start_utc_ns);
CREATE TABLE missing_ranges (
  frame_key INTEGER NOT NULL REFERENCES frames(key),
  byte_offset INTEGER NOT NULL,
  byte_length INTEGER NOT NULL,
  PRIMARY KEY (frame_key, byte_offset)
) WITHOUT ROWID;
CREATE TABLE gaps (
  key INTEGER PRIMARY KEY,
  session_key INTEGER NOT NULL REFERENCES sessions(key),
  camera_key INTEGER REFERENCES cameras(key),
  cause TEXT NOT NULL,
  first_block INTEGER, last_block INTEGER,
  frames INTEGER NOT NULL,
  from_utc_ns INTEGER, to_utc_ns INTEGER,
  detail TEXT NOT NULL
);
CREATE INDEX gaps_of_session ON gaps (session_key);
CREATE TABLE pointings (
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
  data TEXT NOT NULL
);
CREATE INDEX events_by_time ON events (start_utc_ns);
CREATE INDEX events_of_session ON events (session_key, kind);
PRAGMA user_version = 3;
`;
