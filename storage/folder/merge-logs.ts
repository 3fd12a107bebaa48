/** The logs of one session in two folders become one. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../make-folder.js';
import { syncPath } from './give-name.js';
import { SESSION_LOG } from './session-log.js';

/**
 * Appends to the log in folder `to` what it has not of the log in folder `from`, in order, and syncs it. `numberHere`: which number a segment of `from` has
 * in `to`. Done again, nothing is appended. Throws as `makeFolder`, and the system's errors.
 */
export function mergeLogs(from: string, to: string, numberHere: ReadonlyMap<number, number>): void {
  const [source, target] = [join(from, SESSION_LOG), join(to, SESSION_LOG)];
  if (!existsSync(source)) return;
  const old = existsSync(target) ? readFileSync(target, 'utf8') : '';
  const known = new Map<string, number>();
  for (const line of old.split('\n')) known.set(line, (known.get(line) ?? 0) + 1);
  const missing: string[] = [];
  for (const line of readFileSync(source, 'utf8').split('\n')) {
    if (line === '') continue;
    const here = renumbered(line, numberHere);
    const times = known.get(here) ?? 0;
    known.set(here, times - 1);
    if (times <= 0) missing.push(`${here}\n`);
  }
  if (missing.length === 0) return;
  makeFolder(to);
  appendFileSync(target, `${old === '' || old.endsWith('\n') ? '' : '\n'}${missing.join('')}`);
  syncPath(target);
}

function renumbered(line: string, numberHere: ReadonlyMap<number, number>): string {
  try {
    const entry: unknown = JSON.parse(line);
    if (typeof entry !== 'object' || entry === null || !('kind' in entry) || !('number' in entry)) return line;
    if (typeof entry.kind !== 'string' || !entry.kind.startsWith('segment-')) return line;
    const here = typeof entry.number === 'number' ? numberHere.get(entry.number) : undefined;
    return here === undefined || here === entry.number ? line : JSON.stringify({ ...entry, number: here });
  } catch {
    // A line that a crash cut short says nothing of a segment.
    return line;
  }
}
