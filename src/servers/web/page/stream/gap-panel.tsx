/** The newest gaps of the watched camera. */
import { signal } from '@preact/signals';
import { MOST_GAPS } from '#src/station/station-log.js';
import { counted } from '../figures/amounts.js';
import { gaps, watched } from '../live/connection.js';
import { GapLine } from './gap-line.js';

const FIRST_SHOWN = 20;
const all = signal(false);

export function GapPanel() {
  const own = gaps.value.filter(({ camera }) => camera === null || camera === watched.value).toReversed();
  const frames = own.reduce((sum, gap) => sum + gap.frames, 0);
  const isCut = gaps.value.length >= MOST_GAPS;
  const shown = all.value ? own : own.slice(0, FIRST_SHOWN);
  return (
    <section class="panel gaps" aria-labelledby="gaps-title">
      <h2 id="gaps-title">
        Gaps{' '}
        {own.length === 0 ? null : (
          <span class="quiet">
            {isCut ? 'the newest ' : ''}
            {counted(own.length, 'gap')}, {counted(frames, 'frame')}
          </span>
        )}
      </h2>
      {own.length === 0 ? (
        <p class="quiet">None.</p>
      ) : (
        <ol class="gap-list">
          {shown.map((gap) => (
            <GapLine key={`${gap.sessionId} ${gap.cause} ${gap.firstBlock} ${gap.fromUtcNs} ${gap.detail}`} gap={gap} />
          ))}
          {own.length > shown.length ? (
            <li>
              <button
                type="button"
                class="gap-more"
                onClick={() => {
                  all.value = true;
                }}
              >
                Show all {own.length}
              </button>
            </li>
          ) : null}
        </ol>
      )}
      {isCut ? <p class="quiet">Older ones stand in the index, in the view of their session.</p> : null}
    </section>
  );
}
