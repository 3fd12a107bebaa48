/** The indexes of a station's data folders, open for one question: the first folder is the one that recordings begin in. */
import { join } from 'node:path';
import { AppulseError } from '#gps/errors.js';
import { sessionsNamed } from '#src/archive/find-session.js';
import { UsageError } from '#src/config/usage-error.js';
import { StorageError } from '#storage/errors.js';
import { INDEX_FILE } from '#storage/index/index-file.js';
import { IndexReader, type SessionRow } from '#storage/index/queries.js';
import type { FrameRow } from '#storage/index/rows.js';

export interface OpenIndex {
  readonly dataFolder: string;
  readonly index: IndexReader;
}

/** Folders into which nothing was recorded yet are left out. @throws StorageError as `IndexReader` */
export function withIndexes<T>(dataFolders: readonly string[], work: (open: readonly OpenIndex[]) => T): T {
  const open: OpenIndex[] = [];
  try {
    for (const dataFolder of dataFolders) {
      const index = opened(dataFolder);
      if (index !== null) open.push({ dataFolder, index });
    }
    return work(open);
  } finally {
    for (const { index } of open) index.close();
  }
}

function opened(dataFolder: string): IndexReader | null {
  try {
    return new IndexReader(join(dataFolder, INDEX_FILE));
  } catch (error) {
    if (error instanceof StorageError && error.code === 'storage.no-index') return null;
    throw error;
  }
}

export interface FoundSession extends OpenIndex {
  readonly session: SessionRow;
}

/**
 * The session of that identifier, or whose identifier begins so, or the `latest`. @throws AppulseError `session.not-found`, UsageError
 * `usage.session` where several begin so
 */
export function sessionAmong(open: readonly OpenIndex[], wanted: string): FoundSession {
  const found = open.flatMap((each) => sessionsNamed(each.index, wanted).map((session) => ({ ...each, session })));
  // Of a session that went on in another folder, the first folder that is named answers.
  const [newest] = found.sort((a, b) => Number(b.session.startedUtcNs - a.session.startedUtcNs));
  if (newest === undefined) throw new AppulseError('session.not-found', `there is no session '${wanted}' here`);
  // A session goes on in another folder where the first one is full.
  const ids = new Set(found.map(({ session }) => session.id));
  if (ids.size > 1 && wanted !== 'latest') {
    throw new UsageError('usage.session', `'${wanted}' means ${ids.size} sessions: write more of its identifier`);
  }
  return newest;
}

/** The frame of the session with the key `frame`. @throws AppulseError `frame.not-found` */
export function frameOf({ index, session }: FoundSession, key: bigint): FrameRow {
  const [row] = index.frames({ sessionId: session.id }, { afterKey: key - 1n, limit: 1 });
  if (row?.key === key) return row;
  throw new AppulseError('frame.not-found', `session ${session.id} has no frame with the key ${key}`);
}
