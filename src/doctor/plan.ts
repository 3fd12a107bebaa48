/** What the machine must be ready for: the settings, and the stream of the camera that was named. */
import { lookup } from 'node:dns/promises';
import { payloadBytesOf } from '#pipeline/wire/pixel-formats.js';
import { discover } from '#src/cameras/gige-vision/discovery.js';
import { parseGigeUri } from '#src/cameras/gige-vision/uri.js';
import { checkCameraUri } from '#src/cameras/open-camera.js';
import { simUriOptions } from '#src/cameras/simulator/sim-uri.js';
import type { Settings } from '#src/config/settings.js';

/** Bytes a second of a full ten-gigabit link, for a camera that cannot be asked. */
export const TEN_GIGABIT = 1.25e9;

export interface CameraPlan {
  readonly uri: string;
  /** IPv4 address of the device; null for one that was not found. */
  readonly address: string | null;
  /** Why there is no address, or ''. */
  readonly problem: string;
  /** A simulated camera streams over loopback. */
  readonly simulated: boolean;
  /** Bytes of pixels a second, where the URI tells. */
  readonly bytesPerSecond: number | null;
}

export interface Plan {
  readonly settings: Settings;
  readonly cameras: readonly CameraPlan[];
  /** Pixels a second of all cameras; ten gigabits for each that does not tell, and where none is named. */
  readonly bytesPerSecond: number;
  /** Whether `bytesPerSecond` is told by the cameras, not assumed. */
  readonly rateKnown: boolean;
}

async function cameraPlan(uri: string): Promise<CameraPlan> {
  checkCameraUri(uri);
  if (uri.startsWith('sim:')) {
    const { format, width, height, fps, count } = simUriOptions(uri);
    const bytesPerSecond = payloadBytesOf(format, width, height) * fps * count;
    return { uri, address: '127.0.0.1', problem: '', simulated: true, bytesPerSecond };
  }
  const target = parseGigeUri(uri);
  const known = { uri, simulated: false, bytesPerSecond: null };
  if (target.kind === 'address') {
    try {
      return { ...known, address: (await lookup(target.host, 4)).address, problem: '' };
    } catch {
      return { ...known, address: null, problem: `the name ${target.host} has no IPv4 address` };
    }
  }
  const devices = await discover();
  const device = devices.find(({ description }) => [description.serial, description.userName].includes(target.serial));
  if (device !== undefined) return { ...known, address: device.address, problem: '' };
  return { ...known, address: null, problem: `no camera with the serial number or name ${target.serial} answers` };
}

/** @throws UsageError for a URI that names no camera */
export async function planFor(settings: Settings, uris: readonly string[]): Promise<Plan> {
  const cameras = await Promise.all(uris.map(cameraPlan));
  const rates = cameras.map((camera) => camera.bytesPerSecond);
  return {
    settings,
    cameras,
    bytesPerSecond:
      rates.length === 0 ? TEN_GIGABIT : rates.reduce<number>((sum, rate) => sum + (rate ?? TEN_GIGABIT), 0),
    rateKnown: rates.length > 0 && rates.every((rate) => rate !== null),
  };
}

/** `1.04 GB/s, as sim:... sends` or the assumption in words. */
export function rateText(plan: Plan): string {
  const rate = `${(plan.bytesPerSecond / 1e9).toFixed(2)} GB/s`;
  return plan.rateKnown ? rate : `${rate} (a full 10 Gb/s link assumed)`;
}
