/**
 * Measures horizontal banding and frame rate against USB traffic (QHY411/461 manual, "Optimizing USB Traffic to Minimize Horizontal
 * Banding"): the value alters the sensor's clocking, and some values give periodic bands that stacking does not take away.
 */
import { AppulseError } from '#gps/errors.js';
import { unpack16 } from '#pipeline/kernels/unpack.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import type { Control } from '#src/cameras/controls.js';
import type { FrameTap } from './frame-tap.js';
import { type RowBanding, rowBanding, rowProfile } from './row-banding.js';

export const TRAFFIC_CONTROL = 'UsbTraffic';
/** Values that are tried where none are named. */
const VALUES = 7;
/** Banding that is no more than this part above the least counts as the least. */
const AS_GOOD = 1.1;

export interface TrafficMeasurement extends RowBanding {
  readonly traffic: number;
  /** Frames a second as they arrive; null where too few came to tell. */
  readonly frameRate: number | null;
  /** The middle of the pixels. */
  readonly levelAdu: number;
}

export interface TrafficRunOptions {
  /** Null: spread over the control's range. */
  readonly values: readonly number[] | null;
  /** At each value, at least 2. */
  readonly frames: number;
  readonly progress: (text: string) => void;
}

export interface TrafficResult {
  readonly measurements: readonly TrafficMeasurement[];
  readonly before: number;
  readonly recommended: TrafficMeasurement;
}

/** The control, where the camera has it and it can be set. @throws AppulseError `calibration.no-traffic` */
export async function trafficControl(camera: Pick<StreamCamera, 'controls' | 'identity'>): Promise<Control> {
  const control = (await camera.controls.list()).find(({ name }) => name === TRAFFIC_CONTROL);
  const { model, serial } = camera.identity;
  const why = control === undefined ? `it has no control ${TRAFFIC_CONTROL}` : control.unavailable;
  if (control !== undefined && why === null) return control;
  throw new AppulseError('calibration.no-traffic', `USB traffic of ${model} ${serial} cannot be set: ${why}`);
}

/** Leaves the camera with the value that it had. @throws as camera and tap do */
export async function runTraffic(
  camera: Pick<StreamCamera, 'mode' | 'identity' | 'controls'>,
  tap: Pick<FrameTap, 'look'>,
  { values, frames, progress }: TrafficRunOptions,
): Promise<TrafficResult> {
  const control = await trafficControl(camera);
  const { controls } = camera;
  const before = Number(control.value);
  const measurements: TrafficMeasurement[] = [];
  try {
    for (const traffic of values ?? spread(control)) {
      await controls.set(TRAFFIC_CONTROL, traffic);
      const measured = await measure(camera, tap, traffic, frames);
      measurements.push(measured);
      progress(`traffic ${traffic}: banding ${measured.bandingAdu.toFixed(2)} ADU`);
    }
  } finally {
    await controls.set(TRAFFIC_CONTROL, before).catch(() => {});
  }
  return { measurements, before, recommended: recommend(measurements) };
}

function spread({ minimum, maximum, step }: Control): number[] {
  const [least, most] = [minimum ?? 0, maximum ?? 60];
  const unit = step ?? 1;
  const places = Array.from({ length: VALUES }, (_, i) => least + ((most - least) * i) / (VALUES - 1));
  return [...new Set(places.map((value) => least + Math.round((value - least) / unit) * unit))];
}

async function measure(
  camera: Pick<StreamCamera, 'mode'>,
  tap: Pick<FrameTap, 'look'>,
  traffic: number,
  frames: number,
): Promise<TrafficMeasurement> {
  const { width, height, pixelFormat, gpsHeader } = camera.mode;
  const pixels = new Uint16Array(width * height);
  const seen = await tap.look(frames, (payload, { blockId, firstPacketNs }) => {
    unpack16(payload, pixelFormat, 0, pixels.length, pixels);
    // The header spoils its whole row.
    return { profile: rowProfile(pixels, width, height, gpsHeader === false ? 0 : 1), blockId, firstPacketNs };
  });
  const profiles = seen.map(({ profile }) => profile);
  const levels = profiles.map(({ level }) => level);
  return {
    traffic,
    ...rowBanding(profiles),
    frameRate: rateOf(seen),
    levelAdu: levels.reduce((sum, level) => sum + level, 0) / levels.length,
  };
}

/** Frames that were not looked at between two that were count too. */
function rateOf(seen: readonly { readonly blockId: bigint; readonly firstPacketNs: bigint }[]): number | null {
  const [first, last] = [seen[0], seen.at(-1)];
  if (first === undefined || last === undefined) return null;
  const frames = Number(last.blockId - first.blockId);
  const seconds = Number(last.firstPacketNs - first.firstPacketNs) / 1e9;
  return frames > 0 && seconds > 0 ? frames / seconds : null;
}

/** Of the values with the least banding, as far as that can be told, the one with the most frames a second. */
export function recommend(measurements: readonly TrafficMeasurement[]): TrafficMeasurement {
  const least = Math.min(...measurements.map(({ bandingAdu }) => bandingAdu));
  const good = measurements.filter(({ bandingAdu, limitAdu }) => bandingAdu <= Math.max(least * AS_GOOD, limitAdu));
  const [best] = (good.length > 0 ? good : measurements).toSorted(
    (a, b) => (b.frameRate ?? 0) - (a.frameRate ?? 0) || a.bandingAdu - b.bandingAdu,
  );
  if (best === undefined) throw new AppulseError('calibration.no-traffic', 'no value of USB traffic was measured');
  return best;
}
