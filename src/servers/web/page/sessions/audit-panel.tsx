/** Whether the timing of a session is defensible: the audit is run when it is asked for, and read here. */
import { useState } from 'preact/hooks';
import { LEVEL_WORDS, type Level } from '#gps/audit/level.js';
import { apiUrl } from '../api-client.js';
import { type Audit, auditSession } from './archive-client.js';
import { useAsked } from './asked.js';
import { Failure } from './field.js';
import { dateAndTime, shortSpan } from './instants.js';

const MOST_ROWS = 100;
const count = (value: number) => value.toLocaleString('en');

export function AuditPanel({ session }: { readonly session: string }) {
  const [runs, setRuns] = useState(0);
  const { answer, failed, waits } = useAsked(runs === 0 ? null : (signal) => auditSession(session, signal), [
    session,
    runs,
  ]);
  return (
    <div class="audit">
      <div class="buttons">
        <button type="button" class="primary" disabled={runs > 0 && waits} onClick={() => setRuns(runs + 1)}>
          {runs === 0 ? 'Run the audit' : 'Run it again'}
        </button>
        <span role="status">{runs > 0 && waits ? 'reading every frame of the session' : ''}</span>
        {answer !== null && (
          <a class="button" href={apiUrl(`/sessions/${session}/audit.html`)} target="_blank" rel="noreferrer">
            The whole report
          </a>
        )}
      </div>
      <Failure text={failed} />
      {answer !== null && <Report audit={answer} />}
    </div>
  );
}

function Report({ audit }: { readonly audit: Audit }) {
  const { verdict, findings, budgets, gaps } = audit;
  const levels = Object.keys(LEVEL_WORDS) as Level[];
  return (
    <>
      <p class={`verdict ${verdict.level}`} role="status">
        Timing of this session: {LEVEL_WORDS[verdict.level]}
      </p>
      <p>{verdict.summary}</p>
      <dl class="facts">
        {levels.map((level) => (
          <div key={level}>
            <dt>{LEVEL_WORDS[level]}</dt>
            <dd>{count(verdict.frames[level])} frames</dd>
          </div>
        ))}
        <div>
          <dt>gaps</dt>
          <dd>{count(gaps.length)}</dd>
        </div>
      </dl>
      <Rows
        title="Findings"
        none="Nothing was found beyond the grades of the frames."
        titles={['weighs', 'what', 'frames', 'evidence']}
        rows={findings.map(({ level, meaning, range, evidence }) => [
          LEVEL_WORDS[level],
          meaning,
          range === null ? 'session' : `${range.fromFrame} to ${range.toFrame}`,
          evidence,
        ])}
      />
      <Rows
        title="Ranges of frames"
        none="There are no frames."
        titles={['frames', 'from (UTC)', 'to (UTC)', 'level', 'why']}
        rows={verdict.ranges.map(({ fromFrame, toFrame, fromUtcNs, toUtcNs, level, reasons }) => [
          `${fromFrame} to ${toFrame}`,
          fromUtcNs === null ? '-' : dateAndTime(fromUtcNs, 3),
          toUtcNs === null ? '-' : dateAndTime(toUtcNs, 3),
          LEVEL_WORDS[level],
          reasons.join('; '),
        ])}
      />
      <Rows
        title="Uncertainty"
        none="No frame has a time."
        titles={['grade', 'source', 'frames', 'least', 'most']}
        rows={budgets.map(({ grade, source, frames, smallestNs, largestNs }) => [
          grade,
          source,
          count(frames),
          shortSpan(smallestNs),
          grade === 'untrusted' ? 'no bound holds' : shortSpan(largestNs),
        ])}
      />
    </>
  );
}

interface RowsProps {
  readonly title: string;
  readonly none: string;
  readonly titles: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function Rows({ title, none, titles, rows }: RowsProps) {
  return (
    <>
      <h3>{title}</h3>
      {rows.length === 0 ? (
        <p class="quiet">{none}</p>
      ) : (
        <div class="scrolls">
          <table>
            <thead>
              <tr>
                {titles.map((each) => (
                  <th key={each}>{each}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, MOST_ROWS).map((cells) => (
                <tr key={cells.join()}>
                  {cells.map((cell, i) => (
                    <td key={titles[i]}>{cell}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {rows.length > MOST_ROWS && <p class="quiet">and {count(rows.length - MOST_ROWS)} more in the whole report</p>}
    </>
  );
}
