/** Several quantities of one unit over the last minutes (uPlot): the ones that matter in the page's accent, the others quiet and dashed. */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatUtc } from '#gps/instant.js';
import { colour, night } from '../night/night-mode.js';
import '../plots/plots.css';

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

const AXIS_FONT = '12px system-ui, sans-serif';
/** Of the time axis, in seconds. */
const STEPS = [5, 10, 30, 60, 120, 300, 600, 900, 1_800, 3_600];
/** Less would move with every point. */
const LEAST_SECONDS = 60;

export function HistoryPlot({ label, seconds, lines, leastSpan, heightPx }: HistoryPlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const kinds = lines.map(({ label: name, isMain }) => `${name}${isMain}`).join();
  const isNight = night.value;

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const made = new uPlot(
      optionsOf(lines, leastSpan, element.clientWidth, heightPx),
      [[], ...lines.map(() => [])],
      element,
    );
    plot.current = made;
    const watcher = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: heightPx }));
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [kinds, leastSpan, heightPx]);

  useEffect(() => {
    const made = plot.current;
    const last = seconds.at(-1);
    if (made === null || last === undefined) return;
    made.batch(() => {
      made.setData([[...seconds], ...lines.map(({ values }) => [...values])], true);
      made.setScale('x', { min: Math.min(seconds[0] ?? last, last - LEAST_SECONDS), max: last });
    });
  }, [seconds, lines, isNight, kinds, leastSpan, heightPx]);

  return <div ref={place} class="plot" role="img" aria-label={label} style={{ height: `${heightPx}px` }} />;
}

function optionsOf(lines: readonly PlotLine[], leastSpan: number, width: number, height: number): uPlot.Options {
  const axis = {
    stroke: () => colour('--quiet'),
    font: AXIS_FONT,
    ticks: { show: false },
    grid: { stroke: () => colour('--line'), width: 1 },
  } satisfies uPlot.Axis;
  return {
    width,
    height,
    padding: [6, 28, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false, points: { size: 7 } },
    scales: {
      x: { time: false, auto: false, range: (_, min, max) => [min, max] },
      y: { range: (_, min, max) => spanOf(min, max, leastSpan) },
    },
    axes: [
      {
        ...axis,
        size: 22,
        gap: 4,
        incrs: STEPS,
        space: 90,
        grid: { show: false },
        values: (_, at) => at.map(clockText),
      },
      { ...axis, size: 46, gap: 6, space: 26 },
    ],
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

function clockText(utcSeconds: number): string {
  return formatUtc(BigInt(Math.round(utcSeconds)) * 1_000_000_000n, 0).slice(11, 19);
}
