/** The night that comes: the sun's altitude, the twilights as bands that darken, what the plan records, and now. */

import { hostNowNs, partOf, percentIn, type Span, timeOfDay } from './instants.js';
import type { NightReport } from './plan-client.js';
import { TimelineLine, TimelineScale } from './timeline-scale.js';

const SKY_HEIGHT = 150;
const LANE_HEIGHT = 26;
/** Altitudes that the sky reaches to, where the sun does not go beyond them. */
const HIGHEST_DEG = 10;
const LOWEST_DEG = -25;

/** The height of an altitude in the sky of this night, from its top. */
function heightsOf({ sun }: NightReport): (altitudeDeg: number) => number {
  const altitudes = sun.map(({ altitudeDeg }) => altitudeDeg);
  const highest = Math.max(HIGHEST_DEG, ...altitudes) + 2;
  const lowest = Math.min(LOWEST_DEG, ...altitudes) - 2;
  return (altitudeDeg) => ((highest - altitudeDeg) / (highest - lowest)) * SKY_HEIGHT;
}

const spanOf = ({ fromUtcNs, toUtcNs }: { readonly fromUtcNs: string; readonly toUtcNs: string }): Span => ({
  fromNs: BigInt(fromUtcNs),
  toNs: BigInt(toUtcNs),
});

export function PlanChart({ report }: { readonly report: NightReport }) {
  const span = spanOf(report.night);
  const height = SKY_HEIGHT + LANE_HEIGHT * Math.max(1, report.intervals.length) + 26;
  return (
    <div class="timeline">
      <svg width="100%" height={height} role="img" aria-label={wordsOf(report)}>
        {report.sun.length > 0 && <rect width="100%" height={height - 18} class="sky" />}
        {report.twilights.map(({ name, ...twilight }) => {
          const at = partOf(span, spanOf(twilight));
          return at === null ? null : (
            <rect
              key={name}
              x={`${at.x}%`}
              width={`${at.width}%`}
              y={0}
              height={height - 18}
              class="dark"
              data-tip={`${name}: ${timeOfDay(twilight.fromUtcNs)} to ${timeOfDay(twilight.toUtcNs)} UTC`}
            />
          );
        })}
        <TimelineScale span={span} height={height} />
        <Sun report={report} span={span} />
        {report.intervals.map((interval, i) => {
          const at = partOf(span, spanOf(interval));
          if (at === null) return null;
          const y = SKY_HEIGHT + i * LANE_HEIGHT;
          return (
            <g key={interval.entry + interval.fromUtcNs}>
              <rect x={`${at.x}%`} width={`${at.width}%`} y={y + 18} height={5} rx={2} class="planned" />
              <text x={`${Math.min(at.x, 70)}%`} y={y + 14} class="planned-label">
                {`${interval.entry}, ${timeOfDay(interval.fromUtcNs).slice(0, 5)} to ${timeOfDay(interval.toUtcNs).slice(0, 5)}`}
              </text>
            </g>
          );
        })}
        <TimelineLine span={span} atNs={hostNowNs()} height={height} name="now" />
      </svg>
    </div>
  );
}

function Sun({ report, span }: { readonly report: NightReport; readonly span: Span }) {
  const { sun } = report;
  const yOf = heightsOf(report);
  if (sun.length === 0) return null;
  const points = sun.map(({ utcNs, altitudeDeg }) => `${percentIn(span, BigInt(utcNs)) * 10},${yOf(altitudeDeg)}`);
  return (
    <g>
      <line x1="0%" x2="100%" y1={yOf(0)} y2={yOf(0)} class="horizon" />
      <svg
        width="100%"
        height={SKY_HEIGHT}
        viewBox={`0 0 1000 ${SKY_HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        <polyline points={points.join(' ')} class="sun" />
      </svg>
    </g>
  );
}

function wordsOf({ intervals, twilights }: NightReport): string {
  const dark = twilights.map(
    ({ name, fromUtcNs, toUtcNs }) =>
      `${name} ${timeOfDay(fromUtcNs).slice(0, 5)} to ${timeOfDay(toUtcNs).slice(0, 5)}`,
  );
  const planned = intervals.map(
    ({ entry, fromUtcNs, toUtcNs }) =>
      `${entry} from ${timeOfDay(fromUtcNs).slice(0, 5)} to ${timeOfDay(toUtcNs).slice(0, 5)} UTC`,
  );
  return `Tonight: ${planned.length === 0 ? 'nothing is planned' : planned.join('; ')}. ${dark.join('; ')}`;
}
