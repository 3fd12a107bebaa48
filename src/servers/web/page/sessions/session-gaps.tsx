/** Every gap of a session, as it stands in the index, with its cause. */
import { sessionChanges } from '../live/connection.js';
import { GapLine } from '../stream/gap-line.js';
import { MOST_GAPS_ASKED, sessionGaps } from './archive-client.js';
import { useAsked } from './asked.js';
import { Failure } from './field.js';

export function SessionGaps({ session }: { readonly session: string }) {
  const { answer, failed } = useAsked((signal) => sessionGaps(session, signal), [session, sessionChanges.value]);
  return (
    <div>
      {answer?.length === 0 && <p class="quiet">None.</p>}
      {answer !== null && answer.length > 0 && (
        <ol class="gap-list">
          {answer.map((gap, index) => (
            <GapLine key={index} gap={gap} />
          ))}
        </ol>
      )}
      {answer?.length === MOST_GAPS_ASKED && (
        <p class="quiet">
          The first {MOST_GAPS_ASKED.toLocaleString('en')}; all of them: <code>appulse frames --gaps</code>
        </p>
      )}
      <Failure text={failed} />
    </div>
  );
}
