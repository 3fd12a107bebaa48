/** What every command shares: options made from the settings, answers as text or JSON, exit codes. */
import { Command, Option } from 'commander';
import { AppulseError, reasonOf } from '#gps/errors.js';
import { type LoadedSettings, loadSettings } from '#src/config/load.js';
import { SETTINGS, type SettingKey } from '#src/config/settings.js';
import { formatSize } from '#src/config/units.js';
import { UsageError } from '#src/config/usage-error.js';
import { withDamageTold } from '#storage/index/damaged-index.js';
import { endProgram } from './end-of-program.js';
import { withoutControls } from './terminal-text.js';

/** 0 done, 1 failed, 2 wrong usage, 3 done, but frames were lost or times are untrusted. */
export const EXIT = { done: 0, failed: 1, usage: 2, doneWithLosses: 3 } as const;

/** A command with `--json` and an example in its help. */
export function command(name: string, description: string, example: string): Command {
  return new Command(name)
    .description(description)
    .option('--json', 'answer with one JSON object on the last line of standard output')
    .addHelpText('after', `\nExample:\n  ${example}`);
}

/** commander's name of an option's value: `--max-bytes <size>` -> maxBytes. */
function attribute(flags: string): string {
  return new Option(flags).attributeName();
}

/** An option that may be given again: its values in order. */
function collected(value: string, before: unknown): unknown[] {
  return [...(Array.isArray(before) ? before : []), value];
}

/** A default as the user would write it: sizes and times are kept in bytes and nanoseconds. */
function shownDefault(option: string, value: unknown): string {
  if (typeof value === 'number' && value >= 1024 && option.endsWith('<size>')) return formatSize(value);
  if (typeof value === 'bigint' && value >= 60_000_000_000n && value % 60_000_000_000n === 0n) {
    return `${value / 60_000_000_000n}m`;
  }
  return typeof value === 'bigint' ? `${Number(value) / 1e9}s` : String(value);
}

/** Adds the options of the given settings, and `--config FILE`. */
export function addSettings(to: Command, keys: readonly SettingKey[]): Command {
  to.option('--config <file>', 'settings file (default: appulse.toml in the working folder, if there is one)');
  for (const key of keys) {
    const { option, help, fallback } = SETTINGS[key];
    const shown =
      fallback === null || typeof fallback === 'object' ? '' : ` (default: ${shownDefault(option, fallback)})`;
    if (key === 'recording.data') to.option(option, `${help}${shown}`, collected);
    else to.option(option, `${help}${shown}`);
  }
  return to;
}

/** The settings for a parsed command line. @throws UsageError */
export function settingsOf(options: Record<string, unknown>): LoadedSettings {
  const given: Partial<Record<SettingKey, unknown>> = {};
  for (const key of Object.keys(SETTINGS) as SettingKey[]) {
    given[key] = options[attribute(SETTINGS[key].option)];
  }
  const file = typeof options.config === 'string' ? options.config : undefined;
  return loadSettings({ file, environment: process.env, options: given });
}

/** Bigints become decimal strings. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) => (typeof field === 'bigint' ? field.toString() : field));
}

/** One JSON object on the last line of standard output. */
export function printJson(value: unknown): void {
  process.stdout.write(`${jsonText(value)}\n`);
}

/** Rows as aligned columns; numbers to the right. */
export function printTable(titles: readonly string[], rows: readonly (readonly (string | number | bigint)[])[]): void {
  const texts = rows.map((row) => row.map((cell) => withoutControls(String(cell))));
  const widths = titles.map((title, i) =>
    texts.reduce((most, row) => Math.max(most, row[i]?.length ?? 0), title.length),
  );
  const numeric = titles.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] !== 'string'));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (numeric[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  process.stdout.write(`${[titles, ...texts].map(line).join('\n')}\n`);
}

/** What Node says where the working folder is gone names neither. */
function inWords(error: unknown): unknown {
  if (!(error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd')) return error;
  const message = 'the working folder was removed, or its disk is gone: change to a folder that is there';
  return new AppulseError('working-folder.gone', message, { cause: error });
}

/** One clear error, on standard error and, with `--json`, as the last line of standard output. */
export function reportError(error: unknown, json: boolean): number {
  const known = error instanceof AppulseError;
  const message = reasonOf(error);
  process.stderr.write(`appulse: ${message}\n`);
  if (!known && error instanceof Error && process.env.APPULSE_DEBUG) process.stderr.write(`${error.stack}\n`);
  if (json) printJson({ error: { code: known ? error.code : 'unexpected', message } });
  return error instanceof UsageError ? EXIT.usage : EXIT.failed;
}

/** Runs a command's work: its exit code, or the error's. */
export async function runCommand(json: boolean, work: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await work();
  } catch (error) {
    process.exitCode = reportError(inWords(withDamageTold(error)), json);
  }
  await endProgram();
}
