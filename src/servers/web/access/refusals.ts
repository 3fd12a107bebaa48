/** What was refused: the first of each kind is told, the others are counted, so that no flood fills a log. */
import type { LogLevel } from '#src/station/messages.js';

/** The kinds, as they are told. */
export const REFUSALS = {
  host: 'a request for another host',
  origin: 'a request that a foreign page made',
  token: 'a wrong token',
  path: 'a path that leads out of the page',
  rate: 'more requests than a client may make',
  connections: 'more connections than a client may have',
  slow: 'a client that takes too long',
  malformed: 'what is not HTTP',
  'plain-http': 'HTTP without TLS',
  tls: 'a TLS connection that did not come about',
  size: 'a request that is too large',
  'websocket-clients': 'more WebSocket clients than there may be',
  'websocket-message': 'a WebSocket message that is none of the page',
  'websocket-rate': 'more WebSocket messages than a client may send',
  'websocket-stuck': 'a WebSocket client that reads nothing',
} as const;
export type RefusalKind = keyof typeof REFUSALS;

/** Characters of a client's own words that are told. */
const MOST_WORDS = 80;

export type WebLog = (level: LogLevel, message: string) => void;

export class Refusals {
  readonly #log: WebLog;
  readonly #counts = new Map<RefusalKind, number>();

  constructor(log: WebLog) {
    this.#log = log;
  }

  /** How many of each kind there were. */
  get counts(): ReadonlyMap<RefusalKind, number> {
    return this.#counts;
  }

  /** `words` are the client's own. */
  note(kind: RefusalKind, sender: string, words = ''): void {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    if (count > 1) return;
    const told = words === '' ? '' : `: ${JSON.stringify(words.slice(0, MOST_WORDS)).replace(/[^ -~]/g, '?')}`;
    this.#log('warning', `page: refused ${REFUSALS[kind]}, from ${sender}${told}; more of this kind are counted only`);
  }

  /** What there was besides what was told; null where that is nothing. */
  summary(): string | null {
    const several = [...this.#counts].filter(([, count]) => count > 1);
    if (several.length === 0) return null;
    return `page: refused in all: ${several.map(([kind, count]) => `${count} times ${REFUSALS[kind]}`).join(', ')}`;
  }
}
