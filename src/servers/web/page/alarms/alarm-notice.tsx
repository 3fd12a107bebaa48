/** The newest thing that the observer asked to be called for, until it is taken away. */
import { shownAlarm } from './alarm-watch.js';
import './alarms.css';

export function AlarmNotice() {
  const alarm = shownAlarm.value;
  if (alarm === null) return null;
  return (
    <div class="alarm" role="alert">
      <span>{alarm.text}</span>
      <button
        type="button"
        onClick={() => {
          shownAlarm.value = null;
        }}
      >
        Seen
      </button>
    </div>
  );
}
