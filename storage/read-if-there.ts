import { readFileSync } from 'node:fs';
import { StorageError, systemCode } from './errors.js';

/** The bytes of `file`, which is `what`; null where it is not there. Throws `storage.not-a-file` for a folder, and the system's errors. */
export function readIfThere(file: string, what: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch (cause) {
    const code = systemCode(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    if (code !== 'EISDIR') throw cause;
    throw new StorageError(
      'storage.not-a-file',
      `${file} is a folder, and ${what} should be there: move it away, then run appulse recover`,
      { cause, context: { file } },
    );
  }
}
