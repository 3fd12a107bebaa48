/** The sessions: recording one, keeping a moment, the night at a glance, and everything that was recorded. */
import { NightTimeline } from './night-timeline.js';
import { RecordPanel } from './record-panel.js';
import { SessionList } from './session-list.js';
import { SessionPanel } from './session-panel.js';
import { chosenSession } from './sessions-state.js';
import './sessions.css';
import { TriggerPanel } from './trigger-panel.js';

export function SessionsView() {
  return (
    <div class="sessions-view">
      <h1 class="unseen">Sessions</h1>
      <div class="beside">
        <RecordPanel />
        <TriggerPanel />
      </div>
      <NightTimeline />
      {chosenSession.value !== null && <SessionPanel id={chosenSession.value} />}
      <SessionList />
    </div>
  );
}
