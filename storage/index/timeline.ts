/**
 * What a span of time holds, in equal parts of it, for those who look at a whole night at once. Frames are counted by the index by time, which
 * holds nothing else; those that are not locked by the index of rare frames.
 */
import type Database from 'better-sqlite3';
import type { Grade } from '#gps/frame-time.js';
import { StorageError } from '../errors.js';
import { Conditions } from './frame-filter.js';

export interface TimelineSpan {
  readonly fromUtcNs: bigint;
  /** Not included. */
  readonly toUtcNs: bigint;
  /** Into how many parts the span is cut, 1 to 2000. */
  readonly parts: number;
}

export interface TimelinePart {
  readonly fromUtcNs: bigint;
  /** Not included. */
  readonly toUtcNs: bigint;
  /** Frames whose exposure begins in it. */
  readonly frames: number;
  /** Those of them whose times are not locked. */
  readonly notLocked: Readonly<Record<Exclude<Grade, 'locked'>, number>>;
  /** Frames known to be missing, by gaps that begin in it. */
  readonly missing: number;
}

export const MOST_PARTS = 2_000;

/** The parts of a span, in order. @throws StorageError `storage.timeline` for a span that has none */
export function readTimeline(database: Database.Database, span: TimelineSpan): TimelinePart[] {
  const { fromUtcNs, toUtcNs, parts } = span;
  if (toUtcNs <= fromUtcNs || !Number.isInteger(parts) || parts < 1 || parts > MOST_PARTS) {
    throw new StorageError(
      'storage.timeline',
      `a timeline has an end behind its beginning and 1 to ${MOST_PARTS} parts`,
    );
  }
  const widthNs = (toUtcNs - fromUtcNs + BigInt(parts) - 1n) / BigInt(parts);
  const frames = countsOf(database, span, widthNs, { of: 'count(*)', table: 'frames', time: 'start_utc_ns' });
  const missing = countsOf(database, span, widthNs, { of: 'sum(frames)', table: 'gaps', time: 'from_utc_ns' });
  const keys = keysOf(database, span);
  const rare = (grade: Grade) =>
    keys === null
      ? new Map<number, number>()
      : countsOf(database, span, widthNs, {
          of: 'count(*)',
          table: 'frames INDEXED BY frames_not_locked',
          time: 'start_utc_ns',
          // By the keys, which that index has behind each grade: other nights are not looked at.
          where: `grade <> 'locked' AND grade = '${grade}' AND key BETWEEN ${keys.first} AND ${keys.last}`,
        });
  const [holdover, coarse, untrusted] = [rare('holdover'), rare('coarse'), rare('untrusted')];
  return Array.from({ length: parts }, (_, part) => {
    const begin = fromUtcNs + widthNs * BigInt(part);
    const end = begin + widthNs;
    const of = (counts: ReadonlyMap<number, number>) => counts.get(part) ?? 0;
    return {
      fromUtcNs: begin,
      toUtcNs: end < toUtcNs ? end : toUtcNs,
      frames: of(frames),
      notLocked: { holdover: of(holdover), coarse: of(coarse), untrusted: of(untrusted) },
      missing: of(missing),
    };
  }).filter((part) => part.fromUtcNs < toUtcNs);
}

/** The first and the last key of the span's frames; null where it has none. */
function keysOf(database: Database.Database, { fromUtcNs, toUtcNs }: TimelineSpan) {
  const [first, last] = database
    .prepare('SELECT min(key), max(key) FROM frames WHERE start_utc_ns >= ? AND start_utc_ns < ?')
    .raw()
    .get(fromUtcNs, toUtcNs) as [bigint | null, bigint | null];
  return first === null || last === null ? null : { first, last };
}

interface Counted {
  readonly of: string;
  readonly table: string;
  /** The column by which a row belongs to a part. */
  readonly time: string;
  readonly where?: string;
}

/** What is counted, by part. */
function countsOf(
  database: Database.Database,
  { fromUtcNs, toUtcNs }: TimelineSpan,
  widthNs: bigint,
  { of, table, time, where }: Counted,
): Map<number, number> {
  const conditions = new Conditions().add(`${time} >= ?`, fromUtcNs).add(`${time} < ?`, toUtcNs);
  if (where !== undefined) conditions.addText(where);
  const rows = database
    .prepare(`SELECT (${time} - ?) / ? AS part, ${of} FROM ${table} ${conditions.where} GROUP BY part`)
    .raw()
    .all(fromUtcNs, widthNs, ...conditions.values) as [bigint, bigint][];
  return new Map(rows.map(([part, count]) => [Number(part), Number(count)]));
}
