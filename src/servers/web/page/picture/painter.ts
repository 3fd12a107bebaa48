/** What both painters are given: the pixels, the way to colours, and which pixels stand behind each place of the canvas. */
import { type Sampling, samplingOf } from './sampling.js';
import type { Region } from './shown-frame.js';
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
export interface TruePixels extends Region {
  readonly pixels: Uint16Array;
}

export interface Scene {
  readonly frameWidth: number;
  readonly frameHeight: number;
  readonly preview: {
    readonly width: number;
    readonly height: number;
    readonly coveredWidth: number;
    readonly coveredHeight: number;
    readonly pixels: Uint16Array;
  };
  readonly truePixels: TruePixels | null;
  /** Levels of all values of the depth; between two values they are interpolated. */
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

/** Pixels and how they come to the canvas. */
export interface Layer {
  readonly pixels: Uint16Array;
  readonly width: number;
  readonly height: number;
  readonly columns: Sampling;
  readonly rows: Sampling;
}

/** The preview's layer, and above it that of the true pixels. */
export function layersOf(scene: Scene): { readonly preview: Layer; readonly truePixels: Layer | null } {
  const { frameWidth, frameHeight, preview, truePixels, placement, width, height } = scene;
  const { scale, left, top } = placement;
  const layer = (
    { pixels, width: columns, height: rows }: { pixels: Uint16Array; width: number; height: number },
    { x, y, width: acrossFrame, height: downFrame }: Region,
  ): Layer => ({
    pixels,
    width: columns,
    height: rows,
    columns: samplingOf(left, scale, width, frameWidth, { from: x, covers: acrossFrame, pixels: columns }),
    rows: samplingOf(top, scale, height, frameHeight, { from: y, covers: downFrame, pixels: rows }),
  });
  return {
    preview: layer(preview, { x: 0, y: 0, width: preview.coveredWidth, height: preview.coveredHeight }),
    truePixels: truePixels === null ? null : layer(truePixels, truePixels),
  };
}
