/** When the GPS receiver came into and out of its lock: marks on the timeline, and the same in words, from which the timeline is looked at. */
import type { LockChange } from './archive-client.js';
import { dateAndTime, percentIn, type Span, timeOfDay } from './instants.js';
import { cursorNs } from './sessions-state.js';

/** What a session begins with is no change. */
export const isChange = ({ from, to }: LockChange): boolean => from !== null && from !== to;

/** Full and pointing down where the lock went, empty and pointing up where it came back or is on its way. */
const GONE = 'M-6 0 H6 L0 11 Z';
const BACK = 'M-6 11 H6 L0 0 Z';
const isGone = ({ from, to }: LockChange): boolean => from === 'locked' || to === 'off' || to === 'unlocked';

const wordsOf = ({ from, to, why }: LockChange): string =>
  `receiver ${to ?? 'not known'} (was ${from})${why === null ? '' : `: ${why}`}`;

interface LockProps {
  readonly changes: readonly LockChange[];
  readonly span: Span;
}

export function LockMarks({ changes, span, y }: LockProps & { readonly y: number }) {
  return (
    <>
      {changes.filter(isChange).map((change) => {
        const percent = percentIn(span, BigInt(change.utcNs));
        if (percent < 0 || percent > 100) return null;
        return (
          <svg key={`${change.utcNs} ${change.cameraId}`} x={`${percent}%`} y={y} class="lock-mark" aria-hidden="true">
            <path
              d={isGone(change) ? GONE : BACK}
              class={isGone(change) ? 'lock-gone' : 'lock-back'}
              data-tip={`${timeOfDay(change.utcNs)} UTC: ${wordsOf(change)}`}
            />
          </svg>
        );
      })}
    </>
  );
}

export function LockKey() {
  return (
    <>
      {(['gone', 'back'] as const).map((kind) => (
        <span key={kind}>
          <svg class="lock-key" width="14" height="13" viewBox="-7 -1 14 13" aria-hidden="true">
            <path d={kind === 'gone' ? GONE : BACK} class={`lock-${kind}`} />
          </svg>{' '}
          {kind === 'gone' ? 'lock lost' : 'lock found'}
        </span>
      ))}
    </>
  );
}

export function LockList({ changes, span }: LockProps) {
  const shown = changes.filter(
    (change) => isChange(change) && BigInt(change.utcNs) >= span.fromNs && BigInt(change.utcNs) < span.toNs,
  );
  if (shown.length === 0) return null;
  return (
    <details class="lock-list" open={shown.length <= 6}>
      <summary>Changes of the GPS lock: {shown.length}</summary>
      <ol class="plain">
        {shown.map((change) => (
          <li key={`${change.utcNs} ${change.cameraId}`}>
            <button
              type="button"
              class="lock-time"
              aria-label={`Show ${dateAndTime(change.utcNs)} UTC on the timeline`}
              onClick={() => {
                cursorNs.value = BigInt(change.utcNs);
              }}
            >
              {timeOfDay(change.utcNs)}
            </button>{' '}
            {wordsOf(change)}
          </li>
        ))}
      </ol>
    </details>
  );
}
