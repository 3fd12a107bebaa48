/** What an LED calibration (led-calibration.ts) adds to the stamps of a camera. Plain data: it goes with every frame's time. */
import type { ShutterModel } from '../rows/shutter.js';

export interface StampCalibration {
  /** The exposure really begins so much later than the shutter model says, and ends so much later. */
  readonly startOffsetNs: bigint;
  readonly endOffsetNs: bigint;
  /** Standard deviation of the less sure one of the two. */
  readonly sigmaNs: bigint;
  /** Offset of row 0 that the model had when it was measured; null where it was not known and 0 was taken. */
  readonly rowZeroEndOffsetNs: bigint | null;
  /** Duration between a global shutter's two stamps less the exposure that was set, when it was measured. */
  readonly stampExcessNs: bigint;
  readonly measuredUtcNs: bigint;
}

/** What a calibration adds to the bound of a time: three standard deviations. */
export function calibrationBoundNs(calibration: StampCalibration | null | undefined): bigint {
  return calibration ? 3n * calibration.sigmaNs : 0n;
}

/** A rolling shutter ends its row 0 where the calibration has measured it, also where nobody told before. */
export function calibratedShutter(
  shutter: ShutterModel,
  calibration: StampCalibration | null | undefined,
): ShutterModel {
  if (!calibration || shutter.kind === 'global') return shutter;
  return { ...shutter, rowZeroEndOffsetNs: (calibration.rowZeroEndOffsetNs ?? 0n) + calibration.endOffsetNs };
}
