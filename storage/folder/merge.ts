/**
 * Data folders become one: sessions with their files and their rows; a session that was continued in a second folder is one again.
 * The folders that it was made from stay as they are.
 */
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { reasonOf } from '#gps/errors.js';
import { StorageError, systemCode } from '../errors.js';
import { INDEX_FILE, openIndexFile } from '../index/index-file.js';
import { folderOfSession, mergeSession, PART_INDEX, segmentNumbersHere } from '../index/merge-rows.js';
import { IndexReader } from '../index/queries.js';
import { PART } from '../segments/names.js';
import { type DataFolder, openDataFolder } from './data-folder.js';
import { type FilesMerged, mergeFiles } from './merge-files.js';
import { mergeLogs } from './merge-logs.js';

export interface MergeOptions {
  /** Each session that is done, and the share of all. */
  readonly onProgress?: (sessionId: string, share: number) => void;
  /** Ends it between two files; done again it goes on there. */
  readonly signal?: AbortSignal;
}

export interface Merged extends FilesMerged {
  readonly sessionId: string;
  /** The folder it came from. */
  readonly source: string;
  /** Rows that were not there. */
  readonly frames: number;
}

/** What one source has of a session. */
interface SessionPart {
  readonly source: string;
  readonly sessionId: string;
  readonly folder: string;
  readonly startedUtcNs: bigint;
  /** Start of its first frame here: parts join in this order, so that rows stay in the order of writing. */
  readonly firstUtcNs: bigint;
}

/**
 * Merges the data folders `sources` into `into`, which is made where it is not there. Throws `storage.merge-same`, `storage.no-index`,
 * `storage.merge-conflict`, `storage.merge-stopped`, `storage.disk-full`, and what opening a data folder throws: none of them may be in use.
 */
export async function mergeFolders(
  sources: readonly string[],
  into: string,
  options: MergeOptions = {},
): Promise<Merged[]> {
  const target = placeOf(into);
  const places = sources.map(placeOf);
  for (const [i, place] of places.entries()) {
    if (place === target || places.indexOf(place) !== i) {
      throw new StorageError(
        'storage.merge-same',
        `${sources[i]} is named twice: name each folder once, and the one they are merged into`,
      );
    }
    if (!existsSync(join(place, INDEX_FILE))) {
      throw new StorageError(
        'storage.no-index',
        `there is no index in ${place}: nothing was recorded into this folder`,
      );
    }
  }
  const opened: DataFolder[] = [];
  try {
    for (const place of [target, ...places]) opened.push(await openDataFolder(place));
    return await mergeParts(places.flatMap(partsOf).sort(byTime), target, options);
  } catch (cause) {
    throw inWords(cause, target, options.signal);
  } finally {
    for (const folder of opened) folder.close();
  }
}

/** The folder itself, whatever links lead to it. */
function placeOf(path: string): string {
  const absolute = resolve(path);
  if (existsSync(absolute)) return realpathSync(absolute);
  const above = dirname(absolute);
  return above === absolute ? absolute : join(placeOf(above), basename(absolute));
}

function inWords(cause: unknown, target: string, signal: AbortSignal | undefined): unknown {
  if (cause instanceof StorageError) return cause;
  if (signal?.aborted === true) {
    return new StorageError(
      'storage.merge-stopped',
      `the merge into ${target} was stopped: what is done stays, and merging again goes on`,
    );
  }
  if (['ENOSPC', 'EDQUOT', 'SQLITE_FULL'].includes(systemCode(cause))) {
    return new StorageError('storage.disk-full', `no space left in ${target}: free some, and merge again to go on`, {
      cause,
    });
  }
  return new StorageError(
    'storage.merge-failed',
    `the merge into ${target} ended: ${reasonOf(cause)}; merging again goes on`,
    { cause },
  );
}

function partsOf(source: string): SessionPart[] {
  const index = new IndexReader(join(source, INDEX_FILE));
  try {
    return index.sessions({ limit: Number.MAX_SAFE_INTEGER }).map(({ id: sessionId, folder, startedUtcNs }) => {
      const [first] = index.frames({ sessionId }, { limit: 1 });
      return { source, sessionId, folder, startedUtcNs, firstUtcNs: first?.startUtcNs ?? startedUtcNs };
    });
  } finally {
    index.close();
  }
}

function byTime(a: SessionPart, b: SessionPart): number {
  const difference = a.startedUtcNs - b.startedUtcNs || a.firstUtcNs - b.firstUtcNs;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

async function mergeParts(parts: readonly SessionPart[], target: string, options: MergeOptions): Promise<Merged[]> {
  const { onProgress, signal } = options;
  const database = openIndexFile(join(target, INDEX_FILE));
  try {
    const merged: Merged[] = [];
    for (const [i, { source, sessionId, folder }] of parts.entries()) {
      signal?.throwIfAborted();
      const here = folderOfSession(database, sessionId) ?? folder;
      const known = database.prepare('SELECT count(*) FROM main.segments WHERE file = ?').pluck();
      // Files first: rows never point at bytes that are not there.
      const files = await mergeFiles({
        from: join(source, folder),
        to: join(target, here),
        isKnown: (name) => known.get(`${here}/${name.endsWith(PART) ? name.slice(0, -PART.length) : name}`) === 1n,
        signal,
      });
      database.prepare(`ATTACH ? AS ${PART_INDEX}`).run(join(source, INDEX_FILE));
      try {
        const frames = mergeSession(database, sessionId);
        mergeLogs(join(source, folder), join(target, here), segmentNumbersHere(database, sessionId, [folder, here]));
        merged.push({ sessionId, source, frames, ...files });
      } finally {
        database.exec(`DETACH ${PART_INDEX}`);
      }
      onProgress?.(sessionId, (i + 1) / parts.length);
    }
    return merged;
  } finally {
    database.close();
  }
}
