/** Every gap with its cause in words; one that is opened says what it means and what to do. */
import { signal } from '@preact/signals';
import { formatUtc } from '#gps/instant.js';
import type { Gap } from '#src/station/station-state.js';
import { counted } from '../figures/amounts.js';
import { spanText } from '../figures/spans.js';
import { gaps, watched } from '../live/connection.js';
import { GAP_WORDS } from './gap-words.js';

const FIRST_SHOWN = 20;
const all = signal(false);

export function GapPanel() {
  const own = gaps.value.filter(({ camera }) => camera === null || camera === watched.value).toReversed();
  const frames = own.reduce((sum, gap) => sum + gap.frames, 0);
  const shown = all.value ? own : own.slice(0, FIRST_SHOWN);
  return (
    <section class="panel gaps" aria-labelledby="gaps-title">
      <h2 id="gaps-title">
        Gaps{' '}
        {own.length === 0 ? null : (
          <span class="quiet">
            {counted(own.length, 'gap')}, {counted(frames, 'frame')}
          </span>
        )}
      </h2>
      {own.length === 0 ? (
        <p class="quiet">None.</p>
      ) : (
        <ol class="gap-list">
          {shown.map((gap) => (
            <Line key={`${gap.sessionId} ${gap.cause} ${gap.firstBlock} ${gap.fromUtcNs} ${gap.detail}`} gap={gap} />
          ))}
        </ol>
      )}
      {own.length > shown.length ? (
        <button
          type="button"
          onClick={() => {
            all.value = true;
          }}
        >
          Show all {own.length}
        </button>
      ) : null}
    </section>
  );
}

function Line({ gap }: { readonly gap: Gap }) {
  const { title, means, toDo } = GAP_WORDS[gap.cause];
  return (
    <li>
      <details>
        <summary>
          <span class="gap-time">{gap.fromUtcNs === null ? '—' : formatUtc(BigInt(gap.fromUtcNs), 0).slice(11)}</span>
          <span class="gap-cause">{title}</span>
          <span class="gap-frames">{gap.frames === 0 ? 'unknown' : gap.frames}</span>
        </summary>
        <p>{gap.detail}</p>
        <p>{means}</p>
        <p>
          <strong>{toDo}</strong>
        </p>
        <p class="quiet">{whereText(gap)}</p>
      </details>
    </li>
  );
}

/** When and which blocks, as far as it is known. */
function whereText({ frames, fromUtcNs, toUtcNs, firstBlock, lastBlock, cause }: Gap): string {
  const parts = [
    frames === 0 ? 'number of frames not known' : counted(frames, 'frame'),
    firstBlock === null
      ? null
      : firstBlock === lastBlock
        ? `block ${firstBlock}`
        : `blocks ${firstBlock} to ${lastBlock}`,
    fromUtcNs === null || toUtcNs === null || fromUtcNs === toUtcNs
      ? null
      : `lasted ${spanText(BigInt(toUtcNs) - BigInt(fromUtcNs))}`,
    `cause ${cause}`,
  ];
  return parts.filter((part) => part !== null).join(', ');
}
