/** Marks in a data folder that nothing records into. */
import { join } from 'node:path';
import { StorageError } from '../errors.js';
import { appendWhereFolderIs } from '../folder/session-log.js';
import type { MarkDescription } from '../index/index-changes.js';
import { INDEX_FILE, openIndexFile } from '../index/index-file.js';

/** A session that got a mark. */
export interface MarkedSession {
  readonly session: string;
  /** Frames of the mark that are on disk. */
  readonly frames: number;
}

interface Found {
  readonly key: bigint;
  readonly id: string;
  readonly folder: string;
  readonly frames: bigint;
}

/**
 * Marks the span in every session that has frames in it, or in the one with the identifier `sessionId`, of all cameras or of the one with
 * the identifier `cameraId`: in the session's log, from which the index can be made again, and then in the index. The folder is this process's (see `openDataFolder`). Throws StorageError `storage.mark-empty` where no frame is in the span,
 * `storage.no-camera`.
 */
export function markAtRest(
  dataFolder: string,
  mark: MarkDescription,
  cameraId: string | null,
  sessionId: string | null = null,
): MarkedSession[] {
  const database = openIndexFile(join(dataFolder, INDEX_FILE));
  try {
    return database.transaction(() => {
      const camera =
        cameraId === null ? null : database.prepare('SELECT key FROM cameras WHERE id = ?').pluck().get(cameraId);
      if (camera === undefined)
        throw new StorageError('storage.no-camera', `nothing was recorded of a camera ${cameraId}`);
      const found = database
        .prepare(
          `SELECT sessions.key AS key, sessions.id AS id, folder, sum(frames.state = 'on-disk') AS frames
           FROM frames JOIN sessions ON sessions.key = frames.session_key
           WHERE frames.start_utc_ns <= ? AND frames.end_utc_ns >= ? AND (? IS NULL OR frames.camera_key = ?)
             AND (? IS NULL OR sessions.id = ?)
           GROUP BY sessions.key ORDER BY sessions.key`,
        )
        .all(mark.toUtcNs, mark.fromUtcNs, camera, camera, sessionId, sessionId) as Found[];
      if (found.length === 0) {
        throw new StorageError('storage.mark-empty', 'no frame was recorded in that span of time: nothing to mark');
      }
      const insert = database.prepare(
        `INSERT INTO marks (session_key, camera_key, from_utc_ns, to_utc_ns, cause, detail, made_utc_ns)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      );
      for (const { key, folder } of found) {
        appendWhereFolderIs(join(dataFolder, folder), [{ kind: 'mark', mark, cameraId }]);
        insert.run(key, camera, mark.fromUtcNs, mark.toUtcNs, mark.cause, mark.detail, mark.madeUtcNs);
      }
      return found.map(({ id, frames }) => ({ session: id, frames: Number(frames) }));
    })();
  } finally {
    database.close();
  }
}
