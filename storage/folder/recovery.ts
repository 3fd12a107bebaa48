/**
 * What is done at every start, and by `appulse recover`: sessions whose process died are set right from their logs, their files and their
 * journals, and no row that is `on-disk` points at bytes that are not there. At a start only sessions found `recording` are looked into;
 * of all others the sizes of the files. Bytes are set aside or completed, never deleted, but those that retention had given up.
 */
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { IndexDatabase } from '../index/index-database.js';
import { openIndexFile } from '../index/index-file.js';
import { PART, SESSIONS } from '../segments/names.js';
import { removeSegmentFile } from '../segments/rolling-archive.js';
import { isOfArchive, namesIn } from './folder-names.js';
import { isEventful, newSessionRecovery, type Recovery, type SessionRecovery } from './recovery-report.js';
import { findSegmentFile } from './segment-scan.js';
import { readSessionLog } from './session-log.js';
import { recoverSession } from './session-recovery.js';

export type { Recovery, SessionRecovery } from './recovery-report.js';

/** The names of strangers that are told. */
const MOST_NAMED = 100;

interface SessionRow {
  readonly id: string;
  readonly folder: string;
  readonly state: string;
}

/** Runs over the index `indexFile` of `dataFolder`, which must be locked. `thorough`: as `appulse recover` does. */
export async function recoverFolder(
  dataFolder: string,
  indexFile: string,
  options: { readonly thorough?: boolean } = {},
): Promise<Recovery> {
  let indexBackup: string | null = null;
  const database = openIndexFile(indexFile, (backup) => {
    indexBackup = backup;
  });
  try {
    return { ...(await recoverIndex(database, dataFolder, options.thorough === true)), indexBackup };
  } finally {
    database.close();
  }
}

/** As {@link recoverFolder}, over an index that is open. */
export async function recoverIndex(
  database: Database.Database,
  dataFolder: string,
  thorough: boolean,
): Promise<Recovery> {
  const index = new IndexDatabase(database);
  const rows = database.prepare('SELECT id, folder, state FROM sessions ORDER BY key').all() as SessionRow[];
  const folders = namesIn(join(dataFolder, SESSIONS)).map((name) => `${SESSIONS}/${name}`);
  const found = foundSessions(dataFolder, folders, new Set(rows.map(({ folder }) => folder)));
  const reports: SessionRecovery[] = [];
  const interrupted: string[] = [];
  const suspect = sessionsWithDamage(database, dataFolder);
  for (const { id, folder, state } of [...rows, ...found.recording]) {
    const report = newSessionRecovery(id, folder);
    const source = { database, index, dataFolder, report };
    if (state === 'recording' || thorough || suspect.has(id)) recoverSession(source, { thorough });
    if (state === 'recording') interrupted.push(id);
    if (isEventful(report)) reports.push(report);
  }
  const framesMissing = reports.reduce((sum, report) => sum + report.framesMissing, 0);
  const expiredFilesRemoved = await removeExpired(database, dataFolder, folders);
  const looked = folders.filter((folder) => !found.unknown.includes(folder));
  const strangers = thorough ? strangersIn(database, dataFolder, looked) : [];
  return {
    interruptedSessions: interrupted,
    framesMissing,
    expiredFilesRemoved,
    sessions: reports,
    strangers,
    unknownFolders: found.unknown,
    indexBackup: null,
  };
}

/** Session folders that the index does not know: of a session that ended before its first row was kept, and others. */
function foundSessions(
  dataFolder: string,
  folders: readonly string[],
  known: ReadonlySet<string>,
): { recording: SessionRow[]; unknown: string[] } {
  const recording: SessionRow[] = [];
  const unknown: string[] = [];
  for (const folder of folders) {
    if (known.has(folder)) continue;
    const entries = readSessionLog(join(dataFolder, folder))?.entries ?? [];
    const begin = entries.find((entry) => entry.kind === 'session' && entry.folder === folder);
    const isEnded = entries.some((entry) => entry.kind === 'session-ended');
    if (begin?.kind === 'session' && !isEnded) recording.push({ id: begin.session.id, folder, state: 'recording' });
    else if (entries.length > 0) unknown.push(folder);
  }
  return { recording, unknown };
}

interface SizedRow {
  readonly session: string;
  readonly file: string;
  readonly bytes: bigint;
}

/** Sessions that have a segment whose file is gone or too short, or that was not completed. */
function sessionsWithDamage(database: Database.Database, dataFolder: string): Set<string> {
  const rows = database
    .prepare(
      `SELECT sessions.id AS session, file, CASE segments.state WHEN 'open' THEN -1 ELSE segments.bytes END AS bytes
       FROM segments JOIN sessions ON sessions.key = session_key WHERE segments.state IN ('open', 'closed', 'interrupted')`,
    )
    .iterate() as Iterable<SizedRow>;
  const damaged = new Set<string>();
  for (const { session, file, bytes } of rows) {
    if (damaged.has(session)) continue;
    const found = findSegmentFile(join(dataFolder, file));
    if (bytes < 0n || found === null || found.bytes < bytes) damaged.add(session);
  }
  return damaged;
}

/** Goes by the files that are there: a station that rolls for years has far more expired rows than files. */
async function removeExpired(
  database: Database.Database,
  dataFolder: string,
  folders: readonly string[],
): Promise<number> {
  const isExpired = database.prepare("SELECT count(*) FROM segments WHERE file = ? AND state = 'expired'").pluck();
  let removed = 0;
  for (const folder of folders) {
    for (const name of namesIn(join(dataFolder, folder))) {
      const file = `${folder}/${name.endsWith(PART) ? name.slice(0, -PART.length) : name}`;
      if (isExpired.get(file) !== 1n) continue;
      await removeSegmentFile(join(dataFolder, file));
      removed++;
    }
  }
  return removed;
}

/** Files in sessions' folders that the archive did not make. */
export function strangersIn(database: Database.Database, dataFolder: string, folders: readonly string[]): string[] {
  const session = database.prepare('SELECT id FROM sessions WHERE folder = ?').pluck();
  const strangers: string[] = [];
  for (const folder of folders) {
    const id = session.get(folder);
    for (const name of namesIn(join(dataFolder, folder))) {
      if (typeof id === 'string' && isOfArchive(name, id)) continue;
      if (strangers.push(`${folder}/${name}`) === MOST_NAMED) return strangers;
    }
  }
  return strangers;
}
