/** A camera behind its maker's library as a GigE Vision device: registers are its controls, blocks are its frames. */
import { reasonOf } from '#gps/errors.js';
import { prefault } from '#pipeline/ring/shared-memory.js';
import { GVCP_STATUS } from '#pipeline/wire/gvcp.js';
import { payloadBytesOf } from '#pipeline/wire/pixel-formats.js';
import { UsageError } from '#src/config/usage-error.js';
import type { CameraEvent } from '../camera-events.js';
import { BRIDGE_INFO } from '../gige-vision/camera-features.js';
import { ACQUISITION_MODE, fillBootstrap, macOf } from '../gige-vision/device/bootstrap.js';
import { clockPair, type FrameSender, openFrameSender, type SendMethod } from '../gige-vision/device/frame-sender.js';
import { type DeviceBody, GigeVisionDevice, limitPacketSize } from '../gige-vision/device/gige-vision-device.js';
import { localNetwork } from '../gige-vision/device/network.js';
import { RegisterMemory } from '../gige-vision/device/register-memory.js';
import { cameraEventOf, STREAM_WHOLE } from '../sdk/driver-events.js';
import { slotBytesFor } from '../sdk/info-chunk.js';
import type { SdkEvent, StreamRequest } from '../sdk/sdk-camera.js';
import { SdkClient, type SdkClientOptions } from '../sdk/sdk-client.js';
import { SlotMemory, strideOf } from '../sdk/slot-memory.js';
import { streamRequest } from '../sdk/stream-request.js';
import { BridgeRun } from './bridge-run.js';
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

/** Most frames that are kept, however small they are. */
const MOST_SLOTS = 1_024;
const LEAST_SLOTS = 4;
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
  #slots: SlotMemory | null = null;
  #run: BridgeRun | null = null;
  /** Starts and stops in the order in which they were asked for. */
  #turn: Promise<unknown> = Promise.resolve();

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
        frame: (slot, frame) => {
          const run = camera?.running;
          if (run) run.frame(slot, frame);
          else camera?.forget(slot);
        },
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
  get running(): BridgeRun | null {
    return this.#run;
  }

  /** Ends the stream, closes camera and sockets. Does not throw. */
  async close(): Promise<void> {
    this.#run?.abort();
    await this.#client.close();
    this.#sender.close();
    await this.#device.close();
  }

  // What the driver tells

  /** A frame of a run that is over. */
  forget(slot: number): void {
    this.#slots?.free(slot);
  }

  happened(event: SdkEvent): void {
    if (event.kind === 'frames-lost') this.#run?.lose(event.frames);
    this.#show();
    tell(event, this.#events);
  }

  /** As many frames as were asked for are there. */
  async runEnded(whole: boolean): Promise<void> {
    await this.#next(() => this.#stop());
    if (whole) this.#events.event(STREAM_WHOLE);
  }

  // DeviceBody

  get streaming(): boolean {
    return this.#run !== null && !this.#run.ended;
  }

  ticksNow(): bigint {
    return clockPair()[0];
  }

  abortStream(): void {
    this.#run?.abort();
    void this.#next(() => this.#stop());
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
      return this.#next(() => (address === MODE.acquisitionStart ? this.#start() : this.#stop()));
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
      if (!live) this.#run?.restarted();
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
      if (!live) this.#run?.restarted();
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

  // Stream

  async #start(): Promise<number> {
    await this.#stop();
    const target = this.#device.streamTarget(this.#options.send === 'gso');
    if (target === null) {
      this.#events.log('warning', 'acquisition was started without a destination of the stream: nothing is sent');
      return GVCP_STATUS.invalidParameter;
    }
    try {
      const memory = await this.#slotsForMode();
      const { mode } = this.#client;
      this.#run = new BridgeRun({
        ...{ sender: this.#sender, target, memory, mode },
        event: (event) => tell(event, this.#events),
      });
      await this.#client.start(this.#request(), { kind: 'slots', memory: memory.handle });
      return GVCP_STATUS.success;
    } catch (error) {
      this.#run?.abort();
      this.#run = null;
      this.#events.log('error', `the camera does not stream: ${reasonOf(error)}`);
      return GVCP_STATUS.error;
    } finally {
      this.#show();
    }
  }

  async #stop(): Promise<number> {
    const run = this.#run;
    try {
      await this.#client.stop();
      await run?.finish();
    } catch (error) {
      this.#events.log('warning', `the stream was not ended well: ${reasonOf(error)}`);
    }
    run?.abort();
    if (this.#run === run) this.#run = null;
    this.#show();
    return GVCP_STATUS.success;
  }

  #next<T>(call: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(call);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** What a start means, by AcquisitionMode and the controls of bursts. */
  #request(): StreamRequest {
    const mode = this.#memory.u32(MODE.acquisitionMode);
    if (mode === ACQUISITION_MODE.singleFrame) return { kind: 'single', frames: 1 };
    if (mode === ACQUISITION_MODE.multiFrame)
      return { kind: 'single', frames: this.#memory.u32(MODE.acquisitionFrameCount) };
    return streamRequest(this.#client.controls);
  }

  /** Memory of the run before, where it fits. */
  async #slotsForMode(): Promise<SlotMemory> {
    const { mode } = this.#client;
    const slotBytes = slotBytesFor(mode, payloadBytesOf(mode.pixelFormat, mode.width, mode.height));
    const former = this.#slots;
    if (former !== null && former.handle.strideBytes === strideOf(slotBytes)) {
      former.reset();
      return former;
    }
    this.#slots = null;
    const count = Math.min(
      MOST_SLOTS,
      Math.max(LEAST_SLOTS, Math.floor(this.#options.memoryBytes / strideOf(slotBytes))),
    );
    const memory = SlotMemory.create(slotBytes, count);
    await prefault([memory.handle.slots]);
    this.#slots = memory;
    return memory;
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
