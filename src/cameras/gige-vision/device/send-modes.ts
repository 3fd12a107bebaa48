/** How the packets of a range go out; the same numbers stand in pipeline/native/sender.h. */
export const SEND_MODE = {
  plain: 0,
  badFormat: 1,
  idOutOfRange: 2,
  truncated: 3,
  overlong: 4,
  blockZero: 5,
  /** No packet: the first word is a pause in microseconds. */
  pause: 6,
} as const;

/** Words of a range in a plan: first packet, last packet, mode, frames back. */
export const PLAN_WORDS = 4;
/** A sender keeps at least this many earlier jobs for plans to refer to. */
export const PLAN_REACH = 60;
