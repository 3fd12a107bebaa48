/** One control of a Toupcam camera: what is declared of it now, how it is read, how it is written. */
import type { Control, ControlDeclaration, ControlValue } from '../controls.js';
import { CONTROL_GROUPS } from '../controls.js';
import type { ForeignLibrary } from '../sdk/library.js';
import { SdkError } from '../sdk/library.js';
import type { ToupcamFunction } from './toupcam-functions.js';

export interface ToupcamControl {
  /** Ranges may change with other controls. */
  readonly declaration: ControlDeclaration;
  readonly value: ControlValue;
  readonly unavailable: string | null;
  /** Null for a reading. */
  readonly write: ((value: ControlValue) => Promise<void>) | null;
}

export const toControl = ({ declaration, value, unavailable }: ToupcamControl): Control => ({
  ...declaration,
  value,
  unavailable,
});

/** In the order in which lists show them. */
export function inGroups(controls: readonly ToupcamControl[]): readonly ToupcamControl[] {
  const place = ({ declaration }: ToupcamControl): number => CONTROL_GROUPS.indexOf(declaration.group);
  return [...controls].sort((a, b) => place(a) - place(b));
}

/** Those of `after` that are new or other than in `before`. */
export function changedControls(before: readonly Control[], after: readonly Control[]): readonly Control[] {
  const old = new Map(before.map((control) => [control.name, control]));
  return after.filter((control) => {
    const was = old.get(control.name);
    return (
      was === undefined ||
      was.value !== control.value ||
      was.unavailable !== control.unavailable ||
      was.minimum !== control.minimum ||
      was.maximum !== control.maximum ||
      was.choices.length !== control.choices.length
    );
  });
}

/** Why a control that needs `functions` is unavailable; null where the library has them. */
export function lacking(library: ForeignLibrary<ToupcamFunction>, ...functions: ToupcamFunction[]): string | null {
  for (const name of functions) {
    const reason = library.unavailable(name);
    if (reason !== null) return reason;
  }
  return null;
}

/** A number that a control was given. @throws SdkError `sdk.refused`: the value was not checked against the declaration */
export function numberIn(value: ControlValue, name: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new SdkError('sdk.refused', `${name} takes a number, not ${String(value)}`);
}
