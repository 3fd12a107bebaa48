/** A small file that is there whole, or as it was before: what settings, plans and the like are kept in. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from './make-folder.js';

/**
 * Writes `text` beside `path` and gives it the name once it is on disk; whoever reads meanwhile sees the file of before or of after.
 * Makes the folder where it is missing. `modes`: of what is made. Throws what the system does, and StorageError as `makeFolder`;
 * the file is as it was then.
 */
export function writeSmallFile(
  path: string,
  text: string,
  modes: { readonly file: number; readonly folder: number } = { file: 0o666, folder: 0o777 },
): void {
  const beside = `${path}.${process.pid}`;
  makeFolder(dirname(path), modes.folder);
  try {
    const file = openSync(beside, 'w', modes.file);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, path);
  } catch (cause) {
    rmSync(beside, { force: true });
    throw cause;
  }
}
