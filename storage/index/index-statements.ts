/** The statements by which the index is written, prepared once for a connection. */
import type Database from 'better-sqlite3';
import type { SessionEdit } from './index-changes.js';

export type Statements = ReturnType<typeof prepareStatements>;

export function prepareStatements(database: Database.Database) {
  const count = (column: string): Database.Statement =>
    database.prepare(`UPDATE sessions SET ${column} = ${column} + ? WHERE key = ?`);
  return {
    station: database.prepare(
      `INSERT INTO stations (id, name, latitude_deg, longitude_deg, height_m) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, latitude_deg = excluded.latitude_deg,
         longitude_deg = excluded.longitude_deg, height_m = excluded.height_m RETURNING key`,
    ),
    camera: database.prepare(
      `INSERT INTO cameras (id, name, uri, vendor, model, serial) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, uri = excluded.uri, vendor = excluded.vendor,
         model = excluded.model, serial = excluded.serial RETURNING key`,
    ),
    session: database.prepare(
      `INSERT INTO sessions (id, station_key, folder, state, started_utc_ns, max_bytes, software, observer, object,
         name, telescope, site, notes)
       VALUES (?, ?, ?, 'recording', ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    sessionOf: database.prepare('SELECT key FROM sessions WHERE id = ?'),
    allCameras: database.prepare('SELECT id, key FROM cameras'),
    segmentsOf: database.prepare(
      "SELECT number, key, camera_key AS camera FROM segments WHERE session_key = ? AND state IN ('open', 'interrupted')",
    ),
    segmentOf: database.prepare('SELECT key, camera_key AS camera FROM segments WHERE session_key = ? AND number = ?'),
    fileOf: database.prepare('SELECT file FROM segments WHERE key = ?').pluck(),
    frameColumns: database.prepare("SELECT name FROM pragma_table_info('frames')"),
    endSession: database.prepare("UPDATE sessions SET state = 'complete', ended_utc_ns = ? WHERE key = ?"),
    openSegment: database.prepare(
      "INSERT INTO segments (session_key, camera_key, number, file, format, state) VALUES (?, ?, ?, ?, ?, 'open')",
    ),
    durableSegment: database.prepare('UPDATE segments SET durable_bytes = ? WHERE key = ?'),
    closeSegment: database.prepare("UPDATE segments SET state = 'closed', bytes = ?, durable_bytes = ? WHERE key = ?"),
    countInSegment: database.prepare('UPDATE segments SET frames = frames + ?, bytes = ? WHERE key = ?'),
    expireFrames: database.prepare(
      `UPDATE frames SET state = 'expired'
       WHERE segment_key = (SELECT key FROM segments WHERE file = ?) AND state = 'on-disk'`,
    ),
    uncountFrames: database.prepare(
      `UPDATE sessions SET
         frames_recorded = frames_recorded - (SELECT count(*) FROM frames WHERE segment_key = ?),
         frames_incomplete = frames_incomplete -
           (SELECT count(*) FROM frames WHERE segment_key = ? AND (packets_missing > 0 OR bytes_missing > 0))
       WHERE key = ?`,
    ),
    missFrames: database.prepare("UPDATE frames SET state = 'missing' WHERE segment_key = ?"),
    missSegment: database.prepare("UPDATE segments SET state = 'missing' WHERE key = ?"),
    expireSegment: database.prepare("UPDATE segments SET state = 'expired' WHERE file = ?"),
    expireStack: database.prepare('UPDATE stacks SET bytes = 0 WHERE file = ?'),
    // Positional, because named parameters cost a third of the rate.
    frame: database.prepare(
      `INSERT INTO frames (session_key, camera_key, number, block_id, sequence, start_utc_ns, mid_utc_ns, end_utc_ns,
         leap_second, exposure_ns, uncertainty_ns, source, grade, flags, received_utc_ns, width, height, bit_depth,
         pixel_format, packets_missing, packets_resent, bytes_missing, adu_min, adu_max, adu_mean, saturated,
         adu_stddev, adu_median, segment_key, byte_offset, byte_length, header_bytes, span_start_utc_ns,
         span_end_utc_ns, frame_type, sample_bytes, read_mode, gain, camera_offset, binning_x, binning_y,
         software_binning, sensor_temperature_c, filter, data_sum, state)
       VALUES (${Array(45).fill('?').join(', ')}, 'on-disk')`,
    ),
    missingRange: database.prepare('INSERT INTO missing_ranges (frame_key, byte_offset, byte_length) VALUES (?, ?, ?)'),
    countFrames: database.prepare(
      `UPDATE sessions SET frames_recorded = frames_recorded + ?, frames_incomplete = frames_incomplete + ?,
         bytes = bytes + ? WHERE key = ?`,
    ),
    gap: database.prepare(
      `INSERT INTO gaps (session_key, camera_key, cause, first_block, last_block, frames, from_utc_ns, to_utc_ns, detail)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    event: database.prepare(
      'INSERT INTO events (session_key, camera_key, kind, start_utc_ns, end_utc_ns, data) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    stack: database.prepare(
      `INSERT INTO stacks (session_key, camera_key, number, file, format, frames, first_frame, last_frame, start_utc_ns,
         end_utc_ns, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    mark: database.prepare(
      `INSERT INTO marks (session_key, camera_key, from_utc_ns, to_utc_ns, cause, detail, made_utc_ns)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
    edit: (column: keyof SessionEdit) => database.prepare(`UPDATE sessions SET ${column} = ? WHERE key = ?`),
    countGap: {
      frames_lost: count('frames_lost'),
      frames_not_recorded: count('frames_not_recorded'),
      frames_destroyed: count('frames_destroyed'),
    },
  };
}
