/** `appulse calibrate traffic`: horizontal banding against USB traffic. */
import type { Command } from 'commander';
import { runTraffic, type TrafficMeasurement, type TrafficResult } from '#src/calibration/traffic-run.js';
import { UsageError } from '#src/config/usage-error.js';
import { withTappedCamera } from './calibration-camera.js';
import { CALIBRATION_KEYS, wholeNumber } from './calibration-options.js';
import { addSettings, command, EXIT, printJson, printTable, runCommand } from './command-line.js';

interface TrafficOptions extends Record<string, unknown> {
  readonly json?: boolean;
  readonly values?: string;
  readonly frames: string;
}

export function trafficCommand(): Command {
  const traffic = command(
    'traffic',
    'measure horizontal banding and frame rate against USB traffic, on dark or evenly lit frames of 16 bit',
    'appulse calibrate traffic --camera qhy: --set PixelFormat=Mono16 --set ExposureTime=20000',
  );
  addSettings(traffic, CALIBRATION_KEYS)
    .option('--values <n,n,...>', 'values of USB traffic to try (default: 7 over its range)')
    .option('--frames <n>', 'frames at each value', '8');
  return traffic.action((options: TrafficOptions, self: Command) => {
    const json = self.optsWithGlobals().json === true;
    return runCommand(json, () => calibrateTraffic({ ...options, json }));
  });
}

async function calibrateTraffic(options: TrafficOptions): Promise<number> {
  const frames = wholeNumber('frames', options.frames, 2, 1_000);
  const values = options.values === undefined ? null : valuesOf(options.values);
  return withTappedCamera(options, async (camera, tap, { progress }) => {
    const result = await runTraffic(camera, tap, { values, frames, progress });
    report(camera.uri, result, options.json === true);
    return EXIT.done;
  });
}

/** @throws UsageError `usage.values` */
function valuesOf(text: string): number[] {
  const values = text.split(',').map((word) => (word.trim() === '' ? Number.NaN : Number(word)));
  if (values.every(Number.isFinite)) return values;
  throw new UsageError('usage.values', `--values ${text}: write numbers with commas between them, such as 0,10,30`);
}

function report(uri: string, { measurements, before, recommended }: TrafficResult, json: boolean): void {
  if (json) {
    printJson({ camera: uri, before, recommended: recommended.traffic, measurements });
    return;
  }
  printTable(
    ['traffic', 'banding ADU', 'fixed ADU', 'seen from ADU', 'period rows', 'frames/s', 'level ADU'],
    measurements.map((each) => [
      each.traffic,
      each.bandingAdu.toFixed(2),
      each.fixedAdu.toFixed(2),
      each.limitAdu.toFixed(2),
      each.periodRows === null ? '-' : each.periodRows.toFixed(1),
      each.frameRate === null ? '-' : each.frameRate.toFixed(2),
      each.levelAdu.toFixed(0),
    ]),
  );
  process.stdout.write(`${wordsOf(recommended, before).join('\n')}\n`);
  if (recommended.traffic !== before) {
    process.stdout.write(`appulse controls ${uri} set UsbTraffic=${recommended.traffic}\n`);
  }
}

function wordsOf({ traffic, bandingAdu, limitAdu, fixedAdu }: TrafficMeasurement, before: number): string[] {
  const how =
    bandingAdu <= limitAdu
      ? 'no banding is seen there'
      : fixedAdu > limitAdu
        ? `the least banding, though ${fixedAdu.toFixed(1)} ADU of it stands still: try values between`
        : 'the least banding, and it differs from frame to frame, so stacking takes it away';
  const change = traffic === before ? `${traffic} as it is` : `${traffic} instead of ${before}`;
  return [`USB traffic: take ${change}: ${how}`];
}
