/**
 * Makers' libraries that do not return from a call inside this process. Nothing can end such a call, and another one beside it may do
 * anything: the library is left alone until it returns, if it ever does.
 */
import { callLimits } from './call-limits.js';
import { SdkError } from './library.js';
import type { SdkScheme } from './sdk-uri.js';

/** Code of the error when waiting for a library has been given up: only another process can reach its cameras. */
export const HUNG_FOR_GOOD = 'sdk.hung';

interface Hung {
  readonly reason: string;
  readonly sinceMs: number;
}

const hung = new Map<SdkScheme, Hung>();

/** `returned` resolves when nothing of this program is in the library any more. */
export function leaveAlone(scheme: SdkScheme, reason: string, returned: Promise<unknown>): void {
  const entry = { reason, sinceMs: performance.now() };
  hung.set(scheme, entry);
  void returned.then(() => {
    if (hung.get(scheme) === entry) hung.delete(scheme);
  });
}

/** @throws SdkError `sdk.silent` where the library is still waited for, `sdk.hung` where that is given up */
export function requireReturned(scheme: SdkScheme): void {
  const found = hung.get(scheme);
  if (found === undefined) return;
  const { reason, sinceMs } = found;
  const patienceS = callLimits().open;
  if (performance.now() - sinceMs < patienceS * 1_000) {
    throw new SdkError(
      'sdk.silent',
      `${reason}; it hangs inside this program, and is waited for up to ${patienceS} s: without --in-process it would be ended and started anew`,
    );
  }
  throw new SdkError(
    HUNG_FOR_GOOD,
    `${reason}; it has hung inside this program for more than ${patienceS} s and can be reached by another process only: start the program again, without --in-process so that a library that hangs is ended and started anew`,
  );
}
