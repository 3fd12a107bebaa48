/** What a session's journal knows and neither rows nor gaps do: frames that were in hand when the process ended, and gaps that were found. */
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import type { GapRecord } from '../frame-record.js';
import {
  JOURNAL_FILE,
  type JournalFrame,
  type JournalGap,
  type JournalRecord,
  readJournal,
  removeJournal,
} from '../segments/frame-journal.js';
import type { CameraDescription } from '../session-record.js';
import { type SessionContext, tellGaps } from './segment-recovery.js';
import type { LogEntry } from './session-log.js';

interface GapSpan {
  readonly cause: string;
  readonly first: bigint | null;
  readonly last: bigint | null;
  readonly from: bigint | null;
  readonly to: bigint | null;
}

/** What the index says of a session's frames and gaps. */
class Known {
  readonly #hasFrame: Database.Statement;
  readonly #session: string;
  readonly #gaps: readonly GapSpan[];
  /** Block ids that the journal has more than once: the camera was opened again. */
  readonly #twice: ReadonlySet<bigint>;

  constructor(database: Database.Database, session: string, records: readonly JournalRecord[]) {
    this.#session = session;
    this.#hasFrame = database.prepare(
      `SELECT 1 FROM frames JOIN sessions ON sessions.key = session_key
       WHERE sessions.id = ? AND block_id = ? AND number = ?`,
    );
    const rows = database
      .prepare(
        `SELECT cause, first_block AS first, last_block AS last, from_utc_ns AS "from", to_utc_ns AS "to" FROM gaps
         JOIN sessions ON sessions.key = session_key WHERE sessions.id = ? AND first_block IS NOT NULL`,
      )
      .all(session) as GapSpan[];
    const unsigned = (id: bigint | null): bigint | null => (id === null ? null : BigInt.asUintN(64, id));
    this.#gaps = rows.map((gap) => ({ ...gap, first: unsigned(gap.first), last: unsigned(gap.last) }));
    const seen = new Set<bigint>();
    const twice = new Set<bigint>();
    for (const { kind, blockId } of records) {
      if (kind !== 'frame' || blockId === null) continue;
      if (seen.has(blockId)) twice.add(blockId);
      seen.add(blockId);
    }
    this.#twice = twice;
  }

  hasRow({ blockId, number }: JournalFrame): boolean {
    const block = blockId === null ? 0n : BigInt.asIntN(64, blockId);
    return this.#hasFrame.get(this.#session, block, number) !== undefined;
  }

  /** Whether a gap row covers the frame. Where its block came twice, its time tells which of the two it was. */
  isInGap({ blockId, startUtcNs }: JournalFrame): boolean {
    if (blockId === null) return false;
    return this.#gaps.some(
      ({ first, last, from, to }) =>
        first !== null &&
        first <= blockId &&
        blockId <= (last ?? first) &&
        (!this.#twice.has(blockId) || ((from ?? startUtcNs) <= startUtcNs && startUtcNs <= (to ?? startUtcNs))),
    );
  }

  hasGap({ cause, blockId, frames }: JournalGap): boolean {
    if (blockId === null) return false;
    const last = blockId + BigInt(Math.max(frames, 1)) - 1n;
    return this.#gaps.some(
      (gap) => gap.cause === cause && gap.first !== null && gap.first <= blockId && last <= (gap.last ?? gap.first),
    );
  }
}

const IN_HAND = 'in hand when the program ended: received, and in no file';
const FOUND = 'found before the program ended';

/**
 * Gap rows for what only the journal knows, and the end of the journal. `entries`: of the session's log, for its cameras. Does nothing where
 * there is no journal.
 */
export function recoverJournal(context: SessionContext, entries: readonly LogEntry[]): void {
  const { database, dataFolder, report } = context;
  const folder = join(dataFolder, report.folder);
  const journal = readJournal(folder, report.id);
  if (journal === null) return;
  report.tornJournalRecords += journal.torn;
  const { records } = journal;
  const known = new Known(database, report.id, records);
  const cameras = camerasOf(entries);
  const inHand = new Map<number, JournalFrame[]>();
  const found = new Map<number, GapRecord[]>();
  let settled = -1;
  for (const [i, record] of records.entries()) {
    if (record.kind !== 'frame') continue;
    if (known.hasRow(record) || known.isInGap(record)) settled = i;
    else listOf(inHand, record.camera).push(record);
  }
  for (const [i, record] of records.entries()) {
    if (record.kind !== 'gap' || known.hasGap(record)) continue;
    // A gap of no known place has its row before the next frame has: one with a frame behind it that has a row, has its own.
    if (record.blockId === null && i < settled) continue;
    listOf(found, record.camera).push(foundGap(record));
  }
  for (const [camera, gaps] of found) {
    report.gapsRestored += gaps.length;
    tellGaps(context, gaps, cameras(camera));
  }
  for (const [camera, frames] of inHand) {
    report.framesInFlight += frames.length;
    tellGaps(context, runsOf(frames).map(inHandGap), cameras(camera));
  }
  removeJournal(join(folder, JOURNAL_FILE));
}

function listOf<T>(lists: Map<number, T[]>, key: number): T[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

/** The identifier of a session's camera by its count. */
function camerasOf(entries: readonly LogEntry[]): (camera: number) => string | null {
  const cameras: CameraDescription[] = [];
  for (const entry of entries) {
    if (entry.kind === 'session') cameras.push(entry.session.camera);
    if (entry.kind === 'camera') cameras.push(entry.camera);
  }
  return (camera) => (cameras[camera] ?? cameras.at(-1))?.id ?? null;
}

function foundGap({ cause, blockId, frames }: JournalGap): GapRecord {
  const lastBlock = blockId === null ? null : blockId + BigInt(Math.max(frames, 1)) - 1n;
  return { cause, firstBlock: blockId, lastBlock, frames, fromUtcNs: null, toUtcNs: null, detail: FOUND };
}

/** Frames of blocks that follow one another. */
function runsOf(frames: readonly JournalFrame[]): JournalFrame[][] {
  const runs: JournalFrame[][] = [];
  for (const frame of frames) {
    const last = runs.at(-1);
    const before = last?.at(-1)?.blockId ?? null;
    if (last !== undefined && before !== null && frame.blockId === before + 1n) last.push(frame);
    else runs.push([frame]);
  }
  return runs;
}

function inHandGap(run: readonly JournalFrame[]): GapRecord {
  return {
    cause: 'crash',
    firstBlock: run[0]?.blockId ?? null,
    lastBlock: run.at(-1)?.blockId ?? null,
    frames: run.length,
    fromUtcNs: run[0]?.startUtcNs ?? null,
    toUtcNs: run.at(-1)?.endUtcNs ?? null,
    detail: IN_HAND,
  };
}
