/** Reads the settings: defaults, then `appulse.toml`, then the environment, then options; the later one wins. */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { parse as parseToml } from 'smol-toml';
import { environmentName, type Origin, SETTINGS, type SettingKey, type Settings } from './settings.js';
import { UsageError } from './usage-error.js';

/** The file that is read when none is named. */
export const DEFAULT_CONFIG_FILE = 'appulse.toml';

const MOST_FILE_BYTES = 2 ** 20;

export interface LoadedSettings {
  readonly values: Settings;
  readonly origins: Readonly<Record<SettingKey, Origin>>;
  /** The file that was read, or null. */
  readonly file: string | null;
}

export interface SettingSources {
  /** A file to read; without it `appulse.toml` in the working folder, if there is one. */
  readonly file?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Values of options, by setting. */
  readonly options: Partial<Record<SettingKey, unknown>>;
}

const keys = Object.keys(SETTINGS) as SettingKey[];

function checked(key: SettingKey, value: unknown, origin: string): unknown {
  const result = SETTINGS[key].schema.safeParse(value);
  if (result.success) return result.data;
  const reason = result.error.issues.map((issue) => issue.message).join('; ');
  throw new UsageError('usage.setting', `${key} (${origin}): ${reason}; it was ${JSON.stringify(value)}`, {
    context: { key, origin },
  });
}

/** Flattens `[recording] max-bytes` to `recording.max-bytes` and refuses what no setting is called. */
/** Of a pipe too, but not of something that never ends. */
function textOf(path: string): string {
  const fd = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(MOST_FILE_BYTES + 1);
    let got = 0;
    for (let read = -1; read !== 0 && got < bytes.byteLength; got += read) {
      read = readSync(fd, bytes, got, bytes.byteLength - got, null);
    }
    if (got > MOST_FILE_BYTES) throw new Error(`it has more than ${MOST_FILE_BYTES} bytes, as no settings have`);
    return bytes.toString('utf8', 0, got);
  } finally {
    closeSync(fd);
  }
}

function readFile(path: string): Map<SettingKey, unknown> {
  let table: Record<string, unknown>;
  try {
    table = parseToml(textOf(path));
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new UsageError('usage.config-file', `${path} cannot be read: ${reason}`, { cause: error });
  }
  const found = new Map<SettingKey, unknown>();
  for (const [section, content] of Object.entries(table)) {
    const entries = content !== null && typeof content === 'object' ? Object.entries(content) : [];
    if (entries.length === 0 && typeof content !== 'object') {
      throw new UsageError(
        'usage.config-key',
        `${path}: '${section}' stands outside of a section; sections are ${sections()}`,
      );
    }
    for (const [name, value] of entries) {
      const key = `${section}.${name}`;
      if (!(key in SETTINGS)) {
        throw new UsageError('usage.config-key', `${path}: there is no setting '${key}' ('appulse config' lists all)`);
      }
      found.set(key as SettingKey, value);
    }
  }
  return found;
}

const sections = () => [...new Set(keys.map((key) => `[${key.split('.')[0]}]`))].join(', ');

/**
 * Several data folders are the first one and those in which recording goes on. A source that names the data folder names all of
 * them: those of a source that it beats are not meant.
 */
function withFolders(given: Partial<Record<SettingKey, unknown>>): Partial<Record<SettingKey, unknown>> {
  const data = given['recording.data'];
  if (data === undefined) return given;
  const [first, ...others] = listOf(data);
  return {
    ...given,
    'recording.data': first,
    'recording.more-data': [...others, ...listOf(given['recording.more-data'])],
  };
}

const listOf = (value: unknown): unknown[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

/** A variable of one of the sections that no setting has, as of a word that is misspelt: it would do nothing. */
function refuseUnknown(environment: SettingSources['environment']): void {
  const known = new Set(keys.map(environmentName));
  const sections = new Set(keys.map((key) => environmentName(key).split('_', 2).join('_')));
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || value === '' || known.has(name)) continue;
    const section = name.split('_', 2).join('_');
    if (sections.has(section)) {
      throw new UsageError('usage.environment', `${name} is no setting ('appulse config' lists all): unset it`);
    }
  }
}

/** @throws UsageError naming the setting, where it came from and what is wrong with it */
export function loadSettings(sources: SettingSources): LoadedSettings {
  refuseUnknown(sources.environment);
  const file = sources.file ?? (existsSync(DEFAULT_CONFIG_FILE) ? DEFAULT_CONFIG_FILE : null);
  const fromFile = withFolders(file === null ? {} : Object.fromEntries(readFile(file)));
  const options = withFolders(sources.options);
  const values: Partial<Record<SettingKey, unknown>> = {};
  const origins: Partial<Record<SettingKey, Origin>> = {};
  for (const key of keys) {
    const variable = sources.environment[environmentName(key)];
    const candidates: [unknown, Origin][] = [
      [options[key], 'option'],
      [variable === '' ? undefined : variable, 'environment'],
      [fromFile[key], `file ${file}`],
    ];
    const given = candidates.find(([value]) => value !== undefined);
    values[key] = given === undefined ? SETTINGS[key].fallback : checked(key, given[0], given[1]);
    origins[key] = given?.[1] ?? 'default';
  }
  return { values: values as Settings, origins: origins as Record<SettingKey, Origin>, file };
}
