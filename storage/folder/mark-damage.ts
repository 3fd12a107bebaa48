/** What `appulse verify --mark` does with what it found: rows whose frames are damaged or gone become `missing`, with gap rows. */
import type Database from 'better-sqlite3';
import { IndexDatabase } from '../index/index-database.js';
import { newSessionRecovery } from './recovery-report.js';
import { giveUp } from './segment-recovery.js';
import type { VerifyFinding } from './verification.js';

interface SegmentRow {
  readonly folder: string;
  readonly cameraId: string;
}

/** `database` is the index of `dataFolder`, which must be locked. Returns how many rows are missing now. */
export function markDamage(
  database: Database.Database,
  dataFolder: string,
  findings: readonly VerifyFinding[],
): number {
  const index = new IndexDatabase(database);
  const bySegment = new Map<string, { session: string; rows: { key: bigint }[] }>();
  for (const { kind, session, file, key } of findings) {
    if (key === null || (kind !== 'damaged' && kind !== 'gone')) continue;
    const segment = bySegment.get(file) ?? { session, rows: [] };
    segment.rows.push({ key });
    bySegment.set(file, segment);
  }
  let marked = 0;
  for (const [file, { session, rows }] of bySegment) {
    const row = database
      .prepare(
        `SELECT folder, cameras.id AS cameraId FROM segments JOIN sessions ON sessions.key = session_key
         JOIN cameras ON cameras.key = camera_key WHERE file = ?`,
      )
      .get(file) as SegmentRow | undefined;
    if (row === undefined || !index.resume(session)) continue;
    const report = newSessionRecovery(session, row.folder);
    const context = { database, index, dataFolder, report, ranges: new Map() };
    giveUp(context, { file, cameraId: row.cameraId }, rows, `${file} was found damaged by verify`);
    marked += rows.length;
  }
  return marked;
}
