/** The plan of the nights as the page reads and writes it. */
import type { NightReport } from '#src/night/night-report.js';
import type { PlanEntry } from '#src/night/plan.js';
import { WEEKDAYS } from '#src/night/weekdays.js';
import { api } from '../api-client.js';

export type { NightReport, PlanEntry };

export const readPlan = (signal: AbortSignal) => api.get<NightReport>('/plan', {}, signal);
export const writePlan = (entries: readonly PlanEntry[]) => api.put<NightReport>('/plan', { version: 1, entries });

/** The time zone of this browser, for times of day that people name. */
export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'UTC';

/** An entry as it begins: all cameras, from the end of nautical twilight to its beginning. */
export function newEntry(others: readonly PlanEntry[]): PlanEntry {
  let number = others.length + 1;
  while (others.some(({ name }) => name === `entry ${number}`)) number++;
  return {
    name: number === 1 ? 'the night' : `entry ${number}`,
    enabled: true,
    cameras: null,
    when: { kind: 'sun', eveningDeg: -12, morningDeg: -12 },
    days: [...WEEKDAYS],
    session: '{entry} {night}',
    object: null,
    observer: null,
    notes: null,
    frameType: 'light',
    profile: null,
    controls: {},
    retention: 'rolling',
  };
}
