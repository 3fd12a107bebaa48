/** Pixels of the frame itself for the part that is seen, once the zoom is beyond what the preview tells. Fetched at a bounded rate. */
import { effect, signal } from '@preact/signals';
import { MOST_REGION_PIXELS } from '#src/station/station-face.js';
import type { FetchedPixels, PictureSource, Region } from './shown-frame.js';
import type { View } from './view.js';

/** How many device pixels a pixel of the preview must cover before its parts are asked for. */
const PREVIEW_PIXEL_LIMIT = 1.5;
const INTERVAL_MS = 250;
const RETRY_MS = 5_000;

export class TruePixelFeed {
  /** What is seen of the newest frame that was fetched; null where the preview is all there is to show. */
  readonly held = signal<FetchedPixels | null>(null);
  /** Why there are none, in the station's words; null where there are, or none are wanted. */
  readonly refusal = signal<string | null>(null);
  readonly #source: PictureSource;
  readonly #view: View;
  /** Which frames `held` is of. */
  #heldOf: string | null = null;
  #underWay = false;
  /** Whether another part or frame was wanted meanwhile. */
  #again = false;
  #notBeforeMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(source: PictureSource, view: View) {
    this.#source = source;
    this.#view = view;
  }

  /** Keeps `held` to what is seen until the returned function is called. */
  follow(): () => void {
    const stop = effect(() => {
      const region = this.#wantedRegion();
      const held = this.held.peek();
      const stale = held !== null && (this.#heldOf !== this.#source.pixelsOf.value || this.#isOutside(held));
      if (region === null || stale) this.held.value = null;
      if (region === null) this.refusal.value = null;
      else this.#later();
    });
    return () => {
      stop();
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#again = false;
      this.held.value = null;
    };
  }

  /** The part of the frame that is seen; null where the preview is fine enough, or the part too large. */
  #wantedRegion(): Region | null {
    const now = this.#source.shown.value;
    if (now === null || this.#source.pixelsOf.value === null) return null;
    const { scale, left, top } = this.#view.placement.value;
    const isFine = (scale * now.coveredWidth) / now.width < PREVIEW_PIXEL_LIMIT;
    if (isFine || now.width === now.frameWidth) return null;
    const area = this.#view.area.value;
    const x = Math.max(0, Math.floor(left));
    const y = Math.max(0, Math.floor(top));
    const width = Math.min(now.frameWidth, Math.ceil(left + area.width / scale)) - x;
    const height = Math.min(now.frameHeight, Math.ceil(top + area.height / scale)) - y;
    return width > 0 && height > 0 && width * height <= MOST_REGION_PIXELS ? { x, y, width, height } : null;
  }

  /** Whether the frames have another shape now. */
  #isOutside({ x, y, width, height }: Region): boolean {
    const now = this.#source.shown.value;
    return now === null || x + width > now.frameWidth || y + height > now.frameHeight;
  }

  #later(): void {
    if (this.#underWay) this.#again = true;
    if (this.#underWay || this.#timer !== undefined) return;
    const run = () => {
      this.#timer = undefined;
      void this.#fetch();
    };
    this.#timer = setTimeout(run, Math.max(0, this.#notBeforeMs - performance.now()));
  }

  async #fetch(): Promise<void> {
    const region = this.#wantedRegion();
    if (region === null) return;
    const of = this.#source.pixelsOf.value;
    const begunMs = performance.now();
    this.#underWay = true;
    try {
      const fetched = await this.#source.fetchRegion(region);
      if (of === this.#source.pixelsOf.value && this.#wantedRegion() !== null) {
        this.#heldOf = of;
        this.held.value = fetched;
      }
      this.refusal.value = null;
      // A line that is slow is not filled by this alone.
      this.#notBeforeMs = begunMs + Math.max(INTERVAL_MS, 2 * (performance.now() - begunMs));
    } catch (error) {
      if (of === this.#source.pixelsOf.value) {
        this.held.value = null;
        this.refusal.value = error instanceof Error ? error.message : String(error);
      }
      this.#notBeforeMs = begunMs + RETRY_MS;
    } finally {
      this.#underWay = false;
      if (this.#again) this.#later();
      this.#again = false;
    }
  }
}
