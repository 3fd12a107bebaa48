/** `appulse calibrate`: measures cameras. `led`: where exposures really begin and end against their stamps, kept for them. */
import type { Command } from 'commander';
import { formatUtc } from '#gps/instant.js';
import { FrameTap } from '#src/calibration/frame-tap.js';
import { LedControl } from '#src/calibration/led-features.js';
import { LedRun, type LedRunResult } from '#src/calibration/led-run.js';
import { readModeOf } from '#src/calibration/read-mode.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import { cameraId } from '#src/cameras/camera-id.js';
import { openCamera } from '#src/cameras/open-camera.js';
import { sdkSettingsOf } from '#src/cameras/sdk/sdk-settings.js';
import {
  addLedCalibration,
  jsonOfCalibration,
  type LedCalibrationRecord,
  ledCalibrationFile,
  readLedCalibrations,
} from '#src/config/led-calibrations.js';
import { parseDuration } from '#src/config/units.js';
import { UsageError } from '#src/config/usage-error.js';
import { VERSION } from '#src/config/version.js';
import { darkCommand } from './calibrate-dark.js';
import { trafficCommand } from './calibrate-traffic.js';
import { CALIBRATION_KEYS, wholeNumber } from './calibration-options.js';
import { addSettings, command, EXIT, printJson, printTable, runCommand, settingsOf } from './command-line.js';

interface LedOptions extends Record<string, unknown> {
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly holds?: string;
  readonly window: string;
  readonly places: string;
  readonly frames: string;
  readonly pulse: string;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function calibrateCommand(): Command {
  const calibrate = command(
    'calibrate',
    'measure a camera: where exposures really begin and end, banding, dark frames',
    'appulse calibrate led --camera sim:qhy174gps --set ExposureTime=5000',
  );
  return calibrate
    .addCommand(ledCommand())
    .addCommand(trafficCommand())
    .addCommand(darkCommand())
    .addCommand(listCommand());
}

function ledCommand(): Command {
  const led = command(
    'led',
    'step the pulse of the calibration LED (GPIO mode 6) across both edges of the exposure, and fit them',
    'appulse calibrate led --camera sim:qhy174gps --set ExposureTime=5000 --holds 5ms..10ms',
  );
  addSettings(led, CALIBRATION_KEYS)
    .option('--dry-run', 'measure and show, keep nothing')
    .option('--holds <from..to>', 'exposures that it shall hold for (default: the one that it is measured with)')
    .option('--window <time>', 'how far from its stamp an edge is looked for', '2ms')
    .option('--places <n>', 'places of the pulse at each edge', '24')
    .option('--frames <n>', 'frames at each place', '2')
    .option('--pulse <ticks>', "length of the pulse in the camera's ticks", '255');
  return led.action((options: LedOptions, self: Command) =>
    // The command above has a --json of its own, which takes the word from this one.
    runCommand(self.optsWithGlobals().json === true, () =>
      calibrateLed({ ...options, json: self.optsWithGlobals().json === true }),
    ),
  );
}

function listCommand(): Command {
  const list = command('list', 'list the calibrations that are kept, the newest last', 'appulse calibrate list');
  return list.action((_, self: Command) => {
    const json = self.optsWithGlobals().json === true;
    return runCommand(json, async () => listCalibrations(json));
  });
}

/** `5ms..10ms`, or null. @throws UsageError */
function exposuresOf(text: string | undefined): { least: bigint; most: bigint } | null {
  if (text === undefined) return null;
  const [from = '', to, ...rest] = text.split('..');
  const range = { least: parseDuration(from), most: parseDuration(to ?? from) };
  if (rest.length === 0 && range.least <= range.most) return range;
  throw new UsageError('usage.holds', `--holds ${text}: write two exposures, the shorter first, such as 5ms..10ms`);
}

async function calibrateLed(options: LedOptions): Promise<number> {
  const { values } = settingsOf(options);
  const uris = values['camera.uri'] ?? [];
  const [uri] = uris;
  if (uri === undefined || uris.length > 1) {
    throw new UsageError('usage.camera', 'name the one camera to calibrate: --camera URI, such as sim:qhy174gps');
  }
  const holds = exposuresOf(options.holds);
  const steps = {
    places: wholeNumber('places', options.places, 12, 1_000),
    framesEach: wholeNumber('frames', options.frames, 1, 1_000),
    windowNs: Number(parseDuration(options.window)),
    progress: (text: string) => process.stderr.write(`${text}\n`),
  };
  const pulseTicks = wholeNumber('pulse', options.pulse, 1, 2 ** 31);
  // A file that cannot be read is better known before the run than after it.
  if (options.dryRun !== true) readLedCalibrations();
  const camera = await openCamera(uri, {
    packetSize: values['camera.packet-size'],
    features: values['camera.features'],
    nativeReceiver: FrameTap.receiverKind === 'native',
    sdk: sdkSettingsOf(values),
    log: (_, message) => steps.progress(message),
  });
  try {
    const { exposureNs } = camera.mode;
    if (holds !== null && (exposureNs < holds.least || exposureNs > holds.most)) {
      throw new UsageError('usage.holds', `--holds leaves out the ${exposureNs} ns that are to be measured`);
    }
    const led = await LedControl.open(camera, pulseTicks);
    const tap = await FrameTap.open(camera, values['camera.socket-buffer']);
    // The LED must not go on shining into the frames of others.
    const stop = () => tap.abort('stopped');
    for (const signal of SIGNALS) process.once(signal, stop);
    let result: LedRunResult;
    try {
      result = await new LedRun(camera, tap, led, steps).run();
    } finally {
      for (const signal of SIGNALS) process.off(signal, stop);
      await led.off().catch(() => {});
      await tap.close();
    }
    return report(recordOf(camera, result, holds), result, options);
  } finally {
    await camera.close();
  }
}

function recordOf(
  camera: StreamCamera,
  { fit, exposureNs, rows, stampExcessNs }: LedRunResult,
  holds: ReturnType<typeof exposuresOf>,
): LedCalibrationRecord {
  const { least, most } = holds ?? { least: exposureNs, most: exposureNs };
  return {
    cameraId: cameraId(camera.identity),
    cameraName: `${camera.identity.model} ${camera.identity.serial}`,
    readMode: readModeOf(camera.mode),
    leastExposureNs: least,
    mostExposureNs: most,
    startOffsetNs: fit.startOffsetNs,
    endOffsetNs: fit.endOffsetNs,
    sigmaNs: fit.sigmaNs,
    residualNs: fit.residualNs,
    points: fit.points,
    rowZeroEndOffsetNs: rows.rowZeroEndOffsetNs,
    stampExcessNs,
    measuredUtcNs: BigInt(Date.now()) * 1_000_000n,
    appulseVersion: VERSION,
  };
}

function report(record: LedCalibrationRecord, result: LedRunResult, options: LedOptions): number {
  const file = ledCalibrationFile();
  const stored = options.dryRun !== true;
  if (stored) addLedCalibration(record);
  const { fit, ledRow } = result;
  if (options.json === true) {
    const { start, end } = fit;
    printJson({ calibration: jsonOfCalibration(record), ledRow, start, end, stored, file: stored ? file : null });
    return EXIT.done;
  }
  printTable(
    ['edge', 'offset ns', 'sigma ns', 'residual ns', 'points', 'left out'],
    [
      [
        'start',
        fit.startOffsetNs,
        ...tenthsOf(fit.start.sigmaNs, fit.start.residualNs),
        fit.start.points,
        fit.start.outliers,
      ],
      ['end', fit.endOffsetNs, ...tenthsOf(fit.end.sigmaNs, fit.end.residualNs), fit.end.points, fit.end.outliers],
    ],
  );
  const lines = [
    `${record.cameraName}, ${record.readMode}: starts are moved by ${signed(record.startOffsetNs)} ns, ends by ${signed(record.endOffsetNs)} ns`,
    `the bound of each time grows by ${3n * record.sigmaNs} ns, three standard deviations`,
    `for exposures of ${exposureText(record)}, measured in row ${ledRow}`,
    stored ? `kept in ${file}` : 'kept nowhere (--dry-run)',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return EXIT.done;
}

const tenthsOf = (...values: readonly number[]): number[] => values.map((value) => Math.round(value * 10) / 10);
const signed = (ns: bigint): string => (ns < 0n ? String(ns) : `+${ns}`);

function exposureText({ leastExposureNs, mostExposureNs }: LedCalibrationRecord): string {
  const inUs = (ns: bigint) => `${Number(ns) / 1000}`;
  return leastExposureNs === mostExposureNs
    ? `${inUs(leastExposureNs)} us`
    : `${inUs(leastExposureNs)} to ${inUs(mostExposureNs)} us`;
}

function listCalibrations(json: boolean): number {
  const file = ledCalibrationFile();
  const records = readLedCalibrations(file);
  if (json) {
    printJson({ file, calibrations: records.map(jsonOfCalibration) });
    return EXIT.done;
  }
  printTable(
    ['measured (UTC)', 'camera', 'read mode', 'exposure', 'start ns', 'end ns', 'sigma ns', 'residual ns', 'points'],
    records.map((record) => [
      formatUtc(record.measuredUtcNs, 0),
      record.cameraName,
      record.readMode,
      exposureText(record),
      record.startOffsetNs,
      record.endOffsetNs,
      record.sigmaNs,
      record.residualNs,
      record.points,
    ]),
  );
  process.stdout.write(`${file}: ${records.length} calibrations; the newest that fits a session counts\n`);
  return EXIT.done;
}
