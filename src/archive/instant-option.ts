/** Options that name an instant. */
import { parseUtc } from '#gps/instant.js';
import { UsageError } from '#src/config/usage-error.js';

/** An index counts nanoseconds in 64 bits. */
const LAST_INSTANT = 2n ** 63n - 1n;

/** The nearest instant that an index can hold: `--to 9999-12-31` means for ever, and that ends in 2262 there. */
export function withinIndex(utcNs: bigint): bigint {
  if (utcNs > LAST_INSTANT) return LAST_INSTANT;
  return utcNs < -LAST_INSTANT ? -LAST_INSTANT : utcNs;
}

/** The instant that `text` names. @throws UsageError `usage.time` */
export function instantOption(option: string, text: string): bigint {
  try {
    return withinIndex(parseUtc(text));
  } catch (cause) {
    throw new UsageError('usage.time', `${option} ${text}: write UTC as 2026-11-20T19:00:00.5`, { cause });
  }
}
