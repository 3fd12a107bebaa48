/** What a path holds, told by what it is and not by its name. */
import { existsSync, statSync } from 'node:fs';
import { basename, relative, resolve, sep } from 'node:path';
import { UsageError } from '#src/config/usage-error.js';
import { ArchiveSource, dataFolderOf } from './archive-source.js';
import { FileSource } from './file-source.js';
import type { FrameSource } from './frame-source.js';
import type { ReplayRequest } from './replay-uri.js';

/** @throws UsageError, StorageError, AppulseError `replay.…` with the file and what is wrong with it */
export async function openFrameSource(request: ReplayRequest): Promise<FrameSource> {
  const { path } = request;
  if (!existsSync(path)) throw new UsageError('usage.replay', `replay:${path}: there is nothing at ${path}`);
  const dataFolder = dataFolderOf(path);
  if (dataFolder !== null && isOfIndex(path, dataFolder)) return ArchiveSource.open(dataFolder, request);
  return FileSource.open(request);
}

/**
 * Whether the index tells what `path` holds: the data folder, its sessions, one of them, a segment of one. Stacks, and anything
 * else that lies within a data folder, are files like any others.
 */
function isOfIndex(path: string, dataFolder: string): boolean {
  const parts = relative(dataFolder, resolve(path))
    .split(sep)
    .filter((part) => part !== '');
  if (parts.length > 0 && parts[0] !== 'sessions') return false;
  const isFolder = statSync(path).isDirectory();
  return isFolder ? parts.length <= 2 : parts.length === 3 && !/-stack-/.test(basename(path));
}
