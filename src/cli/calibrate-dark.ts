/** `appulse calibrate dark`: whether dark frames show the manual's abnormal thermal noise. */
import type { Command } from 'commander';
import { type DarkResult, runDarks } from '#src/calibration/dark-run.js';
import { parseDuration } from '#src/config/units.js';
import { withTappedCamera } from './calibration-camera.js';
import { CALIBRATION_KEYS, temperaturesOf } from './calibration-options.js';
import { addSettings, command, EXIT, printJson, printTable, runCommand } from './command-line.js';

interface DarkOptions extends Record<string, unknown> {
  readonly json?: boolean;
  readonly short: string;
  readonly exposure: string;
  readonly temperatures?: string;
}

export function darkCommand(): Command {
  const dark = command(
    'dark',
    'check dark frames (cap on) for abnormal thermal noise: level, noise and hot pixels at two exposures',
    'appulse calibrate dark --camera qhy: --temperatures 10,0,-10 --exposure 10s',
  );
  addSettings(dark, CALIBRATION_KEYS)
    .option('--short <time>', 'the short exposure', '1ms')
    .option('--exposure <time>', 'the long one, ten times the short one at least', '5s')
    .option('--temperatures <celsius,...>', 'temperatures to cool to, one after the other (default: as it is)');
  return dark.action((options: DarkOptions, self: Command) => {
    const json = self.optsWithGlobals().json === true;
    return runCommand(json, () => calibrateDark({ ...options, json }));
  });
}

async function calibrateDark(options: DarkOptions): Promise<number> {
  const run = {
    shortNs: parseDuration(options.short),
    longNs: parseDuration(options.exposure),
    targetsC: options.temperatures === undefined ? [] : temperaturesOf(options.temperatures),
  };
  return withTappedCamera(options, async (camera, tap, { progress, signal }) => {
    const results = await runDarks(camera, tap, { ...run, progress, signal });
    report(camera.uri, results, options.json === true);
    return results.every(({ verdict }) => verdict.finding === 'ordinary') ? EXIT.done : EXIT.doneWithLosses;
  });
}

function report(uri: string, results: readonly DarkResult[], json: boolean): void {
  if (json) {
    printJson({ camera: uri, results });
    return;
  }
  printTable(
    ['sensor C', 'exposure s', 'level ADU', 'noise ADU', 'spread ADU', 'hot pixels', 'per million'],
    results.flatMap(({ temperatureC, short, long }) =>
      [short, long].map((each) => [
        temperatureC === null ? '-' : temperatureC.toFixed(1),
        Number(each.exposureNs) / 1e9,
        each.level.toFixed(0),
        each.temporalSigma.toFixed(1),
        each.spatialSigma.toFixed(1),
        each.hot,
        (each.hotShare * 1e6).toFixed(1),
      ]),
    ),
  );
  for (const { temperatureC, verdict } of results) {
    const at = temperatureC === null ? '' : `at ${temperatureC.toFixed(1)} C: `;
    process.stdout.write(`${at}${verdict.finding}\n${verdict.words.map((line) => `  ${line}\n`).join('')}`);
  }
}
