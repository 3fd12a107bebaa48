/** The files of a session get a second place in another data folder. Nothing is overwritten, and the first place stays as it is. */
import { existsSync, linkSync, readdirSync, rmSync, statSync } from 'node:fs';
import { copyFile, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StorageError, systemCode } from '../errors.js';
import { makeFolder } from '../make-folder.js';
import { PART } from '../segments/names.js';
import { giveName, NO_LINKS, syncPath } from './give-name.js';
import { SESSION_LOG } from './session-log.js';

/** Files that may be written again: those of a segment that a crash left open. They are copied, the others are linked. */
const CHANGING = [PART, '.frames'];
const COMPARE_BYTES = 2 ** 20;

export interface FilesMerged {
  /** Without a byte copied: both folders name the same file. */
  readonly linked: number;
  readonly copied: number;
  readonly bytesCopied: number;
}

export interface FilesToMerge {
  /** The session's folder in the source and in the target, absolute. */
  readonly from: string;
  readonly to: string;
  /** Whether a file, by its name in the folder, is in the target's index already. */
  readonly isKnown: (name: string) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Links or, where that cannot be, copies and compares every file but the log (`mergeLogs`). Done again, it goes on where it stopped. Throws
 * `storage.merge-conflict` where another file has a name, `storage.merge-stopped`, and the system's errors.
 */
export async function mergeFiles({ from, to, isKnown, signal }: FilesToMerge): Promise<FilesMerged> {
  const done = { linked: 0, copied: 0, bytesCopied: 0 };
  if (!existsSync(from)) return done;
  const names = readdirSync(from, { recursive: true, encoding: 'utf8' }).sort();
  for (const name of names) {
    const source = join(from, name);
    const target = join(to, name);
    if (name === SESSION_LOG || !statSync(source).isFile() || isKnown(name)) continue;
    signal?.throwIfAborted();
    makeFolder(dirname(target));
    if (!CHANGING.some((end) => name.endsWith(end)) && linked(source, target)) done.linked++;
    else if (existsSync(target)) await compare(source, target, signal);
    else {
      done.bytesCopied += await copied(source, target, signal);
      done.copied++;
    }
  }
  if (existsSync(to)) syncPath(to);
  return done;
}

/** False where the two cannot be one file, because they are on different disks or `target` is there. */
function linked(source: string, target: string): boolean {
  try {
    linkSync(source, target);
    return true;
  } catch (error) {
    if (!['EXDEV', 'EEXIST', ...NO_LINKS].includes(systemCode(error))) throw error;
    return false;
  }
}

async function copied(source: string, target: string, signal: AbortSignal | undefined): Promise<number> {
  const draft = `${target}.merging`;
  rmSync(draft, { force: true });
  try {
    await copyFile(source, draft);
    await compare(source, draft, signal);
    if (!giveName(draft, target)) await compare(source, target, signal);
    return statSync(target).size;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Throws `storage.merge-conflict` where the two have not the same bytes. */
async function compare(source: string, target: string, signal: AbortSignal | undefined): Promise<void> {
  const [ours, theirs] = [statSync(source, { bigint: true }), statSync(target, { bigint: true })];
  if (ours.dev === theirs.dev && ours.ino === theirs.ino) return;
  if (ours.size === theirs.size && (await sameBytes(source, target, signal))) return;
  throw new StorageError(
    'storage.merge-conflict',
    `${target} is not what ${source} is, and is not overwritten: move one of them away, and merge again`,
    { context: { source, target } },
  );
}

async function sameBytes(a: string, b: string, signal: AbortSignal | undefined): Promise<boolean> {
  const [first, second] = [await open(a), await open(b)];
  try {
    const [left, right] = [Buffer.alloc(COMPARE_BYTES), Buffer.alloc(COMPARE_BYTES)];
    for (let at = 0; ; at += COMPARE_BYTES) {
      signal?.throwIfAborted();
      const [{ bytesRead: l }, { bytesRead: r }] = await Promise.all([
        first.read(left, 0, COMPARE_BYTES, at),
        second.read(right, 0, COMPARE_BYTES, at),
      ]);
      if (l !== r || Buffer.compare(left.subarray(0, l), right.subarray(0, r)) !== 0) return false;
      if (l < COMPARE_BYTES) return true;
    }
  } finally {
    await first.close();
    await second.close();
  }
}
