/** The controls of the camera that is watched, as the page knows them, and what the camera answered to each that was set. */
import { batch, signal } from '@preact/signals';
import type { Control, ControlValue } from '#src/cameras/controls.js';
import type { SetControlsAnswer, StationControls } from '#src/station/control-request.js';
import { watched } from '../live/connection.js';
import { readControls, setControl } from './control-client.js';
import { besideText, valueText } from './control-words.js';
import { noteReadings } from './cooling-history.js';

export interface ControlAnswer {
  readonly kind: 'busy' | 'taken' | 'otherwise' | 'refused';
  readonly text: string;
  /** What else was changed by it. */
  readonly beside: readonly string[];
}

/** Null before the first answer. */
export const shownControls = signal<StationControls | null>(null);
/** Why they cannot be read now; null where they are. */
export const trouble = signal<string | null>(null);
/** By the control's name. */
export const answers = signal<ReadonlyMap<string, ControlAnswer>>(new Map());

/** What was asked for while the camera had not answered yet: the newest of each. */
const waiting = new Map<string, ControlValue>();
/** Counts settings: what was read before one is older than its answer. */
let settings = 0;

/** Reads all of them anew. Does not throw. */
export async function refreshControls(): Promise<void> {
  const camera = watched.value;
  const before = settings;
  try {
    const read = await readControls(camera);
    if (camera !== watched.value || before !== settings) return;
    batch(() => {
      if (shownControls.value?.camera !== camera) answers.value = new Map();
      shownControls.value = read;
      trouble.value = read.unavailable;
    });
    noteReadings(camera, read.controls);
  } catch (error) {
    if (camera === watched.value) trouble.value = (error as Error).message;
  }
}

/** Sets one, and shows what the camera makes of it. Of several values in a row those that came too fast are left out. */
export async function applyControl(name: string, value: ControlValue): Promise<void> {
  if (answers.value.get(name)?.kind === 'busy') {
    waiting.set(name, value);
    return;
  }
  const camera = watched.value;
  settings++;
  answer(name, { kind: 'busy', text: 'asking the camera …', beside: [] });
  let told: ControlAnswer;
  let changes: SetControlsAnswer['changes'] = [];
  try {
    const given = await setControl(camera, name, value);
    told = answerOf(name, value, given);
    changes = given.changes;
  } catch (error) {
    told = { kind: 'refused', text: (error as Error).message, beside: [] };
  }
  settings++;
  if (camera !== watched.value) {
    waiting.clear();
    return;
  }
  batch(() => {
    takeValues(changes);
    answer(name, told);
  });
  await refreshControls();
  const next = waiting.get(name);
  if (next === undefined) return;
  waiting.delete(name);
  await applyControl(name, next);
}

/** What several settings at once came to, as from a profile, told at each of its controls. */
export function takeAnswer(given: SetControlsAnswer): void {
  const told = new Map(answers.value);
  for (const change of given.changes) {
    if (change.because === null) told.set(change.name, answerOf(change.name, change.asked, given));
  }
  for (const { name, why } of given.refused) told.set(name, { kind: 'refused', text: why, beside: [] });
  answers.value = told;
}

/** What the camera took is shown with its answer, not only when all controls were read again. */
function takeValues(changes: SetControlsAnswer['changes']): void {
  const shown = shownControls.value;
  if (shown === null) return;
  const values = new Map(changes.map(({ name, value }) => [name, value]));
  const controls = shown.controls.map((each) => ({ ...each, value: values.get(each.name) ?? each.value }));
  shownControls.value = { ...shown, controls };
}

function answer(name: string, told: ControlAnswer): void {
  answers.value = new Map(answers.value).set(name, told);
}

function answerOf(
  name: string,
  asked: ControlValue,
  { changes, refused, interrupted }: SetControlsAnswer,
): ControlAnswer {
  const refusal = refused.find((each) => each.name === name);
  const beside = changes.flatMap((change) => {
    const control = change.because === name ? named(change.name) : undefined;
    return control === undefined ? [] : [besideText(change, control)];
  });
  if (interrupted) beside.push('the stream was begun anew');
  if (refusal !== undefined) return { kind: 'refused', text: refusal.why, beside };
  const own = changes.find((change) => change.name === name && change.because === null);
  const control = named(name);
  if (own?.isCommand === true) return { kind: 'taken', text: 'done', beside };
  if (own === undefined || control === undefined) return { kind: 'taken', text: 'it is so already', beside };
  const taken = `the camera took ${valueText(own.value, control)}`;
  const other = own.asked ?? asked;
  return isSame(other, own.value)
    ? { kind: 'taken', text: taken, beside }
    : { kind: 'otherwise', text: `${taken}, asked for ${valueText(other, control)}`, beside };
}

/** Floats come back as the camera keeps them. */
function isSame(asked: ControlValue, value: ControlValue): boolean {
  if (typeof asked !== 'number' || typeof value !== 'number') return asked === value;
  return Math.abs(asked - value) <= 1e-6 * Math.abs(asked);
}

export function named(name: string): Control | undefined {
  return shownControls.value?.controls.find((control) => control.name === name);
}
