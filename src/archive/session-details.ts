/** All that the index says of one session. */
import type { IndexReader, SessionRow } from '#storage/index/queries.js';

export type SessionDetails = ReturnType<typeof sessionDetails>;

/** Asks everything about `session`. */
export function sessionDetails(index: IndexReader, session: SessionRow) {
  const of = { sessionId: session.id, limit: Number.MAX_SAFE_INTEGER };
  return {
    session,
    cameras: index.cameras(session.id),
    grades: index.grades(session.id),
    gaps: index.gapSums(session.id),
    segments: index.segments(session.id),
    stacks: index.stacks(of),
    marks: index.marks(of),
  };
}
