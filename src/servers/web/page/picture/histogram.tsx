/** The frame's histogram with the two places that are drawn from: black and white, moved by pointer or keys. */
import { useRef } from 'preact/hooks';
import { binWidth, largestOf } from '#src/servers/web/live/stretch.js';
import type { Viewer } from './viewer.js';

const COLUMNS = 256;
const HEIGHT = 64;
/** Share of the whole range that a key moves, along the axis. */
const KEY_STEP = 1 / 256;

/** Values stand along the axis by their square root: the sky has room, and the stars are still seen. */
function shareOf(value: number, largest: number): number {
  return Math.sqrt(Math.min(1, Math.max(0, value / largest)));
}

function valueAt(share: number, largest: number): number {
  return largest * Math.min(1, Math.max(0, share)) ** 2;
}

export function Histogram({ viewer }: { readonly viewer: Viewer }) {
  const place = useRef<HTMLDivElement>(null);
  const shareUnder = (event: PointerEvent) => {
    const { left = 0, width = 1 } = place.current?.getBoundingClientRect() ?? {};
    return (event.clientX - left) / width;
  };
  const { black, white } = viewer.tones.transfer.value;
  const levels = viewer.shown.value?.frameLevels ?? null;
  return (
    <div class="histogram">
      <div class="histogram-field" ref={place}>
        <svg viewBox={`0 0 ${COLUMNS} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          <path d={outline(viewer)} />
        </svg>
        <Handle viewer={viewer} which="black" shareUnder={shareUnder} />
        <Handle viewer={viewer} which="white" shareUnder={shareUnder} />
      </div>
      <p>
        <Level name="black" value={Math.round(black)} />
        <Level name="white" value={Math.round(white)} />
        <Level name="median" value={levels?.median.toFixed(0)} />
        <Level name="sigma" value={levels?.sigma.toFixed(1)} />
        <span>ADU</span>
      </p>
    </div>
  );
}

function Level({ name, value = '–' }: { readonly name: string; readonly value?: string | number | undefined }) {
  return (
    <span>
      {name} <b>{value}</b>
    </span>
  );
}

/** Counts by their logarithm, the highest of the bins behind a column. */
function outline({ shown }: Viewer): string {
  const { histogram, bitDepth } = shown.value ?? {};
  if (histogram === undefined || bitDepth === undefined) return '';
  const largest = largestOf(bitDepth);
  const width = binWidth(bitDepth, histogram.length);
  const highest = new Float64Array(COLUMNS);
  for (let column = 0; column < COLUMNS; column++) {
    const first = Math.floor(valueAt(column / COLUMNS, largest) / width);
    const last = Math.max(first + 1, Math.floor(valueAt((column + 1) / COLUMNS, largest) / width));
    for (let bin = first; bin < last; bin++) highest[column] = Math.max(highest[column] ?? 0, histogram[bin] ?? 0);
  }
  const top = Math.log1p(Math.max(1, ...highest));
  const points = Array.from(highest, (count, column) => {
    const y = (HEIGHT - (Math.log1p(count) / top) * HEIGHT).toFixed(1);
    return `L${column} ${y}L${column + 1} ${y}`;
  });
  return `M0 ${HEIGHT}${points.join('')}L${COLUMNS} ${HEIGHT}Z`;
}

interface HandleProps {
  readonly viewer: Viewer;
  readonly which: 'black' | 'white';
  readonly shareUnder: (event: PointerEvent) => number;
}

function Handle({ viewer: { tones }, which, shareUnder }: HandleProps) {
  const largest = largestOf(tones.bitDepth.value);
  const value = tones.transfer.value[which];
  const share = shareOf(value, largest);
  const drag = (event: PointerEvent) => {
    const element = event.currentTarget as HTMLElement;
    if (event.type === 'pointerdown') element.setPointerCapture(event.pointerId);
    if (element.hasPointerCapture(event.pointerId)) tones.put(which, valueAt(shareUnder(event), largest));
  };
  const key = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowLeft: -1,
      ArrowDown: -1,
      ArrowRight: 1,
      ArrowUp: 1,
      PageDown: -16,
      PageUp: 16,
      Home: -COLUMNS,
      End: COLUMNS,
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    // At least one value: where the axis is wide, a step along it is less.
    const moved = valueAt(share + step * KEY_STEP, largest);
    tones.put(which, Math.abs(moved - value) < 1 ? value + Math.sign(step) : moved);
  };
  return (
    <div
      class={`histogram-handle ${which}`}
      role="slider"
      tabIndex={0}
      aria-label={which === 'black' ? 'Black point' : 'White point'}
      aria-valuemin={0}
      aria-valuemax={largest}
      aria-valuenow={Math.round(value)}
      aria-valuetext={`${Math.round(value)} ADU`}
      style={{ left: `${share * 100}%` }}
      onPointerDown={drag}
      onPointerMove={drag}
      onKeyDown={key}
    />
  );
}
