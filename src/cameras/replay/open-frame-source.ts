/** What a path holds, told by what it is and not by its name. */
import { existsSync, statSync } from 'node:fs';
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
  if (dataFolder !== null && (statSync(path).isDirectory() || isSegment(path, dataFolder))) {
    return ArchiveSource.open(dataFolder, request);
  }
  return FileSource.open(request);
}

const isSegment = (path: string, dataFolder: string): boolean =>
  !/-stack-|\/FF_/.test(path) && path.includes('/sessions/') && path !== dataFolder;
