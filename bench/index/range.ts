/** A time range of 1000 frames out of ten million, 20 of them at places of their own, through the project's reader. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { openIndexFile } from '#storage/index/index-database.js';
import { IndexReader } from '#storage/index/queries.js';
import { hasProgram, ownFolder } from '../harness/own.js';
import type { BenchOptions, Case, Contest, Figures } from '../harness.js';

const FRAMES = 10_000_000;
const WANTED = 1000;
const QUERIES = 20;
const FIRST_NS = 1_786_665_600_123_456_700n;
const PERIOD_NS = 50_000_000n;
const INDEXES = ['frames_of_session', 'frames_of_segment', 'frames_by_time'];

/** An index of ten million frames of one session, a segment for each ten thousand. */
function build(file: string): void {
  const database = openIndexFile(file);
  // It need not survive, and its indexes are made faster at the end.
  database.pragma('journal_mode = OFF');
  database.pragma('synchronous = OFF');
  database.pragma('foreign_keys = OFF');
  const makeIndexes = INDEXES.map((name) => {
    const sql = database.prepare('SELECT sql FROM sqlite_schema WHERE name = ?').pluck().get(name) as string;
    database.exec(`DROP INDEX ${name}`);
    return sql;
  });
  database.exec(`
    INSERT INTO stations (key, id, name) VALUES (1, 'station', 'Station');
    INSERT INTO cameras VALUES (1, 'camera', 'QHY411', 'sim:qhy411-bin3', 'QHY', 'QHY411', '1');
    INSERT INTO sessions (key, id, station_key, folder, state, started_utc_ns, software)
      VALUES (1, 'session', 1, 'sessions/bench', 'complete', ${FIRST_NS}, 'bench');
    CREATE TEMP TABLE counts AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) SELECT i FROM n;
    INSERT INTO segments (key, session_key, camera_key, number, file, state)
      SELECT i + 1, 1, 1, i + 1, 'sessions/bench/' || i || '.fits', 'closed' FROM counts WHERE i < ${FRAMES / 10_000};
    INSERT INTO frames SELECT NULL, 1, 1, s, s, s, t, t + 20000000, t + 40000000, 0, 40000000, 200, 'gps-header', 'locked',
        'host-unsynchronised', t + 50000000, 4768, 3588, 12, 'Mono12p', 0, 0, 0, 90, 4095, 126.5, 3, 10.25, 126.5,
        1 + s / 10000, 2880 + (s % 10000) * 13000000, 13000000, 11520, 'on-disk'
      FROM (SELECT a.i * 10000 + b.i AS s, ${FIRST_NS} + (a.i * 10000 + b.i) * ${PERIOD_NS} AS t
            FROM counts AS a CROSS JOIN counts AS b WHERE a.i < ${FRAMES / 10_000});
    ${makeIndexes.join(';\n')};
    DROP TABLE counts;`);
  database.close();
}

/** Beginnings of ranges, spread over the night without a pattern. */
function* beginnings(): Generator<bigint> {
  for (let i = 1; ; i++) yield FIRST_NS + PERIOD_NS * BigInt((i * 6_180_339) % (FRAMES - WANTED));
}

function openRange({ folder }: BenchOptions): Contest {
  const file = join(ownFolder(folder), 'index.sqlite');
  build(file);
  const reader = new IndexReader(file);
  const ours = beginnings();
  const theirs = beginnings();

  const read = (): Figures => {
    const began = performance.now();
    for (let i = 0; i < QUERIES; i++) {
      const fromUtcNs = ours.next().value;
      const toUtcNs = fromUtcNs + PERIOD_NS * BigInt(WANTED);
      const frames = reader.frames({ sessionId: 'session', fromUtcNs, toUtcNs }, { limit: WANTED });
      if (frames.length !== WANTED || frames[0]?.startUtcNs !== fromUtcNs) throw new Error('other rows came');
    }
    return { query: (performance.now() - began) / QUERIES };
  };

  const program = (queries: number): number => {
    const statements = Array.from({ length: queries }, () => {
      const from = theirs.next().value;
      const to = from + PERIOD_NS * BigInt(WANTED);
      return `SELECT frames.*, sessions.id, cameras.id, segments.file FROM frames
        JOIN sessions ON sessions.key = frames.session_key JOIN cameras ON cameras.key = frames.camera_key
        JOIN segments ON segments.key = frames.segment_key
        WHERE +frames.session_key = 1 AND start_utc_ns >= ${from} AND start_utc_ns < ${to} ORDER BY start_utc_ns;`;
    });
    const began = performance.now();
    const input = `.output /dev/null\n${statements.join('\n')}\n`;
    const done = spawnSync('sqlite3', ['-readonly', file], { input, encoding: 'utf8' });
    if (done.status !== 0 || done.stderr !== '') throw new Error(`sqlite3: ${done.stderr}`);
    return performance.now() - began;
  };
  // Its start is not the query's.
  const cli = (): Figures => ({ query: (program(QUERIES + 1) - program(1)) / QUERIES });
  const hasCli = hasProgram('sqlite3');
  return {
    runs: { 'IndexReader.frames': read },
    reference: hasCli ? cli : null,
    note: hasCli ? '' : 'reference missing: the sqlite3 program',
    close: () => reader.close(),
  };
}

export const rangeCase: Case = {
  name: 'a range of 1000 rows out of 10 million',
  reference: 'sqlite3',
  figures: { query: { unit: 'ms' } },
  contestants: { 'IndexReader.frames': { query: { of: 'measured', is: 'at most', value: 5 } } },
  open: openRange,
};
