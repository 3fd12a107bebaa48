/** Brings an index to what a session's log says: rows that a crash or a power cut kept from it, in the log's order. */
import type Database from 'better-sqlite3';
import { systemCode } from '../errors.js';
import type { IndexChange } from '../index/index-changes.js';
import type { IndexDatabase } from '../index/index-database.js';
import type { LogEntry } from './session-log.js';

type Value = bigint | number | string | null;

/** Rows of one session as text, each with how often it is there. */
class RowCounts {
  readonly #counts = new Map<string, number>();

  constructor(rows: Iterable<readonly Value[]>) {
    for (const row of rows) {
      const text = textOf(row);
      this.#counts.set(text, (this.#counts.get(text) ?? 0) + 1);
    }
  }

  /** Whether a row is there that no call before stood for. */
  take(row: readonly Value[]): boolean {
    const text = textOf(row);
    const count = this.#counts.get(text) ?? 0;
    if (count > 0) this.#counts.set(text, count - 1);
    return count > 0;
  }
}

const textOf = (row: readonly Value[]): string => row.map((value) => `${value === null ? '' : `=${value}`}`).join('\n');
const signed = (id: bigint | null): bigint | null => (id === null ? null : BigInt.asIntN(64, id));

/** The rows of one session that the log may lack in the index. */
class SessionRows {
  readonly #database: Database.Database;
  readonly #sessionId: string;
  readonly #gaps: RowCounts;
  readonly #events: RowCounts;
  readonly #marks: RowCounts;
  readonly #stacks: Set<string>;

  constructor(database: Database.Database, sessionId: string) {
    this.#database = database;
    this.#sessionId = sessionId;
    this.#gaps = new RowCounts(
      this.#rows('gaps', 'cause, first_block, last_block, frames, from_utc_ns, to_utc_ns, detail, cameras.id'),
    );
    this.#events = new RowCounts(this.#rows('events', 'kind, start_utc_ns, end_utc_ns, data, cameras.id'));
    this.#marks = new RowCounts(this.#rows('marks', 'from_utc_ns, to_utc_ns, cause, detail, made_utc_ns, cameras.id'));
    this.#stacks = new Set(this.#rows('stacks', 'file').map(([file]) => String(file)));
  }

  #rows(table: string, columns: string): Value[][] {
    return this.#database
      .prepare(
        `SELECT ${columns} FROM ${table} JOIN sessions ON sessions.key = session_key
         LEFT JOIN cameras ON cameras.key = camera_key WHERE sessions.id = ?`,
      )
      .raw(true)
      .all(this.#sessionId) as Value[][];
  }

  /** Whether the index has what `entry` says; each row stands for one entry. */
  has(entry: LogEntry): boolean {
    switch (entry.kind) {
      case 'session':
        return true;
      case 'camera':
        return this.#one('SELECT 1 FROM cameras WHERE id = ?', entry.camera.id);
      case 'segment-opened':
        return this.#one('SELECT 1 FROM segments WHERE file = ?', entry.file);
      case 'segment-expired':
        return !this.#one("SELECT 1 FROM segments WHERE file = ? AND state != 'expired'", entry.file);
      case 'stack-expired':
        return !this.#one('SELECT 1 FROM stacks WHERE file = ? AND bytes > 0', entry.file);
      case 'gap': {
        const { cause, firstBlock, lastBlock, frames, fromUtcNs, toUtcNs, detail } = entry.gap;
        return this.#gaps.take([
          cause,
          signed(firstBlock),
          signed(lastBlock),
          BigInt(frames),
          fromUtcNs,
          toUtcNs,
          detail,
          entry.cameraId,
        ]);
      }
      case 'event': {
        const { kind, startUtcNs, endUtcNs, data } = entry.event;
        return this.#events.take([kind, startUtcNs, endUtcNs, JSON.stringify(data), entry.cameraId]);
      }
      case 'mark': {
        const { fromUtcNs, toUtcNs, cause, detail, madeUtcNs } = entry.mark;
        return this.#marks.take([fromUtcNs, toUtcNs, cause, detail, madeUtcNs, entry.cameraId]);
      }
      case 'stack':
        return this.#stacks.has(entry.stack.file);
      case 'session-edited':
      case 'session-ended':
        return false;
      // Their segments are looked at as the files are.
      case 'segment-closed':
      case 'segment-removed':
      case 'missing-ranges':
        return true;
    }
  }

  #one(statement: string, value: string): boolean {
    return this.#database.prepare(statement).get(value) !== undefined;
  }
}

export interface Replay {
  /** Rows that were lacking. */
  readonly restored: number;
  /** Entries that the index cannot take. */
  readonly refused: number;
}

/**
 * Puts what the index lacks of a session's log into it; `index` writes into `database` and goes on with the session, where it has a
 * row then. An entry that makes no sense costs itself only.
 */
export function replayLog(
  database: Database.Database,
  index: IndexDatabase,
  sessionId: string,
  entries: readonly LogEntry[],
): Replay {
  let restored = 0;
  let refused = 0;
  const put = (change: IndexChange): void => {
    try {
      index.apply([change]);
      if (change.kind !== 'session-edited' && change.kind !== 'session-ended') restored++;
    } catch (error) {
      if (/^SQLITE_(FULL|IOERR|BUSY|LOCKED|NOMEM|CANTOPEN|READONLY)/.test(systemCode(error))) throw error;
      refused++;
    }
  };
  if (!index.resume(sessionId)) {
    const begin = entries.find((entry) => entry.kind === 'session' && entry.session.id === sessionId);
    if (begin === undefined || begin.kind === 'missing-ranges') return { restored, refused };
    put(begin);
    if (!index.resume(sessionId)) return { restored, refused };
  }
  const rows = new SessionRows(database, sessionId);
  database.transaction(() => {
    for (const entry of entries) if (entry.kind !== 'missing-ranges' && !rows.has(entry)) put(entry);
  })();
  return { restored, refused };
}
