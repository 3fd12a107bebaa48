/** `appulse export`: frames of the index as files that other programs read. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { checkedPattern, DEFAULT_PATTERN } from '#src/archive/checked-pattern.js';
import { type SelectionOptions, selectionOf } from '#src/archive/selection.js';
import { formatSize } from '#src/config/units.js';
import { UsageError } from '#src/config/usage-error.js';
import { goesIntoFolder } from '#storage/export/export-target.js';
import {
  EXPORT_FORMATS,
  type ExportFormat,
  type ExportProgress,
  type ExportResult,
} from '#storage/export/export-types.js';
import { runExport } from '#storage/export/exporter.js';
import { PATTERN_FIELDS } from '#storage/export/name-pattern.js';
import { stationCodeOf } from '#storage/ff/station-code.js';
import type { FrameFilter } from '#storage/index/frame-filter.js';
import { INDEX_FILE } from '#storage/index/index-file.js';
import { IndexReader } from '#storage/index/queries.js';
import { addSettings, command, EXIT, printJson, runCommand, settingsOf } from './command-line.js';
import { ExportDisplay } from './export-display.js';
import { addSelection } from './selection-options.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

interface ExportOptions extends SelectionOptions {
  readonly format: string;
  readonly output: string;
  readonly pattern: string;
  readonly resume?: boolean;
  readonly workers?: string;
  readonly serStamp?: string;
  readonly json?: boolean;
}

export function exportCommand(): Command {
  const fields = Object.entries(PATTERN_FIELDS).map(([field, what]) => `  {${field}}`.padEnd(16) + what);
  const made = command(
    'export',
    'frames of the index as files that other programs read',
    'appulse export --data /data/night --session latest --grade locked --format ser --output night.ser',
  );
  return addSelection(addSettings(made, ['recording.data', 'station.name', 'station.code', 'recording.ser-stamp']))
    .requiredOption('--format <format>', EXPORT_FORMATS.join(', '))
    .requiredOption(
      '-o, --output <target>',
      'file, or the folder for a file a frame; .fits.fz: one file where the name ends so',
    )
    .option('--pattern <pattern>', 'names of files, where there are several', DEFAULT_PATTERN)
    .option('--resume', 'only go on with an export that was stopped')
    .option('--workers <n>', 'threads that decode (default: those of the processor)')
    .addHelpText('after', `\nFields of --pattern, as in ${DEFAULT_PATTERN}:\n${fields.join('\n')}`)
    .action((options: ExportOptions) => runCommand(options.json === true, () => exportFrames(options)));
}

async function exportFrames(options: ExportOptions): Promise<number> {
  // Only what it shares with recordings: its --format is another one.
  const { values } = settingsOf({
    config: options.config,
    data: options.data,
    station: options.station,
    stationCode: options.stationCode,
    serStamp: options.serStamp,
  });
  const dataFolder = values['recording.data'];
  const format = formatOf(options.format);
  if (options.output === '') throw new UsageError('usage.output', '--output: name a file or a folder');
  refuseUseless(options, format);
  const request = {
    dataFolder,
    selection: selected(options, dataFolder),
    format,
    target: options.output,
    pattern: checkedPattern(options.pattern),
    serStamp: values['recording.ser-stamp'],
    stationCode: stationCodeOf(values['station.code'], values['station.name'], 0),
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

/** The frames that are meant, while the index is open. */
function selected(options: ExportOptions, dataFolder: string): FrameFilter {
  const index = new IndexReader(join(dataFolder, INDEX_FILE));
  try {
    return selectionOf(index, options);
  } finally {
    index.close();
  }
}

/** An option that would do nothing is a mistake about what comes out. @throws UsageError `usage.export-option` */
function refuseUseless({ output, pattern, serStamp }: ExportOptions, format: ExportFormat): void {
  const isFrameAFile = format === 'fits' || (format === 'fits.fz' && goesIntoFolder({ format, target: output }));
  if (pattern !== DEFAULT_PATTERN && !isFrameAFile) {
    const names = format.startsWith('ff') ? 'RMS names FF files itself' : `${format} makes one file, named by --output`;
    throw new UsageError('usage.export-option', `--pattern is for a file a frame (fits, fits.fz): ${names}`);
  }
  if (serStamp !== undefined && format !== 'ser') {
    throw new UsageError(
      'usage.export-option',
      `--ser-stamp is for --format ser: the times of ${format} are not chosen`,
    );
  }
}

function formatOf(text: string): ExportFormat {
  const found = EXPORT_FORMATS.find((known) => known === text);
  if (found === undefined)
    throw new UsageError('usage.format', `--format ${text}: one of ${EXPORT_FORMATS.join(', ')}`);
  return found;
}

function workersOf(text: string | undefined): number {
  if (text === undefined) return Math.min(16, availableParallelism());
  const workers = Number(text);
  if (!Number.isInteger(workers) || workers < 1 || workers > 64) {
    throw new UsageError('usage.workers', `--workers ${text}: a whole number of threads, 1 to 64`);
  }
  return workers;
}
