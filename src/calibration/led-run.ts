/**
 * A calibration run: finds the LED's spot, brackets both edges of the exposure by halving, steps the pulse across each, and
 * fits. It takes some hundred frames.
 */
import { fitLedCalibration, type LedCalibrationFit, modelEdges } from '#gps/calibration/led-calibration.js';
import { LedFitError, type LedPoint, type LedSeries } from '#gps/calibration/led-edge.js';
import { looksLikeGpsHeader } from '#gps/header/plausible-header.js';
import { decodeQhyHeader, QHY_HEADER_BYTES, stampUtcNs } from '#gps/header/qhy-header.js';
import { lineOffsetNs, type RowModel, rowModelOf } from '#gps/rows/row-model.js';
import { unpack16 } from '#pipeline/kernels/unpack.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import { framePeriodNs, regionOf } from '#src/cameras/camera-region.js';
import type { LedControl, LedReach } from './led-features.js';
import { findSpot, type Image, type Spot } from './led-spot-finder.js';

interface Frames {
  look<T>(count: number, look: (payload: Uint8Array) => T): Promise<T[]>;
}
type Led = Pick<LedControl, 'pulseWidthNs' | 'shine' | 'off' | 'reach'>;

export interface LedRunOptions {
  /** Places of the pulse at each edge, and frames at each place. */
  readonly places: number;
  readonly framesEach: number;
  /** How far from its stamp an edge is looked for. */
  readonly windowNs: number;
  readonly progress: (text: string) => void;
}

export interface LedRunResult {
  readonly fit: LedCalibrationFit;
  readonly spot: Spot;
  readonly ledRow: number;
  readonly exposureNs: bigint;
  readonly rows: RowModel;
  readonly stampExcessNs: bigint;
}

const REFERENCE_FRAMES = 12;
/** Half of the places' span about the middle of the ramp, in lengths of the pulse. */
const SPAN = 2;
const CEILING_SHARE = 0.6;
/** A pixel this part of the range above the others is bright by itself. */
const BRIGHT_PART = 1 / 16;
/** The longest search for a rolling shutter's row, in pulses tried. */
const MOST_TRIES = 200;

/** Runs on a camera that streams into `tap`. @throws LedFitError, and as camera and tap do */
export class LedRun {
  readonly #camera: Pick<StreamCamera, 'mode'>;
  readonly #tap: Frames;
  readonly #led: Led;
  readonly #options: LedRunOptions;
  readonly #rows: RowModel;
  readonly #image: Uint16Array;
  /** A frame without the LED. */
  #dark = new Uint16Array();

  constructor(camera: Pick<StreamCamera, 'mode'>, tap: Frames, led: Led, options: LedRunOptions) {
    const { mode } = camera;
    this.#camera = camera;
    this.#tap = tap;
    this.#led = led;
    this.#options = options;
    const kind = mode.shutter.kind === 'rolling' ? 'rolling' : 'global';
    this.#rows = rowModelOf(mode.shutter, kind, regionOf(mode), framePeriodNs(mode));
    this.#image = new Uint16Array(mode.width * mode.height);
  }

  async run(): Promise<LedRunResult> {
    const { progress } = this.#options;
    const { exposureNs } = this.#camera.mode;
    progress('looking for the LED in the image');
    const spot = await this.#findSpot();
    const rows = this.#rows;
    const ledRow = Math.floor((spot.firstRow + spot.lastRow) / 2);
    progress(`it lights rows ${spot.firstRow} to ${spot.lastRow}, columns ${spot.firstColumn} to ${spot.lastColumn}`);
    // Every row of a rolling shutter has edges of its own: only one of them is measured.
    const measured = rows.shutter === 'rolling' ? { ...spot, firstRow: ledRow, lastRow: ledRow } : spot;
    const model = modelEdges({ rows, ledRow, exposureNs });
    const start = await this.#series('start', Number(model.startNs), measured);
    const end = await this.#series('end', Number(model.endNs), measured);
    // Stamps of some cameras go with the pulse.
    await this.#led.off();
    const stampExcessNs = await this.#stampExcess();
    const fit = fitLedCalibration({ start, end, rows, ledRow, exposureNs });
    return { fit, spot, ledRow, exposureNs, rows, stampExcessNs };
  }

  /** The mark from which pulses about `edge` are counted: a rolling shutter's header has but one. */
  #mark(edge: 'start' | 'end'): 'start' | 'end' {
    return this.#rows.shutter === 'rolling' ? 'end' : edge;
  }

  async #findSpot(): Promise<Spot> {
    await this.#led.off();
    this.#dark = (await this.#whole()).pixels.slice();
    const { width, height } = this.#camera.mode;
    const reach = await this.#led.reach(this.#mark('start'));
    let refusal: unknown = new LedFitError('led.not-seen', 'the exposure is too short to shine into');
    const middles = this.#middles();
    // Twice: a machine or a camera that is busy may hand on frames that it had before the LED was switched.
    for (const middleNs of [...middles, ...middles]) {
      await this.#led.shine(this.#mark('start'), within(reach, middleNs - this.#led.pulseWidthNs / 2));
      try {
        return findSpot({ width, height, pixels: this.#dark }, await this.#whole());
      } catch (error) {
        if (!(error instanceof LedFitError)) throw error;
        refusal = error;
      }
    }
    throw refusal;
  }

  /** Middles of exposures so close that every row is well exposed at one of them, after the mark. */
  #middles(): number[] {
    const { exposureNs } = this.#camera.mode;
    const rows = this.#rows;
    const half = Number(exposureNs) / 2;
    if (rows.shutter === 'global') return [half];
    const first = Number(rows.rowZeroEndOffsetNs ?? 0n) + Number(lineOffsetNs(rows, rows.firstLine)) - half;
    const readout = Number(lineOffsetNs(rows, rows.rows * rows.linesPerRow));
    const tries = Math.min(MOST_TRIES, 1 + Math.ceil(readout / half));
    return Array.from({ length: tries }, (_, i) => first + (readout * i) / Math.max(1, tries - 1));
  }

  async #series(edge: 'start' | 'end', modelNs: number, spot: Spot): Promise<LedSeries> {
    const { places, framesEach, windowNs, progress } = this.#options;
    const { exposureNs } = this.#camera.mode;
    const inwards = edge === 'start' ? 1 : -1;
    await this.#led.off();
    const dark = await this.#measure(spot, REFERENCE_FRAMES);
    const reach = await this.#led.reach(this.#mark(edge));
    const middleNs = within(reach, modelNs + (inwards * Number(exposureNs)) / 2 - this.#led.pulseWidthNs / 2);
    const lit = await this.#shone(edge, middleNs, spot, REFERENCE_FRAMES);
    const [darkLevel, litLevel] = [meanOf(dark), meanOf(lit.frames)];
    const reference = { dark: darkLevel, lit: litLevel, noise: Math.max(scatterOf(dark), scatterOf(lit.frames)) };
    const pulseWidthNs = this.#led.pulseWidthNs;
    const capped = isCapped(lit.frames);
    const points = lit.frames.map(({ brightness, saturated }) => ({
      brightness,
      saturated: saturated || capped,
      pulseNs: lit.pulseNs,
    }));
    if (points.some(({ saturated }) => saturated) || litLevel - darkLevel < 8 * reference.noise) {
      // The fit says what is wrong; there is nothing to step across.
      return { edge, pulseWidthNs, points, reference };
    }
    const isLit = async (atNs: number) =>
      meanOf((await this.#shone(edge, atNs, spot, 1)).frames) > (darkLevel + litLevel) / 2;
    progress(`${edge}: looking for the edge within ${Math.round(windowNs / 1000)} us of its stamp`);
    let outside = within(reach, modelNs - inwards * windowNs - pulseWidthNs / 2);
    let inside = middleNs;
    if (await isLit(outside)) {
      const looked = Math.round(Math.abs(modelNs - outside) / 1000);
      throw new LedFitError(
        'led.no-edge',
        `the ${edge} of the exposure is more than ${looked} us outside of its stamp: give a larger --window; where the pulse cannot stand further away (LedPulsePosition), another exposure`,
      );
    }
    while (Math.abs(inside - outside) > pulseWidthNs / 2) {
      const between = (inside + outside) / 2;
      if (await isLit(between)) inside = between;
      else outside = between;
    }
    progress(`${edge}: stepping the pulse across it, ${places} places`);
    const centreNs = (inside + outside) / 2;
    const stepped: LedPoint[] = [];
    for (let i = 0; i < places; i++) {
      const atNs = within(reach, centreNs + SPAN * pulseWidthNs * ((2 * i) / (places - 1) - 1));
      const { pulseNs, frames } = await this.#shone(edge, atNs, spot, framesEach);
      stepped.push(...frames.map(({ brightness, saturated }) => ({ brightness, saturated, pulseNs })));
    }
    return { edge, pulseWidthNs, points: stepped, reference };
  }

  async #shone(edge: 'start' | 'end', atNs: number, spot: Spot, frames: number) {
    const pulseNs = await this.#led.shine(this.#mark(edge), atNs);
    return { pulseNs, frames: await this.#measure(spot, frames) };
  }

  #measure(spot: Spot, frames: number): Promise<Brightness[]> {
    const { width, pixelFormat } = this.#camera.mode;
    const columns = spot.lastColumn - spot.firstColumn + 1;
    const rows = spot.lastRow - spot.firstRow + 1;
    const pixels = new Uint16Array(rows * columns);
    const bright = this.#brightWithout(spot);
    return this.#tap.look(frames, (payload) => {
      for (let row = 0; row < rows; row++) {
        const first = (spot.firstRow + row) * width + spot.firstColumn;
        unpack16(payload, pixelFormat, first, columns, pixels, row * columns);
      }
      return brightnessOf(
        pixels.filter((_, i) => !bright.has(i)),
        2 ** pixelFormat.bitDepth - 1,
      );
    });
  }

  /** Pixels of the spot that are bright without the LED: stars and hot pixels, which say nothing and may saturate. */
  #brightWithout({ firstRow, lastRow, firstColumn, lastColumn }: Spot): ReadonlySet<number> {
    const { width, pixelFormat } = this.#camera.mode;
    const values: number[] = [];
    for (let row = firstRow; row <= lastRow; row++) {
      for (let column = firstColumn; column <= lastColumn; column++) {
        values.push(this.#dark[row * width + column] as number);
      }
    }
    const median = [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
    const limit = median + BRIGHT_PART * 2 ** pixelFormat.bitDepth;
    return new Set(values.flatMap((value, i) => (value > limit ? [i] : [])));
  }

  async #whole(): Promise<Image> {
    const { width, height, pixelFormat, gpsHeader } = this.#camera.mode;
    await this.#tap.look(1, (payload) => unpack16(payload, pixelFormat, 0, width * height, this.#image));
    // The header changes with every frame, and is no light.
    if (gpsHeader !== false) this.#image.fill(0, 0, Math.ceil((QHY_HEADER_BYTES * 8) / pixelFormat.bitsPerPixel));
    return { width, height, pixels: this.#image };
  }

  /** What a global shutter's stamps are further apart than the exposure is long; the median of some frames. */
  async #stampExcess(): Promise<bigint> {
    const { exposureNs } = this.#camera.mode;
    if (this.#rows.shutter === 'rolling') return 0n;
    const found = await this.#tap.look(5, (payload) => {
      const bytes = payload.subarray(0, QHY_HEADER_BYTES);
      if (!looksLikeGpsHeader(bytes)) return null;
      const { start, end, ppsCount } = decodeQhyHeader(bytes);
      return stampUtcNs(end, ppsCount) - stampUtcNs(start, ppsCount) - exposureNs;
    });
    const known = found.filter((excess) => excess !== null).sort((a, b) => (a < b ? -1 : 1));
    return known[Math.floor(known.length / 2)] ?? 0n;
  }
}

interface Brightness extends Pick<LedPoint, 'brightness' | 'saturated'> {
  /** The largest pixel, and the share of pixels that have its value. */
  readonly most: number;
  readonly atMost: number;
}

/** Saturated: a pixel at the format's largest value. */
function brightnessOf(pixels: Uint16Array, largest: number): Brightness {
  const sum = pixels.reduce((total, pixel) => total + pixel, 0);
  const most = pixels.reduce((top, pixel) => Math.max(top, pixel), 0);
  const atMost = pixels.reduce((count, pixel) => count + (pixel === most ? 1 : 0), 0);
  return { brightness: sum / pixels.length, saturated: most >= largest, most, atMost: atMost / pixels.length };
}

/** Light that makes most pixels one value in every frame has met a ceiling, wherever in the format's range that lies. */
function isCapped(frames: readonly Brightness[]): boolean {
  const [first] = frames;
  return frames.every(({ most, atMost }) => most === first?.most && atMost > CEILING_SHARE);
}

/** As near to `atNs` as pulses can begin. */
const within = ({ leastNs, mostNs }: LedReach, atNs: number): number => Math.min(mostNs, Math.max(leastNs, atNs));

const meanOf = (frames: readonly Brightness[]): number =>
  frames.reduce((sum, { brightness }) => sum + brightness, 0) / frames.length;

function scatterOf(frames: readonly Brightness[]): number {
  const mean = meanOf(frames);
  return Math.sqrt(frames.reduce((sum, { brightness }) => sum + (brightness - mean) ** 2, 0) / (frames.length - 1));
}
