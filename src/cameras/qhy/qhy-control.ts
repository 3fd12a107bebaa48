/** A control of a QHY camera as the driver keeps it: what it is declared to be, its value, and how the camera is told. */
import type { Control, ControlDeclaration, ControlValue } from '../controls.js';

export interface QhyControl {
  /** May change with the read mode: ranges do. */
  readonly declaration: ControlDeclaration;
  readonly value: ControlValue;
  /** Why it cannot be used now; null where it can. */
  readonly unavailable: string | null;
  /** Looks what the camera has, after it was initialised. */
  probe?(): Promise<void>;
  /** Tells the camera a new value, checked by the declaration. Left out for readings. */
  set?(value: ControlValue): Promise<void>;
  /** Tells the camera again what was set, after it was initialised. */
  apply?(): Promise<void>;
  /** Reads what changes by itself. */
  poll?(): Promise<void>;
}

export const stateOf = ({ declaration, value, unavailable }: QhyControl): Control => ({
  ...declaration,
  value,
  unavailable,
});

/** Those of `after` that differ from `before`. */
export function changedControls(before: readonly Control[], after: readonly Control[]): readonly Control[] {
  const old = new Map(before.map((control) => [control.name, JSON.stringify(control)]));
  return after.filter((control) => old.get(control.name) !== JSON.stringify(control));
}
