/**
 * The leap seconds: TAI - UTC since 1972, and until when the table is known to be whole. Built in is what IERS Bulletin C said
 * early in 2026; a newer `leap-seconds.list` (IERS, NIST; in Debian's tzdata) replaces it.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AppulseError, reasonOf } from '../errors.js';

export interface LeapSecondTable {
  /** From each instant (nanoseconds since 1970 UTC, a midnight) on TAI - UTC is so many seconds. Oldest first. */
  readonly steps: readonly { readonly fromUtcNs: bigint; readonly taiMinusUtcS: bigint }[];
  /** From then on a leap second may have been announced that the table does not know. */
  readonly expiresUtcNs: bigint;
  readonly source: string;
}

const SECOND = 1_000_000_000n;
/** NTP counts from 1900. */
const NTP_TO_UNIX_S = 2_208_988_800n;

/** Days since 1970 of each new value, from 10 s on upward by one. */
const DAYS = [
  730, 912, 1096, 1461, 1826, 2191, 2557, 2922, 3287, 3652, 4199, 4564, 4929, 5660, 6574, 7305, 7670, 8217, 8582, 8947,
  9496, 10043, 10592, 13149, 14245, 15522, 16617, 17167,
];

export const BUILT_IN: LeapSecondTable = {
  steps: DAYS.map((day, i) => ({ fromUtcNs: BigInt(day) * 86_400n * SECOND, taiMinusUtcS: BigInt(10 + i) })),
  // 2026-12-28: the bulletin of January 2026 (no leap second in June 2026) holds until the next one's date.
  expiresUtcNs: 20_815n * 86_400n * SECOND,
  source: 'built in, IERS Bulletin C of January 2026',
};

/**
 * Reads a `leap-seconds.list`: `#@` the expiry, lines of NTP seconds and TAI - UTC, `#h` a SHA-1 over all their digits.
 * @throws AppulseError `gps.leap-table`
 */
export function parseLeapSecondList(text: string, source: string): LeapSecondTable {
  const bad = (why: string) => new AppulseError('gps.leap-table', `${source} is no table of leap seconds: ${why}`);
  const hash = createHash('sha1');
  const steps: { fromUtcNs: bigint; taiMinusUtcS: bigint }[] = [];
  let expires: bigint | null = null;
  let expected: string | null = null;
  for (const line of text.split('\n')) {
    const special = /^#([$@h])\s*(.*?)\s*$/.exec(line);
    if (special !== null) {
      const [, kind, value = ''] = special;
      if (kind === 'h') {
        // Leading zeros of a word may be left out.
        const words = value.split(/\s+/).map((word) => word.padStart(8, '0'));
        expected = words.join('').toLowerCase();
        continue;
      }
      if (!/^\d{1,12}$/.test(value)) throw bad(`"${line.trim()}" is no time`);
      hash.update(value);
      if (kind === '@') expires = (BigInt(value) - NTP_TO_UNIX_S) * SECOND;
      continue;
    }
    const words = line.split('#')[0]?.trim() ?? '';
    if (words === '') continue;
    const match = /^(\d{1,12})\s+(\d{1,4})$/.exec(words);
    if (match === null) throw bad(`"${line.trim()}" is no line of it`);
    const [, from = '', offset = ''] = match;
    hash.update(from).update(offset);
    steps.push({ fromUtcNs: (BigInt(from) - NTP_TO_UNIX_S) * SECOND, taiMinusUtcS: BigInt(offset) });
  }
  if (steps.length === 0) throw bad('it has no entry');
  if (expires === null) throw bad('it does not say when it expires');
  for (const [i, step] of steps.entries()) {
    const before = steps[i - 1];
    const change = before === undefined ? 1n : step.taiMinusUtcS - before.taiMinusUtcS;
    if ((before !== undefined && step.fromUtcNs <= before.fromUtcNs) || (change !== 1n && change !== -1n))
      throw bad(`its entry ${i + 1} does not follow the one before`);
    if (step.fromUtcNs % (86_400n * SECOND) !== 0n) throw bad(`its entry ${i + 1} is at no midnight`);
  }
  if (expected !== null && expected !== hash.digest('hex')) throw bad('its check sum is wrong: the file is damaged');
  return { steps, expiresUtcNs: expires, source };
}

/** Where systems keep the list; `APPULSE_LEAP_SECONDS` names another one, or `built-in` none. */
const PLACES = ['/usr/share/zoneinfo/leap-seconds.list', '/etc/ntp/leap-seconds.list'];

/** The table that holds longest, of the built-in one and the lists of `files`, and what was wrong with a list. */
export function newestTable(files: readonly string[]): { table: LeapSecondTable; problems: readonly string[] } {
  let table = BUILT_IN;
  const problems: string[] = [];
  for (const file of files) {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      continue;
    }
    try {
      const other = parseLeapSecondList(text, file);
      if (other.expiresUtcNs > table.expiresUtcNs) table = other;
    } catch (error) {
      problems.push(reasonOf(error));
    }
  }
  return { table, problems };
}

let system: ReturnType<typeof newestTable> | null = null;

/** The table of this machine, read once a thread. */
export function systemLeapSeconds(): ReturnType<typeof newestTable> {
  if (system !== null) return system;
  const named = process.env.APPULSE_LEAP_SECONDS;
  system = newestTable(named === undefined ? PLACES : named === 'built-in' ? [] : [named]);
  return system;
}
