/**
 * Setting several controls at once, in whatever order they need: a region can be moved only as far as its size lets it, a trigger's
 * source may need the trigger. What is refused is tried again behind the others, as long as that gets any further.
 */
import { AppulseError, reasonOf } from '#gps/errors.js';
import { UsageError } from '#src/config/usage-error.js';
import { type CameraControls, type Control, type ControlValue, controlNamed, controlValueOf } from './controls.js';

/** `value` as it was given, text of the command line among others; null executes a command. */
export interface WantedControl {
  readonly name: string;
  readonly value: ControlValue;
}

/** A control that has another value now. */
export interface ControlChange {
  readonly name: string;
  readonly unit: string | null;
  readonly from: ControlValue;
  /** What was asked for; null where the camera changed it by itself, and of commands. */
  readonly asked: ControlValue;
  /** The camera's own answer. */
  readonly value: ControlValue;
  /** See `ControlDeclaration`. */
  readonly kept: boolean;
  readonly isCommand: boolean;
  /** The control whose setting has changed this one; null: it was set itself. */
  readonly because: string | null;
}

export interface Refusal {
  readonly name: string;
  readonly value: ControlValue;
  readonly why: string;
}

export interface AppliedControls {
  readonly changes: readonly ControlChange[];
  readonly refused: readonly Refusal[];
}

/** Bounds the work that controls make which refuse each other. */
const MOST_ROUNDS = 8;

/**
 * What can be told to be wrong before anything is set. Ranges may move with controls that are set before, so that they are held to
 * here only where one control is set. @throws UsageError `usage.control`, `usage.control-value`, `usage.control-twice`, `usage.control-unavailable`
 */
export function checkWanted(controls: readonly Control[], wanted: readonly WantedControl[]): Control[] {
  const named = wanted.map(({ name }) => controlNamed(controls, name));
  const twice = named.find((control, i) => named.indexOf(control) !== i);
  if (twice !== undefined)
    throw new UsageError(
      'usage.control-twice',
      `${twice.name} is given twice; what belongs to each choice of a selector is set in a command of its own`,
    );
  for (const [i, control] of named.entries()) {
    const value = wanted[i]?.value ?? null;
    const alone = wanted.length === 1;
    if (alone) requireAvailable(control);
    requireValue(alone ? control : { ...control, minimum: null, maximum: null, step: null }, value);
  }
  return named;
}

/** Sets all of them, or none: those that were set before one is refused get their values back. @throws UsageError, AppulseError as the camera does */
export async function setControls(
  controls: CameraControls,
  wanted: readonly WantedControl[],
): Promise<readonly ControlChange[]> {
  const known = await controls.list();
  checkWanted(known, wanted);
  const { changes, errors } = await apply(controls, wanted, known);
  const [error] = errors.values();
  if (error === undefined) return changes;
  await restoreControls(controls, changes);
  throw error;
}

/** Sets those that the camera takes. @throws AppulseError only where the camera does not answer any more */
export async function setWhatGoes(
  controls: CameraControls,
  wanted: readonly WantedControl[],
): Promise<AppliedControls> {
  const { changes, errors } = await apply(controls, wanted, await controls.list());
  const refused = [...errors].map(([{ name, value }, error]) => ({ name, value, why: reasonOf(error) }));
  return { changes, refused };
}

/** Gives controls the values that they had before `changes`; what cannot be set back is returned. */
export async function restoreControls(
  controls: CameraControls,
  changes: readonly ControlChange[],
): Promise<readonly Refusal[]> {
  const before = changes
    .filter(({ isCommand, because, from }) => !isCommand && because === null && from !== null)
    .map(({ name, from }) => ({ name, value: from }))
    .reverse();
  return before.length === 0 ? [] : (await setWhatGoes(controls, before)).refused;
}

async function apply(controls: CameraControls, wanted: readonly WantedControl[], before: readonly Control[]) {
  const changes: ControlChange[] = [];
  let pending = wanted;
  const errors = new Map<WantedControl, unknown>();
  for (let round = 0; pending.length > 0 && round < MOST_ROUNDS; round++) {
    errors.clear();
    // Anew in each round: ranges move with what was set.
    const known = round === 0 ? before : await controls.list();
    const values = new Map(known.map(({ name, value }) => [name, value]));
    for (const each of pending) {
      try {
        changes.push(...(await setOne(controls, known, values, each)));
      } catch (error) {
        if (isGone(error)) throw error;
        errors.set(each, error);
      }
    }
    if (errors.size === pending.length) break;
    pending = [...errors.keys()];
  }
  return { changes, errors };
}

/** `values`: those of all controls, kept as they change. */
async function setOne(
  controls: CameraControls,
  known: readonly Control[],
  values: Map<string, ControlValue>,
  { name, value }: WantedControl,
): Promise<ControlChange[]> {
  const control = controlNamed(known, name);
  requireAvailable(control);
  const asked = requireValue(control, value);
  const isCommand = control.type === 'command';
  let answered: readonly Control[];
  try {
    answered = await controls.set(control.name, asked);
  } catch (cause) {
    if (cause instanceof UsageError || isGone(cause)) throw cause;
    const what = isCommand ? control.name : `${control.name} = ${String(asked)}`;
    throw new AppulseError('camera.control', `the camera refuses ${what}: ${reasonOf(cause)}`, { cause });
  }
  const own = answered.find((each) => each.name === control.name);
  const others = answered.filter((each) => each !== own && !each.readOnly && values.get(each.name) !== each.value);
  const changes = [
    changeOf(own ?? { ...control, value: asked }, values.get(control.name) ?? null, isCommand ? null : asked, null),
    ...others.map((other) => changeOf(other, values.get(other.name) ?? null, null, control.name)),
  ];
  // What one has changed is not told of the next.
  for (const each of [{ ...control, value: asked }, ...answered]) values.set(each.name, each.value);
  return changes;
}

function changeOf(now: Control, from: ControlValue, asked: ControlValue, because: string | null): ControlChange {
  const { name, unit, value, kept, type } = now;
  return { name, unit, from, asked, value, kept, isCommand: type === 'command', because };
}

/** @throws UsageError `usage.control-value` */
function requireValue(control: Control, value: ControlValue): ControlValue {
  if (value === null && control.type !== 'command') {
    throw new UsageError('usage.control-value', `${control.name} is no command: write ${control.name}=VALUE`);
  }
  return controlValueOf(control, value);
}

/** @throws UsageError `usage.control-unavailable` */
function requireAvailable({ name, unavailable }: Control): void {
  if (unavailable !== null) {
    throw new UsageError('usage.control-unavailable', `${name} cannot be set now: ${unavailable}`);
  }
}

/** Whether an error means that nothing more can be asked of the camera. */
function isGone(error: unknown): boolean {
  return (
    error instanceof AppulseError &&
    ['gvcp.no-answer', 'gvcp.closed', 'camera.lost', 'sdk.lost', 'sdk.silent'].includes(error.code)
  );
}
