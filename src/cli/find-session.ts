/** Which session of an index a user means. */
import { UsageError } from '#src/config/usage-error.js';
import type { IndexReader, SessionRow } from '#storage/index/queries.js';

/** The session whose identifier begins with `wanted`, or the `latest` one. @throws UsageError `usage.session` */
export function findSession(index: IndexReader, wanted: string): SessionRow {
  const sessions = index.sessions();
  const found = wanted === 'latest' ? sessions.slice(0, 1) : sessions.filter(({ id }) => id.startsWith(wanted));
  const [only] = found;
  if (only === undefined) throw new UsageError('usage.session', `there is no session '${wanted}' in this data folder`);
  if (found.length > 1) {
    throw new UsageError('usage.session', `'${wanted}' is the beginning of ${found.length} sessions: write more of it`);
  }
  return only;
}
