/** The identifier of this station: the same in every data folder of one user, unique among all stations. */
import { readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { v4, validate } from 'uuid';
import { AppulseError, reasonOf } from '#gps/errors.js';
import { makeFolder } from '#storage/make-folder.js';

/** The folder of what is kept per user. */
export function userFolder(): string {
  return join(process.env.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'appulse');
}

/**
 * The identifier kept for this user, made at first use.
 * @throws AppulseError `station.id` when it can neither be read nor kept
 */
export function keptStationId(): string {
  const path = join(userFolder(), 'station-id');
  try {
    const kept = readFileSync(path, 'utf8').trim();
    if (validate(kept)) return kept;
  } catch {
    // not made yet
  }
  const made = v4();
  try {
    makeFolder(dirname(path));
    writeFileSync(path, `${made}\n`);
  } catch (cause) {
    throw new AppulseError(
      'station.id',
      `the station's identifier cannot be kept in ${path} (${reasonOf(cause)}): set station.id in appulse.toml`,
      {
        cause,
      },
    );
  }
  return made;
}
