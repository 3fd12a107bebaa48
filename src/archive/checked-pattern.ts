/** How exported files are to be named. */
import { UsageError } from '#src/config/usage-error.js';
import { StorageError } from '#storage/errors.js';
import { NamePattern } from '#storage/export/name-pattern.js';
import { checkTellsApart } from '#storage/export/selection-check.js';

export const DEFAULT_PATTERN = '{camera}_{utc}_{frame:6}';

/** A pattern that can be one, of several frames where there are several. @throws UsageError `usage.pattern` */
export function checkedPattern(text: string, forSeveral = false): string {
  try {
    if (forSeveral) checkTellsApart(text);
    return new NamePattern(text).text;
  } catch (cause) {
    if (!(cause instanceof StorageError)) throw cause;
    throw new UsageError('usage.pattern', cause.message, { cause });
  }
}
