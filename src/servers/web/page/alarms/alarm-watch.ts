/** Watches what the station tells and calls for the observer as far as that is wanted; the same alarm not twice within a minute. */
import { effect, signal, untracked } from '@preact/signals';
import type { CameraState } from '#src/station/station-state.js';
import { cameraName } from '../live/camera-name.js';
import { cameras, connected, status } from '../live/connection.js';
import { isWanted } from './alarm-settings.js';
import { notify, sound } from './alarm-voice.js';
import { type Alarm, AlarmRests, alarmsBetween } from './alarms.js';

/** A page that is connected anew within this has lost nothing. */
const AWAY_MS = 5_000;

/** The newest alarm that was wanted, until it is taken away. */
export const shownAlarm = signal<Alarm | null>(null);

const rests = new AlarmRests();
let before = new Map<number, CameraState>();

function raise(alarm: Alarm): void {
  const bySound = isWanted(alarm.kind, 'sound');
  const byNotification = isWanted(alarm.kind, 'notification');
  if (!bySound && !byNotification) return;
  if (!rests.allows(alarm, performance.now())) return;
  shownAlarm.value = alarm;
  if (bySound) sound();
  if (byNotification) notify(status.value?.stationName ?? 'Appulse', alarm.text);
}

effect(() => {
  const states = cameras.value;
  untracked(() => {
    for (const state of states) {
      const last = before.get(state.camera);
      if (last !== undefined && last !== state)
        for (const alarm of alarmsBetween(last, state, cameraName(state))) raise(alarm);
    }
    before = new Map(states.map((state) => [state.camera, state]));
  });
});

effect(() => {
  if (connected.value || status.peek() === null) return;
  const timer = setTimeout(
    () => raise({ kind: 'connection', camera: null, text: 'the station does not answer' }),
    AWAY_MS,
  );
  return () => clearTimeout(timer);
});
