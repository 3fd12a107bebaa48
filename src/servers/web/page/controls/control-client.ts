/** What the page asks of the HTTP API about the controls of a camera. */
import type { Profile } from '#src/cameras/camera-state.js';
import type { ControlValue } from '#src/cameras/controls.js';
import type { SetControlsAnswer, StationControls } from '#src/station/control-request.js';
import { api } from '../api-client.js';

/** A stream that must be ended for a control may have a long exposure under way. */
const LIMIT_MS = 120_000;

const inTime = () => AbortSignal.timeout(LIMIT_MS);

export const readControls = (camera: number): Promise<StationControls> =>
  api.get(`/cameras/${camera}/controls`, {}, inTime());

export const setControl = (camera: number, name: string, value: ControlValue): Promise<SetControlsAnswer> =>
  api.patch(`/cameras/${camera}/controls`, { set: [{ name, value }], keep: true }, inTime());

export const resetControls = (camera: number): Promise<SetControlsAnswer> =>
  api.post(`/cameras/${camera}/controls/reset`, {}, inTime());

/** By name. */
export const readProfiles = async (camera: number): Promise<Readonly<Record<string, Profile>>> =>
  (await api.get<{ readonly profiles: Readonly<Record<string, Profile>> }>(`/cameras/${camera}/profiles`, {}, inTime()))
    .profiles;

export const saveProfile = (camera: number, name: string): Promise<Profile> =>
  api.put(profilePath(camera, name), {}, inTime());

export const deleteProfile = (camera: number, name: string): Promise<unknown> =>
  api.delete(profilePath(camera, name), inTime());

export const loadProfile = (camera: number, name: string): Promise<SetControlsAnswer> =>
  api.post(`${profilePath(camera, name)}/load`, {}, inTime());

const profilePath = (camera: number, name: string): string => `/cameras/${camera}/profiles/${encodeURIComponent(name)}`;
