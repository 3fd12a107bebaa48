/** Cools a camera's sensor by its controls, and waits until it is cold. */
import { AppulseError } from '#gps/errors.js';
import type { CameraControls, Control } from './controls.js';

/** As near to its target as counts. */
export const NEAR_C = 0.5;
/** Readings one after the other that must be near. */
const STEADY_READINGS = 3;
const READING_MS = 1_000;
/** Without coming nearer for so long, it will not get there. */
const PATIENCE_MS = 300_000;

export interface CoolingOptions {
  readonly progress: (text: string) => void;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

/** A control that must be there and usable. @throws AppulseError `camera.no-control` */
export async function controlOf(controls: CameraControls, name: string, what: string): Promise<Control> {
  const control = (await controls.list()).find((each) => each.name === name);
  if (control !== undefined && control.unavailable === null) return control;
  const why = control?.unavailable ?? `the camera has no control ${name}`;
  throw new AppulseError('camera.no-control', `${what}: ${why}`, { context: { name } });
}

/**
 * Sets the cooler's target, turns it on, and resolves with the temperature when the sensor is within 0.5 C of it.
 * @throws AppulseError `camera.no-control`, `camera.not-cold`, `camera.cooling-stopped`; as the camera does
 */
export async function coolTo(
  controls: CameraControls,
  targetC: number,
  { progress, signal }: CoolingOptions,
): Promise<number> {
  await controlOf(controls, 'CoolerTarget', 'the sensor cannot be cooled');
  await controls.set('CoolerTarget', targetC);
  await controls.set('CoolerOn', true);
  let steady = 0;
  let nearest = Number.POSITIVE_INFINITY;
  let nearerMs = performance.now();
  for (;;) {
    const list = await controls.list();
    const temperature = numberOf(list, 'DeviceTemperature');
    if (temperature === null) throw notCold(targetC, 'the sensor tells no temperature');
    const off = Math.abs(temperature - targetC);
    steady = off <= NEAR_C ? steady + 1 : 0;
    if (steady >= STEADY_READINGS) return temperature;
    if (off < nearest - 0.1) {
      nearest = off;
      nearerMs = performance.now();
    }
    const power = numberOf(list, 'CoolerPower');
    const powered = power === null ? '' : `, cooler at ${Math.round(power)} %`;
    progress(`sensor at ${temperature.toFixed(1)} C, to be ${targetC} C${powered}`);
    if (list.find(({ name }) => name === 'CoolerOn')?.value === false) {
      throw notCold(targetC, 'the camera has turned its cooler off: check its 12 V supply (control UnderVoltage)');
    }
    if (performance.now() - nearerMs > PATIENCE_MS) {
      const limit =
        power !== null && power >= 65 ? `; the cooler gives ${Math.round(power)} %: choose a warmer target` : '';
      throw notCold(targetC, `it stays at ${temperature.toFixed(1)} C${limit}`);
    }
    await pause(READING_MS, signal);
  }
}

/** Turns the filter wheel and resolves when it stands there. @throws AppulseError `camera.no-control`, `camera.filter-wheel` */
export async function turnFilterWheel(
  controls: CameraControls,
  slot: number,
  { progress, signal }: CoolingOptions,
): Promise<void> {
  const beginMs = performance.now();
  // A wheel finds its home for some 16 s after power, and does not answer meanwhile.
  while (performance.now() - beginMs < HOMING_MS) {
    const control = (await controls.list()).find(({ name }) => name === 'FilterSlot');
    if (control === undefined || control.unavailable === null) break;
    progress(`waiting for the filter wheel: ${control.unavailable}`);
    await pause(READING_MS, signal);
  }
  await controlOf(controls, 'FilterSlot', 'no filter can be chosen');
  await controls.set('FilterSlot', slot);
  while (performance.now() - beginMs < WHEEL_MS) {
    const standing = numberOf(await controls.list(), 'FilterSlot');
    if (standing === slot) return;
    progress(`the filter wheel turns to ${slot}`);
    await pause(READING_MS / 2, signal);
  }
  throw new AppulseError('camera.filter-wheel', `the filter wheel does not come to ${slot}: see that it can turn`);
}

const HOMING_MS = 30_000;
const WHEEL_MS = 90_000;

function numberOf(list: readonly Control[], name: string): number | null {
  const value = list.find((control) => control.name === name)?.value;
  return typeof value === 'number' ? value : null;
}

function notCold(targetC: number, why: string): AppulseError {
  return new AppulseError('camera.not-cold', `the sensor does not reach ${targetC} C: ${why}`);
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = withEnd();
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener('abort', resolve, { once: true });
  await promise;
  clearTimeout(timer);
  signal?.removeEventListener('abort', resolve);
  if (signal?.aborted === true) throw new AppulseError('camera.cooling-stopped', 'stopped');
}

function withEnd(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
