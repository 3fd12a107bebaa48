import type { PixelFormat } from '#pipeline/wire/pixel-formats.js';
import { payloadBytesOf, planesOf } from '#pipeline/wire/pixel-formats.js';
import { Random } from '../random.js';
import type { CameraModel } from './models.js';
import { forEachNoisePiece, type NoiseLevel, noisePool } from './noise.js';
import { packPixels, readPixel, sampleFormatOf, writePixel } from './pixel-packing.js';
import { drawSky, type SceneName, type Sky } from './sky.js';

/** Everything that the pixels of a simulated camera depend on. */
export interface SceneOptions {
  readonly scene: SceneName;
  readonly seed: number;
  readonly format: PixelFormat;
  readonly width: number;
  readonly height: number;
  readonly offsetX: number;
  readonly offsetY: number;
  readonly exposureNs: bigint;
  readonly gainDb: number;
}

/** Part of the light that red, green and blue get: a sky of stars that are all of one colour, so that no plane is another. */
const COLOR_PARTS = [1, 0.75, 0.5] as const;

/** Bytes that prepared frames may take; at least two frames are prepared, whatever they take. */
const PREPARED_BYTES = 384 * 2 ** 20;

/** Frames prepared and sent in a loop: frame n of the stream holds the pixels of loop frame n mod this count. */
export function loopFrames(options: Pick<SceneOptions, 'format' | 'width' | 'height'>): number {
  const bytes = payloadBytesOf(options.format, options.width, options.height);
  return Math.min(256, Math.max(2, Math.floor(PREPARED_BYTES / bytes)));
}

/** The pixels of one loop, frame by frame, unpacked or as they stand in the stream. */
export class Scene {
  readonly payloadBytes: number;
  readonly frames: number;
  /** Electrons that make a unit of a pixel, and the largest value. */
  readonly electronsPerUnit: number;
  readonly maximumUnits: number;
  readonly #options: SceneOptions;
  readonly #sky: Sky;
  readonly #level: NoiseLevel;
  readonly #pool: Uint16Array;
  #packedPool: Uint8Array | null = null;

  constructor(model: CameraModel, options: SceneOptions) {
    const { format } = options;
    this.#options = options;
    this.payloadBytes = payloadBytesOf(format, options.width, options.height);
    this.frames = loopFrames(options);
    // A format with fewer bits than the ADC drops the low ones, one with more leaves the high ones empty.
    const unitsPerValue = 2 ** Math.max(0, model.adcBits - format.bitDepth);
    const electronsPerUnit = (model.electronsPerUnit / 10 ** (options.gainDb / 20)) * unitsPerValue;
    const maximumUnits = 2 ** Math.min(model.adcBits, format.bitDepth) - 1;
    const seconds = Number(options.exposureNs) / 1e9;
    this.#level = {
      skyElectrons: model.skyElectronsPerSecond * seconds,
      readNoiseElectrons: model.readNoiseElectrons,
      electronsPerUnit,
      offsetUnits: model.offsetUnits / unitsPerValue,
      maximumUnits,
    };
    this.electronsPerUnit = electronsPerUnit;
    this.maximumUnits = maximumUnits;
    this.#sky = {
      scene: options.scene,
      seed: options.seed,
      sensorWidth: model.sensorWidth,
      sensorHeight: model.sensorHeight,
      psfSigma: model.psfSigma,
      fullWellElectrons: model.electronsPerUnit * 2 ** model.adcBits,
      exposureRatio: seconds / (Number(model.defaultExposureNs) / 1e9),
      loopFrames: this.frames,
    };
    this.#pool = noisePool(this.#level, options.seed);
  }

  /** Values of loop frame `index`, a pixel's samples side by side as in the stream, without the GPS header that the camera writes over the first bytes. */
  pixels(index: number): Uint16Array {
    const { width, height, seed, format } = this.#options;
    const pixels = new Uint16Array(width * height * planesOf(format));
    forEachNoisePiece(pixels.length, seed, index, (first, count, start) => {
      pixels.set(this.#pool.subarray(start, start + count), first);
    });
    this.#addLight(index, (at, units) => {
      pixels[at] = Math.min(this.#level.maximumUnits, (pixels[at] as number) + units);
    });
    return pixels;
  }

  /** Loop frame `index` as payload: the packed form of `pixels(index)`. `target` holds `payloadBytes`. */
  fill(target: Uint8Array, index: number): void {
    const { width, height, seed } = this.#options;
    const format = sampleFormatOf(this.#options.format);
    const pool = this.#packed();
    const bits = format.bitsPerPixel;
    forEachNoisePiece(width * height * planesOf(format), seed, index, (first, count, start) => {
      const bytes = Math.ceil((count * bits) / 8);
      target.set(pool.subarray((start * bits) / 8, (start * bits) / 8 + bytes), (first * bits) / 8);
    });
    this.#clearPadding(target);
    const maximum = this.#level.maximumUnits;
    this.#addLight(index, (at, units) => {
      writePixel(target, format, at, Math.min(maximum, readPixel(target, format, at) + units));
    });
  }

  #packed(): Uint8Array {
    if (this.#packedPool) return this.#packedPool;
    const format = sampleFormatOf(this.#options.format);
    const packed = new Uint8Array((this.#pool.length * format.bitsPerPixel) / 8);
    packPixels(this.#pool, format, packed);
    this.#packedPool = packed;
    return packed;
  }

  /** The bits behind the last pixel of a packed frame are 0, not noise. */
  #clearPadding(target: Uint8Array): void {
    const { width, height, format } = this.#options;
    const pixels = width * height;
    const used = pixels * format.bitsPerPixel;
    if (format.packing === 'gige-packed') {
      if (pixels % 2 === 1) target[this.payloadBytes - 1] = (target[this.payloadBytes - 1] as number) & 0x0f;
    } else if (used % 8 !== 0) {
      target[this.payloadBytes - 1] = (target[this.payloadBytes - 1] as number) & ((1 << (used % 8)) - 1);
    }
  }

  /** Photons of stars and objects, drawn afresh for each frame, as whole units to add to a sample of the image. */
  #addLight(index: number, add: (sample: number, units: number) => void): void {
    const { width, height, offsetX, offsetY, seed } = this.#options;
    const { rgb } = this.#options.format;
    const random = new Random(seed, 0x6c696768, index);
    drawSky(this.#sky, index, (x, y, electrons) => {
      const [column, row] = [x - offsetX, y - offsetY];
      if (column < 0 || row < 0 || column >= width || row >= height) return;
      const units = Math.round(random.poisson(electrons) / this.#level.electronsPerUnit);
      if (units <= 0) return;
      const pixel = row * width + column;
      if (rgb === undefined) add(pixel, units);
      else for (const [color, at] of rgb.entries()) add(3 * pixel + at, Math.round(units * (COLOR_PARTS[color] ?? 1)));
    });
  }
}

/** Pixel values of loop frame `index` (frame number modulo `loopFrames`), for whoever wants to check a stream. */
export function scenePixels(model: CameraModel, options: SceneOptions, index: number): Uint16Array {
  return new Scene(model, options).pixels(index);
}
