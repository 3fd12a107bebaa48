/** A plot over time (uPlot), in the page's colours, as wide as its place. What it shows stands in its label for those who cannot see it. */
import uPlot from 'uplot';
import { colour } from '../night/night-mode.js';
import { AXIS, clockText, type PlotShape, TIME_SCALE, timeAxis, usePlot } from './use-plot.js';

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

/** Where lines of the time axis may stand: seconds. */
const STEPS = [60, 120, 300, 600, 900, 1_200, 3_600];

export function Plot(props: PlotProps) {
  const { label, isSmall = false, data, fromSeconds, toSeconds, kind, unit, leastSpan, fromZero } = props;
  const place = usePlot(
    () => shapeOf({ isSmall, kind, unit, leastSpan, fromZero }),
    [isSmall, kind, unit, leastSpan, fromZero],
    (plot) => {
      plot.setData([[...data[0]], [...data[1]]], true);
      plot.setScale('x', { min: fromSeconds, max: toSeconds });
    },
    [data, fromSeconds, toSeconds],
  );
  return <div ref={place} class="plot" role="img" aria-label={label} />;
}

function shapeOf({
  isSmall,
  kind,
  unit,
  leastSpan,
  fromZero,
}: Required<Pick<PlotProps, 'isSmall' | 'kind' | 'unit' | 'leastSpan' | 'fromZero'>>): PlotShape {
  return {
    padding: isSmall ? [7, 2, 7, 0] : [6, 20, 0, 0],
    legend: { show: false },
    cursor: {
      drag: { x: false, y: false },
      y: false,
      points: { size: 7, fill: () => colour('--accent'), stroke: () => colour('--accent') },
    },
    scales: {
      x: TIME_SCALE,
      y: { range: (_, min, max) => spanOf(min, max, leastSpan, fromZero) },
    },
    axes: [
      { ...timeAxis(STEPS, 60, minuteText), show: !isSmall },
      { ...AXIS, size: 42, gap: 6, space: isSmall ? 12 : 20 },
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
            value == null || at == null ? '' : `${minuteText(at)}  ${Number(value.toPrecision(4))} ${unit}`;
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

/** `19:02` */
const minuteText = (utcSeconds: number): string => clockText(utcSeconds).slice(0, 5);
