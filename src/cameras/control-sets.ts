/** Sets of values of a camera's controls: what a profile keeps of them, and what is to be set for a profile or for the camera's defaults. */

import { UsageError } from '#src/config/usage-error.js';
import type { KeptValues } from './camera-state.js';
import type { Control } from './controls.js';
import type { WantedControl } from './set-controls.js';

/** What can be given to the camera again. */
export function settableValues(controls: readonly Control[]): KeptValues {
  return Object.fromEntries(
    controls.flatMap(({ name, value, kept, unavailable }) =>
      kept && unavailable === null && value !== null ? [[name, value] as const] : [],
    ),
  );
}

/** The values that the camera does not have already: what is so neither stops a stream nor is told. */
export function wantedFor(values: KeptValues, controls: readonly Control[]): WantedControl[] {
  const now = new Map(controls.map((control) => [control.name, control.value]));
  return Object.entries(values)
    .filter(([name, value]) => now.get(name) !== value)
    .map(([name, value]) => ({ name, value }));
}

/** The camera's defaults where it tells them, as far as it is set otherwise. */
export function wantedDefaults(controls: readonly Control[]): WantedControl[] {
  return controls
    .filter(({ kept, default: value, unavailable }) => kept && value !== null && unavailable === null)
    .filter(({ default: value, value: now }) => value !== now)
    .map(({ name, default: value }) => ({ name, value }));
}

/** @throws UsageError `usage.profile` */
export function profileNamed<T>(profiles: Readonly<Record<string, T>>, name: string): T {
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (profile !== undefined) return profile;
  const names = Object.keys(profiles);
  throw new UsageError(
    'usage.profile',
    `there is no profile ${name} of this camera${names.length === 0 ? '' : `: there are ${names.join(', ')}`}`,
  );
}
