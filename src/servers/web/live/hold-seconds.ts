/** Spans of the maximum hold, seconds: one that is asked for is rounded up to them, so that clients share them. Some 11 MB each at 960 columns. */
export const HOLD_SECONDS = [5, 15, 60, 300, 900, 3_600] as const;
