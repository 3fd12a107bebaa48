/** Files that appear under their name only when they are whole, and never in place of another. */
import {
  closeSync,
  constants,
  linkSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { StorageError, systemCode } from '../errors.js';

/** Where a file stands until it is whole. */
export const partOf = (file: string): string => `${file}.part`;

/** Whether anything stands at `file`, a link that leads nowhere included. */
export function isThere(file: string): boolean {
  try {
    lstatSync(file);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error))) return false;
    throw error;
  }
}

/** Throws `export.not-a-folder` where something else than a folder has the name of one that files are to stand in. */
export function checkFolder(folder: string, format: string): void {
  if (!isThere(folder) || (statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? true)) return;
  throw new StorageError(
    'export.not-a-folder',
    `${folder} is a file, and an export as ${format} makes files in a folder: name a folder`,
    { context: { folder } },
  );
}

export function alreadyThere(file: string): StorageError {
  return new StorageError(
    'export.exists',
    `${file} is there already, and nothing is overwritten: name another target`,
    {
      context: { file },
    },
  );
}

/** Opens the `.part` of `file` new. Throws `export.exists` where one of the two is there. */
export async function createPart(file: string): Promise<FileHandle> {
  if (isThere(file)) throw alreadyThere(file);
  try {
    return await open(partOf(file), constants.O_RDWR | constants.O_CREAT | constants.O_EXCL);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw alreadyThere(partOf(file));
    throw error;
  }
}

/** Gives the whole `.part` of `file` its name. Throws `export.exists` where the name was taken meanwhile. */
export function nameWhole(file: string): void {
  try {
    // A link fails where the name is taken, which a rename does not.
    linkSync(partOf(file), file);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw alreadyThere(file);
    // File systems without hard links.
    if (isThere(file)) throw alreadyThere(file);
    renameSync(partOf(file), file);
    return;
  }
  unlinkSync(partOf(file));
}

/** Writes all of `bytes` at `position`. */
export async function writeWhole(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.byteLength - done, position + done);
    done += bytesWritten;
  }
}

/** Whether `file` holds exactly `bytes`. */
export function holds(file: string, bytes: Uint8Array): boolean {
  const fd = openSync(file, 'r');
  try {
    const found = Buffer.alloc(bytes.byteLength + 1);
    let got = 0;
    for (let read = -1; read !== 0 && got < found.byteLength; got += read) {
      read = readSync(fd, found, got, found.byteLength - got, got);
    }
    return got === bytes.byteLength && found.subarray(0, got).equals(bytes);
  } finally {
    closeSync(fd);
  }
}
