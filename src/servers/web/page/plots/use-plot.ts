/** What all plots over time share: uPlot's life in its place, the axes in the page's colours, times of the day. */
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatUtc } from '#gps/instant.js';
import { colour, night } from '../night/night-mode.js';
import './plots.css';

/** A plot is as large as its place. */
export type PlotShape = Omit<uPlot.Options, 'width' | 'height'>;

/**
 * A plot in the element that takes the returned reference, as large as that is, from its first drawing to its last. It is made by `shape`,
 * and made anew when one of `shapedBy` changes; `draw` gives it data and scales, again when one of `drawnBy` changes, when it was made
 * anew, and when night mode turns.
 */
export function usePlot(
  shape: () => PlotShape,
  shapedBy: readonly unknown[],
  draw: (plot: uPlot) => void,
  drawnBy: readonly unknown[],
): RefObject<HTMLDivElement | null> {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const isNight = night.value;

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const options = shape();
    const nothing: uPlot.AlignedData = [[], ...options.series.slice(1).map(() => [])];
    const made = new uPlot({ ...options, ...sizeOf(element) }, nothing, element);
    plot.current = made;
    const watcher = new ResizeObserver(() => made.setSize(sizeOf(element)));
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [...shapedBy]);

  useEffect(() => {
    const made = plot.current;
    if (made !== null) made.batch(() => draw(made));
  }, [...drawnBy, ...shapedBy, isNight]);

  return place;
}

const sizeOf = ({ clientWidth, clientHeight }: HTMLElement) => ({ width: clientWidth, height: clientHeight });

/** As both axes look. */
export const AXIS = {
  stroke: () => colour('--quiet'),
  font: '12px system-ui, sans-serif',
  ticks: { show: false },
  grid: { stroke: () => colour('--line'), width: 1 },
} satisfies uPlot.Axis;

/** Seconds since 1970 UTC, with lines that may stand at `steps` (seconds), `space` pixels apart at least. */
export function timeAxis(steps: number[], space: number, text: (utcSeconds: number) => string): uPlot.Axis {
  return {
    ...AXIS,
    size: 22,
    gap: 4,
    incrs: steps,
    space,
    grid: { show: false },
    values: (_, at) => at.map(text),
  };
}

/** From one time to another, as they are set. */
export const TIME_SCALE: uPlot.Scale = { time: false, auto: false, range: (_, min, max) => [min, max] };

/** `19:02:45` */
export function clockText(utcSeconds: number): string {
  return formatUtc(BigInt(Math.round(utcSeconds)) * 1_000_000_000n, 0).slice(11, 19);
}
