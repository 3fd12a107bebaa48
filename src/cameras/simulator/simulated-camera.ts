import { GVCP_STATUS, type PacketResend } from '#pipeline/wire/gvcp.js';
import { GVSP, payloadDataBytes, writeGvspHeader } from '#pipeline/wire/gvsp.js';
import { parseIpv4 } from '#pipeline/wire/network-text.js';
import {
  BOOTSTRAP,
  GVSP_EXTENDED_IDS,
  PACKET_SIZE,
  STREAM_CHANNEL,
  TIMESTAMP_CONTROL,
} from '#pipeline/wire/registers.js';
import { Acquisition, type StreamTarget } from './acquisition.js';
import { ACQUISITION_MODE, CAMERA } from './camera-registers.js';
import { CameraSettings } from './camera-settings.js';
import { faultsNamed } from './clock-faults.js';
import { type ControlledDevice, ControlPort, type Peer } from './control-port.js';
import { clockPair, type FrameSender, openFrameSender } from './frame-sender.js';
import { localNetwork } from './network.js';
import type { SimulatorOptions } from './options.js';
import { FramePreparer } from './prepared-frames.js';
import type { RegisterMemory } from './register-memory.js';
import { taiOfUtc } from './time-scales.js';
import { TruthFile } from './truth-file.js';

/** Where one camera of a simulator process listens and who it is. */
export interface CameraPlace {
  /** 0, 1, ... within the process. */
  readonly index: number;
  readonly address: string;
  readonly port: number;
  readonly truth: string | null;
}

/** One run of a camera, from AcquisitionStart to AcquisitionStop; see {@link Acquisition}. */
export type CameraRun = Pick<Acquisition, 'changeTiming' | 'ticksNow' | 'stop' | 'abort' | 'produced' | 'ended'>;

/** What the frames of a run are sent with. */
export interface RunSetup {
  readonly sender: FrameSender;
  readonly target: StreamTarget;
  /** Most frames to send; null: all. */
  readonly frames: number | null;
  readonly onFinished: () => void;
}

/** Frames from somewhere else than the synthetic sky. */
export interface OtherFrames {
  /** At most 15 characters. */
  readonly serial: string;
  readonly gpsHeader: boolean;
  start(setup: RunSetup): CameraRun;
}

export interface CameraEvents {
  readonly log: (message: string) => void;
  /** The camera has fallen silent for good. */
  readonly gone: () => void;
}

const HEARTBEAT_CHECK_MS = 100;
/** What the packet size counts in front of the GVSP header. */
const IP_AND_UDP_BYTES = 28;

/** A GigE Vision camera over UDP with a synthetic sky behind it. */
export class SimulatedCamera implements ControlledDevice {
  readonly serial: string;
  readonly #options: SimulatorOptions;
  readonly #place: CameraPlace;
  readonly #events: CameraEvents;
  readonly #seed: number;
  readonly #settings: CameraSettings;
  readonly #sender: FrameSender;
  readonly #preparer: FramePreparer;
  readonly #truth: TruthFile | null;
  readonly #other: OtherFrames | null;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #powerOnNs = process.hrtime.bigint();
  #control: ControlPort | null = null;
  #controller: Peer | null = null;
  #heardMs = 0;
  #acquisition: CameraRun | null = null;
  /** Counts starts and stops, so that a start whose frames were still being made can tell that it is void. */
  #run = 0;
  #vanished = false;
  #silent = false;

  private constructor(
    options: SimulatorOptions,
    place: CameraPlace,
    events: CameraEvents,
    sender: FrameSender,
    other: OtherFrames | null,
  ) {
    this.#other = other;
    this.#options = options;
    this.#place = place;
    this.#events = events;
    this.#sender = sender;
    this.#seed = options.seed + place.index;
    this.serial = other?.serial ?? `${options.model.code}-${options.seed}.${place.index + 1}`;
    this.#preparer = new FramePreparer(options.model, {
      withZeros: faultsNamed(options.clockFaults, 'all-zero').length > 0,
    });
    this.#truth = place.truth === null ? null : new TruthFile(place.truth);
    this.#settings = new CameraSettings(options, {
      serial: this.serial,
      seed: this.#seed,
      address: place.address,
      streamPort: sender.port,
      network: localNetwork(place.address),
    });
    if (other !== null) this.#settings.memory.setU32(CAMERA.gpsHeader, other.gpsHeader ? 1 : 0);
    if (options.firstBlock > 65535n && options.ids !== '64') {
      this.#log('with 16-bit block ids the first block shows as its id on the wire');
    }
    this.#heartbeat = setInterval(() => this.#checkHeartbeat(), HEARTBEAT_CHECK_MS);
  }

  /** Binds, prepares the first frames, and answers from then on. Throws AppulseError `simulator.…`. */
  static async open(
    options: SimulatorOptions,
    place: CameraPlace,
    events: CameraEvents,
    other: OtherFrames | null = null,
  ): Promise<SimulatedCamera> {
    const sender = await openFrameSender(options.send, place.address);
    let camera: SimulatedCamera | null = null;
    try {
      camera = new SimulatedCamera(options, place, events, sender, other);
      camera.#control = await ControlPort.open(camera, place.address, place.port);
      if (other === null) await camera.#preparer.prepare(camera.#settings.scene());
      return camera;
    } catch (error) {
      if (camera) await camera.close();
      else sender.close();
      throw error;
    }
  }

  get address(): string {
    return this.#place.address;
  }
  get port(): number {
    return this.#control?.port ?? this.#place.port;
  }
  get model(): string {
    return this.#options.model.name;
  }
  get silent(): boolean {
    return this.#silent;
  }

  /** Stops the stream at once and closes the sockets; the truth file is complete afterwards. */
  async close(): Promise<void> {
    this.#run++;
    clearInterval(this.#heartbeat);
    this.#acquisition?.abort();
    this.#sender.close();
    await this.#control?.close();
    this.#control = null;
    this.#truth?.close();
  }

  get #memory(): RegisterMemory {
    return this.#settings.memory;
  }

  // ControlledDevice

  read(address: number, count: number): Uint8Array | number {
    return this.#memory.read(address, count);
  }

  heard(from: Peer): void {
    if (this.#isController(from)) this.#heardMs = performance.now();
  }

  write(address: number, bytes: Uint8Array, from: Peer): number {
    const status = this.#memory.checkWrite(address, bytes.length);
    if (status !== GVCP_STATUS.success) return status;
    if (address === BOOTSTRAP.controlChannelPrivilege.address) return this.#writePrivilege(bytes, from);
    if (!this.#isController(from)) return GVCP_STATUS.accessDenied;
    return this.#writeRegister(address, Buffer.from(bytes));
  }

  resend(request: PacketResend, from: Peer): void {
    if (!this.#options.resend || request.streamChannel !== 0) return;
    // The address alone would let any program of the receiver's host draw on the stream.
    const receiver = this.#settings.destination();
    const isReceiver = from.address === receiver?.address && from.port === receiver.port;
    if (!isReceiver && !this.#isController(from)) return;
    if (request.extendedIds !== this.#settings.extendedIds()) return;
    this.#sender.resend(request.blockId, request.firstPacketId, request.lastPacketId);
  }

  // Control privilege

  #isController(from: Peer): boolean {
    return this.#controller?.address === from.address && this.#controller.port === from.port;
  }

  #writePrivilege(bytes: Uint8Array, from: Peer): number {
    const value = Buffer.from(bytes).readUInt32BE(0);
    if (this.#controller && !this.#isController(from)) return GVCP_STATUS.accessDenied;
    if (value === 0) {
      this.#releaseControl();
      return GVCP_STATUS.success;
    }
    this.#controller = { address: from.address, port: from.port };
    this.#heardMs = performance.now();
    this.#memory.setU32(BOOTSTRAP.controlChannelPrivilege.address, value);
    this.#memory.setU32(BOOTSTRAP.primaryApplicationPort.address, from.port);
    this.#memory.setU32(BOOTSTRAP.primaryApplicationAddress.address, parseIpv4(from.address));
    return GVCP_STATUS.success;
  }

  /** Without a controller nothing streams and nothing stays set that belongs to the connection. */
  #releaseControl(): void {
    this.#abortStream();
    this.#controller = null;
    const cleared = [
      BOOTSTRAP.controlChannelPrivilege,
      BOOTSTRAP.primaryApplicationPort,
      BOOTSTRAP.primaryApplicationAddress,
      STREAM_CHANNEL.port,
      STREAM_CHANNEL.destinationAddress,
    ];
    for (const register of cleared) this.#memory.setU32(register.address, 0);
    this.#memory.setU32(CAMERA.tlParamsLocked, 0);
  }

  #checkHeartbeat(): void {
    if (!this.#controller || this.#silent) return;
    const timeoutMs = Math.max(500, this.#memory.u32(BOOTSTRAP.heartbeatTimeout.address));
    if (performance.now() - this.#heardMs < timeoutMs) return;
    this.#log(`the controller at ${this.#controller.address} fell silent: control released`);
    this.#releaseControl();
  }

  // Registers

  #writeRegister(address: number, bytes: Buffer): number {
    const value = bytes.readUInt32BE(0);
    switch (address) {
      case STREAM_CHANNEL.packetSize.address:
        return this.#writePacketSize(value);
      case STREAM_CHANNEL.port.address:
        this.#memory.setU32(address, value & 0xffff);
        if ((value & 0xffff) === 0) this.#abortStream();
        return GVCP_STATUS.success;
      case BOOTSTRAP.gvspConfiguration.address:
        if (this.#streaming) return GVCP_STATUS.busy;
        this.#memory.setU32(address, this.#options.ids === '16' ? 0 : value & GVSP_EXTENDED_IDS);
        return GVCP_STATUS.success;
      case BOOTSTRAP.timestampControl.address:
        if (value & TIMESTAMP_CONTROL.latch) this.#settings.latchTime(this.#ticksNow());
        return GVCP_STATUS.success;
      case CAMERA.acquisitionStart:
        if (value & 1) void this.#startStream();
        return GVCP_STATUS.success;
      case CAMERA.acquisitionStop:
        if (value & 1) this.#stopStream();
        return GVCP_STATUS.success;
      case CAMERA.frameRate:
      case CAMERA.exposureTime:
      case CAMERA.gain: {
        const status = this.#settings.writeRate(address, bytes);
        if (status === GVCP_STATUS.success) this.#acquisition?.changeTiming(this.#settings.timing());
        return status;
      }
      case CAMERA.width:
      case CAMERA.height:
      case CAMERA.offsetX:
      case CAMERA.offsetY:
      case CAMERA.pixelFormat:
        return this.#streaming ? GVCP_STATUS.busy : this.#settings.writeGeometry(address, value);
      case CAMERA.ledMode:
      case CAMERA.ledWidth:
        return this.#settings.writeLed(address, value);
      default:
        this.#memory.set(address, bytes);
        if (address === CAMERA.gpsHeader) this.#acquisition?.changeTiming(this.#settings.timing());
        return GVCP_STATUS.success;
    }
  }

  #writePacketSize(value: number): number {
    const size = this.#settings.limitPacketSize(value & PACKET_SIZE.size);
    this.#memory.setU32(STREAM_CHANNEL.packetSize.address, (value & PACKET_SIZE.doNotFragment) | size);
    const destination = this.#settings.destination();
    // Sent only where it fits: a size above the MTU is cut down in the register, and the asker waits in vain.
    if (value & PACKET_SIZE.fireTestPacket && destination && size === (value & PACKET_SIZE.size)) {
      const packet = new Uint8Array(size - IP_AND_UDP_BYTES);
      const extended = this.#settings.extendedIds();
      writeGvspHeader(packet, { extended, format: GVSP.payload, blockId: 0n, packetId: 0 });
      const { dontFragment } = this.#settings.packets();
      this.#sender.sendOne(packet, destination.address, destination.port, dontFragment);
    }
    return GVCP_STATUS.success;
  }

  // Stream

  get #streaming(): boolean {
    return this.#acquisition !== null && !this.#acquisition.ended;
  }

  async #startStream(): Promise<void> {
    const run = ++this.#run;
    this.#acquisition?.abort();
    this.#acquisition = null;
    const settings = this.#settings;
    const destination = settings.destination();
    if (!destination) {
      this.#log('acquisition started without a stream destination: nothing is sent');
      return;
    }
    const extendedIds = settings.extendedIds();
    const packets = settings.packets();
    const { send } = this.#options;
    const target: StreamTarget = {
      ...destination,
      packetDataBytes: payloadDataBytes(packets.bytes, extendedIds),
      extendedIds,
      segmented: send === 'gso',
      dontFragment: packets.dontFragment,
      packetDelayNs: packets.delayNs,
    };
    const sent = { sender: this.#sender, target, frames: this.#framesOfRun(), onFinished: () => this.#finished() };
    if (this.#other !== null) {
      this.#acquisition = this.#other.start(sent);
      return;
    }
    const prepared = await this.#preparer.prepare(settings.scene());
    if (run !== this.#run) return;
    const { format, ...area } = settings.geometry();
    const { model, gps, faults, clockFaults, originUtcNs, leaderScale, lateness, historyFrames, firstBlock } =
      this.#options;
    this.#acquisition = new Acquisition({
      ...sent,
      prepared,
      timing: settings.timing(),
      geometry: { pixelFormat: format.code, ...area },
      sensor: { width: model.sensorWidth, height: model.sensorHeight },
      shutter: model.shutter,
      gps,
      faults,
      ...{ clockFaults, originUtcNs, leaderScale, lateness, powerOnNs: this.#powerOnNs },
      ledPulse: () => settings.ledPulse(),
      seed: this.#seed,
      historyFrames,
      firstBlock,
      truth: this.#truth,
      onExposure: (exposureNs) => settings.setExposureNs(exposureNs),
    });
  }

  /** The tick clock. Before the first acquisition a given origin counts from power-on. */
  #ticksNow(): bigint {
    if (this.#acquisition) return this.#acquisition.ticksNow();
    const [realtimeNs, monotonicNs] = clockPair();
    const { originUtcNs, leaderScale } = this.#options;
    const sincePowerOnNs = monotonicNs - this.#powerOnNs;
    const utcNs = originUtcNs === null ? realtimeNs : originUtcNs + sincePowerOnNs;
    return { utc: utcNs, ptp: taiOfUtc(utcNs), free: sincePowerOnNs }[leaderScale];
  }

  /** The least of what the acquisition mode, --frames and --vanish-after allow; null: no limit. */
  #framesOfRun(): number | null {
    const { frames, faults } = this.#options;
    const mode = this.#memory.u32(CAMERA.acquisitionMode);
    const limits = [
      mode === ACQUISITION_MODE.singleFrame ? 1 : null,
      mode === ACQUISITION_MODE.multiFrame ? this.#memory.u32(CAMERA.acquisitionFrameCount) : null,
      frames,
      this.#vanishes ? (faults.vanish?.afterFrames ?? null) : null,
    ].filter((limit) => limit !== null);
    return limits.length === 0 ? null : Math.min(...limits);
  }

  get #vanishes(): boolean {
    return this.#options.faults.vanish !== null && !this.#vanished;
  }

  #stopStream(): void {
    this.#run++;
    this.#acquisition?.stop();
  }

  #abortStream(): void {
    this.#run++;
    this.#acquisition?.abort();
  }

  /** A run has sent all its frames. */
  #finished(): void {
    const sent = this.#acquisition?.produced ?? 0;
    const { vanish } = this.#options.faults;
    if (!vanish || !this.#vanishes || sent < vanish.afterFrames) return;
    this.#vanished = true;
    this.#silent = true;
    this.#releaseControl();
    if (vanish.silentMs === null) {
      this.#log(`vanished for good behind frame ${sent}`);
      this.#events.gone();
      return;
    }
    this.#log(`vanished behind frame ${sent} for ${vanish.silentMs} ms`);
    setTimeout(() => {
      this.#silent = false;
    }, vanish.silentMs).unref();
  }

  #log(message: string): void {
    this.#events.log(`${this.serial}: ${message}`);
  }
}
