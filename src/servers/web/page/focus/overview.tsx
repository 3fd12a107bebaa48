/** The whole frame, small, and where the region lies in it: a click or the arrow keys move it. */
import { useEffect, useRef } from 'preact/hooks';
import type { LiveFrame } from '#src/servers/web/live/live-protocol.js';
import { frame, shown } from '../live/connection.js';
import { colour, night } from '../night/night-mode.js';
import { moveRegion, region, regionCentre } from './focus-store.js';
import type { Region } from './pixels-client.js';
import { lookOf, paint } from './star-look.js';

/** A new picture so often: it is only for finding one's way. */
const PERIOD_MS = 1_000;

export function Overview() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const now = frame.value;
  const at = region.value;
  const isNight = night.value;
  useEffect(() => {
    if (canvas.current !== null && now !== null && at !== null) draw(canvas.current, now, at);
  }, [now, at, isNight]);
  useEffect(() => {
    if (now === null) return;
    const timer = setTimeout(() => shown(now), PERIOD_MS);
    return () => clearTimeout(timer);
  }, [now]);
  if (now === null) return null;
  return (
    <button
      type="button"
      class="focus-overview"
      aria-label="Where the region lies in the frame: arrow keys move it, Enter brings it to the middle"
      onClick={(event) => {
        const box = event.currentTarget.getBoundingClientRect();
        // A press of a key has no place.
        const share =
          event.detail === 0
            ? [0.5, 0.5]
            : [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
        regionCentre.value = { x: (share[0] ?? 0.5) * now.frameWidth, y: (share[1] ?? 0.5) * now.frameHeight };
      }}
      onKeyDown={(event) => {
        const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
        if (arrow === undefined) return;
        event.preventDefault();
        moveRegion(arrow[0] ?? 0, arrow[1] ?? 0);
      }}
    >
      <canvas ref={canvas} width={now.width} height={now.height} />
    </button>
  );
}

function draw(canvas: HTMLCanvasElement, now: LiveFrame, at: Region): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const { pixels, width, height, frameWidth, frameHeight } = now;
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  // The bytes of a message need not begin at an even place.
  const values = new Uint16Array(pixels.slice().buffer);
  paint(context, values, width, height, lookOf(values));
  const [across, down] = [width / frameWidth, height / frameHeight];
  context.lineWidth = Math.max(2, width / 200);
  context.strokeStyle = colour('--accent');
  context.strokeRect(at.x * across, at.y * down, at.width * across, at.height * down);
}
