/** Which session and which camera of an index a user means. */
import { UsageError } from '#src/config/usage-error.js';
import type { CameraRow, IndexReader, SessionRow } from '#storage/index/queries.js';

/** The sessions whose identifiers begin with `wanted`, or the `latest` one. */
export function sessionsNamed(index: IndexReader, wanted: string): readonly SessionRow[] {
  if (wanted === '') return [];
  if (wanted === 'latest') return index.sessions({ limit: 1 });
  return index.sessions({ limit: Number.MAX_SAFE_INTEGER }).filter(({ id }) => id.startsWith(wanted));
}

/** The cameras whose identifiers begin with `wanted`, else those that are named so. */
export function camerasNamed(index: IndexReader, wanted: string): readonly CameraRow[] {
  if (wanted === '') return [];
  const cameras = index.cameras();
  const byId = cameras.filter(({ id }) => id.startsWith(wanted));
  return byId.length > 0 ? byId : cameras.filter(({ name }) => name === wanted);
}

/** The session that is meant. @throws UsageError `usage.session` */
export function findSession(index: IndexReader, wanted: string): SessionRow {
  return onlyOne('session', wanted, sessionsNamed(index, wanted));
}

/** The camera that is meant. @throws UsageError `usage.camera` */
export function findCamera(index: IndexReader, wanted: string): CameraRow {
  return onlyOne('camera', wanted, camerasNamed(index, wanted));
}

function onlyOne<T>(what: string, wanted: string, found: readonly T[]): T {
  const [only] = found;
  if (only === undefined) {
    throw new UsageError(`usage.${what}`, `there is no ${what} '${wanted}' in this data folder`);
  }
  if (found.length > 1) {
    throw new UsageError(`usage.${what}`, `'${wanted}' means ${found.length} ${what}s: write more of its identifier`);
  }
  return only;
}
