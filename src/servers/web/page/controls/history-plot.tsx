/** Several quantities of one unit over the last minutes (uPlot): the ones that matter in the page's accent, the others quiet and dashed. */
import type uPlot from 'uplot';
import { colour } from '../night/night-mode.js';
import { AXIS, clockText, type PlotShape, TIME_SCALE, timeAxis, usePlot } from '../plots/use-plot.js';

export interface PlotLine {
  readonly label: string;
  readonly unit: string;
  readonly values: readonly (number | null)[];
  readonly isMain: boolean;
}

export interface HistoryPlotProps {
  /** What it shows, for those who cannot see it. */
  readonly label: string;
  /** Since 1970 UTC, rising. */
  readonly seconds: readonly number[];
  /** As many, of the same kinds, each time. */
  readonly lines: readonly PlotLine[];
  /** The least span of the values, so that noise is not blown up to the height of the plot. */
  readonly leastSpan: number;
  readonly heightPx: number;
}

/** Of the time axis, in seconds. */
const STEPS = [5, 10, 30, 60, 120, 300, 600, 900, 1_800, 3_600];
/** Less would move with every point. */
const LEAST_SECONDS = 60;

export function HistoryPlot({ label, seconds, lines, leastSpan, heightPx }: HistoryPlotProps) {
  const kinds = lines.map(({ label: name, isMain }) => `${name}${isMain}`).join();
  const place = usePlot(
    () => shapeOf(lines, leastSpan),
    [kinds, leastSpan],
    (plot) => {
      const last = seconds.at(-1);
      if (last === undefined) return;
      plot.setData([[...seconds], ...lines.map(({ values }) => [...values])], true);
      plot.setScale('x', { min: Math.min(seconds[0] ?? last, last - LEAST_SECONDS), max: last });
    },
    [seconds, lines],
  );
  return <div ref={place} class="plot" role="img" aria-label={label} style={{ height: `${heightPx}px` }} />;
}

function shapeOf(lines: readonly PlotLine[], leastSpan: number): PlotShape {
  return {
    padding: [6, 28, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false, points: { size: 7 } },
    scales: {
      x: TIME_SCALE,
      y: { range: (_, min, max) => spanOf(min, max, leastSpan) },
    },
    axes: [timeAxis(STEPS, 90, clockText), { ...AXIS, size: 46, gap: 6, space: 26 }],
    series: [{}, ...lines.map(seriesOf)],
    hooks: { setCursor: [(made) => tell(made, lines)] },
  };
}

function seriesOf({ isMain }: PlotLine): uPlot.Series {
  return {
    stroke: () => colour(isMain ? '--accent' : '--quiet'),
    width: isMain ? 1.75 : 1,
    ...(isMain ? {} : { dash: [4, 4] }),
    points: { show: false },
    spanGaps: false,
  };
}

/** The values under the pointer, in words. */
function tell(made: uPlot, lines: readonly PlotLine[]): void {
  const index = made.cursor.idx;
  const at = index == null ? undefined : made.data[0][index];
  if (index == null || at === undefined) {
    made.over.dataset.tip = '';
    return;
  }
  const values = lines.flatMap(({ label, unit }, i) => {
    const value = made.data[i + 1]?.[index];
    return value == null ? [] : [`${label} ${Number(value.toPrecision(4))} ${unit}`.trim()];
  });
  made.over.dataset.tip = [clockText(at), ...values].join('  ');
}

function spanOf(min: number | null, max: number | null, least: number): [number, number] {
  const low = min ?? 0;
  const high = max ?? low;
  const air = Math.max((high - low) * 0.1, (least - (high - low)) / 2);
  return [low - air, high + air];
}
