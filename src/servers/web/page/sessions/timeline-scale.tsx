/** The scale of a span of time: lines at whole minutes or hours, with their times. Everything is placed in percent, so that text stays text. */
import type { Span } from './instants.js';
import { percentIn, ticksOf } from './instants.js';

export function TimelineScale({ span, height }: { readonly span: Span; readonly height: number }) {
  return (
    <g>
      {ticksOf(span).map(({ atNs, label }) => {
        const percent = percentIn(span, atNs);
        const x = `${percent}%`;
        return (
          <g key={label + String(atNs)}>
            <line x1={x} x2={x} y1={0} y2={height - 18} class="tick" />
            {percent > 6 && percent < 94 && (
              <text x={x} y={height - 4} class="tick-label">
                {label}
              </text>
            )}
          </g>
        );
      })}
    </g>
  );
}

/** A line at an instant, such as now; nothing outside of the span. */
export function TimelineLine({
  span,
  atNs,
  height,
  name,
}: {
  readonly span: Span;
  readonly atNs: bigint;
  readonly height: number;
  readonly name: 'now' | 'cursor';
}) {
  const percent = percentIn(span, atNs);
  if (percent < 0 || percent > 100) return null;
  return <line x1={`${percent}%`} x2={`${percent}%`} y1={0} y2={height - 18} class={name} />;
}
