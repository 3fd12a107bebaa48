/** What both painters are given: the pixels, the way to colours, and which pixel of the frame stands behind each of the canvas. */
import type { Placement } from './view.js';

/** Red, green, blue, 0 to 255. */
export type Colour = readonly [number, number, number];

export interface Colours {
  /** Of the largest level; the others are shares of it. */
  readonly white: Colour;
  /** Of saturated pixels: stripes of two colours, so that they are told apart in a single colour as well. */
  readonly saturated: Colour;
  readonly stripe: Colour;
  /** Outside of the frame. */
  readonly ground: Colour;
}

/** Pixels of the frame itself. */
export interface TruePixels {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint16Array;
}

export interface Scene {
  readonly frameWidth: number;
  readonly frameHeight: number;
  readonly preview: { readonly width: number; readonly height: number; readonly pixels: Uint16Array };
  readonly truePixels: TruePixels | null;
  /** Levels of all values of the depth. */
  readonly tones: Uint8Array;
  /** From which value on a pixel is shown as saturated; above every value where none is. */
  readonly saturatedFrom: number;
  readonly colours: Colours;
  readonly placement: Placement;
  /** Of the canvas. */
  readonly width: number;
  readonly height: number;
}

export interface Painter {
  readonly kind: 'webgl' | '2d';
  paint(scene: Scene): void;
}

/** Device pixels of a stripe. */
export const STRIPE = 4;

/**
 * The frame's column (or row) behind each column of a canvas of `length`, -1 outside. Reckoned once for both painters, in doubles: on a GPU
 * the rounding of places between two pixels would be its own.
 */
export function pixelMap(first: number, scale: number, length: number, full: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => {
    const at = Math.floor(first + (i + 0.5) / scale);
    return at >= 0 && at < full ? at : -1;
  });
}
