/** What retention asks of an index: the segments that it may remove, with their spans of time, and the marks. */
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { frameListOf } from '../formats/frame-list.js';
import type { Mark } from './marked-spans.js';
import type { RetainedSegment } from './retention-plan.js';

/** A file made from several frames, beside the segments, that is still there. */
export interface RetainedStack {
  readonly file: string;
  readonly bytes: number;
  /** Of its session, relative to the data folder. */
  readonly folder: string;
  readonly sessionId: string;
  readonly cameraId: string;
  readonly fromUtcNs: bigint;
  readonly toUtcNs: bigint;
}

export interface RetainedCamera {
  readonly id: string;
  readonly name: string;
  readonly uri: string;
  readonly model: string;
  readonly serial: string;
}

export interface Retained {
  readonly cameras: readonly RetainedCamera[];
  /**
   * Oldest first, also of folders that were merged in another order, of sessions recorded with a limit, complete or left by a crash. Those of other sessions are no business of
   * retention.
   */
  readonly segments: readonly RetainedSegment[];
  /** Of sessions recorded without a limit, and such as are being written. */
  readonly untouched: readonly RetainedSegment[];
  readonly stacks: readonly RetainedStack[];
  readonly marks: readonly Mark[];
}

interface SegmentRow {
  readonly file: string;
  readonly bytes: bigint;
  readonly session: string;
  readonly camera: string;
  readonly state: string;
  readonly rolls: bigint;
  readonly first: bigint | null;
  readonly last: bigint | null;
}

/** `cameraId`: only of that camera. Reads an index that this program has prepared, and how large lists of frames beside segments are. */
export function retainedIn(indexFile: string, cameraId: string | null = null): Retained {
  const dataFolder = dirname(indexFile);
  const database = new Database(indexFile, { readonly: true, timeout: 10_000 });
  try {
    database.defaultSafeIntegers(true);
    const ofCamera = 'AND (? IS NULL OR cameras.id = ?)';
    const segments = database
      .prepare(
        // The first and the last row of a segment, because looking at all of them would read the whole index.
        `SELECT segments.file AS file, segments.bytes AS bytes, sessions.id AS session, cameras.id AS camera,
           segments.state AS state, sessions.max_bytes IS NOT NULL AS rolls,
           (SELECT start_utc_ns FROM frames WHERE segment_key = segments.key ORDER BY frames.key LIMIT 1) AS first,
           (SELECT end_utc_ns FROM frames WHERE segment_key = segments.key ORDER BY frames.key DESC LIMIT 1) AS last
         FROM segments JOIN sessions ON sessions.key = segments.session_key JOIN cameras ON cameras.key = segments.camera_key
         WHERE segments.state IN ('open', 'closed', 'interrupted') ${ofCamera}
         ORDER BY sessions.started_utc_ns, sessions.id, segments.number`,
      )
      .all(cameraId, cameraId) as SegmentRow[];
    const marks = database
      .prepare(
        `SELECT sessions.id AS sessionId, cameras.id AS cameraId, from_utc_ns AS fromUtcNs, to_utc_ns AS toUtcNs, cause, detail
         FROM marks JOIN sessions ON sessions.key = session_key LEFT JOIN cameras ON cameras.key = camera_key`,
      )
      .all() as Mark[];
    const stacks = database
      .prepare(
        `SELECT file, stacks.bytes AS bytes, folder, sessions.id AS sessionId, cameras.id AS cameraId,
           start_utc_ns AS fromUtcNs, end_utc_ns AS toUtcNs
         FROM stacks JOIN sessions ON sessions.key = session_key JOIN cameras ON cameras.key = camera_key
         WHERE stacks.bytes > 0 ${ofCamera} ORDER BY stacks.key`,
      )
      .all(cameraId, cameraId) as (Omit<RetainedStack, 'bytes'> & { readonly bytes: bigint })[];
    const cameras = database
      .prepare('SELECT id, name, uri, model, serial FROM cameras ORDER BY key')
      .all() as RetainedCamera[];
    const removable = (row: SegmentRow) => row.rolls === 1n && row.state !== 'open';
    return {
      cameras,
      segments: segments.filter(removable).map((row) => toSegment(row, dataFolder)),
      untouched: segments.filter((row) => !removable(row)).map((row) => toSegment(row, dataFolder)),
      stacks: stacks.map((stack) => ({ ...stack, bytes: Number(stack.bytes) })),
      marks,
    };
  } finally {
    database.close();
  }
}

function toSegment(row: SegmentRow, dataFolder: string): RetainedSegment {
  const { file, session, camera, first, last } = row;
  // A clock that was set in mid-segment can have put its end before its start.
  const [fromUtcNs, toUtcNs] = first !== null && last !== null && last < first ? [last, first] : [first, last];
  const list = statSync(frameListOf(join(dataFolder, file)), { throwIfNoEntry: false });
  const bytes = Number(row.bytes) + (list?.size ?? 0);
  return { file, bytes, sessionId: session, cameraId: camera, fromUtcNs, toUtcNs };
}
