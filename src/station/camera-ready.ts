/** What is waited for between opening a camera and its first frame: a cold sensor, a filter in its place. */
import type { StreamCamera } from '#src/cameras/camera.js';
import { coolTo, turnFilterWheel } from '#src/cameras/cooling.js';
import type { Settings } from '#src/config/settings.js';

/** So often the waiting is told of. */
const TELL_MS = 10_000;

export interface Waiting {
  readonly say: (text: string) => void;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** False: the cooler is set and not waited for, because frames would be missed. */
  readonly forCold: boolean;
}

/**
 * The camera as `--filter-slot` and `--cool` want it, its mode with what that has changed. The camera stays open where it throws.
 * @throws AppulseError as `coolTo` and `turnFilterWheel`; as the camera does
 */
export async function makeReady(camera: StreamCamera, settings: Settings, waiting: Waiting): Promise<StreamCamera> {
  const { controls } = camera;
  const slot = settings['camera.filter-slot'];
  const targetC = settings['camera.cool'];
  const { signal } = waiting;
  const progress = nowAndThen(waiting.say);
  // The sensor cools while the wheel turns.
  if (targetC !== null) {
    await controls.set('CoolerTarget', targetC);
    await controls.set('CoolerOn', true);
  }
  let { mode } = camera;
  if (slot !== null) {
    await turnFilterWheel(controls, slot, { progress, signal });
    const name = (await controls.list()).find((control) => control.name === 'FilterName')?.value;
    // The mode was read before the wheel turned.
    mode = { ...mode, filter: typeof name === 'string' ? name : `slot ${slot}` };
  }
  if (targetC === null || !waiting.forCold) return { ...camera, mode };
  const sensorTemperatureC = await coolTo(controls, targetC, { progress, signal });
  waiting.say(`the sensor is at ${sensorTemperatureC.toFixed(1)} C`);
  return { ...camera, mode: { ...mode, sensorTemperatureC } };
}

function nowAndThen(say: (text: string) => void): (text: string) => void {
  let saidMs = Number.NEGATIVE_INFINITY;
  return (text) => {
    if (performance.now() - saidMs < TELL_MS) return;
    saidMs = performance.now();
    say(text);
  };
}
