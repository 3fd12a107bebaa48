/** What an audit finds beyond the grades of the frames. */
import type { FrameRange } from './frame-ranges.js';
import type { Level } from './level.js';

/** By kind: how it weighs, and what it means. */
export const AUDIT_FINDINGS = {
  'no-frames': ['not-defensible', 'the session has no frames'],
  'time-order': ['not-defensible', 'a frame begins no later than the one before it'],
  drop: ['not-defensible', 'a step of 1.8 medians or more that no gap row explains'],
  cadence: ['reservation', 'a step more than 30 % off the median'],
  'rate-change': [
    'reservation',
    'the cadence changes so far that a reduction program takes the slower part for dropped frames',
  ],
  'exposure-change': ['defensible', 'exposure or cadence change'],
  'explained-drop': ['defensible', 'a step of 1.8 medians or more that gap rows explain'],
  hole: ['not-defensible', 'block ids that neither a frame nor a gap row accounts for'],
  'hole-pending': ['reservation', 'block ids at the end of a running session that are not accounted for yet'],
  overlap: ['not-defensible', 'block ids that are accounted for twice'],
  'block-order': ['not-defensible', 'block ids fell back, and no gap row tells of another stream'],
  'row-count': ['not-defensible', 'the rows are not as many as the session counted'],
  outage: ['reservation', 'frames may be missing whose number nobody knows'],
  interrupted: ['reservation', 'the session was not ended in order: what came last may be in no row'],
  'budget-understated': ['reservation', 'the stated uncertainty is smaller than the terms that are known of it'],
  'young-lock': [
    'reservation',
    'locked for less than 12.5 minutes: the almanac with the leap seconds may not have come',
  ],
  'whole-second': ['not-defensible', "the GPS second was not the host's"],
  oscillator: ['reservation', 'the oscillator is further off than any such oscillator'],
  'frame-finding': ['reservation', 'found while recording'],
  'frame-note': ['defensible', 'noted while recording'],
} as const satisfies Record<string, readonly [Level, string]>;
export type AuditFindingKind = keyof typeof AUDIT_FINDINGS;

export interface AuditFinding {
  readonly kind: AuditFindingKind;
  readonly level: Level;
  /** What the kind means. */
  readonly meaning: string;
  /** The frames it is about; null where it is about the session. */
  readonly range: FrameRange | null;
  /** How often. */
  readonly count: number;
  /** For people: what shows it, with numbers and units. */
  readonly evidence: string;
}

export function auditFinding(
  kind: AuditFindingKind,
  evidence: string,
  range: FrameRange | null = null,
  count = 1,
): AuditFinding {
  const [level, meaning] = AUDIT_FINDINGS[kind];
  return { kind, level, meaning, range, count, evidence };
}
