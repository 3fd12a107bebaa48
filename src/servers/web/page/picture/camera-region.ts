/** Makes the camera read a part of what it reads now, and tells its answer in words. */
import type { ControlState } from '#src/servers/web/api/schema.js';
import type { SetControlsAnswer } from '#src/station/control-request.js';
import { api, wordsOf } from '../api-client.js';
import type { Region } from './region-state.js';

export interface CameraAnswer {
  readonly good: boolean;
  readonly words: string;
}

const SIDES = ['Width', 'Height', 'OffsetX', 'OffsetY'] as const;

export async function setCameraRegion(camera: number, region: Region): Promise<CameraAnswer> {
  const path = `/cameras/${camera}/controls`;
  try {
    const { controls } = await api.get<{ readonly controls: readonly ControlState[] }>(path);
    const [width, height, offsetX, offsetY] = SIDES.map((name) => controls.find((control) => control.name === name));
    if (width === undefined || height === undefined) {
      return { good: false, words: 'This camera has no region of its own to set.' };
    }
    // What is drawn counts from the corner of what the camera reads now.
    const wanted = [
      [width, region.width],
      [height, region.height],
      [offsetX, region.x + numberOf(offsetX)],
      [offsetY, region.y + numberOf(offsetY)],
    ] as const;
    const set = wanted.flatMap(([control, value]) =>
      control === undefined ? [] : [{ name: control.name, value: onStep(control, value) }],
    );
    return inWords(await api.patch<SetControlsAnswer>(path, { set }));
  } catch (error) {
    return { good: false, words: wordsOf(error) };
  }
}

function numberOf(control: ControlState | undefined): number {
  return typeof control?.value === 'number' ? control.value : 0;
}

/** The value at or below on the control's steps. */
function onStep({ minimum, step }: ControlState, value: number): number {
  const first = minimum ?? 0;
  return step === null || step <= 1 ? value : Math.max(first, first + Math.floor((value - first) / step) * step);
}

function inWords({ changes, refused, interrupted }: SetControlsAnswer): CameraAnswer {
  const parts = [
    ...changes.map(({ name, value }) => `${name} ${value}`),
    ...refused.map(({ name, why }) => `${name} refused: ${why}`),
    ...(interrupted ? ['the stream was begun again'] : []),
  ];
  const words =
    parts.length === 0 ? 'The camera reads this region already.' : `The camera answers: ${parts.join(', ')}.`;
  return { good: refused.length === 0, words };
}
