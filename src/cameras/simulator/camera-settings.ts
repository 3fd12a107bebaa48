import { GVCP_STATUS } from '#pipeline/wire/gvcp.js';
import { type PixelFormat, payloadBytesOf, pixelFormatByCode } from '#pipeline/wire/pixel-formats.js';
import { ACQUISITION_MODE, fillBootstrap, macOf, SHUTTER_MODE } from '../gige-vision/device/bootstrap.js';
import { limitPacketSize } from '../gige-vision/device/gige-vision-device.js';
import type { LocalNetwork } from '../gige-vision/device/network.js';
import { RegisterMemory } from '../gige-vision/device/register-memory.js';
import type { FrameTiming } from './acquisition.js';
import {
  CAMERA,
  CAMERA_BEGIN,
  CAMERA_END,
  TRIGGER_MODE,
  TRIGGER_SOURCE,
  WRITABLE,
  XML_ADDRESS,
} from './camera-registers.js';
import { genicamXml } from './genicam-xml.js';
import { LED_MODE, LED_ORIGIN_TICKS, LED_TICKS_PER_SECOND, LED_WIDTH_TICKS, type LedPulse } from './led-spot.js';
import { MAXIMUM_EXPOSURE_NS, MAXIMUM_GAIN_DB, MINIMUM_EXPOSURE_NS, type SimulatorOptions } from './options.js';
import type { SceneOptions } from './scene.js';

/** What the registers say of the camera beside its options. */
export interface RegisterPlace {
  readonly serial: string;
  readonly seed: number;
  readonly address: string;
  readonly streamPort: number;
  readonly network: LocalNetwork;
}

/** Bytes of a packet where nobody asks for another size, and the interface carries them. */
const USUAL_PACKET_SIZE = 9000;

/** The settings of a simulated camera, which live in its registers: what they mean, and what may be set. */
export class CameraSettings {
  readonly memory: RegisterMemory;
  readonly #options: SimulatorOptions;
  readonly #place: RegisterPlace;
  #requestedFps: number;

  constructor(options: SimulatorOptions, place: RegisterPlace) {
    this.#options = options;
    this.#place = place;
    this.#requestedFps = options.fps;
    this.memory = new RegisterMemory({
      begin: CAMERA_BEGIN,
      end: CAMERA_END,
      writable: WRITABLE,
      xml: Buffer.from(genicamXml(options.model), 'utf8'),
      xmlAddress: XML_ADDRESS,
    });
    this.#fillBootstrap(place);
    this.#fillCamera();
  }

  exposureNs(): bigint {
    return BigInt(Math.round(this.memory.double(CAMERA.exposureTime) * 10)) * 100n;
  }

  /** What the camera does to its exposure by itself. */
  setExposureNs(exposureNs: bigint): FrameTiming {
    this.memory.setDouble(CAMERA.exposureTime, Number(exposureNs) / 1000);
    this.#updateDerived();
    return this.timing();
  }

  timing(): FrameTiming {
    return {
      fps: this.memory.double(CAMERA.frameRate),
      exposureNs: this.exposureNs(),
      gpsHeader: (this.memory.u32(CAMERA.gpsHeader) & 1) === 1,
    };
  }

  /** The calibration LED's pulse; null: it is off. */
  ledPulse(): LedPulse | null {
    const mode = this.memory.u32(CAMERA.ledMode);
    if (mode === LED_MODE.Off) return null;
    const ns = (ticks: number) => (ticks * 1e9) / LED_TICKS_PER_SECOND;
    return {
      edge: mode === LED_MODE.Start ? 'start' : 'end',
      offsetNs: ns(this.memory.u32(CAMERA.ledPosition) - LED_ORIGIN_TICKS),
      widthNs: ns(this.memory.u32(CAMERA.ledWidth)),
    };
  }

  /** Mode or width of the LED's pulse; what cannot be is refused. */
  writeLed(address: number, value: number): number {
    const { least, most } = LED_WIDTH_TICKS;
    const valid = address === CAMERA.ledMode ? value <= LED_MODE.End : value >= least && value <= most;
    if (!valid) return GVCP_STATUS.invalidParameter;
    this.memory.setU32(address, value);
    return GVCP_STATUS.success;
  }

  geometry() {
    const format = pixelFormatByCode(this.memory.u32(CAMERA.pixelFormat)) as PixelFormat;
    return {
      format,
      width: this.memory.u32(CAMERA.width),
      height: this.memory.u32(CAMERA.height),
      offsetX: this.memory.u32(CAMERA.offsetX),
      offsetY: this.memory.u32(CAMERA.offsetY),
    };
  }

  scene(): SceneOptions {
    return {
      scene: this.#options.scene,
      seed: this.#place.seed,
      ...this.geometry(),
      exposureNs: this.exposureNs(),
      gainDb: this.memory.double(CAMERA.gain),
    };
  }

  /** Width, height, offsets or pixel format; what does not fit is refused and changes nothing. */
  writeGeometry(address: number, value: number): number {
    const before = this.memory.u32(address);
    this.memory.setU32(address, value);
    const { model } = this.#options;
    const format = pixelFormatByCode(this.memory.u32(CAMERA.pixelFormat));
    const fits = (size: number, offset: number, sensor: number) => size >= 1 && offset + size <= sensor;
    const valid =
      format !== undefined &&
      model.formats.includes(format.name) &&
      fits(this.memory.u32(CAMERA.width), this.memory.u32(CAMERA.offsetX), model.sensorWidth) &&
      fits(this.memory.u32(CAMERA.height), this.memory.u32(CAMERA.offsetY), model.sensorHeight);
    if (!valid) {
      this.memory.setU32(address, before);
      return GVCP_STATUS.invalidParameter;
    }
    this.#updateDerived();
    return GVCP_STATUS.success;
  }

  /** Frame rate, exposure or gain. */
  writeRate(address: number, bytes: Buffer): number {
    if (bytes.length !== 8) return GVCP_STATUS.invalidParameter;
    const value = bytes.readDoubleBE(0);
    const [minimum, maximum] =
      address === CAMERA.frameRate
        ? [0.001, this.#options.model.maximumFps]
        : address === CAMERA.gain
          ? [0, MAXIMUM_GAIN_DB]
          : [Number(MINIMUM_EXPOSURE_NS) / 1000, Number(MAXIMUM_EXPOSURE_NS) / 1000];
    if (!(value >= minimum && value <= maximum)) return GVCP_STATUS.invalidParameter;
    if (address === CAMERA.frameRate) this.#requestedFps = value;
    else this.memory.setDouble(address, address === CAMERA.exposureTime ? Math.floor(value * 10 + 1e-6) / 10 : value);
    this.#updateDerived();
    return GVCP_STATUS.success;
  }

  #fillBootstrap({ serial, seed, address, streamPort, network }: RegisterPlace): void {
    const { model, resend, leaderScale, ids, packetSize } = this.#options;
    fillBootstrap(this.memory, {
      ...{ address, network, streamPort, serial, resend },
      mac: macOf(model.name, seed),
      vendor: 'Appulse',
      model: model.name,
      version: '1.0',
      info: `simulated: ${model.description}`,
      xml: { address: XML_ADDRESS, bytes: Buffer.byteLength(genicamXml(model)) },
      pendingAck: false,
      ptp: leaderScale === 'ptp',
      actions: true,
      extendedIds: ids === '64',
      packetSize: limitPacketSize(packetSize ?? USUAL_PACKET_SIZE, network.mtu),
    });
  }

  #fillCamera(): void {
    const { model } = this.#options;
    const registers = this.memory;
    const { format, width, height, offsetX, offsetY, exposureNs, gainDb } = this.#options;
    const { shutter } = model;
    registers.setU32(CAMERA.sensorWidth, model.sensorWidth);
    registers.setU32(CAMERA.sensorHeight, model.sensorHeight);
    registers.setU32(CAMERA.width, width);
    registers.setU32(CAMERA.height, height);
    registers.setU32(CAMERA.offsetX, offsetX);
    registers.setU32(CAMERA.offsetY, offsetY);
    registers.setU32(CAMERA.pixelFormat, format.code);
    registers.setU32(CAMERA.acquisitionMode, ACQUISITION_MODE.continuous);
    registers.setU32(CAMERA.acquisitionFrameCount, 1);
    registers.setU32(CAMERA.triggerMode, TRIGGER_MODE.Off);
    registers.setU32(CAMERA.triggerSource, TRIGGER_SOURCE.Software);
    registers.setU32(CAMERA.gpsHeader, 1);
    registers.setU32(CAMERA.shutterMode, shutter.kind === 'rolling' ? SHUTTER_MODE.rolling : SHUTTER_MODE.global);
    registers.setU32(CAMERA.linePeriod, Number(shutter.linePeriodNs ?? 0n));
    registers.setU32(CAMERA.rowZeroEndOffset, Number(shutter.rowZeroEndOffsetNs ?? 0n));
    registers.setU32(CAMERA.rowPairing, shutter.rowPairs ? 1 : 0);
    registers.setU32(CAMERA.ledPosition, LED_ORIGIN_TICKS);
    registers.setU32(CAMERA.ledOrigin, LED_ORIGIN_TICKS);
    registers.setU32(CAMERA.ledWidth, LED_WIDTH_TICKS.usual);
    registers.setU32(CAMERA.ledTickFrequency, LED_TICKS_PER_SECOND);
    registers.setDouble(CAMERA.exposureTime, Number(exposureNs) / 1000);
    registers.setDouble(CAMERA.gain, gainDb);
    this.#updateDerived();
  }

  /** What follows from other registers: payload size, the largest value, and the frame rate that the exposure allows. */
  #updateDerived(): void {
    const { format, width, height } = this.geometry();
    this.memory.setU32(CAMERA.payloadSize, payloadBytesOf(format, width, height));
    this.memory.setU32(CAMERA.dynamicRangeMax, 2 ** Math.min(this.#options.model.adcBits, format.bitDepth) - 1);
    const limit = Math.min(this.#options.model.maximumFps, 1e9 / Number(this.exposureNs()));
    this.memory.setDouble(CAMERA.frameRateMaximum, limit);
    this.memory.setDouble(CAMERA.frameRate, Math.min(this.#requestedFps, limit));
  }
}
