/** Which alarms the observer wants, and how. All are off until asked for; the browser keeps them. */
import { keptSignal } from '../kept/kept-signal.js';
import { ALARM_KINDS, type AlarmKind } from './alarms.js';

export const WAYS = ['sound', 'notification'] as const;
export type Way = (typeof WAYS)[number];

export const ALARM_WORDS: Readonly<Record<AlarmKind, string>> = {
  lock: 'The time is no longer locked',
  frames: 'Frames are lost or not recorded',
  disk: 'The disk is nearly full',
  camera: 'A camera is lost',
  connection: 'The station does not answer',
};

/** As `lock.sound`. */
export type Choice = `${AlarmKind}.${Way}`;
const CHOICES = ALARM_KINDS.flatMap((kind) => WAYS.map((way): Choice => `${kind}.${way}`));

export const chosenAlarms = keptSignal<readonly Choice[]>('alarms', [], (kept) =>
  CHOICES.filter((choice) => Array.isArray(kept) && kept.includes(choice)),
);

export function isWanted(kind: AlarmKind, way: Way): boolean {
  return chosenAlarms.value.includes(`${kind}.${way}`);
}

export function want(kind: AlarmKind, way: Way, wanted: boolean): void {
  const choice: Choice = `${kind}.${way}`;
  chosenAlarms.value = CHOICES.filter((each) => (each === choice ? wanted : chosenAlarms.value.includes(each)));
}
