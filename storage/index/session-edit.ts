/** What was wrong or missing about a session is set right afterwards, also while it is recorded. */
import { join } from 'node:path';
import { reasonOf } from '#gps/errors.js';
import { StorageError } from '../errors.js';
import { appendWhereFolderIs } from '../folder/session-log.js';
import { SESSION_EDITS, type SessionEdit } from './index-changes.js';
import { INDEX_FILE, openIndexFile } from './index-file.js';

/**
 * Writes `edit` into the log in the session's folder, from which the index can be made again, and then into the index. What the files'
 * headers say stays as it was recorded. A session whose folder is gone is edited in the index only. Throws `storage.no-session`,
 * `storage.edit-failed` (with the index unchanged), and the index's errors.
 */
export function editSession(dataFolder: string, sessionId: string, edit: SessionEdit): void {
  const database = openIndexFile(join(dataFolder, INDEX_FILE));
  try {
    const folder = database.prepare('SELECT folder FROM sessions WHERE id = ?').pluck().get(sessionId);
    if (typeof folder !== 'string') {
      throw new StorageError('storage.no-session', `there is no session ${sessionId} in the index of ${dataFolder}`);
    }
    appendWhereFolderIs(join(dataFolder, folder), [{ kind: 'session-edited', edit }]);
    const columns = SESSION_EDITS.filter((column) => edit[column] !== undefined);
    if (columns.length === 0) return;
    database
      .prepare(`UPDATE sessions SET ${columns.map((column) => `${column} = ?`).join(', ')} WHERE id = ?`)
      .run(...columns.map((column) => edit[column]), sessionId);
  } catch (cause) {
    if (cause instanceof StorageError) throw cause;
    throw new StorageError('storage.edit-failed', `session ${sessionId} was not edited: ${reasonOf(cause)}`, { cause });
  } finally {
    database.close();
  }
}
