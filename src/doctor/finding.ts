/** What the doctor found on one point. */

/** `unknown`: it could not be read here; `found` says why. */
export const STATES = ['ok', 'warn', 'bad', 'unknown'] as const;
export type FindingState = (typeof STATES)[number];

export interface Finding {
  /** Stable, for programs: area and point, such as `network.receive-buffer`. */
  readonly id: string;
  readonly title: string;
  readonly state: FindingState;
  readonly found: string;
  /** Why it matters. */
  readonly why: string;
  /** The command or line that mends it; null where nothing needs mending, or no command can. */
  readonly remedy: string | null;
}

/** A point before it is judged. */
export interface Point {
  readonly id: string;
  readonly title: string;
  readonly why: string;
}

export const ok = (point: Point, found: string): Finding => ({ ...point, state: 'ok', found, remedy: null });
export const warn = (point: Point, found: string, remedy: string | null): Finding => ({
  ...point,
  state: 'warn',
  found,
  remedy,
});
export const bad = (point: Point, found: string, remedy: string | null): Finding => ({
  ...point,
  state: 'bad',
  found,
  remedy,
});
export const unknown = (point: Point, reason: string, remedy: string | null = null): Finding => ({
  ...point,
  state: 'unknown',
  found: reason,
  remedy,
});

export type Counts = Readonly<Record<FindingState, number>>;

export function countStates(findings: readonly Finding[]): Counts {
  const counts = { ok: 0, warn: 0, bad: 0, unknown: 0 };
  for (const { state } of findings) counts[state] += 1;
  return counts;
}
