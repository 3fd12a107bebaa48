/** All rows of an index as text, without the keys that mean something in one index only, so that two can be compared. */
import Database from 'better-sqlite3';

const TABLES: Readonly<Record<string, string>> = {
  stations: '',
  cameras: '',
  sessions: '(SELECT id FROM stations WHERE key = station_key) AS station,',
  segments: `(SELECT id FROM sessions WHERE key = session_key) AS session,
    (SELECT id FROM cameras WHERE key = camera_key) AS camera,`,
  frames: `(SELECT id FROM sessions WHERE key = session_key) AS session,
    (SELECT id FROM cameras WHERE key = camera_key) AS camera, (SELECT file FROM segments WHERE key = segment_key) AS file,`,
  missing_ranges: `(SELECT block_id || ' ' || number FROM frames WHERE key = frame_key) AS frame,`,
  gaps: `(SELECT id FROM sessions WHERE key = session_key) AS session,
    (SELECT id FROM cameras WHERE key = camera_key) AS camera,`,
  stacks: '(SELECT id FROM sessions WHERE key = session_key) AS session,',
  marks: '(SELECT id FROM sessions WHERE key = session_key) AS session,',
  events: '(SELECT id FROM sessions WHERE key = session_key) AS session,',
};

/** Lines by table, sorted. */
export function dumpIndex(file: string): Record<string, string[]> {
  const database = new Database(file, { readonly: true });
  database.defaultSafeIntegers(true);
  try {
    return Object.fromEntries(
      Object.entries(TABLES).map(([table, joined]) => {
        const rows = database.prepare(`SELECT ${joined} * FROM ${table}`).all() as Record<string, unknown>[];
        const lines = rows.map((row) => {
          const fields = Object.entries(row).filter(([name]) => name !== 'key' && !name.endsWith('_key'));
          return JSON.stringify(fields, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));
        });
        return [table, lines.sort()];
      }),
    );
  } finally {
    database.close();
  }
}
