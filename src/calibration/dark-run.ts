/** Takes dark frames at a short and a long exposure, at one temperature or several. */
import { AppulseError } from '#gps/errors.js';
import { unpack16 } from '#pipeline/kernels/unpack.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import type { CameraControls } from '#src/cameras/controls.js';
import { controlOf, coolTo } from '#src/cameras/cooling.js';
import { type DarkStatistics, darkStatistics, type HotPixels } from './dark-frames.js';
import { type DarkVerdict, darkVerdict } from './dark-verdict.js';
import type { FrameTap } from './frame-tap.js';

/** The long exposure is at least so many times the short one: below it, growth tells nothing. */
const LEAST_TIMES = 10;

export interface DarkRunOptions {
  readonly shortNs: bigint;
  readonly longNs: bigint;
  /** Cooled to each in turn; empty: as it is. */
  readonly targetsC: readonly number[];
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

export interface DarkResult {
  /** Null where the camera tells none. */
  readonly temperatureC: number | null;
  readonly short: DarkStatistics;
  readonly long: DarkStatistics;
  readonly verdict: DarkVerdict;
}

/** Leaves the exposure as it was. @throws AppulseError `calibration.exposures`; as camera and tap do */
export async function runDarks(
  camera: Pick<StreamCamera, 'mode' | 'controls'>,
  tap: Pick<FrameTap, 'look'>,
  { shortNs, longNs, targetsC, progress, signal }: DarkRunOptions,
): Promise<readonly DarkResult[]> {
  const { controls, mode } = camera;
  if (longNs < BigInt(LEAST_TIMES) * shortNs) {
    throw new AppulseError(
      'calibration.exposures',
      `the long exposure must be ${LEAST_TIMES} times the short one at least: whether hot pixels grow with it is what is measured`,
    );
  }
  const exposure = await controlOf(controls, 'ExposureTime', 'dark frames need exposures of two lengths');
  const results: DarkResult[] = [];
  try {
    for (const targetC of targetsC.length > 0 ? targetsC : [null]) {
      if (targetC !== null) await coolTo(controls, targetC, { progress, signal });
      const short = await statisticsAt(shortNs, null);
      const long = await statisticsAt(longNs, short.hot);
      const verdict = darkVerdict(short.statistics, long.statistics, 2 ** mode.pixelFormat.bitDepth - 1);
      results.push({
        temperatureC: await temperature(controls),
        short: short.statistics,
        long: long.statistics,
        verdict,
      });
    }
  } finally {
    await controls.set('ExposureTime', exposure.value).catch(() => {});
  }
  return results;

  async function statisticsAt(exposureNs: bigint, followed: HotPixels | null) {
    await controls.set('ExposureTime', Number(exposureNs) / 1_000);
    progress(`dark frames of ${Number(exposureNs) / 1e9} s`);
    const { width, height, pixelFormat } = mode;
    // The first row is the GPS header's, where there is one.
    const [first, second] = await tap.look(
      2,
      (payload) => {
        const pixels = new Uint16Array(width * (height - 1));
        unpack16(payload, pixelFormat, width, pixels.length, pixels);
        return pixels;
      },
      exposureNs,
    );
    if (first === undefined || second === undefined) throw new AppulseError('calibration.no-frames', 'no frame came');
    return darkStatistics(exposureNs, first, second, followed);
  }
}

async function temperature(controls: CameraControls): Promise<number | null> {
  const value = (await controls.list()).find(({ name }) => name === 'DeviceTemperature')?.value;
  return typeof value === 'number' ? value : null;
}
