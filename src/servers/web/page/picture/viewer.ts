/** One picture with all that is seen and set of it: the live image and the recorded frame have one each. How they are shown (picture-settings.ts) they share. */
import { computed, type ReadonlySignal, signal } from '@preact/signals';
import { formatUtc } from '#gps/instant.js';
import { previewIndexOf, rowStartUtcNs } from '#src/servers/web/live/picture-geometry.js';
import type { PictureSource, ShownFrame } from './shown-frame.js';
import { Tones } from './tones.js';
import { TruePixelFeed } from './true-pixels.js';
import { View } from './view.js';

export interface ReadPixel {
  readonly column: number;
  readonly row: number;
  readonly value: number;
  /** true: the pixel of the frame itself; otherwise of the preview's box around it. */
  readonly kind: 'true' | 'mean' | 'maximum';
  /** Start of exposure of the row, to the microsecond. */
  readonly rowTime: string;
}

export class Viewer {
  readonly shown: { readonly value: ShownFrame | null };
  /** Of the frame; 0 before the first. */
  readonly frameWidth: ReadonlySignal<number>;
  readonly frameHeight: ReadonlySignal<number>;
  readonly view: View;
  readonly truePixels: TruePixelFeed;
  readonly tones: Tones;
  /** Place of the pointer on the canvas, pixels of the style sheet; null while it is elsewhere. */
  readonly pointer = signal<{ readonly x: number; readonly y: number } | null>(null);
  /** The pixel under the pointer, or in the middle where there is no pointer, as far as the page knows it; null outside of the frame. */
  readonly readPixel: ReadonlySignal<ReadPixel | null>;

  constructor(source: PictureSource) {
    const { shown } = source;
    this.shown = shown;
    this.frameWidth = computed(() => shown.value?.frameWidth ?? 0);
    this.frameHeight = computed(() => shown.value?.frameHeight ?? 0);
    this.view = new View(this.frameWidth, this.frameHeight);
    this.truePixels = new TruePixelFeed(source, this.view);
    this.tones = new Tones(
      shown,
      computed(() => this.truePixels.held.value !== null),
    );
    this.readPixel = computed(() => this.#readPixel());
  }

  /** As for another camera: what was set for its pixels means nothing for these. */
  beginAnew(): void {
    this.tones.manual.value = null;
    this.view.fit();
  }

  #readPixel(): ReadPixel | null {
    const now = this.shown.value;
    if (now === null) return null;
    const { width, height, ratio } = this.view.area.value;
    const at = this.pointer.value ?? { x: width / ratio / 2, y: height / ratio / 2 };
    const place = this.view.frameAt(at.x, at.y);
    const column = Math.floor(place.x);
    const row = Math.floor(place.y);
    if (!inside(column, now.frameWidth) || !inside(row, now.frameHeight)) return null;
    const { startUtcNs, lastRowOffsetNs, rowPairs, leapSecond } = now.time;
    const timeOf = (startNs: bigint) =>
      formatUtc(rowStartUtcNs(startNs, lastRowOffsetNs, row, now.frameHeight, rowPairs), 6, leapSecond);
    const held = this.truePixels.held.value;
    if (held !== null && inside(column - held.x, held.width) && inside(row - held.y, held.height)) {
      const value = held.pixels[(row - held.y) * held.width + column - held.x] ?? 0;
      return { column, row, value, kind: 'true', rowTime: timeOf(held.startUtcNs) };
    }
    const index =
      previewIndexOf(row, now.coveredHeight, now.height) * now.width +
      previewIndexOf(column, now.coveredWidth, now.width);
    const isPixel = now.width === now.frameWidth && now.height === now.frameHeight;
    const kind = isPixel ? 'true' : now.plane;
    return { column, row, value: now.pixels[index] ?? 0, kind, rowTime: timeOf(startUtcNs) };
  }
}

function inside(at: number, length: number): boolean {
  return at >= 0 && at < length;
}
