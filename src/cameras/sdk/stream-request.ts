/** What the start of a continuous acquisition means to a driver, by the controls of bursts. */
import type { Control } from '../controls.js';
import type { StreamRequest } from './sdk-camera.js';

/** More single frames than anybody takes: who has enough stops the camera. */
export const SINGLE_FRAMES: StreamRequest = { kind: 'single', frames: 65_535 };

export function streamRequest(controls: readonly Control[]): StreamRequest {
  const value = (name: string): Control['value'] =>
    controls.find((control) => control.name === name && control.unavailable === null)?.value ?? null;
  const on = value('BurstMode');
  if (on !== true && on !== 'On') return { kind: 'live' };
  const number = (name: string, otherwise: number) => {
    const given = value(name);
    return typeof given === 'number' ? given : otherwise;
  };
  return {
    kind: 'burst',
    start: number('BurstStart', 1),
    end: number('BurstEnd', 2),
    bursts: number('BurstCount', 1),
  };
}
