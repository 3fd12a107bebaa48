/** What an audit reads: plain rows, as an index holds them. Instants are nanoseconds since 1970 UTC. */
import type { Grade } from '../frame-time.js';

/** What an audit needs of a frame. Rows come in the order of writing, which is the order of block ids within a stream. */
export interface AuditFrame {
  /** Count of the session's frames, from 1. */
  readonly number: number;
  readonly cameraId: string;
  /** The stream's block id, unwrapped. */
  readonly blockId: bigint;
  /** The camera's own count, 32 bits; null where it has none. */
  readonly sequence: number | null;
  /** Start of exposure of row 0. */
  readonly startUtcNs: bigint;
  /** `startUtcNs` is the count of the midnight behind the leap second that it falls into. */
  readonly leapSecond: boolean;
  readonly exposureNs: bigint;
  readonly uncertaintyNs: bigint;
  readonly source: string;
  readonly grade: Grade;
  /** Words with spaces between. */
  readonly flags: string;
  /** The row stands, its pixels do not: lost with their file, and told again by a gap row. */
  readonly missing: boolean;
}

/** Frames that were produced and have no row. */
export interface AuditGap {
  readonly cause: string;
  /** Null where the frames took no block ids, or none is known. */
  readonly firstBlock: bigint | null;
  readonly lastBlock: bigint | null;
  /** 0 where their number cannot be known. */
  readonly frames: number;
  readonly fromUtcNs: bigint | null;
  readonly toUtcNs: bigint | null;
  readonly detail: string;
}

export interface AuditEvent {
  readonly kind: string;
  readonly startUtcNs: bigint;
  readonly endUtcNs: bigint;
  /** As its kind has it; anything else is left alone. Whole numbers beyond 2^53 are text. */
  readonly data: Readonly<Record<string, unknown>>;
}

export interface AuditOptions {
  /** When the session began, by the host; the plots begin there. Left out: with the first frame. */
  readonly startedUtcNs?: bigint;
  /** `recording`: the newest rows may still be on their way. `interrupted`: it was not ended in order. */
  readonly state?: 'recording' | 'complete' | 'interrupted';
  /** Frames that the session counts as recorded; null: not compared. */
  readonly framesRecorded?: number | null;
}

/** A number in an event's data; null where it is none. */
export function numberIn(data: AuditEvent['data'], name: string): number | null {
  const value = data[name];
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** Text in an event's data, of a number too; null where it is neither. */
export function textIn(data: AuditEvent['data'], name: string): string | null {
  const value = data[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}

export function booleanIn(data: AuditEvent['data'], name: string): boolean | null {
  const value = data[name];
  return typeof value === 'boolean' ? value : null;
}

/** Nanoseconds from one start to the next as they passed: UTC's count does not show the leap second that was left. */
export function elapsedNs(from: bigint, fromLeap: boolean, to: bigint, toLeap: boolean): number {
  return Number(to - from) + (fromLeap && !toLeap ? 1e9 : 0);
}
