/**
 * What is kept of a camera's controls from one use to the next: values that the user set, and named profiles. One JSON file a camera
 * beside the station's identifier, written whole or not at all. A file that cannot be read is put aside, and told of.
 */
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { AppulseError, reasonOf } from '#gps/errors.js';
import { userFolder } from '#src/config/station-id.js';
import { UsageError } from '#src/config/usage-error.js';
import { makeFolder } from '#storage/make-folder.js';
import { writeSmallFile } from '#storage/small-file.js';
import type { CameraIdentity } from './camera.js';
import { cameraId } from './camera-id.js';

export type KeptValues = Readonly<Record<string, string | number | boolean>>;

export interface Profile {
  /** ISO 8601, when it was saved. */
  readonly savedUtc: string;
  readonly values: KeptValues;
}

export interface CameraState {
  readonly values: KeptValues;
  readonly profiles: Readonly<Record<string, Profile>>;
}

type Whose = Pick<CameraIdentity, 'vendor' | 'model' | 'serial'>;
type Tell = (message: string) => void;

const VERSION = 1;
const LARGEST_FILE_BYTES = 2 ** 20;
/** Another process writes within milliseconds; a lock that is older was left by one that died. */
const LOCK_WAIT_MS = 20;
const LOCK_STALE_MS = 5_000;
const LOCK_LIMIT_MS = 10_000;

const values = z.record(z.string().regex(/^[A-Za-z]\w{0,127}$/), z.union([z.string(), z.number(), z.boolean()]));
const PROFILE_NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u;
const fileSchema = z.strictObject({
  version: z.literal(VERSION),
  camera: z.object({ vendor: z.string(), model: z.string(), serial: z.string() }),
  values,
  profiles: z.record(z.string().regex(PROFILE_NAME), z.strictObject({ savedUtc: z.string(), values })),
});

const NOTHING: CameraState = { values: {}, profiles: {} };

export function cameraStateFile(whose: Whose): string {
  return join(userFolder(), 'cameras', `${cameraId(whose)}.json`);
}

/** @throws UsageError `usage.profile-name` */
export function checkProfileName(name: string): string {
  if (PROFILE_NAME.test(name)) return name;
  throw new UsageError(
    'usage.profile-name',
    `'${name}' cannot name a profile: letters, digits, spaces and . _ - up to 64, with a letter or digit in front`,
  );
}

/** What is kept of a camera; nothing where there is no file, or none that can be read. Does not throw. */
export function readCameraState(whose: Whose, tell: Tell): CameraState {
  const path = cameraStateFile(whose);
  let text: string;
  try {
    if (statSync(path).size > LARGEST_FILE_BYTES)
      return putAside(path, `it has more than ${LARGEST_FILE_BYTES} bytes`, tell);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      tell(`what is kept of the camera's controls cannot be read from ${path}: ${reasonOf(error)}`);
    return NOTHING;
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    return putAside(path, reasonOf(error), tell);
  }
  const read = fileSchema.safeParse(content);
  if (read.success) return { values: read.data.values, profiles: read.data.profiles };
  if (versionOf(content) > VERSION) {
    tell(`${path} was written by a newer version of appulse: what it keeps of the camera's controls is not used`);
    return NOTHING;
  }
  const [issue] = read.error.issues;
  const field = issue === undefined || issue.path.length === 0 ? 'the file' : issue.path.join('.');
  return putAside(path, `${field}: ${issue?.message ?? 'invalid'}`, tell);
}

/**
 * Changes what is kept of a camera; changes of several processes follow each other.
 * @throws AppulseError `camera-state.write`, `camera-state.newer`, and what `change` throws
 */
export async function changeCameraState(
  whose: Whose,
  change: (before: CameraState) => CameraState,
  tell: Tell,
): Promise<void> {
  const path = cameraStateFile(whose);
  const unlock = await lock(path);
  try {
    if (isNewer(path)) {
      throw new AppulseError(
        'camera-state.newer',
        `${path} was written by a newer version of appulse, and is left as it is: nothing can be kept of this camera`,
      );
    }
    const { values: now, profiles } = change(readCameraState(whose, tell));
    const { vendor, model, serial } = whose;
    write(path, { version: VERSION, camera: { vendor, model, serial }, values: now, profiles });
  } finally {
    unlock();
  }
}

function write(path: string, content: z.infer<typeof fileSchema>): void {
  try {
    writeSmallFile(path, `${JSON.stringify(content, null, 2)}\n`);
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

/** The file keeps what it held, under another name. */
function putAside(path: string, why: string, tell: Tell): CameraState {
  const aside = `${path}.damaged-${new Date().toISOString().replace(/[:.]/g, '')}`;
  try {
    renameSync(path, aside);
    tell(
      `what was kept of the camera's controls is damaged (${why}) and stands in ${aside} now: the camera is as it is`,
    );
  } catch (error) {
    tell(`${path} is damaged (${why}) and cannot be put aside: ${reasonOf(error)}; the camera is as it is`);
  }
  return NOTHING;
}

const versionOf = (content: unknown): number =>
  typeof content === 'object' && content !== null && 'version' in content ? Number(content.version) : Number.NaN;

function isNewer(path: string): boolean {
  try {
    return versionOf(JSON.parse(readFileSync(path, 'utf8'))) > VERSION;
  } catch {
    return false;
  }
}

/** @throws AppulseError `camera-state.write` */
async function lock(path: string): Promise<() => void> {
  const file = `${path}.lock`;
  const limit = performance.now() + LOCK_LIMIT_MS;
  for (;;) {
    try {
      makeFolder(dirname(path));
      closeSync(openSync(file, 'wx'));
      return () => rmSync(file, { force: true });
    } catch (cause) {
      const held = (cause as NodeJS.ErrnoException).code === 'EEXIST';
      if (!held || performance.now() > limit) throw cannotWrite(path, cause);
    }
    if (isStale(file)) rmSync(file, { force: true });
    else await delay(LOCK_WAIT_MS);
  }
}

function isStale(file: string): boolean {
  try {
    return Date.now() - statSync(file).mtimeMs > LOCK_STALE_MS;
  } catch {
    return false;
  }
}

function cannotWrite(path: string, cause: unknown): AppulseError {
  return new AppulseError(
    'camera-state.write',
    `what is to be kept of the camera's controls cannot be written to ${path}: ${reasonOf(cause)}`,
    { cause },
  );
}

/** Keeps these values beside those that are kept. */
export const withValues =
  (more: KeptValues) =>
  (before: CameraState): CameraState => ({ ...before, values: { ...before.values, ...more } });

/** Forgets the values; profiles stay. */
export const withoutValues = (before: CameraState): CameraState => ({ ...before, values: {} });
