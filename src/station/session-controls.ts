/**
 * A session's camera besides its frames: how it is set when it is opened, what is set while it streams, what it tells of itself. The
 * session asks for streams and ends them; this tells it when a control needs that.
 */
import { AppulseError, reasonOf } from '#gps/errors.js';
import type { CameraIdentity, StreamCamera } from '#src/cameras/camera.js';
import type { CameraEvent } from '#src/cameras/camera-events.js';
import type { CameraControls } from '#src/cameras/controls.js';
import type { Settings } from '#src/config/settings.js';
import type { EventRecord, FrameType } from '#storage/frame-record.js';
import { CameraLog } from './camera-log.js';
import { CameraWatch, type ToldReadings } from './camera-watch.js';
import { ControlDesk, type Interruption } from './control-desk.js';
import { ControlRecord, SHUTTER, seesNoLight } from './control-record.js';
import type { SetControlsAnswer, SetControlsRequest, StationControls } from './control-request.js';
import type { LogLevel } from './messages.js';
import { requireMemory } from './stream-memory.js';

export interface SessionControlsOptions {
  /** Number of the camera among those of the station, from 0. */
  readonly number: number;
  readonly settings: Settings;
  readonly event: (event: EventRecord) => void;
  readonly log: (level: LogLevel, message: string) => void;
  /** The camera is set otherwise, and streams on. */
  readonly changed: (camera: StreamCamera) => void;
  /** What else it must fit into. @throws AppulseError */
  readonly requireFit: (camera: StreamCamera) => void;
  /** Frames that are begun from now on were taken with a sensor so warm. */
  readonly temperature: (celsius: number) => void;
}

export class SessionControls {
  readonly #options: SessionControlsOptions;
  readonly #record: ControlRecord;
  readonly #desk: ControlDesk;
  readonly #log: CameraLog;
  #watch: CameraWatch | null = null;
  #told: ToldReadings = { celsius: null, supply: null };

  constructor(options: SessionControlsOptions) {
    const { settings, event, log } = options;
    this.#options = options;
    this.#record = new ControlRecord({ settings, event, log });
    this.#log = new CameraLog({ event, log });
    const requireFit = (camera: StreamCamera) => {
      requireMemory(camera, settings);
      options.requireFit(camera);
    };
    this.#desk = new ControlDesk({ record: this.#record, requireFit });
  }

  /** See `ControlRecord.restore`. */
  restore(identity: CameraIdentity, controls: CameraControls): Promise<ReadonlySet<string>> {
    return this.#record.restore(identity, controls);
  }

  /** A camera of the session is there: how it is set. Does not throw. */
  async opened(camera: StreamCamera): Promise<void> {
    const { vendor, model, serial, version } = camera.identity;
    const values = { uri: camera.uri, vendor, model, serial, version };
    this.#log.keep({ kind: 'connected', level: 'info', text: `${model} ${serial} is there`, values });
    this.#told = { celsius: null, supply: null };
    await this.#record.opened(camera);
  }

  /** Something happened to the camera: a line and a row. */
  tell(event: CameraEvent): void {
    this.#log.tell(event);
  }

  /** The user is told of it by who tries to reach the camera again. */
  lost({ uri }: StreamCamera, reason: string): void {
    this.#log.keep({ kind: 'lost', level: 'warning', text: reason, values: { uri } });
    this.#desk.close();
  }

  /** The session is over. */
  close(): void {
    this.#desk.close();
  }

  /** A stream of `camera` runs; `interrupt` asks for its end, and for the work before the next one. */
  streaming(camera: StreamCamera, interrupt: (work: Interruption) => void): void {
    const { changed, temperature } = this.#options;
    this.#desk.serve({ camera, interrupt, changed });
    const { controls } = camera;
    if (controls === undefined) return;
    const event = this.#log.tell.bind(this.#log);
    this.#watch = new CameraWatch({ told: this.#told, list: () => controls.list(), event, temperature });
  }

  /** It does not any more. */
  ended(why: 'stopped' | 'lost' | 'interrupted'): void {
    this.#watch?.end();
    this.#watch = null;
    this.#desk.leave(why);
  }

  /** What can be set, and how it is set; `uri`: of the camera that is not open. Does not throw. */
  async list(camera: StreamCamera | null, uri: string): Promise<StationControls> {
    await this.#desk.settled();
    const who = { camera: this.#options.number, uri: camera?.uri ?? uri, identity: camera?.identity ?? null };
    try {
      return { ...who, controls: await this.#desk.now().controls.list(), unavailable: null };
    } catch (error) {
      return { ...who, controls: [], unavailable: reasonOf(error) };
    }
  }

  /** @throws as `ControlDesk.set` */
  set(request: SetControlsRequest): Promise<SetControlsAnswer> {
    return this.#desk.set(request);
  }

  /**
   * Frames are of this type from now on: a shutter is closed for darks, and opened again behind them. One that the settings set stays as it
   * is; a camera that is away is set when it comes back. @throws AppulseError `station.shutter`, and as `ControlDesk.set`
   */
  async takeFrames(type: FrameType): Promise<void> {
    const record = this.#record;
    const closes = seesNoLight(type);
    record.frameType = type;
    if (record.shutterIsGiven || closes === record.closedForDarks) return;
    const { camera, controls } = this.#desk.whoStreams();
    const shutter = (await controls?.list())?.find(({ name }) => name === SHUTTER);
    const value = closes ? 'Closed' : 'Open';
    if (shutter === undefined || shutter.value === value) return;
    const set = [{ name: SHUTTER, value }];
    const { refused } = await this.#desk.set({ camera: this.#options.number, set, whatGoes: true, keep: false });
    const [why] = refused.map((one) => one.why);
    if (why !== undefined) {
      const what = closes ? 'closed' : 'opened again';
      const message = `the mechanical shutter cannot be ${what} for ${type} frames: ${why}; set ${SHUTTER} by hand, or end the station`;
      throw new AppulseError('station.shutter', message);
    }
    // Goes with the frames, and not with the camera.
    record.forget(camera.identity, SHUTTER);
    if (closes) record.closed();
    else record.openedAgain();
  }
}
