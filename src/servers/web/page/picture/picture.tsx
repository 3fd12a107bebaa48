/** A picture with everything that belongs to it: its tools, its histogram, what is under the cursor. Live and recorded frames are shown by the same. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Bench } from './bench.js';
import { followGestures, zoomKey } from './gestures.js';
import { Histogram } from './histogram.js';
import { Overlay } from './overlay.js';
import './picture.css';
import { PictureTools } from './picture-tools.js';
import { Readout } from './readout.js';
import { drawing, followDrawing } from './region-state.js';
import { Surface } from './surface.js';
import type { Viewer } from './viewer.js';

export interface PictureProps {
  readonly viewer: Viewer;
  readonly label: string;
  /** Said while there is no frame. */
  readonly waiting: string;
  /** Where is chosen what a pixel of the preview is. */
  readonly planeChoice: ComponentChildren;
  /** Whether a region can be drawn on it. */
  readonly hasRegion?: boolean;
  /** Called when the newest frame has been painted. */
  readonly painted?: (canvas: HTMLCanvasElement) => void;
  /** Below the tools. */
  readonly children?: ComponentChildren;
}

export function Picture({ viewer, label, waiting, planeChoice, hasRegion = false, painted, children }: PictureProps) {
  return (
    <section class="picture" aria-label={label}>
      <Stage viewer={viewer} label={label} waiting={waiting} hasRegion={hasRegion} painted={painted ?? nothing} />
      <Bench>
        <Readout viewer={viewer} />
        <PictureTools viewer={viewer} planeChoice={planeChoice} hasRegion={hasRegion} />
        {children}
        <Histogram viewer={viewer} />
      </Bench>
    </section>
  );
}

const nothing = () => {};

type StageProps = Required<Pick<PictureProps, 'viewer' | 'label' | 'waiting' | 'hasRegion' | 'painted'>>;

function Stage({ viewer, label, waiting, hasRegion, painted }: StageProps) {
  const place = useRef<HTMLDivElement>(null);
  const { view, pointer, truePixels } = viewer;
  useEffect(() => {
    const stage = place.current;
    if (stage === null) return;
    const stops = [followGestures(stage, view, () => hasRegion && drawing.value), truePixels.follow()];
    if (hasRegion) stops.push(followDrawing(stage));
    return () => {
      for (const stop of stops) stop();
    };
  }, [viewer]);
  const point = (event: PointerEvent) => {
    const { left, top } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    pointer.value = { x: event.clientX - left, y: event.clientY - top };
  };
  const key = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (zoomKey(view, event.key)) event.preventDefault();
  };
  const draws = hasRegion && drawing.value;
  return (
    <div
      ref={place}
      class={`picture-stage${view.fits.value ? '' : ' zoomed'}${draws ? ' drawing' : ''}`}
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it is operated by keys, which role="application" says
      tabIndex={0}
      aria-label={`${label}. Plus and minus zoom, arrows move, 0 shows the whole frame, 1 its true size.`}
      onKeyDown={key}
      onPointerMove={point}
      onPointerLeave={() => {
        pointer.value = null;
      }}
    >
      <Surface viewer={viewer} painted={painted} />
      <Overlay viewer={viewer} hasRegion={hasRegion} />
      {viewer.shown.value === null ? <p class="picture-waiting">{waiting}</p> : null}
      <p class="picture-note" role="status">
        {truePixels.refusal.value === null ? '' : `No true pixels: ${truePixels.refusal.value}`}
      </p>
    </div>
  );
}
