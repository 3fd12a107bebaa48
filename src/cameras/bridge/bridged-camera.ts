/** A camera behind its maker's library as a GigE Vision device: registers are its controls, blocks are its frames. */
import { reasonOf } from '#gps/errors.js';
import { GVCP_STATUS } from '#pipeline/wire/gvcp.js';
import { UsageError } from '#src/config/usage-error.js';
import type { CameraEvent } from '../camera-events.js';
import { BRIDGE_INFO } from '../gige-vision/camera-features.js';
import { ACQUISITION_MODE, fillBootstrap, macOf } from '../gige-vision/device/bootstrap.js';
import { clockPair, type FrameSender, openFrameSender, type SendMethod } from '../gige-vision/device/frame-sender.js';
import { type DeviceBody, GigeVisionDevice, limitPacketSize } from '../gige-vision/device/gige-vision-device.js';
import { localNetwork } from '../gige-vision/device/network.js';
import { RegisterMemory } from '../gige-vision/device/register-memory.js';
import { cameraEventOf, STREAM_WHOLE } from '../sdk/driver-events.js';
import type { SdkEvent, SdkFrame } from '../sdk/sdk-camera.js';
import { SdkClient, type SdkClientOptions } from '../sdk/sdk-client.js';
import { BridgeStreams } from './bridge-streams.js';
import { type ControlPlace, ControlRegisters } from './control-registers.js';
import { bridgeXml } from './description.js';
import { CONTROLS_BEGIN, MODE, showMode, WRITABLE_MODE, XML_ADDRESS } from './mode-registers.js';

export interface BridgeOptions extends SdkClientOptions {
  readonly address: string;
  readonly port: number;
  readonly send: SendMethod;
  /** 64-bit block ids from the start; a controller can choose otherwise. */
  readonly extendedIds: boolean;
  /** Memory for frames: on their way, and for packet resend. */
  readonly memoryBytes: number;
}

export interface BridgeEvents {
  readonly log: (level: 'info' | 'warning' | 'error', message: string) => void;
  /** What the driver tells of the camera. */
  readonly event: (event: CameraEvent) => void;
  /** Nothing is behind the device any more; see SdkClientEvents. */
  readonly lost: (reason: string, silent: boolean) => void;
}

/** Bytes of a packet where nobody asks for another size, and the interface carries them. */
const USUAL_PACKET_SIZE = 9_000;
/** Names that the device itself has; the time stamps are of the host's clock, whatever clock the camera has. */
const OWN_FEATURES =
  /^(PtpStatus|PayloadSize|TLParamsLocked|AcquisitionMode|AcquisitionFrameCount|AcquisitionStart|AcquisitionStop|ChunkModeActive|Gev\w*|Device(VendorName|ModelName|Version|ManufacturerInfo|SerialNumber|ID|UserID))$/;

export class BridgedCamera implements DeviceBody {
  readonly #options: BridgeOptions;
  readonly #events: BridgeEvents;
  readonly #client: SdkClient;
  readonly #sender: FrameSender;
  readonly #controls: ControlRegisters;
  readonly #memory: RegisterMemory;
  readonly #device: GigeVisionDevice;
  readonly #streams: BridgeStreams;

  private constructor(options: BridgeOptions, events: BridgeEvents, client: SdkClient, sender: FrameSender) {
    this.#options = options;
    this.#events = events;
    this.#client = client;
    this.#sender = sender;
    const offered = client.controls.filter(({ name }) => /^[A-Za-z]\w*$/.test(name) && !OWN_FEATURES.test(name));
    this.#controls = new ControlRegisters(offered, CONTROLS_BEGIN);
    const { opened, mode } = client;
    const xml = Buffer.from(bridgeXml(opened, mode, this.#controls), 'utf8');
    this.#memory = new RegisterMemory({
      begin: MODE.sensorWidth,
      end: this.#controls.end,
      writable: [...WRITABLE_MODE, ...this.#controls.writable],
      xml,
      xmlAddress: XML_ADDRESS,
    });
    const network = localNetwork(options.address);
    const { vendor, model, serial, version } = opened.identity;
    fillBootstrap(this.#memory, {
      ...{ address: options.address, network, streamPort: sender.port, extendedIds: options.extendedIds },
      ...{
        vendor: cut(vendor, 31),
        model: cut(model, 31),
        version: cut(version, 31),
        // The end of a long one tells two cameras of a model apart.
        serial: cut(serial.slice(-15), 15),
      },
      mac: macOf(`${model} ${serial}`, 1),
      info: BRIDGE_INFO,
      xml: { address: XML_ADDRESS, bytes: xml.length },
      ...{ resend: true, pendingAck: true, ptp: false },
      packetSize: limitPacketSize(USUAL_PACKET_SIZE, network.mtu),
    });
    this.#memory.setU32(MODE.acquisitionMode, ACQUISITION_MODE.continuous);
    this.#memory.setU32(MODE.acquisitionFrameCount, 1);
    this.#show();
    this.#streams = new BridgeStreams({
      ...{ client, sender, memory: this.#memory, memoryBytes: options.memoryBytes },
      target: () => this.#device.streamTarget(options.send === 'gso'),
      changed: () => this.#show(),
      log: events.log,
      event: (event) => tell(event, events),
    });
    this.#device = new GigeVisionDevice(
      {
        memory: this.#memory,
        sender,
        resend: true,
        shortIdsOnly: false,
        mtu: network.mtu,
        log: (message) => events.log('info', message),
      },
      this,
    );
  }

  /** Opens the camera and serves it. @throws SdkError of the camera, AppulseError `device.…` of the address */
  static async open(options: BridgeOptions, events: BridgeEvents): Promise<BridgedCamera> {
    const sender = await openFrameSender(options.send, options.address);
    let camera: BridgedCamera | null = null;
    let client: SdkClient | null = null;
    try {
      client = await SdkClient.open(options, {
        frame: (slot, frame) => camera?.frame(slot, frame),
        event: (event) => {
          if (camera === null) tell(event, events);
          else camera.happened(event);
        },
        ended: (whole) => void camera?.runEnded(whole),
        lost: (reason, silent) => events.lost(reason, silent),
      });
      camera = new BridgedCamera(options, events, client, sender);
      await camera.#device.listen(options.address, options.port);
      return camera;
    } catch (error) {
      if (camera !== null) await camera.close();
      else {
        await client?.close();
        sender.close();
      }
      throw error;
    }
  }

  get identity(): SdkClient['opened']['identity'] {
    return this.#client.opened.identity;
  }
  get versions(): SdkClient['opened']['versions'] {
    return this.#client.opened.versions;
  }
  get port(): number {
    return this.#device.port ?? this.#options.port;
  }

  /** Ends the stream, closes camera and sockets. Does not throw. */
  async close(): Promise<void> {
    this.#streams.abort();
    await this.#client.close();
    this.#sender.close();
    await this.#device.close();
  }

  // What the driver tells

  frame(slot: number, frame: SdkFrame): void {
    this.#streams.frame(slot, frame);
  }

  happened(event: SdkEvent): void {
    if (event.kind === 'frames-lost') this.#streams.running?.lose(event.frames);
    this.#show();
    tell(event, this.#events);
  }

  /** As many frames as were asked for are there. */
  async runEnded(whole: boolean): Promise<void> {
    await this.#streams.stop();
    if (whole) this.#events.event(STREAM_WHOLE);
  }

  // DeviceBody

  get streaming(): boolean {
    return this.#streams.running?.ended === false;
  }

  ticksNow(): bigint {
    return clockPair()[0];
  }

  abortStream(): void {
    this.#streams.abort();
    void this.#streams.stop();
  }

  released(): void {
    this.#memory.setU32(MODE.tlParamsLocked, 0);
  }

  writeRegister(address: number, bytes: Buffer): number | Promise<number> {
    const value = bytes.readUInt32BE(0);
    const place = this.#controls.at(address);
    if (place !== undefined) return this.#set(place, bytes);
    if (address === MODE.acquisitionStart || address === MODE.acquisitionStop) {
      if ((value & 1) === 0) return GVCP_STATUS.success;
      return address === MODE.acquisitionStart ? this.#streams.start() : this.#streams.stop();
    }
    if (address === MODE.acquisitionMode && value > ACQUISITION_MODE.multiFrame) return GVCP_STATUS.invalidParameter;
    if (address === MODE.acquisitionFrameCount && value < 1) return GVCP_STATUS.invalidParameter;
    this.#memory.set(address, bytes);
    return GVCP_STATUS.success;
  }

  // Controls

  async #set(place: ControlPlace, bytes: Buffer): Promise<number> {
    const { name, live, shapesFrames } = place.declaration;
    const value = this.#controls.meant(place, bytes);
    if (value === undefined)
      return place.declaration.type === 'command' ? GVCP_STATUS.success : GVCP_STATUS.invalidParameter;
    if (shapesFrames && this.streaming) return GVCP_STATUS.busy;
    try {
      if (!live) this.#streams.running?.restarted();
      await this.#client.set(name, value);
      return GVCP_STATUS.success;
    } catch (error) {
      const level = error instanceof UsageError ? 'info' : 'warning';
      this.#events.log(level, `${name} is not set: ${reasonOf(error)}`);
      if (error instanceof UsageError) return GVCP_STATUS.invalidParameter;
      return this.#client.controls.some((control) => control.name === name && control.unavailable !== null)
        ? GVCP_STATUS.accessDenied
        : GVCP_STATUS.error;
    } finally {
      if (!live) this.#streams.running?.restarted();
      this.#show();
    }
  }

  /** Writes what camera and frames are now into the registers. */
  #show(): void {
    const memory = this.#memory;
    for (const control of this.#client.controls) this.#controls.show(memory, control);
    const { mode, opened } = this.#client;
    showMode(memory, opened.sensor, mode);
    // Controls of the shape say what frames have, not what was asked for.
    const { width, height, pixelFormat } = mode;
    const shown = { Width: width, Height: height, OffsetX: mode.offsetX, OffsetY: mode.offsetY };
    for (const [name, value] of Object.entries(shown)) this.#showValue(name, value);
    this.#showValue('PixelFormat', pixelFormat.name);
  }

  #showValue(name: string, value: number | string): void {
    const control = this.#client.controls.find((one) => one.name === name);
    if (control !== undefined) this.#controls.show(this.#memory, { ...control, value });
  }
}

/** As many characters as a register holds. */
function cut(text: string, characters: number): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, characters);
}

function tell(event: SdkEvent, events: BridgeEvents): void {
  const told = cameraEventOf(event);
  if (told !== null) events.event(told);
}
