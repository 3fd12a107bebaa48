/** What the page asks of the HTTP API about the controls of a camera. */

import type { Profile } from '#src/cameras/camera-state.js';
import type { ControlValue } from '#src/cameras/controls.js';
import type { SetControlsAnswer, StationControls } from '#src/station/control-request.js';

/** A stream that must be ended for a control may have a long exposure under way. */
const LIMIT_MS = 120_000;

export const readControls = (camera: number): Promise<StationControls> => ask('GET', `cameras/${camera}/controls`);

export const setControl = (camera: number, name: string, value: ControlValue): Promise<SetControlsAnswer> =>
  ask('PATCH', `cameras/${camera}/controls`, { set: [{ name, value }], keep: true });

export const resetControls = (camera: number): Promise<SetControlsAnswer> =>
  ask('POST', `cameras/${camera}/controls/reset`, {});

/** By name. */
export const readProfiles = async (camera: number): Promise<Readonly<Record<string, Profile>>> =>
  (await ask<{ readonly profiles: Readonly<Record<string, Profile>> }>('GET', `cameras/${camera}/profiles`)).profiles;

export const saveProfile = (camera: number, name: string): Promise<Profile> =>
  ask('PUT', profilePath(camera, name), {});

export const deleteProfile = (camera: number, name: string): Promise<unknown> =>
  ask('DELETE', profilePath(camera, name));

export const loadProfile = (camera: number, name: string): Promise<SetControlsAnswer> =>
  ask('POST', `${profilePath(camera, name)}/load`, {});

const profilePath = (camera: number, name: string): string => `cameras/${camera}/profiles/${encodeURIComponent(name)}`;

/** @throws Error with the station's own words */
async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`./api/v1/${path}`, {
      method,
      signal: AbortSignal.timeout(LIMIT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
  } catch {
    throw new Error('the station does not answer');
  }
  const answer = (await response.json().catch(() => null)) as
    | T
    | { readonly error: { readonly message: string } }
    | null;
  if (response.ok && answer !== null) return answer as T;
  if (typeof answer === 'object' && answer !== null && 'error' in answer) throw new Error(answer.error.message);
  throw new Error(`the station answered ${response.status} ${response.statusText}`);
}
