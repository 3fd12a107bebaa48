/** What an observer can be called for, found in how a camera's state changes. */
import type { CameraState } from '#src/station/station-state.js';

export const ALARM_KINDS = ['lock', 'frames', 'disk', 'camera', 'connection'] as const;
export type AlarmKind = (typeof ALARM_KINDS)[number];

export interface Alarm {
  readonly kind: AlarmKind;
  /** Null where it is of no single camera. */
  readonly camera: number | null;
  readonly text: string;
}

/** What happened to a camera, called `name`, from one state to the next that somebody may want to be called for. */
export function alarmsBetween(before: CameraState, now: CameraState, name = now.model): readonly Alarm[] {
  const alarms: Alarm[] = [];
  const add = (kind: AlarmKind, text: string): void => {
    alarms.push({ kind, camera: now.camera, text: `${name}: ${text}` });
  };
  if (before.clock?.grade === 'locked' && now.clock !== null && now.clock.grade !== 'locked') {
    add('lock', `the time is no longer locked (${now.clock.grade})`);
  }
  // A count that is smaller than before began anew with a session.
  const grown = (count: 'lost' | 'notRecorded'): number =>
    now.frames[count] - (now.frames[count] >= before.frames[count] ? before.frames[count] : 0);
  const lost = grown('lost');
  if (lost > 0) add('frames', lost === 1 ? 'a frame was lost' : `${lost} frames were lost`);
  const notRecorded = grown('notRecorded');
  if (notRecorded > 0) {
    add('frames', notRecorded === 1 ? 'a frame was not recorded' : `${notRecorded} frames were not recorded`);
  }
  if (now.diskWarning !== null && before.diskWarning === null) add('disk', now.diskWarning);
  if (now.state === 'lost' && before.state !== 'lost') add('camera', 'the camera is lost');
  return alarms;
}

const SILENT_MS = 60_000;

/** Keeps the same alarm of the same camera from being told twice within a minute. */
export class AlarmRests {
  readonly #toldMs = new Map<string, number>();

  /** Whether to tell it; `nowMs` of a clock that does not step. */
  allows({ kind, camera }: Alarm, nowMs: number): boolean {
    const key = `${kind} ${camera}`;
    if (nowMs - (this.#toldMs.get(key) ?? Number.NEGATIVE_INFINITY) < SILENT_MS) return false;
    this.#toldMs.set(key, nowMs);
    return true;
  }
}
