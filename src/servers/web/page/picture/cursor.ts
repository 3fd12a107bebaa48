/** The pixel under the pointer, or in the middle where there is no pointer, as far as the page knows it. */
import { computed, signal } from '@preact/signals';
import { formatUtc } from '#gps/instant.js';
import { previewIndexOf, rowStartUtcNs } from '#src/servers/web/live/picture-geometry.js';
import { planes } from './planes.js';
import { truePixels } from './true-pixels.js';
import { area, frameAt } from './view.js';

/** Place of the pointer on the canvas, pixels of the style sheet; null while it is elsewhere. */
export const pointer = signal<{ readonly x: number; readonly y: number } | null>(null);

export interface ReadPixel {
  readonly column: number;
  readonly row: number;
  readonly value: number;
  /** true: the pixel of the frame itself; otherwise of the preview's box around it. */
  readonly kind: 'true' | 'mean' | 'maximum';
  /** Start of exposure of the row, to the microsecond. */
  readonly rowTime: string;
}

/** Null outside of the frame. */
export const readPixel = computed<ReadPixel | null>(() => {
  const now = planes.value;
  if (now === null) return null;
  const { frame, pixels } = now;
  const { width, height, ratio } = area.value;
  const at = pointer.value ?? { x: width / ratio / 2, y: height / ratio / 2 };
  const place = frameAt(at.x, at.y);
  const column = Math.floor(place.x);
  const row = Math.floor(place.y);
  if (column < 0 || row < 0 || column >= frame.frameWidth || row >= frame.frameHeight) return null;
  const { startUtcNs, lastRowOffsetNs, rowPairs, leapSecond } = frame.time;
  const timeOf = (startNs: bigint) =>
    formatUtc(rowStartUtcNs(startNs, BigInt(lastRowOffsetNs), row, frame.frameHeight, rowPairs), 6, leapSecond);
  const held = truePixels.value;
  if (held !== null && inside(column - held.x, held.width) && inside(row - held.y, held.height)) {
    const value = held.pixels[(row - held.y) * held.width + column - held.x] ?? 0;
    return { column, row, value, kind: 'true', rowTime: timeOf(held.startUtcNs) };
  }
  const index =
    previewIndexOf(row, frame.frameHeight, frame.height) * frame.width +
    previewIndexOf(column, frame.frameWidth, frame.width);
  const isPixel = frame.width === frame.frameWidth && frame.height === frame.frameHeight;
  const kind = isPixel ? 'true' : frame.plane;
  return { column, row, value: pixels[index] ?? 0, kind, rowTime: timeOf(BigInt(startUtcNs)) };
});

function inside(at: number, length: number): boolean {
  return at >= 0 && at < length;
}
