/** An open QHY camera: its controls, its mode, its streams. The methods are called one at a time. */
import { payloadBytesOf } from '#pipeline/wire/pixel-formats.js';
import type { CameraIdentity } from '../camera.js';
import { CONTROL_GROUPS, type Control, type ControlValue, controlNamed } from '../controls.js';
import { SdkError } from '../sdk/library.js';
import type { FrameSink, SdkCamera, SdkEvent, SdkMode, Sensor, StreamRequest } from '../sdk/sdk-camera.js';
import { type BurstSettings, burstControls } from './burst-controls.js';
import { chamberControls } from './chamber-controls.js';
import { NO_HEADER_32, QhyClock } from './clock-controls.js';
import { Cooler } from './cooling-controls.js';
import { ddrFillControl } from './ddr-fill.js';
import { ExposureControl } from './exposure-control.js';
import { FilterWheel } from './filter-controls.js';
import { tryFormat } from './format-trial.js';
import { guidingControls } from './guiding-controls.js';
import { imageControls } from './image-controls.js';
import { checkFrameSize, makeStream } from './make-stream.js';
import { parameterControls } from './parameter-controls.js';
import { Presence } from './presence.js';
import { changedControls, type QhyControl, stateOf } from './qhy-control.js';
import type { QhyDevice } from './qhy-device.js';
import { CONTROL } from './qhy-functions.js';
import type { QhyIdentity } from './qhy-identity.js';
import { readModesOf } from './read-modes.js';
import { Readout } from './readout.js';
import { readTiming, type Timing } from './shutter-reading.js';
import { SingleStream } from './single-stream.js';
import type { QhyStream, StreamContext } from './stream.js';
import { type Triggers, triggerControls } from './trigger-controls.js';
import { versionControls } from './version-controls.js';
import { sdkWarnings } from './versions.js';

/** Groups whose controls change when rows are exposed, or may. */
const RETIMING: ReadonlySet<string> = new Set(['Image', 'Exposure', 'Gain', 'Transport']);
const REGION: ReadonlySet<string> = new Set(['Width', 'Height', 'OffsetX', 'OffsetY', 'ImageArea']);
/** Controls that move the exposure's marks for the header, or ask for them. */
const MARKING: ReadonlySet<string> = new Set(['ExposureTime', 'GpsHeader', 'GpsRole']);
const TRIAL_MS = 5000;

type Event = (event: SdkEvent) => void;

export class QhyCamera implements SdkCamera {
  readonly identity: CameraIdentity;
  readonly versions: Readonly<Record<string, string>>;
  readonly #device: QhyDevice;
  readonly #told: QhyIdentity;
  readonly #event: Event;
  readonly #readout: Readout;
  readonly #exposure: ExposureControl;
  readonly #clock: QhyClock;
  readonly #cooler: Cooler;
  readonly #wheel: FilterWheel;
  readonly #burst: BurstSettings;
  readonly #triggers: Triggers;
  readonly #presence: Presence;
  readonly #controls: readonly QhyControl[];
  #timing: Timing = {
    shutter: { kind: 'unknown', linePeriodNs: null, rowZeroEndOffsetNs: null, rowPairs: false },
    contradiction: null,
    precise: null,
  };
  #stream: QhyStream | null = null;
  #sink: FrameSink | null = null;
  #polled: readonly Control[] = [];
  #hasGuidePort = false;

  private constructor(device: QhyDevice, told: QhyIdentity, readout: Readout, triggers: Triggers, event: Event) {
    const nowS = () => performance.now() / 1000;
    const { model } = told.identity;
    this.#device = device;
    this.#told = told;
    this.#event = event;
    this.#readout = readout;
    this.#presence = new Presence(device, (reason) => this.#tell({ kind: 'lost', reason }));
    this.identity = told.identity;
    this.versions = told.versions;
    this.#exposure = new ExposureControl(
      device,
      () => this.#timing.precise,
      () => this.#stream?.exposureChanged(),
    );
    this.#clock = new QhyClock(device, model, nowS, () => ({ us: this.#exposure.us, bits: readout.bits }));
    this.#cooler = new Cooler(device, (each) => this.#tell(each), nowS);
    this.#wheel = new FilterWheel(device, nowS);
    this.#burst = burstControls(device, model, () => readout.stream === 'live');
    this.#triggers = triggers;
    const all: readonly QhyControl[] = [
      ...versionControls(told.versions),
      ...imageControls(device, readout, (change) => this.#rebuild(change)),
      this.#exposure,
      ...parameterControls(device),
      ...this.#cooler.controls,
      ...chamberControls(device),
      ...this.#wheel.controls,
      ...triggers.controls,
      ...this.#burst.controls,
      ...this.#clock.controls,
      ddrFillControl(device),
      ...guidingControls(device, () => this.#hasGuidePort),
    ];
    const rank = (control: QhyControl) => CONTROL_GROUPS.indexOf(control.declaration.group);
    this.#controls = [...all].sort((a, b) => rank(a) - rank(b));
  }

  /** Initialises an open camera. @throws SdkError, with the camera left open */
  static async open(device: QhyDevice, told: QhyIdentity, event: Event): Promise<QhyCamera> {
    const modes = await readModesOf(device, told.identity.model, told.known);
    const warn = (text: string) => event({ kind: 'message', level: 'warning', text });
    sdkWarnings(told.known.sdk).forEach(warn);
    const readout = new Readout(device, modes, warn);
    const triggers = await triggerControls(device, told.identity.model);
    const camera = new QhyCamera(device, told, readout, triggers, event);
    await camera.#initialise();
    camera.#polled = camera.controls();
    return camera;
  }

  get sensor(): Sensor {
    return this.#readout.sensor;
  }

  controls(): readonly Control[] {
    return this.#controls.map(stateOf);
  }

  async set(name: string, value: ControlValue): Promise<readonly Control[]> {
    this.#presence.check();
    const before = this.controls();
    const state = controlNamed(before, name);
    const control = this.#controls.find((each) => each.declaration.name === state.name);
    if (control?.set === undefined) throw new SdkError('sdk.refused', `${state.name} is a reading, and cannot be set`);
    if (state.unavailable !== null) {
      throw new SdkError('sdk.refused', `${state.name} cannot be set: ${state.unavailable}`);
    }
    if (!state.live && this.#stream !== null) {
      throw new SdkError('sdk.refused', `${state.name} cannot be set while frames stream: stop the stream first`);
    }
    if (REGION.has(state.name) && this.#value('GpsRole') === 'Slave') {
      throw new SdkError('sdk.refused', 'a slave camera takes no region: set GpsRole to Master first');
    }
    if (value === 'Mono32' && this.#clock.headerOn) {
      throw new SdkError('sdk.refused', `${NO_HEADER_32}, or GpsHeader to false`);
    }
    try {
      await control.set(value);
      if (REGION.has(state.name)) await this.#clock.renewHeader();
      if (RETIMING.has(state.group)) await this.#takeTiming();
      if (MARKING.has(state.name)) await this.#clock.follow();
    } catch (error) {
      this.#presence.note(error);
      throw error;
    }
    return changedControls(before, this.controls());
  }

  mode(): SdkMode {
    const { region, format, largestValue, binning, mode, memoryBytes } = this.#readout;
    const { precise, shutter } = this.#timing;
    const framePeriodUs = Math.max(precise?.framePeriodUs ?? 0, precise === null ? 0 : this.#exposure.us);
    return {
      width: region.width,
      height: region.height,
      offsetX: region.x,
      offsetY: region.y,
      pixelFormat: format,
      largestValue,
      binningX: binning * mode.onChipBinning,
      binningY: binning * mode.onChipBinning,
      bufferBytes: Math.max(memoryBytes, payloadBytesOf(format, region.width, region.height)),
      frameRate: framePeriodUs > 0 && this.#readout.stream === 'live' ? 1e6 / framePeriodUs : null,
      exposureNs: BigInt(Math.round(this.#exposure.us * 1000)),
      shutter,
      gpsHeader: this.#clock.headerOn,
      readMode: mode.label,
      infoBytes: 0,
    };
  }

  async start(request: StreamRequest, sink: FrameSink): Promise<{ readonly ended: Promise<void> }> {
    this.#presence.check();
    if (this.#stream !== null) throw new SdkError('sdk.refused', 'frames stream already: stop the stream first');
    checkFrameSize(this.mode());
    try {
      const kind = request.kind === 'single' ? 'single' : 'live';
      if (this.#readout.stream !== kind) await this.#rebuild(() => Object.assign(this.#readout, { stream: kind }));
      const stream = makeStream(request, this.#context(sink), {
        model: this.identity.model,
        fibre: this.#told.fibre,
        patchNumber: this.#burst.patchNumber(),
        longExposure: this.#timing.precise?.longExposure ?? false,
        ddr: () => this.#value('DdrBuffer') !== false,
      });
      this.#sink = sink;
      this.#stream = stream;
      await stream.begin();
      const ended = stream.ended.then(() => this.#over(stream));
      return { ended };
    } catch (error) {
      this.#stream = null;
      this.#sink = null;
      this.#presence.note(error);
      throw error;
    }
  }

  async stop(): Promise<void> {
    const stream = this.#stream;
    await stream?.stop();
    if (stream !== null) this.#over(stream);
  }

  #over(stream: QhyStream): void {
    if (this.#stream !== stream) return;
    this.#stream = null;
    this.#sink = null;
  }

  async poll(): Promise<readonly Control[]> {
    // Temperature must not be touched while a single frame is read out; a lost camera gives what the library remembers of it.
    const reading = this.#stream instanceof SingleStream && this.#stream.reading;
    if (!this.#presence.isThere || reading) return [];
    try {
      await this.#cooler.poll();
      await this.#wheel.poll(this.#stream !== null);
      await this.#clock.poll();
      for (const control of this.#controls) if (control.declaration.readOnly) await control.poll?.();
      // A stream has a watchdog, but for one that waits for triggers; without one the answers of readings tell.
      const watched = this.#stream !== null && !this.#triggers.on();
      await this.#presence.look({ answered: this.#value('DeviceTemperature') !== null, watched });
    } catch (error) {
      this.#presence.note(error);
      if (this.#presence.isThere) throw error;
    }
    // Frames change controls, too, between two polls.
    const before = this.#polled;
    this.#polled = this.controls();
    return changedControls(before, this.#polled);
  }

  async close(): Promise<void> {
    if (!this.#presence.close()) return;
    await this.stop();
    await this.#device.library.close(this.#device.handle);
  }

  #context(sink: FrameSink): StreamContext {
    const { width, height, pixelFormat, bufferBytes, gpsHeader } = this.mode();
    const { bits, format } = this.#readout;
    return {
      device: this.#device,
      sink,
      expected: {
        width,
        height,
        // A mode that packs 12 bit may tell its depth or the one that was asked for.
        bits: format.bitDepth === bits ? [bits] : [bits, format.bitDepth],
        pixelBytes: payloadBytesOf(pixelFormat, width, height),
        bufferBytes,
        gpsHeader,
      },
      periodMs: () => Math.max(this.#exposure.us, this.#timing.precise?.framePeriodUs ?? 0) / 1000,
      exposureMs: () => this.#exposure.us / 1000,
      triggered: this.#triggers.on,
      header: (bytes) => this.#clock.take(bytes),
      lost: (reason) => this.#presence.lose(reason),
    };
  }

  #value(name: string): ControlValue {
    return this.#controls.find(({ declaration }) => declaration.name === name)?.value ?? null;
  }

  /** Sets everything that an initialisation forgets, in the order of the controls. */
  async #initialise(): Promise<void> {
    const device = this.#device;
    await this.#readout.initialise();
    this.#hasGuidePort = await device.available(CONTROL.ST4PORT);
    await this.#cooler.probe();
    await this.#wheel.probe();
    for (const control of this.#controls) await control.probe?.();
    for (const control of this.#controls) await control.apply?.();
    await this.#cooler.apply();
    if (this.#readout.stream === 'live' && this.#readout.unsure) await this.#tryFormat();
    await this.#takeTiming();
  }

  async #tryFormat(): Promise<void> {
    const { mode, bits } = this.#readout;
    const format = await tryFormat(this.#device, this.#readout, TRIAL_MS);
    if (format !== null) this.#readout.remember(format);
    const what =
      format === null
        ? `no frame of read mode ${mode.label} came that would show its format: ${bits} bit is taken for granted`
        : format.packing === 'unpacked'
          ? null
          : `read mode ${mode.label} gives packed pixels, ${format.bitDepth} bit each: the order in which the camera packs them is published nowhere, compare an image with one of 16 bit`;
    if (what !== null) this.#tell({ kind: 'message', level: 'warning', text: what });
    await this.#exposure.apply();
  }

  /** Initialises with `change` made to the read-out; where that fails, as before. */
  async #rebuild(change: () => void): Promise<void> {
    const readout = this.#readout;
    const { stream, mode, bits, binning, area, average, region } = readout;
    change();
    try {
      await this.#initialise();
    } catch (error) {
      if (!(error instanceof SdkError) || error.code !== 'sdk.refused') throw error;
      Object.assign(readout, { stream, mode, bits, binning, area, average, region });
      await this.#initialise();
      throw error;
    }
  }

  async #takeTiming(): Promise<void> {
    const before = this.#timing.contradiction;
    this.#timing = await readTiming(this.#device, this.identity.model, this.#readout);
    const { contradiction } = this.#timing;
    if (contradiction !== null && before === null)
      this.#tell({ kind: 'message', level: 'warning', text: contradiction });
  }

  #tell(event: SdkEvent): void {
    if (this.#sink !== null) this.#sink.event(event);
    else this.#event(event);
  }
}
