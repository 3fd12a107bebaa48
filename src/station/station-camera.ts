/**
 * A camera of the station from its opening to its end: it streams, comes back when it was lost (or the fallback camera does), and what
 * becomes of its frames is a session's matter. Sessions begin and end while it streams: frames go elsewhere, and nothing else changes.
 */
import { AppulseError, reasonOf } from '#gps/errors.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import type { CameraEvent } from '#src/cameras/camera-events.js';
import type { Settings } from '#src/config/settings.js';
import { CameraFrames } from './camera-frames.js';
import { CameraReach } from './camera-reach.js';
import { CameraStreams, type StreamEnd } from './camera-streams.js';
import { CameraTelemetry } from './camera-telemetry.js';
import { captureStateOf } from './capture-state.js';
import type { Interruption } from './control-desk.js';
import type { SetControlsAnswer, SetControlsRequest, StationControls } from './control-request.js';
import type { DiskUse } from './disk-use.js';
import type { FrameKeeping } from './frame-keeping.js';
import { readPixels } from './frame-pixels.js';
import type { FramePool } from './frame-pool.js';
import { KeptMemory } from './kept-memory.js';
import type { MarkAnswer, MarkRequest } from './mark-request.js';
import type { AcquisitionThreadData, LogLevel, SessionSummary, Telemetry, ToMain } from './messages.js';
import { RunLimits } from './run-limits.js';
import { Session } from './session.js';
import { SessionClock } from './session-clock.js';
import { SessionControls } from './session-controls.js';
import { SessionDesk } from './session-desk.js';
import type { SharedLinks } from './shared-links.js';
import type { PixelRegion, RegionPixels } from './station-face.js';
import type { StartSession } from './station-state.js';
import { StopRequest } from './stop-request.js';

const TELEMETRY_INTERVAL_MS = 250;

/** A frame is overwritten only where others come: another one is whole before long. */
const NEXT_FRAME_LIMIT_MS = 5_000;

export interface StationCameraOptions extends AcquisitionThreadData {
  /** Number of the camera among those of the station, from 0. */
  readonly camera: number;
  readonly pool: FramePool;
  readonly post: (message: ToMain) => void;
  /** Takes the identifiers of the cameras that are recorded. */
  readonly recorded: Set<string>;
  readonly diskUse: DiskUse;
  /** Where cameras share a link of the host; null: nobody said how fast it is. */
  readonly links: SharedLinks | null;
}

export class StationCamera {
  readonly #data: StationCameraOptions;
  readonly #limits: RunLimits;
  readonly #clock: SessionClock;
  readonly #telemetry: CameraTelemetry;
  readonly #controls: SessionControls;
  readonly #reach: CameraReach;
  readonly #stop = new StopRequest();
  readonly #memory: KeptMemory;
  readonly #desk: SessionDesk;
  readonly #frames: CameraFrames;
  readonly #streams: CameraStreams;
  #state: Telemetry['state'] = 'opening';
  #camera: StreamCamera | null = null;

  constructor(data: StationCameraOptions) {
    const { settings } = data;
    this.#data = data;
    this.#limits = new RunLimits(data.limits);
    this.#memory = new KeptMemory(settings, data.pool.workers);
    const uri = settings['camera.uri']?.[0] ?? '';
    this.#telemetry = new CameraTelemetry(data.camera, uri, this.#limits, data.pool.workers);
    const log = (level: LogLevel, message: string) => this.#log(level, message);
    this.#desk = new SessionDesk({
      settings,
      newSession: (own, watching) => this.#newSession(own, watching),
      camera: () => this.#camera,
      turn: (former, next) => this.#turn(former, next),
      turned: ({ report }) => this.#clock.sessionBegins(report.newest?.time.endUtcNs ?? null),
      takeFrames: (type) => this.#controls.takeFrames(type),
      begun: (camera) => this.#controls.opened(camera),
      stacksWritten: () => this.#memory.stacksWritten(),
      changed: () => {
        // Whoever hears of it, or has asked for it, finds the state that it made.
        this.#sendTelemetry();
        this.#post({ kind: 'sessions' });
      },
      log,
    });
    this.#clock = new SessionClock(
      {
        event: (event) => this.#session.recording.event(event),
        gap: (gap) => this.#session.recording.gapFound(gap),
        log,
      },
      settings['clock.gpsd'],
    );
    this.#controls = new SessionControls({
      number: data.camera,
      settings,
      event: (event) => this.#session.recording.event(event),
      log,
      changed: (camera) => this.#changed(camera),
      requireFit: (camera) => data.links?.requireFit(data.camera, camera),
      temperature: (sensorTemperatureC) => {
        this.#frames.temperatureC = sensorTemperatureC;
        this.#streams.now?.changeState({ sensorTemperatureC });
      },
    });
    this.#reach = new CameraReach({
      settings,
      limits: this.#limits,
      stop: this.#stop,
      restore: (identity, controls) => this.#controls.restore(identity, controls),
      event: (event) => this.#happened(event),
      log,
    });
    this.#frames = new CameraFrames({
      camera: data.camera,
      limits: this.#limits,
      telemetry: this.#telemetry,
      enough: () => this.stop(),
      log,
    });
    this.#streams = new CameraStreams({
      ...{ data, limits: this.#limits, stop: this.#stop, clock: this.#clock, controls: this.#controls },
      target: async (camera) => this.#frames.target(this.#session, camera, await this.#memory.for(camera)),
      report: () => this.#session.report,
      is: (state, phase) => {
        this.#state = state;
        this.#desk.now(phase);
      },
      silent: (detail) => this.#silent(detail),
      log,
    });
  }

  /** What becomes of the frames now. */
  get #session(): Session {
    return this.#desk.session;
  }

  #newSession(settings: Settings, watching: boolean): Session {
    const { camera, stationId, recorded, diskUse, post } = this.#data;
    return new Session(
      {
        stationId,
        settings,
        limits: this.#limits,
        recorded,
        diskUse,
        onWritten: () => this.#streams.now?.drain(),
        onGap: (session, gap) => post({ kind: 'gap', camera, session, gap }),
        log: (level, message) => this.#log(level, message),
      },
      watching,
    );
  }

  /** Ends the run as soon as the frame under way is in. */
  stop(): void {
    this.#stop.make();
  }

  /**
   * Runs to the end; returns what was recorded. The data folder is open.
   * @throws AppulseError when it cannot begin: camera, folder, memory, privilege
   */
  async run(): Promise<readonly SessionSummary[]> {
    const telemetry = setInterval(() => this.#sendTelemetry(), TELEMETRY_INTERVAL_MS);
    this.#sendTelemetry();
    try {
      const camera = await this.#reach.first();
      this.#camera = camera;
      await this.#shareLink(camera);
      await this.#desk.open(camera);
      await this.#controls.opened(camera);
      this.#desk.now('between');
      await this.#streamUntilStopped(camera);
    } finally {
      this.#state = 'stopping';
      this.#streams.close();
      this.#controls.close();
      this.#data.links?.leave(this.#data.camera);
      await this.#camera?.close();
      this.#clock.end();
      await this.#desk.end();
      clearInterval(telemetry);
    }
    return this.#desk.summaries;
  }

  /** See `SessionDesk.start`. */
  startSession(request: StartSession): Promise<string> {
    return this.#desk.start(request);
  }

  /** See `SessionDesk.stop`. */
  stopSession(): Promise<string> {
    return this.#desk.stop();
  }

  /** Frames that become whole from now on are `next`'s. */
  #turn(former: Session, next: Session): Promise<void> {
    this.#clock.sessionEnds();
    const [stream, camera, memory] = [this.#streams.now, this.#camera, this.#memory.newest];
    if (stream === null || camera === null || memory === null) return Promise.resolve();
    former.report.keep(stream);
    next.report.streaming(stream);
    return stream.turnTo(this.#frames.target(next, camera, memory));
  }

  async #shareLink(camera: StreamCamera): Promise<void> {
    await this.#data.links?.join(this.#data.camera, camera, (level, message) => this.#log(level, message));
  }

  /** Keeps a span of time. @throws AppulseError `station.not-recording`, `station.mark-span` */
  mark(request: MarkRequest): MarkAnswer {
    const { fromUtcNs, toUtcNs } = this.#session.recording.mark(request);
    return { session: this.#session.identity.id, camera: this.#camera?.uri ?? this.#reach.uri, fromUtcNs, toUtcNs };
  }

  /** What can be set, and how it is set. Does not throw. */
  listControls(): Promise<StationControls> {
    return this.#controls.list(this.#camera, this.#reach.uri);
  }

  /** @throws as `ControlDesk.set` */
  setControls(request: SetControlsRequest): Promise<SetControlsAnswer> {
    return this.#controls.set(request);
  }

  /**
   * Pixels of the newest frame, as it is recorded; where that is overwritten already, of the next one. @throws AppulseError
   * `station.no-frame`, UsageError `usage.region`
   */
  async pixels(region: PixelRegion): Promise<RegionPixels> {
    const stream = this.#streams.now;
    const newest = stream?.newest() ?? null;
    if (stream === null || newest === null)
      throw new AppulseError('station.no-frame', 'the camera has sent no frame yet');
    try {
      return readPixels(newest, region);
    } catch (error) {
      if (!(error instanceof AppulseError && error.code === 'station.overwritten')) throw error;
    }
    return stream.readNext((next) => readPixels(next, region), NEXT_FRAME_LIMIT_MS);
  }

  async #streamUntilStopped(first: StreamCamera): Promise<void> {
    let camera: StreamCamera | null = first;
    while (camera !== null && !this.#stop.made) {
      const end: StreamEnd = await this.#streams.run(camera);
      if (end.kind === 'stopped') return;
      camera = end.kind === 'lost' ? await this.#afterLoss(camera, end.reason) : await this.#change(camera, end.work);
    }
  }

  async #afterLoss(lost: StreamCamera, reason: string): Promise<StreamCamera | null> {
    this.#state = 'lost';
    this.#session.report.outages++;
    const fallback = this.#data.settings['camera.fallback'];
    const other = lost.uri === this.#reach.uri ? fallback : this.#reach.uri;
    const next = fallback === null ? 'trying to reach it again' : `switching to ${other}`;
    this.#log('warning', `the camera was lost: ${reason}; ${next}`);
    this.#controls.lost(lost, reason);
    await lost.close();
    this.#desk.now('away', reason);
    const found = await this.#reach.again(lost, async (camera) => {
      this.#desk.now('between');
      try {
        await this.#shareLink(camera);
        await this.#session.recording.changeCamera(camera);
        this.#camera = camera;
        this.#frames.temperatureC = null;
        this.#gap(camera.uri === lost.uri ? 'camera-lost' : 'failover', null, 0, reason);
        await this.#controls.opened(camera);
      } catch (error) {
        this.#desk.now('away', reason);
        throw error;
      }
    });
    this.#desk.now('between');
    if (found === null) this.#gap('camera-lost', null, 0, reason);
    return found;
  }

  /** Between two streams of a camera whose controls are set. */
  async #change(before: StreamCamera, work: Interruption): Promise<StreamCamera | null> {
    try {
      const { camera, detail } = await work();
      this.#camera = camera;
      await this.#session.recording.changeCamera(camera);
      this.#gap('control', null, 0, detail);
      return camera;
    } catch (error) {
      return this.#afterLoss(before, reasonOf(error));
    }
  }

  /** The camera is set otherwise, and streams on. */
  #changed(camera: StreamCamera): void {
    this.#camera = camera;
    this.#streams.now?.changeCamera(camera, captureStateOf(camera.mode, this.#session.settings));
    this.#clock.changeCamera(camera);
  }

  #gap(...gap: Parameters<FrameKeeping['gap']>): void {
    this.#frames.gap(this.#session, ...gap);
  }

  /** What the camera tells. Frames that it lost before the engine had them are a gap. */
  #happened(event: CameraEvent): void {
    this.#controls.tell(event);
    const { lostFrames = 0, streamWhole = false, text } = event;
    if (streamWhole) this.#streams.unwatch();
    if (lostFrames > 0 && this.#streams.now !== null) this.#gap('camera', null, lostFrames, text);
  }

  #silent(detail: string): void {
    this.#session.report.outages++;
    this.#gap('network', null, 0, detail);
    this.#log('warning', `${detail}: look for a firewall, a wrong MTU or a missing trigger`);
  }

  #sendTelemetry(): void {
    const { report, recording } = this.#session;
    const warning = report.forecast(recording.recorder);
    if (warning !== null) this.#log('warning', warning);
    const [session, state, camera, stream] = [this.#session, this.#state, this.#camera, this.#streams.now];
    recording.look();
    this.#post(this.#telemetry.now({ session, state, camera, stream, witnesses: this.#clock.witnesses() }));
  }

  #log(level: LogLevel, message: string): void {
    this.#post({ kind: 'log', camera: this.#data.camera, level, message });
  }

  #post(message: ToMain): void {
    this.#data.post(message);
  }
}
