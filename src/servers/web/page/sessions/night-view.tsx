/** The night: what the plan makes of it, what stands in its way, and the plan itself. */
import { useEffect, useState } from 'preact/hooks';
import { useAsked } from './asked.js';
import { Failure } from './field.js';
import { dateAndTime, timeOfDay } from './instants.js';
import { PlanChart } from './plan-chart.js';
import { type NightReport, readPlan } from './plan-client.js';
import { PlanEditor } from './plan-editor.js';
import './sessions.css';

const READ_AGAIN_MS = 60_000;

export function NightView() {
  const [reads, setReads] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setReads((before) => before + 1), READ_AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  const { answer, failed } = useAsked(readPlan, [reads]);
  return (
    <div class="night-view">
      <h1 class="unseen">Night</h1>
      <Failure text={failed} />
      {answer !== null && (
        <>
          <Tonight report={answer} />
          <PlanEditor key={answer.file} report={answer} onSaved={() => setReads(reads + 1)} />
        </>
      )}
    </div>
  );
}

/** Such a night is told from noon to noon. */
const ALL_NIGHT_NS = 23n * 3_600_000_000_000n;

function lastsAllNight({ fromUtcNs, toUtcNs }: { readonly fromUtcNs: string; readonly toUtcNs: string }): boolean {
  return BigInt(toUtcNs) - BigInt(fromUtcNs) > ALL_NIGHT_NS;
}

function Tonight({ report }: { readonly report: NightReport }) {
  const { night, intervals, problems, site, twilights } = report;
  return (
    <section class="panel" aria-label="Tonight">
      <h2>
        The night from {dateAndTime(night.fromUtcNs).slice(0, 16)} to {dateAndTime(night.toUtcNs).slice(0, 16)} UTC
      </h2>
      <PlanChart report={report} />
      {site === null && (
        <p class="quiet">
          The site is not known, so the sun is not: set site.latitude and site.longitude in appulse.toml.
        </p>
      )}
      <dl class="facts">
        {twilights.map(({ name, fromUtcNs, toUtcNs }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {lastsAllNight({ fromUtcNs, toUtcNs })
                ? 'the sun stays below'
                : `${timeOfDay(fromUtcNs)} to ${timeOfDay(toUtcNs)} UTC`}
            </dd>
          </div>
        ))}
      </dl>
      {intervals.length === 0 && <p>Nothing is planned for this night.</p>}
      <ul class="plain">
        {intervals.map(({ entry, fromUtcNs, toUtcNs, fromWhy, toWhy }) => (
          <li key={entry + fromUtcNs}>
            {entry}: {timeOfDay(fromUtcNs)} ({fromWhy}) to {timeOfDay(toUtcNs)} UTC ({toWhy})
          </li>
        ))}
      </ul>
      {problems.map(({ level, entry, text }) => (
        <p key={entry + text} class={level === 'error' ? 'failure' : 'warning'} role="status">
          {entry}: {text}
        </p>
      ))}
    </section>
  );
}
