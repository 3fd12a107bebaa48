/** The followed star, each pixel a square, with the same greys as in the region. */
import { useEffect, useRef } from 'preact/hooks';
import { night } from '../night/night-mode.js';
import { followed, measured, star } from './focus-store.js';
import { lookOf, paint } from './star-look.js';

/** Sides of the part that is shown, in pixels of the camera. */
const SIDES = [24, 36, 48, 72, 96, 144] as const;
const SIDE_HFDS = 6;

export function MagnifiedStar() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const now = measured.value;
  const place = followed.value;
  const isNight = night.value;
  const hfd = star.value?.hfd ?? 0;
  const side = SIDES.find((each) => each >= SIDE_HFDS * hfd) ?? 144;
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (context == null || now === null) return;
    const { x, y, width, height, pixels } = now.image;
    const left = Math.round((place?.x ?? x + width / 2) - x - side / 2);
    const top = Math.round((place?.y ?? y + height / 2) - y - side / 2);
    const part = new Uint16Array(side * side);
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        const [from, line] = [left + column, top + row];
        const isInside = from >= 0 && line >= 0 && from < width && line < height;
        part[row * side + column] = isInside ? (pixels[line * width + from] as number) : 0;
      }
    }
    paint(context, part, side, side, lookOf(pixels, star.peek()?.peak));
  }, [now, place, isNight, side]);
  return (
    <canvas
      ref={canvas}
      class="focus-magnified"
      width={side}
      height={side}
      role="img"
      aria-label="The followed star, magnified"
    />
  );
}
