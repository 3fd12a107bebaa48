/** `appulse export`: frames of the index as files that other programs read. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { GRADES, type Grade } from '#gps/frame-time.js';
import { formatUtc, parseUtc } from '#gps/instant.js';
import { formatSize, parseDuration } from '#src/config/units.js';
import { UsageError } from '#src/config/usage-error.js';
import { StorageError } from '#storage/errors.js';
import {
  EXPORT_FORMATS,
  type ExportFormat,
  type ExportProgress,
  type ExportResult,
  type ExportSelection,
} from '#storage/export/export-types.js';
import { runExport } from '#storage/export/exporter.js';
import { NamePattern, PATTERN_FIELDS } from '#storage/export/name-pattern.js';
import { INDEX_FILE } from '#storage/index/index-database.js';
import { IndexReader } from '#storage/index/queries.js';
import { addSettings, command, EXIT, printJson, runCommand, settingsOf } from './command-line.js';
import { ExportDisplay } from './export-display.js';
import { findSession } from './find-session.js';

const DEFAULT_PATTERN = '{camera}_{utc}_{frame:6}';
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

interface ExportOptions extends Record<string, unknown> {
  readonly format: string;
  readonly to: string;
  readonly pattern: string;
  readonly session: string;
  readonly cameraId?: string;
  readonly from?: string;
  readonly until?: string;
  readonly frames?: string;
  readonly grade?: string;
  readonly flag?: string;
  readonly resume?: boolean;
  readonly workers?: string;
  readonly json?: boolean;
}

export function exportCommand(): Command {
  const fields = Object.entries(PATTERN_FIELDS).map(([field, what]) => `  {${field}}`.padEnd(16) + what);
  const made = command(
    'export',
    'frames of the index as files that other programs read',
    'appulse export --data /data/night --session latest --grade locked --format ser --to night.ser',
  );
  return addSettings(made, ['recording.data'])
    .requiredOption('--format <format>', EXPORT_FORMATS.join(', '))
    .requiredOption(
      '--to <target>',
      'file, or the folder for a file a frame; .fits.fz: one file where the name ends so',
    )
    .option('--pattern <pattern>', 'names of files, where there are several', DEFAULT_PATTERN)
    .option('--session <id>', "a session's identifier or its beginning, 'latest' or 'all'", 'latest')
    .option('--camera-id <id>', 'frames of this camera, by its name or identifier')
    .option('--from <time>', 'frames that start at this UTC or later, such as 2026-11-20T19:00:00.5')
    .option('--until <time>', 'frames that start before this UTC, or this long after --from, such as 10s')
    .option('--frames <first-last>', 'frames by their number in the session, such as 100-200')
    .option('--grade <grade>', GRADES.join(', '))
    .option('--flag <flag>', 'frames whose time has this flag')
    .option('--resume', 'only go on with an export that was stopped')
    .option('--workers <n>', 'threads that decode (default: those of the processor)')
    .addHelpText('after', `\nFields of --pattern, as in ${DEFAULT_PATTERN}:\n${fields.join('\n')}`)
    .action((options: ExportOptions) => runCommand(options.json === true, () => exportFrames(options)));
}

async function exportFrames(options: ExportOptions): Promise<number> {
  // Only what it shares with recordings: its --format is another one.
  const { values } = settingsOf({ config: options.config, data: options.data });
  const dataFolder = values['recording.data'];
  const request = {
    dataFolder,
    selection: selectionOf(options, dataFolder),
    format: formatOf(options.format),
    target: options.to,
    pattern: checkedPattern(options.pattern),
    workers: workersOf(options.workers),
  };
  const display = new ExportDisplay(options.json === true);
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  for (const signal of SIGNALS) process.once(signal, stop);
  try {
    const result = await runExport(request, {
      signal: stopping.signal,
      onlyResume: options.resume === true,
      onProgress: (progress: ExportProgress) => display.progress(progress),
      onWarning: (message) => display.warning(message),
    });
    display.end();
    return answer(result, options.json === true);
  } finally {
    display.end();
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}

function answer(result: ExportResult, json: boolean): number {
  const lacking = result.expired + result.missing + result.unreadable;
  if (json) printJson(result);
  else process.stdout.write(`${resultLines(result, lacking).join('\n')}\n`);
  if (result.state === 'stopped') return EXIT.failed;
  return lacking > 0 ? EXIT.doneWithLosses : EXIT.done;
}

function resultLines(result: ExportResult, lacking: number): string[] {
  const { exported, expired, missing, unreadable, files, bytes, seconds, target } = result;
  if (result.state === 'stopped') {
    return [`stopped after ${exported} frames; the same command goes on from there`];
  }
  const what = `${exported} frames in ${files} ${files === 1 ? 'file' : 'files'}, ${formatSize(bytes)}`;
  const done = `${target}: ${what}, in ${seconds.toFixed(1)} s`;
  if (lacking === 0) return [done];
  return [done, `not exported: ${expired} expired, ${missing} missing, ${unreadable} damaged`];
}

function selectionOf(options: ExportOptions, dataFolder: string): ExportSelection {
  const { grade, flag, session } = options;
  const fromUtcNs = options.from === undefined ? undefined : timeOf('--from', options.from);
  if (grade !== undefined && !GRADES.some((known) => known === grade)) {
    throw new UsageError('usage.grade', `--grade ${grade}: one of ${GRADES.join(', ')}`);
  }
  const range = options.frames === undefined ? {} : rangeOf(options.frames);
  const index = new IndexReader(join(dataFolder, INDEX_FILE));
  try {
    return {
      ...(session === 'all' ? {} : { sessionId: findSession(index, session).id }),
      ...(options.cameraId === undefined ? {} : { cameraId: cameraOf(index, options.cameraId) }),
      ...(fromUtcNs === undefined ? {} : { fromUtcNs }),
      ...(options.until === undefined ? {} : { toUtcNs: endOf(options.until, fromUtcNs) }),
      ...(grade === undefined ? {} : { grade: grade as Grade }),
      ...(flag === undefined ? {} : { flag }),
      ...range,
    };
  } finally {
    index.close();
  }
}

function cameraOf(index: IndexReader, wanted: string): string {
  const cameras = index.cameras();
  const found = cameras.filter(({ id, name, serial }) => [id, name, serial].includes(wanted));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only.id;
  const known = cameras.map(({ id, name }) => `${name} (${id})`).join(', ');
  throw new UsageError('usage.camera-id', `--camera-id ${wanted} names ${found.length} cameras of: ${known}`);
}

function rangeOf(text: string): Pick<ExportSelection, 'firstFrame' | 'lastFrame'> {
  const match = /^(\d{1,15})(?:-(\d{1,15})?)?$/.exec(text);
  const first = Number(match?.[1]);
  const last = match?.[2] === undefined ? (text.endsWith('-') ? null : first) : Number(match[2]);
  if (match === null || (last !== null && last < first)) {
    throw new UsageError('usage.frames', `--frames ${text}: numbers such as 100-200, 100- or 100`);
  }
  return { firstFrame: first, ...(last === null ? {} : { lastFrame: last }) };
}

function timeOf(option: string, text: string): bigint {
  try {
    return parseUtc(text);
  } catch (cause) {
    throw new UsageError('usage.time', `${option} ${text}: write UTC as ${formatUtc(0n, 1)}`, { cause });
  }
}

/** An instant, or a duration after `fromUtcNs`. */
function endOf(text: string, fromUtcNs: bigint | undefined): bigint {
  if (fromUtcNs !== undefined && /^[\d.]+[a-z]+$/.test(text)) return fromUtcNs + parseDuration(text);
  return timeOf('--until', text);
}

function formatOf(text: string): ExportFormat {
  const found = EXPORT_FORMATS.find((known) => known === text);
  if (found === undefined)
    throw new UsageError('usage.format', `--format ${text}: one of ${EXPORT_FORMATS.join(', ')}`);
  return found;
}

/** A pattern that can be one. @throws UsageError `usage.pattern` */
export function checkedPattern(text: string): string {
  try {
    return new NamePattern(text).text;
  } catch (cause) {
    if (!(cause instanceof StorageError)) throw cause;
    throw new UsageError('usage.pattern', cause.message, { cause });
  }
}

function workersOf(text: string | undefined): number {
  if (text === undefined) return Math.min(16, availableParallelism());
  const workers = Number(text);
  if (!Number.isInteger(workers) || workers < 1 || workers > 64) {
    throw new UsageError('usage.workers', `--workers ${text}: a whole number of threads, 1 to 64`);
  }
  return workers;
}
