/**
 * The controls of a camera, declared once: the command line, the configuration, GenICam descriptions and every later face
 * are derived from these declarations. Names are those of GenICam's SFNC where it has one, ours where it has none.
 */
import { UsageError } from '#src/config/usage-error.js';

/** Integers are numbers: no control of a camera needs more than 53 bits. A command has the value null. */
export type ControlValue = number | boolean | string | null;

/** Where a control stands in lists and on pages, in this order. */
export const CONTROL_GROUPS = [
  'Device',
  'Image',
  'Exposure',
  'Gain',
  'Color',
  'Cooling',
  'Filter',
  'Trigger',
  'Burst',
  'Clock',
  'Transport',
  'Guiding',
  'Chunks',
  'Other',
] as const;
export type ControlGroup = (typeof CONTROL_GROUPS)[number];

/** One of the values that a control of type `choice` can have. */
export interface Choice {
  /** What is written and read: a word without spaces. */
  readonly name: string;
  /** What people read. */
  readonly label: string;
}

export interface ControlDeclaration {
  /** A word such as `ExposureTime`. */
  readonly name: string;
  readonly label: string;
  readonly group: ControlGroup;
  readonly type: 'integer' | 'float' | 'boolean' | 'choice' | 'text' | 'command';
  /** Of numbers: `us`, `ns`, `%`, `dB`, `Cel`, `px`, `Hz`, `B`, `V`, ...; null: none. */
  readonly unit: string | null;
  /** Of numbers; null: no limit is known. */
  readonly minimum: number | null;
  readonly maximum: number | null;
  readonly step: number | null;
  /** Of type `choice`; empty else. */
  readonly choices: readonly Choice[];
  /** What `reset` sets; null where the camera has none. */
  readonly default: ControlValue;
  readonly readOnly: boolean;
  /** Takes a new value while frames stream. False: the stream is stopped for it and begun again. */
  readonly live: boolean;
  /** A change gives frames another shape or depth (region, binning, depth, read mode): the segment is closed for it. */
  readonly shapesFrames: boolean;
  /** Kept per camera and set again when it is opened. False for readings, commands, and what must not come back by itself. */
  readonly kept: boolean;
  /** One or two sentences. */
  readonly help: string;
}

export interface Control extends ControlDeclaration {
  /** Null where it cannot be read now, and for commands. */
  readonly value: ControlValue;
  /** Why it cannot be used now, in words for people ("needs live mode"); null where it can. */
  readonly unavailable: string | null;
}

/** The controls of an open camera. Errors of setting: UsageError `usage.control`, `usage.control-value`; the camera's own. */
export interface CameraControls {
  /** All, in the order of groups. */
  list(): Promise<readonly Control[]>;
  /** Sets one (a command is executed) and returns those that have changed by it, with the camera's own answer. */
  set(name: string, value: ControlValue): Promise<readonly Control[]>;
}

const DEFAULTS = {
  unit: null,
  minimum: null,
  maximum: null,
  step: null,
  choices: [],
  default: null,
  readOnly: false,
  live: true,
  shapesFrames: false,
  kept: true,
} as const;

type Given = Pick<ControlDeclaration, 'name' | 'label' | 'group' | 'type' | 'help'> & Partial<ControlDeclaration>;

/** A declaration from what is special about it; readings and commands are not kept. */
export function declareControl(given: Given): ControlDeclaration {
  const kept = given.kept ?? !(given.readOnly === true || given.type === 'command');
  return { ...DEFAULTS, ...given, kept };
}

/** A control by name, or by its name in other letters of case. @throws UsageError `usage.control` */
export function controlNamed<C extends ControlDeclaration>(controls: readonly C[], name: string): C {
  const same = controls.find((control) => control.name === name);
  const alike = same ?? controls.find((control) => control.name.toLowerCase() === name.toLowerCase());
  if (alike !== undefined) return alike;
  throw new UsageError('usage.control', `the camera has no control ${name}: appulse controls CAMERA lists what it has`);
}

/** Of a camera that has nothing to set. */
export const NO_CONTROLS: CameraControls = {
  list: () => Promise.resolve([]),
  set: async (name) => [controlNamed([], name)],
};

/**
 * The value that `given` means for `control`: text of the command line is read by its type, numbers are held to range and step.
 * @throws UsageError `usage.control-value`, which names the range
 */
export function controlValueOf(control: ControlDeclaration, given: unknown): ControlValue {
  if (control.readOnly) throw refused(control, given, 'it is a reading, and cannot be set');
  switch (control.type) {
    case 'command':
      return null;
    case 'text':
      return String(given);
    case 'boolean':
      return booleanOf(control, given);
    case 'choice':
      return choiceOf(control, given);
    case 'integer':
    case 'float':
      return numberOf(control, given);
  }
}

function booleanOf(control: ControlDeclaration, given: unknown): boolean {
  if (typeof given === 'boolean') return given;
  const word = String(given).toLowerCase();
  if (['true', 'on', 'yes', '1'].includes(word)) return true;
  if (['false', 'off', 'no', '0'].includes(word)) return false;
  throw refused(control, given, 'write on or off');
}

function choiceOf(control: ControlDeclaration, given: unknown): string {
  const word = String(given).toLowerCase();
  const found =
    control.choices.find(({ name }) => name.toLowerCase() === word) ??
    control.choices.find(({ label }) => label.toLowerCase() === word);
  if (found !== undefined) return found.name;
  const names = control.choices.map(({ name }) => name).join(', ');
  throw refused(control, given, names === '' ? 'there is nothing to choose from now' : `it is one of ${names}`);
}

function numberOf(control: ControlDeclaration, given: unknown): number {
  const { minimum, maximum, step, type } = control;
  const isText = typeof given === 'string' && given.trim() !== '';
  const value = typeof given === 'number' || isText ? Number(given) : Number.NaN;
  const whole = type !== 'integer' || Number.isSafeInteger(value);
  const inside = value >= (minimum ?? Number.NEGATIVE_INFINITY) && value <= (maximum ?? Number.POSITIVE_INFINITY);
  if (!Number.isFinite(value) || !whole || !inside) throw refused(control, given, rangeInWords(control));
  if (type === 'float' || step === null || step <= 0) return value;
  const base = minimum ?? 0;
  if ((value - base) % step !== 0) throw refused(control, given, rangeInWords(control));
  return value;
}

/** `1 to 100 in steps of 2, in us`; `any whole number` where no limit is known. */
export function rangeInWords({ minimum, maximum, step, unit, type }: ControlDeclaration): string {
  const kind = type === 'integer' ? 'a whole number' : 'a number';
  const limits =
    minimum !== null && maximum !== null
      ? `${kind} from ${minimum} to ${maximum}`
      : minimum !== null
        ? `${kind} from ${minimum} on`
        : maximum !== null
          ? `${kind} up to ${maximum}`
          : kind;
  const steps = type === 'integer' && step !== null && step > 1 ? ` in steps of ${step}` : '';
  return `${limits}${steps}${unit === null ? '' : `, in ${unit}`}`;
}

function refused(control: ControlDeclaration, given: unknown, why: string): UsageError {
  return new UsageError('usage.control-value', `${control.name} cannot be ${String(given)}: ${why}`);
}
