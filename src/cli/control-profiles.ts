/** `appulse controls CAMERA profile ...`: values of controls under a name, kept for this camera. */
import { formatUtc } from '#gps/instant.js';
import { changeCameraState, checkProfileName, readCameraState } from '#src/cameras/camera-state.js';
import { profileNamed, settableValues, wantedFor } from '#src/cameras/control-sets.js';
import { UsageError } from '#src/config/usage-error.js';
import { EXIT, printJson, printTable } from './command-line.js';
import { type ControlsRun, report } from './controls-report.js';

export async function profileCommand(run: ControlsRun): Promise<number> {
  const [what, name, ...rest] = run.words;
  if (rest.length > 0)
    throw new UsageError('usage.profile', `profile: '${rest[0]}' is one word too many (quote a name with spaces)`);
  if (what === 'list' && name === undefined) return list(run);
  if (name === undefined || (what !== 'save' && what !== 'load' && what !== 'delete')) {
    throw new UsageError('usage.profile', 'profile: write save NAME, load NAME, delete NAME or list');
  }
  checkProfileName(name);
  return { save, load, delete: remove }[what](run, name);
}

async function list({ target, json, tell }: ControlsRun): Promise<number> {
  const { profiles } = readCameraState(target.identity, tell);
  if (json) printJson({ camera: target.uri, profiles });
  else {
    const rows = Object.entries(profiles).map(([name, { savedUtc, values }]) => [
      name,
      savedUtc,
      Object.keys(values).length,
    ]);
    printTable(['PROFILE', 'SAVED', 'VALUES'], rows);
  }
  return EXIT.done;
}

async function save({ target, json, tell }: ControlsRun, name: string): Promise<number> {
  const values = settableValues(await target.list());
  const savedUtc = formatUtc(BigInt(Date.now()) * 1_000_000n, 0);
  await changeCameraState(
    target.identity,
    (state) => ({ ...state, profiles: { ...state.profiles, [name]: { savedUtc, values } } }),
    tell,
  );
  const count = Object.keys(values).length;
  if (json) printJson({ camera: target.uri, profile: name, savedUtc, values });
  else
    process.stdout.write(
      `profile ${name}: ${count} values are saved for ${target.identity.model} ${target.identity.serial}\n`,
    );
  return EXIT.done;
}

async function load(run: ControlsRun, name: string): Promise<number> {
  const { target, tell } = run;
  const profile = profileNamed(readCameraState(target.identity, tell).profiles, name);
  const wanted = wantedFor(profile.values, await target.list());
  if (wanted.length === 0) {
    tell(`the camera is set as profile ${name} has it`);
    return report(run, { changes: [], refused: [], interrupted: false });
  }
  return report(run, await target.set(wanted, { whatGoes: true, keep: true }));
}

async function remove({ target, json, tell }: ControlsRun, name: string): Promise<number> {
  await changeCameraState(
    target.identity,
    (state) => {
      profileNamed(state.profiles, name);
      const { [name]: _, ...profiles } = state.profiles;
      return { ...state, profiles };
    },
    tell,
  );
  if (json) printJson({ camera: target.uri, profile: name });
  else process.stdout.write(`profile ${name} is gone\n`);
  return EXIT.done;
}
