/** Which session and which camera of an index a user means. */
import { UsageError } from '#src/config/usage-error.js';
import type { CameraRow, IndexReader, SessionRow } from '#storage/index/queries.js';

/** The session whose identifier begins with `wanted`, or the `latest` one. @throws UsageError `usage.session` */
export function findSession(index: IndexReader, wanted: string): SessionRow {
  const sessions = index.sessions({ limit: wanted === 'latest' ? 1 : Number.MAX_SAFE_INTEGER });
  const found = wanted === 'latest' ? sessions : sessions.filter(({ id }) => id.startsWith(wanted));
  return onlyOne('session', wanted, found);
}

/** The camera whose identifier begins with `wanted`, or that is named so. @throws UsageError `usage.camera` */
export function findCamera(index: IndexReader, wanted: string): CameraRow {
  const cameras = index.cameras();
  const byId = cameras.filter(({ id }) => id.startsWith(wanted));
  return onlyOne('camera', wanted, byId.length > 0 ? byId : cameras.filter(({ name }) => name === wanted));
}

function onlyOne<T>(what: string, wanted: string, found: readonly T[]): T {
  const [only] = found;
  if (only === undefined || wanted === '') {
    throw new UsageError(`usage.${what}`, `there is no ${what} '${wanted}' in this data folder`);
  }
  if (found.length > 1) {
    throw new UsageError(`usage.${what}`, `'${wanted}' means ${found.length} ${what}s: write more of its identifier`);
  }
  return only;
}
