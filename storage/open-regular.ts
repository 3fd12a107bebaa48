import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { StorageError } from './errors.js';

/**
 * Opens `file` for reading. Throws `storage.not-a-file` for a folder, a device or a pipe, on which a plain open could wait for ever, and
 * the system's errors.
 */
export function openRegular(file: string): number {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new StorageError('storage.not-a-file', `${file} is no regular file: move it away, then run appulse recover`, {
    context: { file },
  });
}
