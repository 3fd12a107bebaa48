/** The sessions that the station has, the newest first; one is chosen to look into. */
import { useState } from 'preact/hooks';
import { cameras, sessionChanges } from '../live/connection.js';
import { seconds } from '../live/station-time.js';
import { listSessions, type Session } from './archive-client.js';
import { useAsked } from './asked.js';
import { Failure } from './field.js';
import { dateAndTime, lengthText } from './instants.js';
import { sessionTitle } from './session-title.js';
import { chosenSession, edits } from './sessions-state.js';

/** Of the newest, at first and at most. */
const SHOWN = 100;
const MOST_SHOWN = 1_000;
const AGAIN_SECONDS = 10;

export function SessionList() {
  const [most, setMost] = useState(SHOWN);
  // What is recorded grows.
  const isRecording = cameras.value.some(({ session }) => session !== null);
  const turn = isRecording ? Math.floor(seconds.value / AGAIN_SECONDS) : 0;
  const { answer, failed } = useAsked(
    (signal) => listSessions(most, signal),
    [most, turn, sessionChanges.value, edits.value],
  );
  return (
    <section class="panel" aria-label="Sessions">
      <h2>Sessions</h2>
      {answer?.length === 0 && <p class="quiet">Nothing was recorded yet.</p>}
      {answer !== null && answer.length > 0 && (
        <div class="scrolls">
          <table>
            <thead>
              <tr>
                <th>Session</th>
                <th>Began (UTC)</th>
                <th>Lasted</th>
                <th class="number">Frames</th>
                <th class="number">Missing</th>
                <th>State</th>
              </tr>
            </thead>
            <tbody>
              {answer.map((session) => (
                <Row key={session.id} session={session} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {answer !== null && answer.length === most && most < MOST_SHOWN && (
        <button type="button" onClick={() => setMost(MOST_SHOWN)}>
          Show older ones
        </button>
      )}
      <Failure text={failed} />
    </section>
  );
}

function Row({ session }: { readonly session: Session }) {
  const { id, name, object, startedUtcNs, endedUtcNs, framesRecorded, state } = session;
  const missing = session.framesLost + session.framesNotRecorded + session.framesDestroyed;
  const isChosen = id === chosenSession.value;
  return (
    <tr class={isChosen ? 'chosen' : ''}>
      <td>
        <button type="button" aria-pressed={isChosen} onClick={() => (chosenSession.value = isChosen ? null : id)}>
          {sessionTitle(session)}
        </button>
        {name !== null && object !== null && <span class="quiet"> {object}</span>}
      </td>
      <td>{dateAndTime(startedUtcNs)}</td>
      <td>{endedUtcNs === null ? '' : lengthText(BigInt(endedUtcNs) - BigInt(startedUtcNs))}</td>
      <td class="number">{framesRecorded.toLocaleString('en')}</td>
      <td class="number">{missing.toLocaleString('en')}</td>
      <td>{state}</td>
    </tr>
  );
}
