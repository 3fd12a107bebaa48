/** How long a call of a maker's library may take before it counts as one that does not return. */
import { UsageError } from '#src/config/usage-error.js';

/** Seconds that a call may take beside the exposure; a library that takes longer does not return at all. */
export interface CallLimits {
  readonly open: number;
  readonly set: number;
  readonly start: number;
  readonly stop: number;
  readonly poll: number;
  readonly close: number;
}

/** Opening loads firmware into some cameras. Measured on doubles only. */
export const CALL_LIMITS: CallLimits = { open: 60, set: 20, start: 30, stop: 20, poll: 20, close: 5 };

/**
 * Sets the seconds of every call but `close`, for a library that is slower than any that we know, or to wait less. Opening keeps its
 * own limit where that is longer: a thread and a library are loaded in it.
 */
export const CALL_SECONDS_VARIABLE = 'APPULSE_SDK_CALL_SECONDS';
const MOST_SECONDS = 86_400;

/** The limits, with those that `given` names in place of all others. @throws UsageError `usage.call-seconds` */
export function callLimits(given: Partial<CallLimits> = {}): CallLimits {
  return { ...CALL_LIMITS, ...fromEnvironment(), ...given };
}

function fromEnvironment(): Partial<CallLimits> {
  const text = process.env[CALL_SECONDS_VARIABLE];
  if (text === undefined || text === '') return {};
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= MOST_SECONDS)) {
    throw new UsageError(
      'usage.call-seconds',
      `${CALL_SECONDS_VARIABLE}=${text}: write seconds, more than 0 and at most ${MOST_SECONDS}, such as 120`,
    );
  }
  const open = Math.max(CALL_LIMITS.open, seconds);
  return { open, set: seconds, start: seconds, stop: seconds, poll: seconds };
}
