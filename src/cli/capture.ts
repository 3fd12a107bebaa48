/** `appulse capture`: a few frames, recorded and indexed as a session, and each a FITS file with a name by pattern. */
import { readdirSync } from 'node:fs';
import type { Command } from 'commander';
import { reasonOf } from '#gps/errors.js';
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
import { addSettings, command, EXIT, printJson, runCommand, settingsOf } from './command-line.js';
import { checkedPattern } from './export.js';
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
    'appulse capture --camera gige:192.168.1.20 --count 5 --frame-type dark --exposure 2s --output darks',
  );
  return addSettings(
    made,
    ACQUISITION_KEYS.filter((key) => !TRIGGER_KEYS.includes(key)),
  )
    .requiredOption('-o, --output <folder>', 'folder of the files')
    .option('--count <n>', 'frames to take', '1')
    .option('--pattern <pattern>', 'names of the files', DEFAULT_PATTERN)
    .option('--exposure <time>', 'exposure time, such as 40ms: --set ExposureTime=...')
    .option('--gain <value>', 'gain as the camera names it: --set Gain=...')
    .addHelpText('after', `\nFields of --pattern, as in ${DEFAULT_PATTERN}:\n${fields.join('\n')}`)
    .action((options: CaptureOptions) => runCommand(options.json === true, () => capture(options)));
}

async function capture(options: CaptureOptions): Promise<number> {
  const count = Number(options.count);
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new UsageError('usage.count', `--count ${options.count}: a whole number of frames, at least 1`);
  }
  const pattern = checkedPattern(options.pattern, count > 1);
  try {
    checkFolder(options.output, 'fits');
  } catch (cause) {
    throw new UsageError('usage.output', reasonOf(cause), { cause });
  }
  const { values: given } = settingsOf({ ...options, set: [...(options.set ?? []), ...shorthands(options)] });
  const values = { ...given, 'recording.trigger': false, 'recording.trigger-when': null };
  if ((values['camera.uri'] ?? []).length !== 1) {
    throw new UsageError('usage.camera', 'capture takes frames of one camera: name it with --camera');
  }
  const summary = await recorded(values, count);
  if (summary.frames.recorded === 0) {
    throw new UsageError('usage.camera', 'the camera sent no frame: see what it said above');
  }
  const result = await runExport({
    dataFolder: values['recording.data'],
    selection: { sessionId: summary.session },
    format: 'fits',
    target: options.output,
    pattern,
    firstCounter: nextCounter(options.output, new NamePattern(pattern)),
    workers: 1,
  });
  const { exported, files } = result;
  if (options.json === true) printJson({ ...summary, captured: { files, folder: options.output } });
  else process.stdout.write(`${files} of ${count} frames in ${options.output}\n`);
  const code = exported < count ? EXIT.doneWithLosses : exitCodeOf(summary);
  // Why it is not 0 stands in what is said of the session.
  if (code !== EXIT.done && options.json !== true) process.stdout.write(`${summaryLines(summary).join('\n')}\n`);
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

async function recorded(settings: Settings, frames: number): Promise<SessionSummary> {
  const display = new LiveDisplay();
  const station = openStation({
    settings,
    stationId: settings['station.id'] ?? keptStationId(),
    limits: { frames, durationNs: null },
  });
  const stop = () => station.stop();
  for (const signal of SIGNALS) process.on(signal, stop);
  station.on('log', (level, message) => display.log(level, message));
  station.on('telemetry', (telemetry) => display.show(telemetry));
  try {
    const [summary] = await station.ended;
    if (summary === undefined) throw new UsageError('usage.camera', 'no camera is named');
    return summary;
  } finally {
    display.end();
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}
