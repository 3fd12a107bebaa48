/** The cameras of a station that has several: a line of state each, and which of them the page shows. */
import { GRADE_WORDS } from '../clock/clock-words.js';
import { cameras, watch, watched } from '../live/connection.js';

export function CameraChooser() {
  if (cameras.value.length < 2) return null;
  return (
    <fieldset class="cameras">
      <legend class="unseen">Camera</legend>
      {cameras.value.map(({ camera, model, state, framesPerSecond, clock, session, frames }) => (
        <button
          key={camera}
          type="button"
          aria-pressed={camera === watched.value}
          onClick={() => watch(camera)}
          data-trouble={state === 'lost' || clock?.grade === 'untrusted'}
        >
          <strong>
            {camera + 1} {model}
          </strong>
          <span class="camera-line">
            {state === 'streaming' ? `${framesPerSecond.toFixed(1)} fps` : STATES[state]}
            {clock === null ? '' : ` · ${GRADE_WORDS[clock.grade].toLowerCase()}`}
            {frames.lost > 0 ? ` · ${frames.lost} lost` : ''}
            {session === null ? '' : ' · recording'}
          </span>
        </button>
      ))}
    </fieldset>
  );
}

const STATES = { opening: 'opening', streaming: 'streaming', lost: 'lost', stopping: 'stopping' } as const;
