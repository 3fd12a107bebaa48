/** What a session is called where people read it. */
import type { Session } from './archive-client.js';

/** Its name, or what was observed, or the end of its identifier, as in the name of its folder. */
export function sessionTitle({ id, name, object }: Pick<Session, 'id' | 'name' | 'object'>): string {
  return name ?? object ?? shortId(id);
}

/** The end: identifiers of sessions that began within a minute, as those of several cameras do, begin alike. */
export function shortId(id: string): string {
  return id.slice(-8);
}
