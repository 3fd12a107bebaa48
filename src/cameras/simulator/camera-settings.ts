import { encodeDiscoveryAck } from '#pipeline/wire/discovery-ack.js';
import { GVCP_STATUS } from '#pipeline/wire/gvcp.js';
import { formatIpv4 } from '#pipeline/wire/network-text.js';
import { type PixelFormat, payloadBytesOf, pixelFormatByCode } from '#pipeline/wire/pixel-formats.js';
import {
  BOOTSTRAP,
  GVCP_CAPABILITY,
  GVSP_CAPABILITY,
  GVSP_EXTENDED_IDS,
  PACKET_SIZE,
  STREAM_CHANNEL,
} from '#pipeline/wire/registers.js';
import type { FrameTiming } from './acquisition.js';
import { ACQUISITION_MODE, CAMERA, PTP_STATUS, SHUTTER_MODE, XML_ADDRESS } from './camera-registers.js';
import { genicamXml } from './genicam-xml.js';
import { LED_MODE, LED_ORIGIN_TICKS, LED_TICKS_PER_SECOND, LED_WIDTH_TICKS, type LedPulse } from './led-spot.js';
import type { LocalNetwork } from './network.js';
import {
  MAXIMUM_EXPOSURE_NS,
  MAXIMUM_GAIN_DB,
  MINIMUM_EXPOSURE_NS,
  MINIMUM_PACKET_SIZE,
  type SimulatorOptions,
} from './options.js';
import { RegisterMemory } from './register-memory.js';
import type { SceneOptions } from './scene.js';

/** What the registers say of the camera beside its options. */
export interface RegisterPlace {
  readonly serial: string;
  readonly seed: number;
  readonly address: string;
  readonly streamPort: number;
  readonly network: LocalNetwork;
}

const HEARTBEAT_DEFAULT_MS = 3000;
const LARGEST_PACKET = 65000;

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
    this.memory = new RegisterMemory(Buffer.from(genicamXml(options.model), 'utf8'));
    this.#fillBootstrap(place);
    this.#fillCamera();
  }

  /** Where the stream goes; null while no one has said it. */
  destination(): { readonly address: string; readonly port: number } | null {
    const port = this.memory.u32(STREAM_CHANNEL.port.address) & 0xffff;
    const address = this.memory.u32(STREAM_CHANNEL.destinationAddress.address);
    return port === 0 || address === 0 ? null : { address: formatIpv4(address), port };
  }

  /** Packet size with all headers, and whether packets may be fragmented. */
  packets(): { readonly bytes: number; readonly dontFragment: boolean; readonly delayNs: number } {
    const register = this.memory.u32(STREAM_CHANNEL.packetSize.address);
    const delayNs = this.memory.u32(STREAM_CHANNEL.packetDelay.address);
    return { bytes: register & PACKET_SIZE.size, dontFragment: (register & PACKET_SIZE.doNotFragment) !== 0, delayNs };
  }

  limitPacketSize(bytes: number): number {
    return Math.max(MINIMUM_PACKET_SIZE, Math.min(bytes, this.#place.network.mtu, LARGEST_PACKET));
  }

  latchTime(ticks: bigint): void {
    this.memory.setU32(BOOTSTRAP.timestampValueHigh.address, Number((ticks >> 32n) & 0xffffffffn));
    this.memory.setU32(BOOTSTRAP.timestampValueLow.address, Number(ticks & 0xffffffffn));
  }

  extendedIds(): boolean {
    return (this.memory.u32(BOOTSTRAP.gvspConfiguration.address) & GVSP_EXTENDED_IDS) !== 0;
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

  #fillBootstrap(place: RegisterPlace): void {
    const { model } = this.#options;
    const registers = this.memory;
    const xmlBytes = Buffer.byteLength(genicamXml(model));
    registers.set(
      0,
      encodeDiscoveryAck({
        versionMajor: 2,
        versionMinor: 0,
        deviceMode: 0x80000001,
        mac: macOf(model.name, place.seed),
        supportedIpConfiguration: 0x1,
        currentIpConfiguration: 0x1,
        address: place.address,
        subnetMask: this.#place.network.netmask,
        gateway: '0.0.0.0',
        vendor: 'Appulse',
        model: model.name,
        deviceVersion: '1.0',
        vendorInfo: `simulated: ${model.description}`.slice(0, 47),
        serial: place.serial,
        userName: '',
      }),
    );
    registers.setText(
      BOOTSTRAP.firstUrl.address,
      `Local:///appulse-${model.name}.xml;${XML_ADDRESS.toString(16)};${xmlBytes.toString(16)}`,
      512,
    );
    const resend = this.#options.resend ? GVCP_CAPABILITY.packetResend : 0;
    const ptp = this.#options.leaderScale === 'ptp';
    const capability =
      GVCP_CAPABILITY.userDefinedName +
      GVCP_CAPABILITY.serialNumber +
      GVCP_CAPABILITY.linkSpeed +
      GVCP_CAPABILITY.ccpApplicationPortAndAddress +
      GVCP_CAPABILITY.writeMemory +
      GVCP_CAPABILITY.concatenation +
      (ptp ? GVCP_CAPABILITY.ieee1588 : 0) +
      resend;
    const values: readonly (readonly [{ readonly address: number }, number])[] = [
      [BOOTSTRAP.numberOfNetworkInterfaces, 1],
      [BOOTSTRAP.linkSpeed, 10_000],
      [BOOTSTRAP.numberOfStreamChannels, 1],
      [BOOTSTRAP.numberOfActiveLinks, 1],
      [BOOTSTRAP.streamChannelsCapability, GVSP_CAPABILITY.sourcePort + GVSP_CAPABILITY.blockId16],
      [BOOTSTRAP.gvcpCapability, capability],
      [BOOTSTRAP.heartbeatTimeout, HEARTBEAT_DEFAULT_MS],
      [BOOTSTRAP.timestampTickFrequencyLow, 1_000_000_000],
      [BOOTSTRAP.ieee1588Status, ptp ? PTP_STATUS.Slave : PTP_STATUS.Disabled],
      [BOOTSTRAP.gvspConfiguration, this.#options.ids === '64' ? GVSP_EXTENDED_IDS : 0],
      [STREAM_CHANNEL.packetSize, this.limitPacketSize(this.#options.packetSize ?? 9000)],
      [STREAM_CHANNEL.sourcePort, place.streamPort],
    ];
    for (const [register, value] of values) registers.setU32(register.address, value);
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
    registers.setU32(CAMERA.gpsHeader, 1);
    registers.setU32(CAMERA.sensorShutterMode, shutter.kind === 'rolling' ? SHUTTER_MODE.rolling : SHUTTER_MODE.global);
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

  /** What follows from other registers: payload size, and the frame rate that the exposure allows. */
  #updateDerived(): void {
    const { format, width, height } = this.geometry();
    this.memory.setU32(CAMERA.payloadSize, payloadBytesOf(format, width, height));
    const limit = Math.min(this.#options.model.maximumFps, 1e9 / Number(this.exposureNs()));
    this.memory.setDouble(CAMERA.frameRateMaximum, limit);
    this.memory.setDouble(CAMERA.frameRate, Math.min(this.#requestedFps, limit));
  }
}

/** A locally administered address that is the same for the same camera. */
function macOf(model: string, seed: number): string {
  let hash = seed >>> 0;
  for (const character of model) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) >>> 0;
  const bytes = [0x02, 0x41, hash >>> 24, (hash >>> 16) & 255, (hash >>> 8) & 255, hash & 255];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
