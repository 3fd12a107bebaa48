/** A frame of the live stream as numbers, and what follows from them: the sky's levels and the way from values to grey. */
import { computed } from '@preact/signals';
import type { LiveFrame } from '#src/servers/web/live/live-protocol.js';
import { levelsOf, levelsOfPlane, type Transfer, transferOf } from '#src/servers/web/live/stretch.js';
import { frame } from '../live/connection.js';
import { manual, stretch } from './picture-settings.js';

export interface Planes {
  readonly frame: LiveFrame;
  readonly pixels: Uint16Array;
  /** Of the whole frame; of the shown pixels where the frame's was not made. */
  readonly histogram: Uint32Array;
}

/** The newest frame; its bytes may begin anywhere in the message, so they are copied to where words may stand. */
export const planes = computed<Planes | null>(() => {
  const newest = frame.value;
  if (newest === null) return null;
  return {
    frame: newest,
    pixels: new Uint16Array(newest.pixels.slice().buffer),
    histogram: new Uint32Array(newest.histogram.slice().buffer),
  };
});

/** Of the frame that is watched; 0 before the first. */
export const frameWidth = computed(() => frame.value?.frameWidth ?? 0);
export const frameHeight = computed(() => frame.value?.frameHeight ?? 0);
export const bitDepth = computed(() => frame.value?.bitDepth ?? 16);

const levels = computed(() => {
  if (planes.value === null) return null;
  const { frame, pixels, histogram } = planes.value;
  return levelsOfPlane(frame.plane, pixels, histogram, frame.bitDepth);
});

export const transfer = computed<Transfer>(
  () => manual.value ?? transferOf(stretch.value, levels.value, bitDepth.value),
);

/** Median and noise of the whole frame, for the histogram's words; null where it was not counted. */
export const frameLevels = computed(() =>
  planes.value === null ? null : levelsOf(planes.value.histogram, bitDepth.value),
);
