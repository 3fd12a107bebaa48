/** What of a camera's recordings stays on disk. A segment goes as soon as one of the limits wants it and no mark keeps it. */
export interface RetentionPolicy {
  /** Bytes of its segments; null: no limit. */
  readonly maxBytes: number | null;
  /** Age of a segment's last frame; null: no limit. */
  readonly hours: number | null;
  /** Nights, the one under way among them, see `nightOf`; null: no limit. */
  readonly nights: number | null;
  /** What the limit of bytes counts: all segments, or with `marks` only those that no mark keeps. */
  readonly keep: 'all' | 'marks';
  /** As `nights`, for stacks; no other limit removes a stack. */
  readonly stackNights: number | null;
}

export const KEEP_ALL: RetentionPolicy = { maxBytes: null, hours: null, nights: null, keep: 'all', stackNights: null };

/** Whether a policy ever removes a segment. */
export function removesSegments({ maxBytes, hours, nights }: RetentionPolicy): boolean {
  return maxBytes !== null || hours !== null || nights !== null;
}
