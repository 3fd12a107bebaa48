/** The live image with everything that belongs to it: its tools, its histogram, what is under the cursor. */
import { effect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { watched } from '../live/connection.js';
import { Bench } from './bench.js';
import { pointer } from './cursor.js';
import { followGestures, zoomKey } from './gestures.js';
import { Histogram } from './histogram.js';
import { Overlay } from './overlay.js';
import './picture.css';
import { manual } from './picture-settings.js';
import { PictureTools } from './picture-tools.js';
import { planes } from './planes.js';
import { Readout } from './readout.js';
import { RegionFields } from './region-fields.js';
import { drawing, followDrawing, region } from './region-state.js';
import { Surface } from './surface.js';
import { followTruePixels, truePixelsRefusal } from './true-pixels.js';
import { fit, fits } from './view.js';

let camera = watched.peek();
effect(() => {
  if (watched.value === camera) return;
  camera = watched.value;
  // What was set for the pixels of one camera means nothing for another's.
  manual.value = null;
  region.value = null;
  fit();
});

export function Picture() {
  return (
    <section class="picture" aria-label="Live image">
      <Stage />
      <Bench>
        <Readout />
        <PictureTools />
        <RegionFields />
        <Histogram />
      </Bench>
    </section>
  );
}

function Stage() {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const stage = place.current;
    if (stage === null) return;
    const stops = [followGestures(stage, () => drawing.value), followDrawing(stage), followTruePixels()];
    return () => {
      for (const stop of stops) stop();
    };
  }, []);
  const point = (event: PointerEvent) => {
    const { left, top } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    pointer.value = { x: event.clientX - left, y: event.clientY - top };
  };
  const key = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (zoomKey(event.key)) event.preventDefault();
  };
  return (
    <div
      ref={place}
      class={`picture-stage${fits.value ? '' : ' zoomed'}${drawing.value ? ' drawing' : ''}`}
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it is operated by keys, which role="application" says
      tabIndex={0}
      aria-label="Live image. Plus and minus zoom, arrows move, 0 shows the whole frame, 1 its true size."
      onKeyDown={key}
      onPointerMove={point}
      onPointerLeave={() => {
        pointer.value = null;
      }}
    >
      <Surface />
      <Overlay />
      {planes.value === null ? <p class="picture-waiting">Waiting for the first frame</p> : null}
      <p class="picture-note" role="status">
        {truePixelsRefusal.value === null ? '' : `No true pixels: ${truePixelsRefusal.value}`}
      </p>
    </div>
  );
}
