import Database from 'better-sqlite3';
import type { RollingSegment } from '../segments/rolling-archive.js';

/** Segments that retention may remove, oldest first: of sessions recorded with a limit, complete or left by a crash. */
export function rollingSegments(indexFile: string): RollingSegment[] {
  const database = new Database(indexFile, { readonly: true, timeout: 10_000 });
  try {
    return database
      .prepare(
        `SELECT segments.file AS file, segments.bytes AS bytes FROM segments
         JOIN sessions ON sessions.key = segments.session_key
         WHERE sessions.max_bytes IS NOT NULL AND segments.state IN ('closed', 'interrupted')
         ORDER BY segments.key`,
      )
      .all() as RollingSegment[];
  } finally {
    database.close();
  }
}
