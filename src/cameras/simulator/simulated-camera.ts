import { GVCP_STATUS } from '#pipeline/wire/gvcp.js';
import { ACQUISITION_MODE } from '../gige-vision/device/bootstrap.js';
import { clockPair, type FrameSender, openFrameSender } from '../gige-vision/device/frame-sender.js';
import { type DeviceBody, GigeVisionDevice, type StreamTarget } from '../gige-vision/device/gige-vision-device.js';
import { localNetwork } from '../gige-vision/device/network.js';
import type { RegisterMemory } from '../gige-vision/device/register-memory.js';
import { Acquisition } from './acquisition.js';
import { CAMERA, TRIGGER_MODE, TRIGGER_SOURCE } from './camera-registers.js';
import { CameraSettings } from './camera-settings.js';
import { faultsNamed } from './clock-faults.js';
import type { SimulatorOptions } from './options.js';
import { FramePreparer } from './prepared-frames.js';
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
export type CameraRun = Pick<Acquisition, 'changeTiming' | 'ticksNow' | 'stop' | 'abort' | 'produced' | 'ended'> &
  Partial<Pick<Acquisition, 'trigger'>>;

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

/** A GigE Vision camera over UDP with a synthetic sky behind it. */
export class SimulatedCamera implements DeviceBody {
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
  readonly #device: GigeVisionDevice;
  readonly #powerOnNs = process.hrtime.bigint();
  #acquisition: CameraRun | null = null;
  /** Counts starts and stops, so that a start whose frames were still being made can tell that it is void. */
  #run = 0;
  #vanished = false;

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
    const network = localNetwork(place.address);
    this.#settings = new CameraSettings(options, {
      serial: this.serial,
      seed: this.#seed,
      address: place.address,
      streamPort: sender.port,
      network,
    });
    if (other !== null) this.#settings.memory.setU32(CAMERA.gpsHeader, other.gpsHeader ? 1 : 0);
    if (options.firstBlock > 65535n && options.ids !== '64') {
      this.#log('with 16-bit block ids the first block shows as its id on the wire');
    }
    this.#device = new GigeVisionDevice(
      {
        memory: this.#settings.memory,
        sender,
        resend: options.resend,
        shortIdsOnly: options.ids === '16',
        mtu: network.mtu,
        log: (message) => this.#log(message),
      },
      this,
    );
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
      await camera.#device.listen(place.address, place.port);
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
    return this.#device.port ?? this.#place.port;
  }
  get model(): string {
    return this.#options.model.name;
  }
  /** Stops the stream at once and closes the sockets; the truth file is complete afterwards. */
  async close(): Promise<void> {
    this.#run++;
    this.#acquisition?.abort();
    this.#sender.close();
    await this.#device.close();
    this.#truth?.close();
  }

  get #memory(): RegisterMemory {
    return this.#settings.memory;
  }

  // DeviceBody

  get streaming(): boolean {
    return this.#acquisition !== null && !this.#acquisition.ended;
  }

  released(): void {
    this.#memory.setU32(CAMERA.tlParamsLocked, 0);
  }

  writeRegister(address: number, bytes: Buffer): number {
    const value = bytes.readUInt32BE(0);
    switch (address) {
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
        return this.streaming ? GVCP_STATUS.busy : this.#settings.writeGeometry(address, value);
      case CAMERA.triggerMode:
      case CAMERA.triggerSource:
        if (this.streaming && address === CAMERA.triggerMode) return GVCP_STATUS.busy;
        if (value > 1) return GVCP_STATUS.invalidParameter;
        this.#memory.setU32(address, value);
        return GVCP_STATUS.success;
      case CAMERA.triggerSoftware:
        if (value & 1) this.#trigger(TRIGGER_SOURCE.Software, 0n);
        return GVCP_STATUS.success;
      case CAMERA.ledMode:
      case CAMERA.ledWidth:
        return this.#settings.writeLed(address, value);
      default:
        this.#memory.set(address, bytes);
        if (address === CAMERA.gpsHeader) this.#acquisition?.changeTiming(this.#settings.timing());
        return GVCP_STATUS.success;
    }
  }

  /** A time can only be kept where PTP holds the clock. */
  action(time: bigint | null): number {
    if (time !== null && this.#options.leaderScale !== 'ptp') return GVCP_STATUS.noReferenceTime;
    const inNs = time === null ? 0n : time - this.ticksNow();
    if (inNs < 0n) return GVCP_STATUS.actionLate;
    this.#trigger(TRIGGER_SOURCE.Action0, inNs);
    return GVCP_STATUS.success;
  }

  /** Does nothing where triggers come from elsewhere, or frames wait for none. */
  #trigger(source: number, inNs: bigint): void {
    if (this.#memory.u32(CAMERA.triggerSource) !== source) return;
    this.#acquisition?.trigger?.(process.hrtime.bigint() + inNs);
  }

  async #startStream(): Promise<void> {
    const run = ++this.#run;
    this.#acquisition?.abort();
    this.#acquisition = null;
    const settings = this.#settings;
    const target = this.#device.streamTarget(this.#options.send === 'gso');
    if (!target) {
      this.#log('acquisition started without a stream destination: nothing is sent');
      return;
    }
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
      triggered: this.#memory.u32(CAMERA.triggerMode) === TRIGGER_MODE.On,
      onExposure: (exposureNs) => settings.setExposureNs(exposureNs),
    });
  }

  /** The tick clock. Before the first acquisition a given origin counts from power-on. */
  ticksNow(): bigint {
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

  abortStream(): void {
    this.#run++;
    this.#acquisition?.abort();
  }

  /** A run has sent all its frames. */
  #finished(): void {
    const sent = this.#acquisition?.produced ?? 0;
    const { vanish } = this.#options.faults;
    if (!vanish || !this.#vanishes || sent < vanish.afterFrames) return;
    this.#vanished = true;
    this.#device.silent = true;
    this.#device.releaseControl();
    if (vanish.silentMs === null) {
      this.#log(`vanished for good behind frame ${sent}`);
      this.#events.gone();
      return;
    }
    this.#log(`vanished behind frame ${sent} for ${vanish.silentMs} ms`);
    setTimeout(() => {
      this.#device.silent = false;
    }, vanish.silentMs).unref();
  }

  #log(message: string): void {
    this.#events.log(`${this.serial}: ${message}`);
  }
}
