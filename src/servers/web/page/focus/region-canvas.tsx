/** The region at true pixels, with its stars; a click or the arrow keys choose the one that is followed. */
import { useEffect, useRef } from 'preact/hooks';
import { isTelling } from '#src/focus/star.js';
import { colour, night } from '../night/night-mode.js';
import {
  chooseItself,
  follow,
  followed,
  type Measured,
  measured,
  moveRegion,
  type Place,
  region,
  star,
  starTowards,
} from './focus-store.js';
import { lookOf, paint } from './star-look.js';

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
/** A click this near to a star means it, in pixels. */
const CLICK_REACH = 16;
const LEAST_MARK = 7;

export function RegionCanvas() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const now = measured.value;
  const place = followed.value;
  const isNight = night.value;
  useEffect(() => {
    if (canvas.current !== null && now !== null) draw(canvas.current, now, place);
  }, [now, place, isNight]);
  const size = region.value;
  return (
    <button
      type="button"
      class="focus-region"
      aria-label={`True pixels with ${now?.field.stars.length ?? 0} stars: arrow keys choose a star, with Shift they move the region, Enter lets the page choose`}
      onClick={(event) => {
        // A press of a key has no place.
        if (event.detail === 0) chooseItself();
        else if (canvas.current !== null) choose(canvas.current, event);
      }}
      onKeyDown={(event) => {
        const arrow = ARROWS[event.key];
        if (arrow === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
        event.preventDefault();
        const [right, down] = arrow;
        const next = event.shiftKey ? null : starTowards(right, down);
        if (event.shiftKey) moveRegion(right, down);
        else if (next !== null) follow(next);
      }}
    >
      <canvas ref={canvas} width={size?.width ?? 256} height={size?.height ?? 256} />
    </button>
  );
}

function choose(
  canvas: HTMLCanvasElement,
  { clientX, clientY }: { readonly clientX: number; readonly clientY: number },
): void {
  const now = measured.value;
  if (now === null) return;
  const box = canvas.getBoundingClientRect();
  const x = ((clientX - box.left) / box.width) * canvas.width - 0.5;
  const y = ((clientY - box.top) / box.height) * canvas.height - 0.5;
  const near = [...now.field.stars]
    .map((star) => ({ star, distance: Math.hypot(star.x - x, star.y - y) }))
    .sort((a, b) => a.distance - b.distance)[0];
  const meant = near !== undefined && near.distance < Math.max(CLICK_REACH, near.star.hfd) ? near.star : { x, y };
  follow({ x: meant.x + now.image.x, y: meant.y + now.image.y });
}

function draw(canvas: HTMLCanvasElement, { image, field }: Measured, place: Place | null): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  if (canvas.width !== image.width || canvas.height !== image.height) {
    canvas.width = image.width;
    canvas.height = image.height;
  }
  paint(context, image.pixels, image.width, image.height, lookOf(image.pixels, star.peek()?.peak));
  context.lineWidth = 1;
  for (const each of field.stars) {
    const isFollowed = place !== null && each.x + image.x === place.x && each.y + image.y === place.y;
    context.strokeStyle = colour(isFollowed ? '--accent' : '--quiet');
    context.globalAlpha = isFollowed ? 1 : isTelling(each) ? 0.75 : 0.35;
    const radius = Math.max(LEAST_MARK, 1.5 * each.hfd);
    context.beginPath();
    if (isFollowed)
      context.strokeRect(each.x + 0.5 - radius - 2, each.y + 0.5 - radius - 2, 2 * radius + 4, 2 * radius + 4);
    else context.arc(each.x + 0.5, each.y + 0.5, radius, 0, 2 * Math.PI);
    context.stroke();
  }
  context.globalAlpha = 1;
}
