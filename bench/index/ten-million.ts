/** An index of ten million frames: ten nights of one camera, each a session of a million frames at 40 a second. */
import { statSync } from 'node:fs';
import { parseUtc } from '#gps/instant.js';
import { openIndexFile } from '#storage/index/index-file.js';

export const NIGHTS = 10;
export const FRAMES_A_NIGHT = 1_000_000;
export const PERIOD_NS = 25_000_000n;
/** The night that docs/index.md asks for is among them. */
const FIRST_NS = parseUtc('2026-08-09T00:00:00.123456700');
const DAY_NS = 86_400_000_000_000n;
const SEGMENT_FRAMES = 10_000;

/** Start of exposure of frame `i`, from 0, of night `night`. */
export const startOf = (night: number, i: number): bigint => FIRST_NS + DAY_NS * BigInt(night) + PERIOD_NS * BigInt(i);

/** By column: SQL of its value. `n` is the night, `s` counts its frames from 0, `i` counts all, `t` is the start. */
const VALUES: Readonly<Record<string, string>> = {
  session_key: 'n + 1',
  camera_key: '1',
  number: 's + 1',
  block_id: 's + 1',
  sequence: 's',
  start_utc_ns: 't',
  mid_utc_ns: 't + 10000000',
  end_utc_ns: 't + 20000000',
  leap_second: '0',
  exposure_ns: '20000000',
  uncertainty_ns: 'iif(i % 50000 = 77, 1000000, 200 + i % 50)',
  source: "'gps-header'",
  grade: "iif(i % 50000 = 77, 'holdover', 'locked')",
  flags: "iif(i % 50000 = 77, 'gps-holding', 'host-unsynchronised')",
  received_utc_ns: 't + 25000000',
  width: '4768',
  height: '3588',
  bit_depth: '16',
  pixel_format: "'Mono16'",
  packets_missing: 'i % 100000 = 5',
  packets_resent: '0',
  bytes_missing: '8900 * (i % 100000 = 5)',
  adu_min: '90 + i % 10',
  adu_max: '4000 + i % 96',
  adu_mean: '126.5 + 0.001 * (i % 1000)',
  saturated: 'iif(i % 1000 = 3, i % 50, 0)',
  adu_stddev: '10.25 + 0.001 * (i % 500)',
  adu_median: '126.0',
  segment_key: `1 + i / ${SEGMENT_FRAMES}`,
  byte_offset: `5760 + (i % ${SEGMENT_FRAMES}) * 13000320`,
  byte_length: '13000320',
  header_bytes: '14400',
  state: "'on-disk'",
  span_start_utc_ns: 't',
  span_end_utc_ns: 't + 175000000',
  frame_type: "iif(s >= 999000, 'dark', 'light')",
  sample_bytes: '2',
  read_mode: "'Photographic'",
  gain: '60.0',
  camera_offset: '30.0',
  binning_x: '3',
  binning_y: '3',
  software_binning: '1',
  sensor_temperature_c: '-10.0 + 0.1 * (i % 5)',
  filter: "'R'",
  data_sum: '4000000000 + i',
};

/** Makes the index and returns the bytes of its file for each frame. */
export function buildTenMillion(file: string): number {
  const database = openIndexFile(file);
  // It need not survive, and its indexes are made faster at the end.
  database.pragma('journal_mode = DELETE');
  database.pragma('journal_mode = OFF');
  database.pragma('synchronous = OFF');
  database.pragma('foreign_keys = OFF');
  const columns = database
    .prepare("SELECT name FROM pragma_table_info('frames') WHERE name <> 'key'")
    .pluck()
    .all() as string[];
  const values = columns.map((column) => {
    const value = VALUES[column];
    if (value === undefined) throw new Error(`the column ${column} of frames is new: say what it has`);
    return value;
  });
  const indexes = database
    .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'frames' AND sql IS NOT NULL")
    .all() as { name: string; sql: string }[];
  for (const { name } of indexes) database.exec(`DROP INDEX ${name}`);
  database.exec(`
    INSERT INTO stations (key, id, name) VALUES (1, 'station', 'Station');
    INSERT INTO cameras VALUES (1, 'camera', 'QHY411', 'sim:qhy411-bin3', 'QHY', 'QHY411', '1');
    CREATE TEMP TABLE counts AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) SELECT i FROM n;
    INSERT INTO sessions (key, id, station_key, folder, state, started_utc_ns, ended_utc_ns, software, object, frames_recorded, bytes)
      SELECT i + 1, 'night-' || i, 1, 'sessions/' || i, 'complete', ${FIRST_NS} + i * ${DAY_NS}, ${FIRST_NS} + i * ${DAY_NS} + 25000000000000, 'bench',
        'object ' || (i % 3), ${FRAMES_A_NIGHT}, ${FRAMES_A_NIGHT} * 13000320 FROM counts WHERE i < ${NIGHTS};
    INSERT INTO segments (key, session_key, camera_key, number, file, state)
      SELECT i + 1, 1 + i * ${SEGMENT_FRAMES} / ${FRAMES_A_NIGHT}, 1, i + 1, 'sessions/bench/' || i || '.fits', 'closed' FROM counts
      WHERE i < ${(NIGHTS * FRAMES_A_NIGHT) / SEGMENT_FRAMES};
    INSERT INTO gaps (session_key, camera_key, cause, frames, from_utc_ns, to_utc_ns, detail)
      SELECT 1 + i % ${NIGHTS}, 1, iif(i % 3 = 0, 'disk', 'network'), 2, ${FIRST_NS} + i % ${NIGHTS} * ${DAY_NS} + i * 1000000000, ${FIRST_NS} + i % ${NIGHTS} * ${DAY_NS} + (i + 1) * 1000000000, '' FROM counts;
    INSERT INTO frames (${columns.join(', ')}) SELECT ${values.join(', ')}
      FROM (SELECT i / ${FRAMES_A_NIGHT} AS n, i % ${FRAMES_A_NIGHT} AS s, i,
              ${FIRST_NS} + i / ${FRAMES_A_NIGHT} * ${DAY_NS} + i % ${FRAMES_A_NIGHT} * ${PERIOD_NS} AS t
            FROM (SELECT a.i * 10000 + b.i AS i FROM counts AS a CROSS JOIN counts AS b WHERE a.i < ${(NIGHTS * FRAMES_A_NIGHT) / 10_000}));
    ${indexes.map(({ sql }) => sql).join(';\n')};
    DROP TABLE counts;`);
  database.close();
  return statSync(file).size / (NIGHTS * FRAMES_A_NIGHT);
}
