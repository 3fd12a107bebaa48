import { AppulseError } from '#gps/errors.js';

/** A file, folder or index that cannot be read or written as asked. Codes start with `storage.`. */
export class StorageError extends AppulseError {}

/** The code of a failed system call (`ENOSPC`), or '' for any other error. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
