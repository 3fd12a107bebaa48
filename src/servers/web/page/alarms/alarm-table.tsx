/** Where the observer says what to be called for, and how. */
import { signal } from '@preact/signals';
import './alarms.css';
import { ALARM_WORDS, isWanted, WAYS, type Way, want } from './alarm-settings.js';
import { mayNotify, notificationTrouble, sound, soundWaits } from './alarm-voice.js';
import { ALARM_KINDS, type AlarmKind } from './alarms.js';

const WAY_WORDS: Readonly<Record<Way, string>> = { sound: 'Sound', notification: 'Notification' };
const trouble = signal(notificationTrouble());

async function choose(kind: AlarmKind, way: Way, wanted: boolean): Promise<void> {
  want(kind, way, wanted);
  if (!wanted) return;
  // A sound at once: the observer hears what to listen for, and the browser takes the click as leave.
  if (way === 'sound') sound();
  else if (!(await mayNotify())) {
    want(kind, way, false);
    trouble.value = notificationTrouble() ?? 'The browser was not allowed to show notifications.';
  }
}

export function AlarmTable() {
  return (
    <section class="panel alarms" aria-labelledby="alarms-title">
      <h2 id="alarms-title">Call me when</h2>
      <table>
        <thead>
          <tr>
            <td />
            {WAYS.map((way) => (
              <th key={way} scope="col">
                {WAY_WORDS[way]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {ALARM_KINDS.map((kind) => (
            <tr key={kind}>
              <th scope="row">{ALARM_WORDS[kind]}</th>
              {WAYS.map((way) => (
                <td key={way}>
                  <input
                    type="checkbox"
                    aria-label={`${ALARM_WORDS[kind]}: ${WAY_WORDS[way]}`}
                    checked={isWanted(kind, way)}
                    onChange={({ currentTarget }) => choose(kind, way, currentTarget.checked)}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p class="quiet">At most once a minute each. This browser keeps the choice.</p>
      {soundWaits.value ? <p>The browser gives no sound until somebody has clicked on this page.</p> : null}
      {trouble.value === null ? null : <p>{trouble.value}</p>}
      <button type="button" onClick={() => sound()}>
        Try the sound
      </button>
    </section>
  );
}
