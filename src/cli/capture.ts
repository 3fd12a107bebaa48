/**
 * `appulse capture`: a few frames, recorded and indexed as a session, and each a FITS file with a name by pattern; through several
 * filters one after the other, a session each.
 */
import { readdirSync } from 'node:fs';
import type { Command } from 'commander';
import { reasonOf } from '#gps/errors.js';
import { checkedPattern } from '#src/archive/checked-pattern.js';
import { isSdkUri } from '#src/cameras/sdk/sdk-uri.js';
import type { SettingKey, Settings } from '#src/config/settings.js';
import { keptStationId } from '#src/config/station-id.js';
import { parseDuration } from '#src/config/units.js';
import { UsageError } from '#src/config/usage-error.js';
import type { SessionSummary } from '#src/station/messages.js';
import { openStation } from '#src/station/open-station.js';
import { systemCode } from '#storage/errors.js';
import { runExport } from '#storage/export/exporter.js';
import { NamePattern, PATTERN_FIELDS } from '#storage/export/name-pattern.js';
import { checkFolder } from '#storage/export/new-file.js';
import { ACQUISITION_KEYS, exitCodeOf } from './acquire.js';
import { type Filter, filtersOf } from './capture-filters.js';
import { addSettings, command, EXIT, printJson, runCommand, settingsOf } from './command-line.js';
import { endsWith } from './end-of-program.js';
import { LiveDisplay, summaryLines } from './live-lines.js';

const DEFAULT_PATTERN = '{object}_{type}_{exposure}_{filter}_{utc}_{counter:4}';
/** Every frame is wanted: whatever the settings file says, none waits for a trigger. */
const TRIGGER_KEYS: readonly SettingKey[] = [
  'recording.trigger',
  'recording.pre-roll',
  'recording.post-roll',
  'recording.pre-roll-in',
  'recording.trigger-when',
];
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** What a single frame's file may be called: FITS, and compressed where it was exported so. */
const EXTENSION = /\.fits(\.fz)?(\.part)?$/;

interface CaptureOptions extends Record<string, unknown> {
  readonly count: string;
  readonly frames?: string;
  readonly filters?: string;
  readonly output: string;
  readonly pattern: string;
  readonly exposure?: string;
  readonly gain?: string;
  readonly set?: readonly string[];
  readonly json?: boolean;
}

export function captureCommand(): Command {
  const fields = Object.entries(PATTERN_FIELDS).map(([field, what]) => `  {${field}}`.padEnd(16) + what);
  const made = command(
    'capture',
    'single frames, each a FITS file with a name by pattern',
    `appulse capture --camera gige:192.168.1.20 --count 5 --frame-type dark --exposure 2s --output darks
  appulse capture --camera qhy: --cool -10 --filters 1=L,2=R,3=G --exposure 5m --count 3 --output m42`,
  );
  return addSettings(
    made,
    ACQUISITION_KEYS.filter((key) => !TRIGGER_KEYS.includes(key)),
  )
    .requiredOption('-o, --output <folder>', 'folder of the files')
    .option('--count <n>', 'frames to take, through each filter', '1')
    .option('--frames <n>', 'the same as --count')
    .option('--filters <slots>', 'slots of the filter wheel, one after the other: 1,2,3 or with names 1=L,2=R,3=G')
    .option('--pattern <pattern>', 'names of the files', DEFAULT_PATTERN)
    .option('--exposure <time>', 'exposure time, such as 40ms: --set ExposureTime=...')
    .option('--gain <value>', 'gain as the camera names it: --set Gain=...')
    .addHelpText('after', `\nFields of --pattern, as in ${DEFAULT_PATTERN}:\n${fields.join('\n')}`)
    .action((options: CaptureOptions) => runCommand(options.json === true, () => capture(options)));
}

async function capture(options: CaptureOptions): Promise<number> {
  const count = Number(options.frames ?? options.count);
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new UsageError(
      'usage.count',
      `--count ${options.frames ?? options.count}: a whole number of frames, at least 1`,
    );
  }
  const filters = filtersOf(options.filters);
  const pattern = checkedPattern(options.pattern, count * filters.length > 1);
  try {
    checkFolder(options.output, 'fits');
  } catch (cause) {
    throw new UsageError('usage.output', reasonOf(cause), { cause });
  }
  const { values: given } = settingsOf({ ...options, set: [...(options.set ?? []), ...shorthands(options)] });
  const uris = given['camera.uri'] ?? [];
  const [uri] = uris;
  if (uri === undefined || uris.length !== 1) {
    throw new UsageError('usage.camera', 'capture takes frames of one camera: name it with --camera');
  }
  const values = {
    ...given,
    'recording.trigger': false,
    'recording.trigger-when': null,
    // A library's stream drops its first frames, which may be hours of exposure.
    'camera.single-frames': given['camera.single-frames'] || isSdkUri(uri),
  };
  const taken: Taken[] = [];
  for (const filter of filters) {
    const each = await captureThrough(filter, { values, count, pattern, output: options.output });
    taken.push(each);
    // Who stops it wants no further filter.
    if (each.stopped) break;
  }
  return report(taken, count * filters.length, options);
}

interface Taken {
  readonly filter: Filter | null;
  readonly summary: SessionSummary;
  readonly files: number;
  readonly exported: number;
  readonly stopped: boolean;
}

interface CaptureRun {
  readonly values: Settings;
  readonly count: number;
  readonly pattern: string;
  readonly output: string;
}

/** A session through one filter, and its files. */
async function captureThrough(filter: Filter | null, { values, count, pattern, output }: CaptureRun): Promise<Taken> {
  const chosen: Partial<Settings> =
    filter === null ? {} : { 'camera.filter-slot': filter.slot, 'recording.filter': filter.name };
  const { summary, stopped } = await recorded({ ...values, ...chosen }, count);
  if (summary.frames.recorded === 0) {
    throw new UsageError('usage.camera', 'the camera sent no frame: see what it said above');
  }
  const { exported, files } = await runExport({
    dataFolder: values['recording.data'],
    selection: { sessionId: summary.session },
    format: 'fits',
    target: output,
    pattern,
    firstCounter: nextCounter(output, new NamePattern(pattern)),
    workers: 1,
  });
  return { filter, summary, files, exported, stopped };
}

function report(taken: readonly Taken[], wanted: number, options: CaptureOptions): number {
  const files = taken.reduce((sum, each) => sum + each.files, 0);
  const exported = taken.reduce((sum, each) => sum + each.exported, 0);
  const captured = { files, folder: options.output };
  const codes = taken.map(({ summary }) => exitCodeOf(summary));
  const code = exported < wanted ? EXIT.doneWithLosses : Math.max(EXIT.done, ...codes);
  if (options.json === true) {
    const [first] = taken;
    if (first?.filter === null) printJson({ ...first.summary, captured });
    else
      printJson({
        filters: taken.map(({ filter, summary, files: each }) => ({ ...filter, ...summary, files: each })),
        captured,
      });
    return code;
  }
  process.stdout.write(`${files} of ${wanted} frames in ${options.output}\n`);
  // Why it is not 0 stands in what is said of the session.
  if (code !== EXIT.done) {
    for (const { summary } of taken) process.stdout.write(`${summaryLines(summary).join('\n')}\n`);
  }
  return code;
}

/** `--exposure` and `--gain` as features of the camera. */
function shorthands({ exposure, gain }: CaptureOptions): string[] {
  return [
    // SFNC counts microseconds.
    ...(exposure === undefined ? [] : [`ExposureTime=${Number(parseDuration(exposure)) / 1_000}`]),
    ...(gain === undefined ? [] : [`Gain=${gain}`]),
  ];
}

/** One more than the highest counter among the files that are there. */
function nextCounter(folder: string, pattern: NamePattern): number {
  const { counter } = pattern;
  if (counter === null) return 1;
  let names: string[] = [];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
  const counts = names.map((name) => Number(counter.exec(name.replace(EXTENSION, ''))?.[1] ?? 0));
  return counts.reduce((most, each) => Math.max(most, each), 0) + 1;
}

async function recorded(
  settings: Settings,
  frames: number,
): Promise<{ readonly summary: SessionSummary; readonly stopped: boolean }> {
  const display = new LiveDisplay();
  const station = openStation({
    settings,
    stationId: settings['station.id'] ?? keptStationId(),
    limits: { frames, durationNs: null },
  });
  endsWith(station.closed);
  let stopped = false;
  const stop = () => {
    stopped = true;
    station.stop();
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  station.on('log', (level, message) => display.log(level, message));
  station.on('telemetry', (telemetry) => display.show(telemetry));
  try {
    const [summary] = await station.ended;
    if (summary === undefined) throw new UsageError('usage.camera', 'no camera is named');
    // A library that does not return must not be called by the next session.
    if (!(await station.closed)) stopped = true;
    return { summary, stopped };
  } finally {
    display.end();
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}
