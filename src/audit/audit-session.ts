/** Feeds an audit from the index: gap rows, events, frames, as of one moment, also of a session that is being recorded. */
import { Auditor, type AuditResult } from '#gps/audit/auditor.js';
import type { CameraRow, IndexReader, SessionRow } from '#storage/index/queries.js';

const PAGE = 4096;

/** A session and what an audit makes of it. */
export interface SessionAudit {
  readonly session: SessionRow;
  readonly cameras: readonly CameraRow[];
  readonly result: AuditResult;
}

/** Reads a session's rows once, 4096 at a time: about a second for 400,000 frames. */
export function auditSession(index: IndexReader, session: SessionRow): SessionAudit {
  return index.snapshot(() => {
    const { id: sessionId, startedUtcNs, state, framesRecorded } = session;
    const auditor = new Auditor({ startedUtcNs, state, framesRecorded });
    const cameras = new Set<string>();
    for (const gap of index.gaps({ sessionId, limit: Number.MAX_SAFE_INTEGER })) auditor.gap(gap);
    for (const event of pages((afterKey) => index.events({ sessionId, afterKey, limit: PAGE }))) auditor.event(event);
    for (const frame of pages((afterKey) => index.frameTimings(sessionId, { afterKey, limit: PAGE }))) {
      cameras.add(frame.cameraId);
      auditor.frame(frame);
    }
    return { session, cameras: index.cameras().filter(({ id }) => cameras.has(id)), result: auditor.result() };
  });
}

function* pages<T extends { readonly key: bigint }>(read: (afterKey: bigint) => readonly T[]): Generator<T> {
  let afterKey = -1n;
  for (;;) {
    const rows = read(afterKey);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    afterKey = last.key;
  }
}
