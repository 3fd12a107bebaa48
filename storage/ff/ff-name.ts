/** The time in the name of an FF file: `FF_<station>_<YYYYMMDD>_<HHMMSS>_<mmm>_<frame>.fits`, or `.bin` of CAMS. */
import { basename } from 'node:path';
import { parseUtc } from '#gps/instant.js';

/** Milliseconds, cut; null for another name. */
export function utcNsOfName(file: string): bigint | null {
  const match = /_(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)_(\d{3})_\d+/.exec(basename(file));
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, ms] = match;
  try {
    return parseUtc(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}`);
  } catch {
    return null;
  }
}
