/** A file that appears whole or not at all: written as `.part`, synced, renamed. What has its name already is not touched. */
import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StorageError } from '../errors.js';
import { makeFolder } from '../make-folder.js';
import { PART } from '../segments/names.js';

/** Written at a time, so that a large file holds up nothing else of the process for long. */
const WRITE_BYTES = 8 * 2 ** 20;

/** Writes `bytes` as `file`. Throws StorageError `storage.file-exists`, as `makeFolder`, and the system's errors; then nothing of it is left. */
export async function writeWholeFile(file: string, bytes: Uint8Array): Promise<void> {
  makeFolder(dirname(file));
  const part = await open(file + PART, 'wx');
  try {
    try {
      for (let at = 0; at < bytes.length; at += WRITE_BYTES) {
        await part.writeFile(bytes.subarray(at, at + WRITE_BYTES));
      }
      await part.sync();
    } finally {
      await part.close();
    }
    if (existsSync(file)) throw new StorageError('storage.file-exists', `${file} exists already and is kept`);
    await rename(file + PART, file);
  } catch (error) {
    await rm(file + PART, { force: true });
    throw error;
  }
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
