/** A gap with its cause in words; opened, it says what that means and what to do. */
import { formatUtc } from '#gps/instant.js';
import type { Gap } from '#src/station/station-state.js';
import { counted } from '../figures/amounts.js';
import { spanText } from '../figures/spans.js';
import { GAP_WORDS } from './gap-words.js';
import './stream.css';

/** A gap as the stream tells it, or as it stands in the index. */
export type ToldGap = Omit<Gap, 'camera' | 'sessionId'>;

export function GapLine({ gap }: { readonly gap: ToldGap }) {
  const { title, means, toDo } = GAP_WORDS[gap.cause];
  const utc = gap.fromUtcNs === null ? null : formatUtc(BigInt(gap.fromUtcNs), 0).replace('T', ' ');
  return (
    <li>
      <details>
        <summary>
          <span class="gap-time" title={utc === null ? undefined : `${utc} UTC`}>
            {utc === null ? '—' : utc.slice(11)}
          </span>
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
function whereText({ frames, fromUtcNs, toUtcNs, firstBlock, lastBlock, cause }: ToldGap): string {
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
