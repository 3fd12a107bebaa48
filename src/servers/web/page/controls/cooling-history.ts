/** Temperature and power of the coolers over the last minutes, as far as the page has seen them. */
import { signal } from '@preact/signals';
import type { Control } from '#src/cameras/controls.js';

const KEPT_SECONDS = 900;

export interface CoolingPoint {
  /** Since 1970 UTC, by the clock of the browser: for a plot only. */
  readonly seconds: number;
  readonly temperature: number | null;
  readonly target: number | null;
  readonly power: number | null;
}

/** By camera, oldest first. */
export const coolingHistory = signal<ReadonlyMap<number, readonly CoolingPoint[]>>(new Map());

export function noteReadings(camera: number, controls: readonly Control[]): void {
  const number = (name: string): number | null => {
    const value = controls.find((control) => control.name === name)?.value;
    return typeof value === 'number' ? value : null;
  };
  const point = {
    seconds: Date.now() / 1_000,
    temperature: number('DeviceTemperature'),
    target: number('CoolerTarget'),
    power: number('CoolerPower'),
  };
  if (point.temperature === null && point.power === null) return;
  const before = (coolingHistory.value.get(camera) ?? []).filter(
    ({ seconds }) => seconds > point.seconds - KEPT_SECONDS,
  );
  coolingHistory.value = new Map(coolingHistory.value).set(camera, [...before, point]);
}
