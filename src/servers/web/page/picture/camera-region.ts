/** Makes the camera read a part of what it reads now, or all of its sensor, and tells its answer in words. */
import type { ControlState } from '#src/servers/web/api/schema.js';
import type { SetControlsAnswer } from '#src/station/control-request.js';
import { api, wordsOf } from '../api-client.js';
import type { Region } from './shown-frame.js';

export interface CameraAnswer {
  readonly good: boolean;
  readonly words: string;
}

const SIDES = ['Width', 'Height', 'OffsetX', 'OffsetY'] as const;

type Sides = Partial<Record<(typeof SIDES)[number], ControlState>>;

export function setCameraRegion(camera: number, region: Region): Promise<CameraAnswer> {
  return toldOf(async () => {
    const { Width, Height, OffsetX, OffsetY } = await sidesOf(camera);
    // What is drawn counts from the corner of what the camera reads now.
    return set(camera, [
      [Width, region.width],
      [Height, region.height],
      [OffsetX, region.x + numberOf(OffsetX)],
      [OffsetY, region.y + numberOf(OffsetY)],
    ]);
  });
}

/** Has the camera read all of its sensor again. */
export function resetCameraRegion(camera: number): Promise<CameraAnswer> {
  return toldOf(async () => {
    const before = await sidesOf(camera);
    const corner = [before.OffsetX, before.OffsetY].filter((offset) => numberOf(offset) > 0);
    // How large the region may be is often told for where it lies.
    const moved =
      corner.length === 0
        ? null
        : await set(
            camera,
            corner.map((offset) => [offset, 0]),
          );
    const { Width, Height } = moved === null ? before : await sidesOf(camera);
    const grown = await set(camera, [
      [Width, Width?.maximum ?? numberOf(Width)],
      [Height, Height?.maximum ?? numberOf(Height)],
    ]);
    if (moved === null) return grown;
    const { changes, refused, interrupted } = moved;
    return {
      changes: [...changes, ...grown.changes],
      refused: [...refused, ...grown.refused],
      interrupted: interrupted || grown.interrupted,
    };
  });
}

async function toldOf(work: () => Promise<SetControlsAnswer>): Promise<CameraAnswer> {
  try {
    return inWords(await work());
  } catch (error) {
    return { good: false, words: wordsOf(error) };
  }
}

const pathOf = (camera: number) => `/cameras/${camera}/controls`;

/** @throws Error where the camera has no region to set, and with the station's own words */
async function sidesOf(camera: number): Promise<Sides> {
  const { controls } = await api.get<{ readonly controls: readonly ControlState[] }>(pathOf(camera));
  const sides: Sides = Object.fromEntries(
    SIDES.flatMap((name) => controls.filter((control) => control.name === name).map((control) => [name, control])),
  );
  if (sides.Width === undefined || sides.Height === undefined) {
    throw new Error('This camera has no region of its own to set.');
  }
  return sides;
}

/** In this order, as what is set before makes room for what follows; what the camera does not have is left out. */
async function set(
  camera: number,
  wanted: readonly (readonly [ControlState | undefined, number])[],
): Promise<SetControlsAnswer> {
  const values = wanted.flatMap(([control, value]) =>
    control === undefined ? [] : [{ name: control.name, value: onStep(control, value) }],
  );
  return api.patch<SetControlsAnswer>(pathOf(camera), { set: values });
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
