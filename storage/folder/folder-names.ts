/** What the names in a session's folder stand for. */
import { readdirSync } from 'node:fs';
import { systemCode } from '../errors.js';
import { isRowList } from '../index/row-list.js';
import { JOURNAL_FILE } from '../segments/frame-journal.js';
import { PART, shortSessionId } from '../segments/names.js';
import { SESSION_LOG } from './session-log.js';
import { isTornFile } from './torn-bytes.js';

/** The names in a folder; none where there is no such folder. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error))) return [];
    throw error;
  }
}

export interface SegmentName {
  /** Without `.part`. */
  readonly name: string;
  readonly number: number;
  readonly extension: string;
}

/** What a file name says of a segment of the session; null for any other. */
export function segmentOfName(name: string, sessionId: string): SegmentName | null {
  const plain = name.endsWith(PART) ? name.slice(0, -PART.length) : name;
  const match = /^\d{8}T\d{6}\.\d{3}Z-([0-9a-f]{8})-(\d{6,9})\.(fits|ser|adv)$/.exec(plain);
  if (match === null || match[1] !== shortSessionId(sessionId)) return null;
  return { name: plain, number: Number(match[2]), extension: match[3] ?? '' };
}

/** The folder of FF files within a session's: station and start, as RMS has it. */
const RMS_NIGHT = /^[A-Za-z0-9]+_\d{8}_\d{6}_\d{6}$/;

/** Whether a name in the folder of the session is one that the archive gives to files of its own. */
export function isOfArchive(name: string, sessionId: string): boolean {
  if (name === SESSION_LOG || name === JOURNAL_FILE || isTornFile(name) || isRowList(name)) return true;
  if (segmentOfName(name, sessionId) !== null || /\.(frames|rows\.new)$/.test(name)) return true;
  // Stacks and meteor stacks, whose rows name them.
  return name.includes(shortSessionId(sessionId)) || /^F[FTSR]/.test(name) || RMS_NIGHT.test(name);
}
