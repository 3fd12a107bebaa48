/**
 * The calibration LED of the simulated camera (QHY's GPIO mode 6: LED out on pin 4): a pulse about an edge of the header's
 * exposure pulse, and the spot of pixels that it lights in the middle of the sensor.
 */
import { type PixelFormat, planesOf } from '#pipeline/wire/pixel-formats.js';
import { Random } from '../random.js';
import type { CameraModel } from './models.js';
import { readPixel, sampleFormatOf, writePixel } from './pixel-packing.js';

/** When the LED shines. Small differences of time, with fractions of a nanosecond. */
export interface LedPulse {
  /** The mark of the header that it is counted from. */
  readonly edge: 'start' | 'end';
  readonly offsetNs: number;
  readonly widthNs: number;
}

/**
 * Ticks of position and width. QHYCCD's published start positions for 1, 2 and 5 ms lie 75 ticks a microsecond apart; the
 * unit itself is documented nowhere.
 */
export const LED_TICKS_PER_SECOND = 75_000_000;
/** The position at which the pulse begins with the mark. */
export const LED_ORIGIN_TICKS = 2 ** 31;
/** INDI's limits, and the width of QHYCCD's manual. */
export const LED_WIDTH_TICKS = { least: 10, most: 255, usual: 54 } as const;
export const LED_MODE = { Off: 0, Start: 1, End: 2 } as const;

const COLUMNS = 24;
const ROWS = 16;
/** Part of the full well that the longest pulse fills. */
const FULL_WELL_PART = 0.25;

export interface SpotPlace {
  readonly format: PixelFormat;
  readonly width: number;
  readonly height: number;
  readonly offsetX: number;
  readonly offsetY: number;
  readonly electronsPerUnit: number;
  readonly maximumUnits: number;
  readonly seed: number;
}

/** Draws the LED's light into prepared frames, and takes it out again when the LED is off. */
export class LedSpot {
  readonly #place: SpotPlace;
  readonly #first: { readonly x: number; readonly y: number };
  readonly #electronsPerNs: number;
  /** Pixels without light, by the place of the frame that they were taken from. */
  readonly #dark = new Map<number, Uint16Array>();

  constructor(model: CameraModel, place: SpotPlace) {
    this.#place = { ...place, format: sampleFormatOf(place.format) };
    const middle = (sensor: number, size: number, offset: number) => Math.floor((sensor - size) / 2) - offset;
    this.#first = {
      x: middle(model.sensorWidth, COLUMNS, place.offsetX),
      y: middle(model.sensorHeight, ROWS, place.offsetY),
    };
    const longestNs = (LED_WIDTH_TICKS.most * 1e9) / LED_TICKS_PER_SECOND;
    this.#electronsPerNs = (FULL_WELL_PART * model.electronsPerUnit * 2 ** model.adcBits) / longestNs;
  }

  /** `litNs`: nanoseconds of light that a row of the image gets in frame `frame`; null: the LED is off. */
  draw(payload: Uint8Array, at: number, frame: number, litNs: ((imageRow: number) => number) | null): void {
    const dark = this.#dark.get(at);
    if (litNs === null && dark === undefined) return;
    const base = dark ?? this.#read(payload);
    const random = new Random(this.#place.seed, 0x6c6564, frame);
    const { format, electronsPerUnit, maximumUnits } = this.#place;
    this.#each((pixel, row, index) => {
      const electrons = litNs === null ? 0 : litNs(row) * this.#electronsPerNs;
      const light = electrons > 0 ? Math.round(random.poisson(electrons) / electronsPerUnit) : 0;
      writePixel(payload, format, pixel, Math.min(maximumUnits, (base[index] as number) + light));
    });
    if (litNs === null) this.#dark.delete(at);
    else this.#dark.set(at, base);
  }

  #read(payload: Uint8Array): Uint16Array {
    const pixels = new Uint16Array(ROWS * COLUMNS);
    this.#each((pixel, _, index) => {
      pixels[index] = readPixel(payload, this.#place.format, pixel);
    });
    return pixels;
  }

  /** The spot's pixels that the region shows; the light is green. */
  #each(visit: (pixel: number, imageRow: number, index: number) => void): void {
    const { width, height, format } = this.#place;
    const samples = planesOf(format);
    for (let index = 0; index < ROWS * COLUMNS; index++) {
      const [x, y] = [this.#first.x + (index % COLUMNS), this.#first.y + Math.floor(index / COLUMNS)];
      if (x >= 0 && y >= 0 && x < width && y < height)
        visit((y * width + x) * samples + Math.floor(samples / 2), y, index);
    }
  }
}
