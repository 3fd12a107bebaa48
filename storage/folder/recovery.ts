/**
 * The light recovery made at every start: sessions of dead processes become `interrupted`, and no row that is `on-disk`
 * points at bytes that are not there. No byte of a file is touched, except of those that retention had already given up.
 */
import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { systemCode } from '../errors.js';
import { openIndexFile } from '../index/index-database.js';
import { PART, SESSIONS } from '../segments/names.js';
import { removeSegmentFile } from '../segments/rolling-archive.js';

export interface Recovery {
  /** Ids of sessions that were found recording, their process dead. */
  readonly interruptedSessions: readonly string[];
  /** Rows that pointed at bytes which are not there. */
  readonly framesMissing: number;
  /** Files of expired segments that were still there. */
  readonly expiredFilesRemoved: number;
  /** The copy of the index that was kept before it was brought forward to this program's version; null where it was not. */
  readonly indexBackup: string | null;
}

interface SegmentRow {
  readonly key: bigint;
  readonly session: bigint;
  readonly camera: bigint;
  readonly file: string;
  readonly state: string;
}

interface Lost {
  readonly frames: bigint;
  readonly first_block: bigint | null;
  readonly last_block: bigint | null;
  readonly from_utc_ns: bigint | null;
  readonly to_utc_ns: bigint | null;
}

/** Runs over the index `indexFile` of `dataFolder`, which must be locked. */
export async function recoverFolder(dataFolder: string, indexFile: string): Promise<Recovery> {
  let indexBackup: string | null = null;
  const database = openIndexFile(indexFile, (backup) => {
    indexBackup = backup;
  });
  try {
    const sessions = database.prepare("SELECT id FROM sessions WHERE state = 'recording'").all() as { id: string }[];
    let framesMissing = 0;
    database.transaction(() => {
      const segments = database
        .prepare(
          `SELECT key, session_key AS session, camera_key AS camera, file, state FROM segments
           WHERE state IN ('open', 'closed', 'interrupted')`,
        )
        .all() as SegmentRow[];
      for (const segment of segments) framesMissing += checkSegment(database, dataFolder, segment);
      database.prepare("UPDATE sessions SET state = 'interrupted' WHERE state = 'recording'").run();
    })();
    const expiredFilesRemoved = await removeExpired(database, dataFolder);
    return { interruptedSessions: sessions.map(({ id }) => id), framesMissing, expiredFilesRemoved, indexBackup };
  } finally {
    database.close();
  }
}

/** Size of a segment's file, and whether it has its final name; null where there is none. */
function fileOf(path: string): { bytes: number; complete: boolean } | null {
  for (const complete of [true, false]) {
    const stats = statSync(complete ? path : path + PART, { throwIfNoEntry: false });
    if (stats !== undefined) return { bytes: stats.size, complete };
  }
  return null;
}

/** Blocks that were set aside behind the end of a part stay until it is cut at its end: up to 128 MiB of every crash. */
function giveBackBlocks(part: string, bytes: number): void {
  try {
    truncateSync(part, bytes);
  } catch {
    // They only take room; what is wrong with the file shows when it is read.
  }
}

/** Returns how many of its frames are not there. */
function checkSegment(database: Database.Database, dataFolder: string, segment: SegmentRow): number {
  const found = fileOf(join(dataFolder, segment.file));
  if (segment.state !== 'open' && found !== null) return 0;
  const bytes = found?.bytes ?? 0;
  if (found !== null && !found.complete) giveBackBlocks(join(dataFolder, segment.file + PART), bytes);
  const lost = database
    .prepare(
      `SELECT count(*) AS frames, min(block_id) AS first_block, max(block_id) AS last_block,
         min(start_utc_ns) AS from_utc_ns, max(end_utc_ns) AS to_utc_ns
       FROM frames WHERE segment_key = ? AND state = 'on-disk' AND byte_offset + byte_length > ?`,
    )
    .get(segment.key, bytes) as Lost;
  if (lost.frames > 0n) {
    database
      .prepare(
        "UPDATE frames SET state = 'missing' WHERE segment_key = ? AND state = 'on-disk' AND byte_offset + byte_length > ?",
      )
      .run(segment.key, bytes);
    const detail =
      found === null ? `${segment.file} is gone` : `${segment.file} ends at byte ${bytes}, before frames of the index`;
    database
      .prepare(
        `INSERT INTO gaps (session_key, camera_key, cause, first_block, last_block, frames, from_utc_ns, to_utc_ns, detail)
         VALUES (?, ?, 'crash', ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        segment.session,
        segment.camera,
        lost.first_block,
        lost.last_block,
        lost.frames,
        lost.from_utc_ns,
        lost.to_utc_ns,
        detail,
      );
    database
      .prepare('UPDATE sessions SET frames_destroyed = frames_destroyed + ? WHERE key = ?')
      .run(lost.frames, segment.session);
  }
  const state = found === null ? 'missing' : found.complete ? 'closed' : 'interrupted';
  database.prepare('UPDATE segments SET state = ?, bytes = ? WHERE key = ?').run(state, bytes, segment.key);
  return Number(lost.frames);
}

/** Goes by the files that are there: a station that rolls for years has far more expired rows than files. */
async function removeExpired(database: Database.Database, dataFolder: string): Promise<number> {
  const isExpired = database.prepare("SELECT count(*) FROM segments WHERE file = ? AND state = 'expired'").pluck();
  let removed = 0;
  for (const folder of namesIn(join(dataFolder, SESSIONS))) {
    for (const name of namesIn(join(dataFolder, SESSIONS, folder))) {
      const file = `${SESSIONS}/${folder}/${name.endsWith(PART) ? name.slice(0, -PART.length) : name}`;
      if (isExpired.get(file) !== 1n) continue;
      await removeSegmentFile(join(dataFolder, file));
      removed++;
    }
  }
  return removed;
}

/** The names in a folder; none where there is no such folder. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error))) return [];
    throw error;
  }
}
