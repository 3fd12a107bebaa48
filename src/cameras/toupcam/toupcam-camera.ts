/** A Toupcam camera that is open: its settings, and its stream. */

import { reasonOf } from '#gps/errors.js';
import type { CameraIdentity } from '../camera.js';
import { type Control, type ControlValue, controlNamed } from '../controls.js';
import { SdkError } from '../sdk/library.js';
import type { FrameSink, SdkCamera, SdkEvent, SdkMode, Sensor, StreamRequest } from '../sdk/sdk-camera.js';
import { Acquisition, type AcquisitionHost } from './acquisition.js';
import { readMode, type ToupcamMode } from './camera-mode.js';
import { CameraState } from './camera-state.js';
import { versionControls, versionsOf } from './camera-versions.js';
import { clockControls } from './clock-controls.js';
import { colorControls } from './color-controls.js';
import { coolingControls } from './cooling-controls.js';
import { exposureControls } from './exposure-controls.js';
import { filterControls } from './filter-controls.js';
import { applyFirstSettings } from './first-settings.js';
import { guideControls } from './guide-controls.js';
import { GuidePulses } from './guide-pulse.js';
import { imageControls } from './image-controls.js';
import { type OpenedDevice, openBySerial } from './open-device.js';
import { optionControls } from './option-controls.js';
import { sequencerControls } from './sequencer-controls.js';
import { SerialWork } from './serial-work.js';
import { changedControls, inGroups, type ToupcamControl, toControl } from './toupcam-control.js';
import type { ToupcamLibrary } from './toupcam-library.js';
import { transportControls } from './transport-controls.js';
import { triggerControls } from './trigger-controls.js';

/** How long a camera that was closed may take to be found again. */
const REOPEN_MS = 10_000;
const LOOK_AGAIN_MS = 500;

export class ToupcamCamera implements SdkCamera {
  readonly identity: CameraIdentity;
  readonly sensor: Sensor;
  readonly versions: Readonly<Record<string, string>>;
  readonly #state: CameraState;
  readonly #serial: string;
  readonly #event: (event: SdkEvent) => void;
  readonly #work = new SerialWork();
  readonly #guide = new GuidePulses();
  #mode: ToupcamMode;
  #controls: readonly ToupcamControl[] = [];
  #acquisition: Acquisition | null = null;
  #sink: FrameSink | null = null;
  #endHotPlug: (() => Promise<void>) | null = null;
  /** Whether the library lists a camera that is open: only then its absence says that it is gone. */
  #isListed = false;
  #lost: string | null = null;
  #closed = false;

  private constructor(state: CameraState, serial: string, event: (event: SdkEvent) => void) {
    this.#state = state;
    this.#serial = serial;
    this.#event = event;
    this.#mode = readMode(state);
    this.sensor = state.sensor();
    this.versions = versionsOf(state);
    const { model } = state.device;
    const version = this.versions.firmware ?? this.versions.sdk ?? '';
    this.identity = { vendor: state.library.brand.vendor, model: model.name, serial, version };
  }

  /** Sets it to its first settings. Closes `opened` when that fails. @throws SdkError */
  static async take(
    library: ToupcamLibrary,
    opened: OpenedDevice,
    event: (event: SdkEvent) => void,
  ): Promise<ToupcamCamera> {
    const state = new CameraState(library, opened.device, opened.handle);
    try {
      const warnings = await applyFirstSettings(state);
      const camera = new ToupcamCamera(state, opened.serial, event);
      camera.#refresh();
      for (const text of warnings) event({ kind: 'message', level: 'warning', text });
      await camera.#watchPlug();
      return camera;
    } catch (error) {
      await opened.handle.close();
      throw error;
    }
  }

  controls(): readonly Control[] {
    return this.#controls.map(toControl);
  }

  mode(): SdkMode {
    return this.#mode;
  }

  set(name: string, value: ControlValue): Promise<readonly Control[]> {
    return this.#work.run(async () => {
      this.#assertThere();
      const control = this.#named(name);
      const { declaration, unavailable, write } = control;
      if (unavailable !== null) {
        throw new SdkError('sdk.refused', `${declaration.name} is not available now: ${unavailable}`);
      }
      if (write === null) throw new SdkError('sdk.refused', `${declaration.name} is a reading, and cannot be set`);
      if (!declaration.live && this.#acquisition !== null) {
        throw new SdkError(
          'sdk.refused',
          `${declaration.name} cannot be set while frames stream: stop the stream first`,
        );
      }
      const before = this.controls();
      try {
        await write(value);
      } finally {
        this.#refresh();
      }
      return changedControls(before, this.controls());
    });
  }

  async start(request: StreamRequest, sink: FrameSink): Promise<{ readonly ended: Promise<void> }> {
    this.#assertThere();
    if (request.kind === 'burst') {
      throw new SdkError('sdk.refused', 'Toupcam cameras have no burst mode: stream live, or ask for single frames');
    }
    const functionMissing = this.#state.library.library.unavailable('Trigger');
    if (request.kind === 'single' && functionMissing !== null) throw new SdkError('sdk.refused', functionMissing);
    if (this.#acquisition !== null) throw new SdkError('sdk.refused', 'a stream runs already: stop it first');
    const acquisition = await this.#work.run(async () => {
      this.#refresh();
      const begun = new Acquisition(this.#host(), request, sink);
      await begun.start();
      this.#refreshIfThere();
      return begun;
    });
    this.#acquisition = acquisition;
    this.#sink = sink;
    return { ended: acquisition.ended };
  }

  async stop(): Promise<void> {
    const acquisition = this.#acquisition;
    if (acquisition === null) return;
    try {
      await acquisition.stop();
    } catch (error) {
      if (this.#lost === null) throw error;
    } finally {
      this.#acquisition = null;
      this.#sink = null;
    }
    if (this.#lost === null && !this.#closed) await this.#work.run(async () => this.#refreshIfThere());
  }

  poll(): Promise<readonly Control[]> {
    return this.#work.run(async () => {
      if (this.#lost !== null || this.#closed) return [];
      const before = this.controls();
      this.#refresh();
      this.#acquisition?.poll();
      return changedControls(before, this.controls());
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#guide.end();
    await this.stop().catch(() => {});
    await this.#endHotPlug?.();
    await this.#work.run(() => this.#state.handle.close());
  }

  #host(): AcquisitionHost {
    return {
      state: this.#state,
      work: this.#work,
      mode: () => this.#mode,
      reopen: (isWanted) => this.#reopen(isWanted),
      lost: (reason) => {
        this.#lost = reason;
      },
      changed: () => void this.#tellChanged(),
    };
  }

  #named(name: string): ToupcamControl {
    const { name: known } = controlNamed(this.controls(), name);
    const control = this.#controls.find(({ declaration }) => declaration.name === known);
    if (control === undefined) throw new SdkError('sdk.refused', `the camera has no control ${name}`);
    return control;
  }

  #assertThere(): void {
    if (this.#lost !== null) throw new SdkError('sdk.lost', `the camera is gone: ${this.#lost}`);
    if (this.#closed) throw new SdkError('sdk.lost', 'the camera is closed');
  }

  /** Reads everything anew. */
  #refresh(): void {
    if (this.#state.handle.closed) return;
    const state = this.#state;
    this.#mode = readMode(state);
    this.#controls = inGroups([
      ...versionControls(this.versions),
      ...imageControls(state, this.#mode),
      ...exposureControls(state),
      ...colorControls(state),
      ...coolingControls(state),
      ...filterControls(state),
      ...triggerControls(state),
      ...sequencerControls(state),
      ...transportControls(state),
      ...guideControls(state, this.#guide),
      ...clockControls(state),
      ...optionControls(state),
    ]);
  }

  /** Some controls can be used only while a stream runs, or only while none does. That a camera is gone is told by the next call. */
  #refreshIfThere(): void {
    try {
      this.#refresh();
    } catch (error) {
      if (!(error instanceof SdkError)) throw error;
    }
  }

  /** The camera has told that it changed something by itself. Does not throw. */
  async #tellChanged(): Promise<void> {
    const controls = await this.poll().catch(() => []);
    if (controls.length > 0) this.#tell({ kind: 'controls', controls });
  }

  #tell(event: SdkEvent): void {
    if (this.#sink === null) this.#event(event);
    else this.#sink.event(event);
  }

  async #watchPlug(): Promise<void> {
    const { library, device } = this.#state;
    this.#isListed = (await library.devices()).some(({ id }) => id === device.id);
    if (!this.#isListed) return;
    this.#endHotPlug = await library.onHotPlug(() => setImmediate(() => void this.#plugged()));
  }

  /** Some camera was plugged in or pulled out. While frames stream the library tells it of this one, and frames stop. */
  async #plugged(): Promise<void> {
    await this.#work.run(async () => {
      if (this.#acquisition !== null || this.#lost !== null || this.#closed) return;
      const devices = await this.#state.library.devices().catch(() => null);
      if (devices === null || devices.some(({ id }) => id === this.#state.device.id)) return;
      this.#lost = 'it was unplugged';
      this.#event({ kind: 'lost', reason: this.#lost });
    });
  }

  /** Runs within the work of the acquisition. @throws SdkError when it is not found again, or gives other frames than before */
  async #reopen(isWanted: () => boolean): Promise<void> {
    const state = this.#state;
    const before = this.#mode;
    const wanted = this.#controls;
    await this.#guide.end();
    if (!(await state.handle.close())) {
      throw new SdkError('sdk.silent', 'the library does not come back from closing the camera');
    }
    const opened = await this.#findAgain(isWanted);
    state.device = opened.device;
    state.handle = opened.handle;
    await applyFirstSettings(state);
    await this.#setAgain(wanted);
    const { width, height, pixelFormat } = this.#mode;
    if (width !== before.width || height !== before.height || pixelFormat.code !== before.pixelFormat.code) {
      const text = `opened again, the camera gives ${width} x ${height} ${pixelFormat.name} instead of ${before.width} x ${before.height} ${before.pixelFormat.name}`;
      throw new SdkError('sdk.refused', text);
    }
  }

  async #findAgain(isWanted: () => boolean): Promise<OpenedDevice> {
    const until = performance.now() + REOPEN_MS;
    for (;;) {
      try {
        return await openBySerial(this.#state.library, this.#serial);
      } catch (error) {
        if (!isWanted() || performance.now() > until) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  /** The values that the camera had, in the order of the list, which has first what others depend on. What is refused is told. */
  async #setAgain(wanted: readonly ToupcamControl[]): Promise<void> {
    this.#refresh();
    for (const { declaration, value, unavailable } of wanted) {
      const { name, type, readOnly } = declaration;
      const now = this.#controls.find((control) => control.declaration.name === name);
      const same = now === undefined || now.value === value || value === null;
      if (same || now.write === null || type === 'command' || readOnly || unavailable !== null) continue;
      try {
        await now.write(value);
      } catch (error) {
        const text = `${name} could not be set to ${String(value)} again: ${reasonOf(error)}`;
        this.#tell({ kind: 'message', level: 'warning', text });
      }
      this.#refresh();
    }
  }
}
