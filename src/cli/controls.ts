/** `appulse controls`: what can be set at a camera, setting it, and profiles of it. */
import type { Command } from 'commander';
import { changeCameraState, withoutValues } from '#src/cameras/camera-state.js';
import { wantedDefaults } from '#src/cameras/control-sets.js';
import { type Control, controlNamed } from '#src/cameras/controls.js';
import type { WantedControl } from '#src/cameras/set-controls.js';
import { UsageError } from '#src/config/usage-error.js';
import type { SetControlsAnswer } from '#src/station/control-request.js';
import { addSettings, command, EXIT, printJson, runCommand, settingsOf } from './command-line.js';
import { profileCommand } from './control-profiles.js';
import { type ControlsRun, report } from './controls-report.js';
import { openTarget } from './controls-target.js';
import { printControls, valueText } from './controls-text.js';

const ACTIONS: Readonly<Record<string, (run: ControlsRun) => Promise<number>>> = {
  list,
  get,
  set,
  reset,
  profile: profileCommand,
};

export function controlsCommand(): Command {
  const controls = command(
    'controls',
    'list and set the controls of a camera, of the running station too',
    `appulse controls gige:192.168.1.20
  appulse controls gige:192.168.1.20 set ExposureTime=5000 Gain=3
  appulse controls gige:192.168.1.20 get ExposureTime
  appulse controls gige:192.168.1.20 reset
  appulse controls gige:192.168.1.20 profile save|load|delete NAME
  appulse controls gige:192.168.1.20 profile list`,
  )
    .argument('<camera>', 'its URI; of the running station also its serial number or model')
    .argument('[action]', `list, get, set, reset or profile`, 'list')
    .argument(
      '[words...]',
      'NAME of get, NAME=VALUE of set (a command by its NAME alone), or what is done with which profile',
    );
  return addSettings(controls, [
    'recording.data',
    'camera.state',
    'camera.qhy-library',
    'camera.toupcam-library',
    'camera.sdk-doubles',
    'camera.in-process',
  ]).action((camera: string, action: string, words: readonly string[], options: Record<string, unknown>) =>
    runCommand(options.json === true, () => runAction(camera, action, words, options)),
  );
}

async function runAction(
  camera: string,
  action: string,
  words: readonly string[],
  options: Record<string, unknown>,
): Promise<number> {
  const run = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (run === undefined) {
    throw new UsageError('usage.action', `'${action}' is none of ${Object.keys(ACTIONS).join(', ')}`);
  }
  // Before the camera is opened for it.
  if (action === 'set') wantedOf(words);
  const tell = (message: string) => process.stderr.write(`appulse: ${message}\n`);
  const target = await openTarget(camera, settingsOf(options).values, (_, message) => tell(message));
  try {
    return await run({ target, words, json: options.json === true, tell });
  } finally {
    await target.close();
  }
}

async function list({ target, json }: ControlsRun): Promise<number> {
  const controls = await target.list();
  const { uri: camera, identity, recording } = target;
  if (json) printJson({ camera, identity, recording, controls });
  else {
    const { vendor, model, serial } = identity;
    process.stdout.write(`${vendor} ${model} ${serial}${recording ? ', recording' : ''}\n`);
    printControls(controls);
  }
  return EXIT.done;
}

async function get({ target, words, json }: ControlsRun): Promise<number> {
  if (words.length === 0) throw new UsageError('usage.controls', 'get: name a control');
  const known = await target.list();
  const controls = words.map((word) => controlNamed(known, word));
  if (json) printJson({ controls });
  else for (const control of controls) process.stdout.write(`${lineOf(control, words.length)}\n`);
  return EXIT.done;
}

/** One is its value alone, for scripts. */
function lineOf({ name, value, unit }: Control, of: number): string {
  return of === 1 ? valueText(value) : `${name} = ${valueText(value)}${unit === null ? '' : ` ${unit}`}`;
}

async function set(run: ControlsRun): Promise<number> {
  const answer = await run.target.set(wantedOf(run.words), { whatGoes: false, keep: true });
  return report(run, answer);
}

/** `NAME=VALUE`, or the name of a command. @throws UsageError `usage.controls` */
function wantedOf(words: readonly string[]): WantedControl[] {
  if (words.length === 0) throw new UsageError('usage.controls', 'set: write NAME=VALUE, such as ExposureTime=5000');
  return words.map((word) => {
    const at = word.indexOf('=');
    if (at === 0 || word === '')
      throw new UsageError('usage.controls', `'${word}' is not NAME=VALUE, such as ExposureTime=5000`);
    return at < 0 ? { name: word, value: null } : { name: word.slice(0, at), value: word.slice(at + 1) };
  });
}

/** Defaults where the camera tells them; what was kept is forgotten in any case. */
async function reset(run: ControlsRun): Promise<number> {
  const { target, words, tell } = run;
  if (words.length > 0) throw new UsageError('usage.controls', 'reset takes no words: it is about all controls');
  const controls = await target.list();
  const wanted = wantedDefaults(controls);
  const answer: SetControlsAnswer =
    wanted.length === 0
      ? { changes: [], refused: [], interrupted: false }
      : await target.set(wanted, { whatGoes: true, keep: false });
  await changeCameraState(target.identity, withoutValues, tell);
  if (!controls.some((control) => control.default !== null)) {
    tell('the camera tells no defaults: nothing is set; what was kept of its controls is forgotten');
  }
  return report(run, answer);
}
