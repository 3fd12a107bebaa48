/** The controls of a camera, and profiles of them. */
import { z } from 'zod';
import { AppulseError, reasonOf } from '#gps/errors.js';
import { formatUtc } from '#gps/instant.js';
import {
  changeCameraState,
  checkProfileName,
  type Profile,
  readCameraState,
  withoutValues,
} from '#src/cameras/camera-state.js';
import { profileNamed, settableValues, wantedDefaults, wantedFor } from '#src/cameras/control-sets.js';
import type { WantedControl } from '#src/cameras/set-controls.js';
import type { SetControlsAnswer } from '#src/station/control-request.js';
import type { StationFace } from '#src/station/station-face.js';
import { controlsOf, openControlsOf } from './cameras.js';
import { controlsSchema, controlsSetSchema, profileSchema, setControlsSchema } from './control-schema.js';
import { cameraParams } from './parameters.js';
import { type ApiRoute, route } from './route.js';

const profileParams = cameraParams.extend({ profile: z.string().min(1).max(64) });
const NOTHING_CHANGED: SetControlsAnswer = { changes: [], refused: [], interrupted: false };
const answer = controlsSetSchema;

export const CAMERA_ROUTES: readonly ApiRoute[] = [
  route({
    method: 'GET',
    path: '/api/v1/cameras/:camera/controls',
    summary: 'The controls of a camera with their declarations and values',
    params: cameraParams,
    errors: [404, 409],
    answer: controlsSchema,
    handle: ({ station }, { params }) => controlsOf(station, params.camera),
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/cameras/:camera/controls',
    summary: 'Set controls',
    description: "The answer is the camera's own: what has changed, what it refused.",
    params: cameraParams,
    body: setControlsSchema,
    errors: [404, 409],
    answer,
    handle: async ({ station }, { params: { camera }, body }) => {
      await openControlsOf(station, camera);
      return told(await station.setControls({ camera, ...body }));
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/cameras/:camera/controls/reset',
    summary: "Set the camera's defaults where it tells them, and forget what was kept of its controls",
    params: cameraParams,
    errors: [404, 409],
    answer,
    handle: async ({ station }, { params: { camera } }) => {
      const { controls, identity } = await openControlsOf(station, camera);
      const set = await setWhatGoes(station, camera, wantedDefaults(controls), false);
      await changeCameraState(identity, withoutValues, ignore);
      return set;
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/cameras/:camera/profiles',
    summary: 'The profiles that are kept for a camera, by name',
    params: cameraParams,
    errors: [404, 409],
    answer: z.object({ profiles: z.record(z.string(), profileSchema) }),
    handle: async ({ station }, { params: { camera } }) => {
      const { identity } = await openControlsOf(station, camera);
      return { profiles: readCameraState(identity, ignore).profiles };
    },
  }),
  route({
    method: 'PUT',
    path: '/api/v1/cameras/:camera/profiles/:profile',
    summary: 'Save the values of the controls now as a profile, over one of the same name',
    params: profileParams,
    errors: [404, 409],
    answer: profileSchema,
    handle: async ({ station }, { params: { camera, profile: name } }) => {
      checkProfileName(name);
      const { controls, identity } = await openControlsOf(station, camera);
      const savedUtc = formatUtc(BigInt(Date.now()) * 1_000_000n, 0);
      const profile: Profile = { savedUtc, values: settableValues(controls) };
      await changeCameraState(
        identity,
        (state) => ({ ...state, profiles: { ...state.profiles, [name]: profile } }),
        ignore,
      );
      return profile;
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/cameras/:camera/profiles/:profile/load',
    summary: 'Set the values of a profile, those that the camera takes',
    params: profileParams,
    errors: [404, 409],
    answer,
    handle: async ({ station }, { params: { camera, profile: name } }) => {
      const { controls, identity } = await openControlsOf(station, camera);
      const { values } = profileAmong(readCameraState(identity, ignore).profiles, name);
      return setWhatGoes(station, camera, wantedFor(values, controls), true);
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/cameras/:camera/profiles/:profile',
    summary: 'Delete a profile',
    params: profileParams,
    errors: [404, 409],
    answer: z.object({ deleted: z.string() }),
    handle: async ({ station }, { params: { camera, profile: name } }) => {
      const { identity } = await openControlsOf(station, camera);
      await changeCameraState(
        identity,
        (state) => {
          profileAmong(state.profiles, name);
          const { [name]: _, ...profiles } = state.profiles;
          return { ...state, profiles };
        },
        ignore,
      );
      return { deleted: name };
    },
  }),
];

/** What is wrong with a file of profiles is told by the session that uses it. */
function ignore(): void {}

async function setWhatGoes(
  station: StationFace,
  camera: number,
  set: readonly WantedControl[],
  keep: boolean,
): Promise<SetControlsAnswer> {
  if (set.length === 0) return NOTHING_CHANGED;
  return told(await station.setControls({ camera, set, whatGoes: true, keep }));
}

const told = ({ changes, refused, interrupted }: SetControlsAnswer): SetControlsAnswer => ({
  changes,
  refused,
  interrupted,
});

/** @throws AppulseError `profile.not-found` */
function profileAmong(profiles: Readonly<Record<string, Profile>>, name: string): Profile {
  try {
    return profileNamed(profiles, name);
  } catch (cause) {
    throw new AppulseError('profile.not-found', reasonOf(cause), { cause });
  }
}
