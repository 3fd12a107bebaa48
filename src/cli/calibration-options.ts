/** What the measurements of `appulse calibrate` are told. */
import type { SettingKey } from '#src/config/settings.js';
import { UsageError } from '#src/config/usage-error.js';

/** Of the camera that is measured. */
export const CALIBRATION_KEYS = [
  'camera.uri',
  'camera.packet-size',
  'camera.socket-buffer',
  'camera.features',
  'camera.qhy-library',
  'camera.toupcam-library',
  'camera.sdk-doubles',
] as const satisfies readonly SettingKey[];

/** @throws UsageError `usage.NAME` */
export function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw new UsageError(`usage.${name}`, `--${name} ${text}: a whole number from ${least} to ${most} is needed`);
}

/** `10,0,-10`. @throws UsageError `usage.temperatures` */
export function temperaturesOf(text: string): number[] {
  const values = text.split(',').map((word) => (word.trim() === '' ? Number.NaN : Number(word)));
  if (values.every((value) => value >= -100 && value <= 60)) return values;
  throw new UsageError('usage.temperatures', `--temperatures ${text}: write degrees Celsius, such as -10 or 10,0,-10`);
}
