/** One process at a time records into a data folder. */
import { join } from 'node:path';
import { StorageError } from '../errors.js';
import { takeLock } from './process-lock.js';

const LOCK_FILE = 'appulse.lock';

/** Takes the lock of `folder` and returns what releases it. Throws `storage.folder-in-use` naming the process that has it. */
export function lockFolder(folder: string): () => void {
  return takeLock(
    join(folder, LOCK_FILE),
    (who, pid) =>
      new StorageError(
        'storage.folder-in-use',
        `${folder} is in use by ${who}: stop it (appulse stop), or record into another folder`,
        { context: { folder, pid } },
      ),
  );
}
