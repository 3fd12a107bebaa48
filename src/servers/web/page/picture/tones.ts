/** The way from values to levels of grey of one viewer: as the stretch has it for what is seen, or as the user has put it. */
import { computed, type ReadonlySignal, signal } from '@preact/signals';
import {
  type Levels,
  largestOf,
  levelsOfPixels,
  steadyLevels,
  type Transfer,
  toneTable,
  transferOf,
} from '#src/servers/web/live/stretch.js';
import { stretch } from './picture-settings.js';
import type { ShownFrame } from './shown-frame.js';

export class Tones {
  /** Black and white as the user has put them; null while the stretch decides. */
  readonly manual = signal<Transfer | null>(null);
  readonly transfer: ReadonlySignal<Transfer>;
  /** Levels, 0 to 255, of all values of the depth. */
  readonly table: ReadonlySignal<Uint8Array>;
  readonly bitDepth: ReadonlySignal<number>;

  /** `showsFrame`: whether pixels of the frame itself are seen: they have more noise than the preview's, which are means of many. */
  constructor(shown: { readonly value: ShownFrame | null }, showsFrame: ReadonlySignal<boolean>) {
    this.bitDepth = computed(() => shown.value?.bitDepth ?? 16);
    const ofPreview = computed(() => {
      const now = shown.value;
      return now === null ? null : levelsOfPixels(now.pixels, now.bitDepth);
    });
    let before: Levels | null = null;
    const levels = computed(() => {
      const ofFrame = showsFrame.value ? (shown.value?.frameLevels ?? null) : null;
      before = steadyLevels(before, ofFrame ?? ofPreview.value);
      return before;
    });
    this.transfer = computed(
      () => this.manual.value ?? transferOf({ stretch: stretch.value }, levels.value, this.bitDepth.value),
    );
    this.table = computed(() => toneTable(this.transfer.value, this.bitDepth.value));
  }

  /** Puts black or white; black stays below white, and the curve what it was. */
  put(which: 'black' | 'white', value: number): void {
    const now = this.transfer.value;
    const largest = largestOf(this.bitDepth.value);
    this.manual.value =
      which === 'black'
        ? { ...now, black: Math.min(Math.max(0, value), now.white - 1) }
        : { ...now, white: Math.max(Math.min(largest, value), now.black + 1) };
  }
}
