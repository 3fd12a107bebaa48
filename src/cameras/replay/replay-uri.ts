/** `replay:PATH?speed=2&session=ID&from=...`: what is played, and how. */
import { parseUtc } from '#gps/instant.js';
import { UsageError } from '#src/config/usage-error.js';

export interface ReplayRequest {
  readonly path: string;
  /** Times as fast as it was recorded; null: as fast as it is taken. */
  readonly speed: number | null;
  /** From its first frame again after the last one. */
  readonly loop: boolean;
  /** Beginning of a session's identifier, or `latest`. */
  readonly session: string | null;
  /** Identifier, name or serial number. */
  readonly camera: string | null;
  readonly fromUtcNs: bigint | null;
  readonly toUtcNs: bigint | null;
}

const FIELDS = ['speed', 'loop', 'session', 'camera', 'from', 'to'] as const;
const FASTEST = 1_000;

/** @throws UsageError `usage.replay` */
export function parseReplayUri(uri: string): ReplayRequest {
  const [, path = '', query = ''] = /^replay:([^?]*)(?:\?(.*))?$/s.exec(uri) ?? [];
  if (path === '') throw wrong(uri, 'write replay:FOLDER or replay:FILE, such as replay:/data/night?speed=2');
  const fields = new Map<string, string>();
  for (const part of query.split('&').filter((text) => text !== '')) {
    const [, name = '', value = ''] = /^([^=]*)(?:=(.*))?$/s.exec(part) ?? [];
    if (!FIELDS.some((known) => known === name))
      throw wrong(uri, `there is no field ${name}; there are ${FIELDS.join(', ')}`);
    fields.set(name, decoded(uri, value));
  }
  const given = (name: (typeof FIELDS)[number]) => fields.get(name) || null;
  return {
    path,
    speed: speedOf(uri, given('speed')),
    loop: fields.has('loop') && !['false', '0'].includes(fields.get('loop') ?? ''),
    session: given('session'),
    camera: given('camera'),
    fromUtcNs: instantOf(uri, given('from')),
    toUtcNs: instantOf(uri, given('to')),
  };
}

function decoded(uri: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new UsageError('usage.replay', `${uri}: '${text}' has a % that escapes nothing`, { cause });
  }
}

function speedOf(uri: string, text: string | null): number | null {
  if (text === null) return 1;
  if (text === 'max') return null;
  const speed = Number(text);
  if (!(speed > 0 && speed <= FASTEST)) throw wrong(uri, `speed=${text}: above 0, at most ${FASTEST}, or max`);
  return speed;
}

function instantOf(uri: string, text: string | null): bigint | null {
  if (text === null) return null;
  try {
    return parseUtc(text);
  } catch (cause) {
    throw new UsageError('usage.replay', `${uri}: ${text}: write UTC as 2026-11-20T19:00:00.5`, { cause });
  }
}

const wrong = (uri: string, why: string): UsageError => new UsageError('usage.replay', `${uri}: ${why}`);
