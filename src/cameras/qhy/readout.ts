/**
 * How the sensor is read: read mode, depth, binning, area and region, and the order in which the library takes them. A change of read
 * mode, depth, binning or kind of stream initialises the camera anew, after which every parameter must be set again.
 */
import type { PixelFormat } from '#pipeline/wire/pixel-formats.js';
import { SdkError } from '../sdk/library.js';
import type { Sensor } from '../sdk/sdk-camera.js';
import { type Bayer, bayerOf, formatOf, OUTPUT_BITS, type OutputBits } from './delivered-format.js';
import type { QhyDevice } from './qhy-device.js';
import { CONTROL, type ControlId } from './qhy-functions.js';
import type { ReadMode } from './read-modes.js';
import { binnedArea, fitted, insideOf, type Rectangle, regionTold } from './regions.js';

export type StreamKind = 'live' | 'single';
export type ImageArea = 'Full' | 'Effective';

const BIN_CONTROLS: readonly (readonly [number, ControlId])[] = [
  [1, CONTROL.BIN1],
  [2, CONTROL.BIN2],
  [3, CONTROL.BIN3],
  [4, CONTROL.BIN4],
];
const BITS_CONTROLS: readonly (readonly [OutputBits, ControlId])[] = [
  [8, CONTROL.CAM_8BITS],
  [16, CONTROL.CAM_16BITS],
  [32, CONTROL.CAM_32BITS],
];

export class Readout {
  readonly modes: readonly ReadMode[];
  readonly #device: QhyDevice;
  /** Told where the library gives another region than was asked for. */
  readonly #warn: (text: string) => void;
  stream: StreamKind = 'live';
  mode: ReadMode;
  bits: OutputBits = 16;
  binning = 1;
  area: ImageArea = 'Full';
  /** Sums of binned pixels, or their means where the camera has a choice; null where it has none. */
  average: boolean | null = null;
  region: Rectangle = { x: 0, y: 0, width: 0, height: 0 };
  bayer: Bayer = 'none';
  binnings: readonly number[] = [1];
  depths: readonly OutputBits[] = OUTPUT_BITS;
  memoryBytes = 0;
  effective: Rectangle | null = null;
  overscan: Rectangle | null = null;
  #whole = { width: 0, height: 0 };
  #sensor: Sensor | null = null;
  /** Formats that frames of a mode and depth were seen to have, where they are not what the depth says. */
  readonly #seen = new Map<string, PixelFormat>();

  constructor(device: QhyDevice, modes: readonly ReadMode[], warn: (text: string) => void) {
    this.#device = device;
    this.#warn = warn;
    this.modes = modes;
    const usable = modes.find(({ unavailable }) => unavailable === null) ?? modes[0];
    if (usable === undefined) throw new SdkError('sdk.refused', `${device.id} has no read mode`);
    this.mode = usable;
  }

  /** The largest of its read modes. */
  get sensor(): Sensor {
    const sensor = this.#sensor;
    if (sensor === null) throw new SdkError('sdk.refused', `${this.#device.id} is not initialised`);
    return sensor;
  }

  /** The part of the frame that regions may take, in pixels of the image. */
  get bounds(): Rectangle {
    const whole = { x: 0, y: 0, ...this.#whole };
    return binnedArea(this.area === 'Effective' && this.effective !== null ? this.effective : whole, this.binning);
  }

  /** Rows that the camera reads, not binned by the library. */
  get rawRows(): number {
    return this.#whole.height;
  }

  get format(): PixelFormat {
    const seen = this.#seen.get(this.#key);
    const format = seen ?? formatOf(this.bits, this.#bayer());
    if (format === null) throw new SdkError('sdk.refused', `${this.bits} bit is no depth of a frame`);
    return format;
  }

  /** What the bits of `format` are when colours are binned: none. */
  #bayer(): Bayer {
    return this.binning * this.mode.onChipBinning > 1 ? 'none' : this.bayer;
  }

  get frameBayer(): Bayer {
    return this.#bayer();
  }

  /** The largest value of a pixel of 32 bit: the sum of a bin of 16 bit each; null of other formats. */
  get largestValue(): number | null {
    if (this.format.bitsPerPixel !== 32) return null;
    return 65_535 * (this.average === true ? 1 : this.binning ** 2);
  }

  /** Why frames cannot have 32 bit as the camera is set now; null where they can. */
  get refuses32(): string | null {
    if (this.#bayer() === 'none') return null;
    return 'a colour camera gives 32 bit only where it bins: set BinningHorizontal to 2 or more first';
  }

  /** Whether this mode and depth have to be tried to know what frames come. */
  get unsure(): boolean {
    return (/(10|12|14)\s*-?bit|raw/i.test(this.mode.label) || this.bits === 32) && !this.#seen.has(this.#key);
  }

  /** Remembers what frames of this mode and depth look like. */
  remember(format: PixelFormat): void {
    this.#seen.set(this.#key, format);
  }

  get #key(): string {
    return `${this.mode.index}/${this.bits}/${this.binning}`;
  }

  /** Initialises the camera by what is set here. Parameters are lost by it. @throws SdkError */
  async initialise(): Promise<void> {
    const device = this.#device;
    const { mode } = this;
    if (device.has('SetQHYCCDReadMode') && (this.modes.length > 1 || mode.index !== 0)) {
      await device.checkSlow('SetQHYCCDReadMode', `read mode ${mode.label} could not be set`, mode.index);
    }
    const live = this.stream === 'live';
    await device.checkSlow('SetQHYCCDStreamMode', `${this.stream} mode could not be set`, live ? 1 : 0);
    await device.checkSlow('InitQHYCCD', 'the camera could not be initialised');
    await this.#look();
    if (device.has('SetQHYCCDDebayerOnOff') && this.bayer !== 'none') {
      await device.check('SetQHYCCDDebayerOnOff', 'debayering could not be turned off', false);
    }
    const refused = this.bits === 32 ? this.refuses32 : null;
    if (refused !== null) this.#warn(`frames have 16 bit from now on: ${refused}`);
    if (!this.depths.includes(this.bits) || refused !== null) {
      this.bits = this.depths.includes(16) ? 16 : (this.depths[0] ?? 8);
    }
    await device.check('SetQHYCCDBitsMode', `${this.bits} bit could not be set`, this.bits);
    if (await device.available(CONTROL.IGNOREOVERSCAN)) {
      await device.setParameter(CONTROL.IGNOREOVERSCAN, 0, 'the origin of regions');
    }
    if (this.average !== null) {
      await device.setParameter(CONTROL.USE_AVERAGE_BINNING, this.average ? 1 : 0, 'the kind of binning');
    }
    if (!this.binnings.includes(this.binning)) this.binning = 1;
    await device.check('SetQHYCCDBinMode', `binning ${this.binning} could not be set`, this.binning, this.binning);
    await this.setRegion(this.region.width === 0 ? this.bounds : this.region);
    await this.#takeMemoryLength();
  }

  /** Sets a region, cut to what is there; what the library makes of it is the truth. */
  async setRegion(wanted: Rectangle): Promise<void> {
    const device = this.#device;
    const asked = fitted(wanted, this.bounds);
    const { x, y, width, height } = asked;
    const words = `${width} x ${height} at ${x}, ${y}`;
    await device.check('SetQHYCCDResolution', `the region ${words} could not be set`, x, y, width, height);
    this.region = asked;
    const told = await device.words('GetQHYCCDCurrentROI', 4);
    if (told === null) return;
    const [toldX = 0, toldY = 0, toldWidth = 0, toldHeight = 0] = told;
    const area = { x: toldX, y: toldY, width: toldWidth, height: toldHeight };
    const region = regionTold(asked, area, this.bounds, this.binning);
    if (region === null || region === asked) return;
    this.region = region;
    this.#warn(
      `the camera takes the region ${region.width} x ${region.height} at ${region.x}, ${region.y} instead of ${words}`,
    );
  }

  async #look(): Promise<void> {
    const device = this.#device;
    const chip = [1, 2, 3, 4].map(() => new Float64Array(1));
    const [wide = new Float64Array(1), high = wide, pixelWidth = wide, pixelHeight = wide] = chip;
    const [width, height, bits] = [new Uint32Array(1), new Uint32Array(1), new Uint32Array(1)];
    await device.check(
      'GetQHYCCDChipInfo',
      'the sensor could not be asked',
      wide,
      high,
      width,
      height,
      pixelWidth,
      pixelHeight,
      bits,
    );
    const size = { width: this.mode.width || (width[0] ?? 0), height: this.mode.height || (height[0] ?? 0) };
    if (size.width < 1 || size.height < 1 || size.width > 65_535 || size.height > 65_535) {
      throw new SdkError(
        'sdk.refused',
        `${device.id} says that its sensor has ${size.width} x ${size.height} pixels: ${AGAIN}`,
      );
    }
    if (this.#whole.width !== size.width || this.#whole.height !== size.height) {
      this.region = { x: 0, y: 0, width: 0, height: 0 };
    }
    this.#whole = size;
    const answer = await device.code('IsQHYCCDControlAvailable', CONTROL.CAM_COLOR);
    this.bayer = bayerOf(answer);
    const um = (value: number | undefined) => (value !== undefined && value > 0 && value < 1000 ? value : 0);
    this.#sensor = {
      width: Math.max(size.width, ...this.modes.map((mode) => mode.width)),
      height: Math.max(size.height, ...this.modes.map((mode) => mode.height)),
      pixelWidthUm: um(pixelWidth[0]),
      pixelHeightUm: um(pixelHeight[0]),
      adcBits: bits[0] ?? 16,
      color: this.bayer !== 'none',
    };
    this.effective = insideOf(await this.#rectangle('GetQHYCCDEffectiveArea'), size.width, size.height);
    this.overscan = insideOf(await this.#rectangle('GetQHYCCDOverScanArea'), size.width, size.height);
    if (this.effective === null) this.area = 'Full';
    this.binnings = await this.#those(BIN_CONTROLS, [1]);
    this.depths = await this.#those(BITS_CONTROLS, [16]);
    if (this.average === null && (await device.available(CONTROL.USE_AVERAGE_BINNING))) this.average = false;
  }

  async #those<T extends number>(all: readonly (readonly [T, ControlId])[], none: readonly T[]): Promise<readonly T[]> {
    const found: T[] = [];
    for (const [value, id] of all) if (await this.#device.available(id)) found.push(value);
    return found.length > 0 ? found : none;
  }

  async #rectangle(name: 'GetQHYCCDEffectiveArea' | 'GetQHYCCDOverScanArea'): Promise<Rectangle | null> {
    const words = await this.#device.words(name, 4);
    const [x = 0, y = 0, width = 0, height = 0] = words ?? [];
    return words === null ? null : { x, y, width, height };
  }

  /** Memory that the library may write for one frame: what it says, and never less than a frame. */
  async #takeMemoryLength(): Promise<void> {
    // It counts two bytes a pixel, whatever the depth.
    const told = (await this.#device.code('GetQHYCCDMemLength')) * (this.bits === 32 ? 2 : 1);
    const { width, height } = this.#whole;
    const frame = width * height * (this.bits / 8);
    if (told > MOST_MEMORY_BYTES) {
      throw new SdkError(
        'sdk.refused',
        `GetQHYCCDMemLength gives ${told} bytes, which is no size of a frame: ${AGAIN}`,
      );
    }
    this.memoryBytes = Math.max(told, frame);
  }
}

const AGAIN = "switch the camera's 12 V off and on, and open it again";
/** Above four times the largest sensor of the maker (19776 x 13120) in 16 bit. */
const MOST_MEMORY_BYTES = 2 ** 31;
