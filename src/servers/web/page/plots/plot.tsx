/** A plot over time (uPlot), in the page's colours, as wide as its place. What it shows stands in its label for those who cannot see it. */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatUtc } from '#gps/instant.js';
import { colour, night } from '../night/night-mode.js';
import './plots.css';

export interface PlotProps {
  readonly label: string;
  /** Its height is that of its place: what holds it gives one. `isSmall`: without the axis of time. */
  readonly isSmall?: boolean;
  /** Seconds since 1970 UTC, and the values. */
  readonly data: readonly [readonly number[], readonly (number | null)[]];
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly kind: 'line' | 'bars';
  /** Of a single point under the pointer. */
  readonly unit: string;
  /** The least span of the values, so that noise is not blown up to the height of the plot. */
  readonly leastSpan: number;
  /** Whether the values begin at 0. */
  readonly fromZero: boolean;
}

const AXIS_FONT = '12px system-ui, sans-serif';
/** Where lines of the time axis may stand: seconds. */
const STEPS = [60, 120, 300, 600, 900, 1_200, 3_600];

export function Plot(props: PlotProps) {
  const { label, isSmall = false, data, fromSeconds, toSeconds, kind, unit, leastSpan, fromZero } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const isNight = night.value;

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const made = new uPlot(
      optionsOf({ isSmall, kind, unit, leastSpan, fromZero, ...sizeOf(element) }),
      [[], []],
      element,
    );
    plot.current = made;
    const watcher = new ResizeObserver(() => made.setSize(sizeOf(element)));
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [isSmall, kind, unit, leastSpan, fromZero]);

  // A plot that was made anew is drawn anew, and so is one in other colours.
  useEffect(() => {
    const made = plot.current;
    if (made === null) return;
    made.batch(() => {
      made.setData([[...data[0]], [...data[1]]], true);
      made.setScale('x', { min: fromSeconds, max: toSeconds });
    });
  }, [data, fromSeconds, toSeconds, isNight, isSmall, kind, unit, leastSpan, fromZero]);

  return <div ref={place} class="plot" role="img" aria-label={label} />;
}

const sizeOf = ({ clientWidth, clientHeight }: HTMLElement) => ({ width: clientWidth, height: clientHeight });

interface Shape extends Pick<PlotProps, 'kind' | 'unit' | 'leastSpan' | 'fromZero'> {
  readonly isSmall: boolean;
  readonly width: number;
  readonly height: number;
}

function optionsOf({ isSmall, kind, unit, leastSpan, fromZero, width, height }: Shape): uPlot.Options {
  const axis = {
    stroke: () => colour('--quiet'),
    font: AXIS_FONT,
    ticks: { show: false },
    grid: { stroke: () => colour('--line'), width: 1 },
  } satisfies uPlot.Axis;
  return {
    width,
    height,
    padding: isSmall ? [7, 2, 7, 0] : [6, 20, 0, 0],
    legend: { show: false },
    cursor: {
      drag: { x: false, y: false },
      y: false,
      points: { size: 7, fill: () => colour('--accent'), stroke: () => colour('--accent') },
    },
    scales: {
      x: { time: false, auto: false, range: (_, min, max) => [min, max] },
      y: { range: (_, min, max) => spanOf(min, max, leastSpan, fromZero) },
    },
    axes: [
      {
        ...axis,
        show: !isSmall,
        size: 22,
        gap: 4,
        incrs: STEPS,
        space: 60,
        grid: { show: false },
        values: (_, at) => at.map(clockText),
      },
      { ...axis, size: 42, gap: 6, space: isSmall ? 12 : 20 },
    ],
    series: [
      {},
      {
        stroke: () => colour('--accent'),
        width: kind === 'line' ? 1.5 : 0,
        points: { show: false },
        spanGaps: false,
        ...(kind === 'bars'
          ? { fill: () => colour('--accent'), paths: uPlot.paths.bars?.({ size: [0.7, 14], align: 1 }) ?? null }
          : {}),
      } as uPlot.Series,
    ],
    hooks: {
      setCursor: [
        (made) => {
          const index = made.cursor.idx;
          const value = index == null ? null : made.data[1]?.[index];
          const at = index == null ? null : made.data[0][index];
          made.over.dataset.tip =
            value == null || at == null ? '' : `${clockText(at)}  ${Number(value.toPrecision(4))} ${unit}`;
        },
      ],
    },
  };
}

/** The span of the values with some air, not below `least`. */
function spanOf(min: number | null, max: number | null, least: number, fromZero: boolean): [number, number] {
  const low = fromZero ? 0 : (min ?? 0);
  const high = max ?? low;
  const air = Math.max((high - low) * 0.1, (least - (high - low)) / 2, 0);
  return fromZero ? [0, Math.max(high * 1.1, least)] : [low - air, high + air];
}

function clockText(utcSeconds: number): string {
  return formatUtc(BigInt(Math.round(utcSeconds)) * 1_000_000_000n, 0).slice(11, 16);
}
