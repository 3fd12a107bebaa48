/**
 * Doubles of the makers' libraries: C of our own that behaves as their public function lists say, for machines without a camera.
 * They are compiled from test/support/sdk-doubles when one is first needed, into build/sdk-doubles.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { reasonOf } from '#gps/errors.js';
import { makeFolder } from '#storage/make-folder.js';
import type { SdkSettings } from '../camera.js';
import { SdkError } from './library.js';
import type { SdkScheme } from './sdk-uri.js';

/** Folders of the sources; each becomes `libNAME.so`. */
export type DoubleName = 'qhyccd' | 'toupcam';

/** Said wherever a double is used. */
export const DOUBLE_NOTICE: Readonly<Record<DoubleName, string>> = {
  qhyccd: "this is no camera: a double stands in for QHY's library (libqhyccd), and its frames are made up",
  toupcam: "this is no camera: a double stands in for ToupTek's library (libtoupcam), and its frames are made up",
};

/** What a double is told to do; README.md beside its sources has the words. */
const ENVIRONMENT: Readonly<Record<DoubleName, string>> = {
  qhyccd: 'APPULSE_QHY_DOUBLE',
  toupcam: 'APPULSE_TOUPCAM_DOUBLE',
};

export interface DoubleOptions {
  /** Functions that the library is to lack, as an older one does. */
  readonly without?: readonly string[];
}

const sourceFolder = fileURLToPath(new URL('../../../../test/support/sdk-doubles/', import.meta.url));
const targetFolder = fileURLToPath(new URL('../../../../build/sdk-doubles/', import.meta.url));
const COMPILER = process.env.CC ?? 'cc';
const run = promisify(execFile);

/**
 * The library that a scheme's cameras are to be reached through, as the settings have it: a double (compiled, and said), a path, or
 * null for the one of the environment or the system.
 * @throws SdkError `sdk.no-compiler`, `sdk.double-broken`
 */
export async function libraryPath(
  scheme: SdkScheme,
  settings: SdkSettings,
  say: (notice: string) => void,
): Promise<string | null> {
  const given = scheme === 'qhy' ? settings.qhyLibrary : settings.toupcamLibrary;
  if (!settings.doubles) return given;
  const name = scheme === 'qhy' ? 'qhyccd' : 'toupcam';
  say(DOUBLE_NOTICE[name]);
  return doubleLibrary(name, { without: withoutOf(process.env[ENVIRONMENT[name]] ?? '') });
}

/** `no-symbol=A,B` among the words for a double: the other words are read by the double itself. */
function withoutOf(words: string): string[] {
  const names = words
    .split(';')
    .map((word) => /^ *no-symbol=(.*)$/.exec(word)?.[1])
    .find((list) => list !== undefined);
  return names === undefined ? [] : names.split(',').filter((name) => /^\w+$/.test(name));
}

/**
 * The path of a double, compiled where its sources are newer than it. Any number of processes may ask at once.
 * @throws SdkError `sdk.no-compiler`, `sdk.double-broken`
 */
export async function doubleLibrary(name: DoubleName, { without = [] }: DoubleOptions = {}): Promise<string> {
  const folder = join(sourceFolder, name);
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => /\.[ch]$/.test(file)) : [];
  const sources = files.filter((file) => file.endsWith('.c')).map((file) => join(folder, file));
  if (sources.length === 0) {
    throw new SdkError(
      'sdk.double-broken',
      `there are no sources of a double in ${folder}: take the whole of Appulse's source`,
    );
  }
  const lacking = [...new Set(without)].sort();
  const variant =
    lacking.length === 0 ? '' : `-without-${createHash('sha256').update(lacking.join()).digest('hex').slice(0, 12)}`;
  const library = join(targetFolder, `lib${name}${variant}.so`);
  const newest = Math.max(...files.map((file) => statSync(join(folder, file)).mtimeMs));
  if (existsSync(library) && statSync(library).mtimeMs > newest) return library;
  makeFolder(targetFolder);
  // Others may compile the same now: each makes a file of its own, and the last to be renamed stays.
  const made = `${library}.${process.pid}.part`;
  const hidden = `${made}.map`;
  try {
    const words = [
      '-std=gnu11',
      '-O2',
      '-g',
      '-fPIC',
      '-shared',
      '-fvisibility=hidden',
      '-pthread',
      '-Wall',
      '-Wextra',
    ];
    if (lacking.length > 0) {
      writeFileSync(hidden, `{ local: ${lacking.map((each) => `${each};`).join(' ')} };\n`);
      words.push(`-Wl,--version-script=${hidden}`);
    }
    await compile([...words, '-o', made, ...sources, '-lm']);
    renameSync(made, library);
  } finally {
    rmSync(made, { force: true });
    rmSync(hidden, { force: true });
  }
  return library;
}

async function compile(words: readonly string[]): Promise<void> {
  try {
    await run(COMPILER, words);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      const what = `${COMPILER} is not installed, and a double of a maker's library is compiled by it: install a C compiler (build-essential), or name one by CC`;
      throw new SdkError('sdk.no-compiler', what, { cause });
    }
    throw new SdkError('sdk.double-broken', `a double of a maker's library cannot be compiled: ${reasonOf(cause)}`, {
      cause,
    });
  }
}
