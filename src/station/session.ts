/**
 * A session from its first frame to its last: opens the camera, records its stream, comes back when the camera was lost
 * (or goes on with the fallback camera), and ends with everything on disk and indexed.
 */
import { reasonOf } from '#gps/errors.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import type { CameraEvent } from '#src/cameras/camera-events.js';
import { newSessionId } from '#storage/segments/recorder.js';
import { CameraReach } from './camera-reach.js';
import { captureStateOf } from './capture-state.js';
import type { Interruption } from './control-desk.js';
import type { SetControlsAnswer, SetControlsRequest, StationControls } from './control-request.js';
import type { FramePool } from './frame-pool.js';
import { KeptMemory } from './kept-memory.js';
import type { MarkAnswer, MarkRequest } from './mark-request.js';
import type { AcquisitionThreadData, LogLevel, SessionSummary, ToMain } from './messages.js';
import { SessionClock } from './session-clock.js';
import { SessionControls } from './session-controls.js';
import { type SessionIdentity, streamContextOf } from './session-description.js';
import { SessionRecording } from './session-recording.js';
import { SessionReport } from './session-report.js';
import type { SharedLinks } from './shared-links.js';
import { watchSilence } from './silence-watch.js';
import { StopRequest } from './stop-request.js';
import { Stream, type StreamOptions } from './stream.js';

const TELEMETRY_INTERVAL_MS = 250;

const STATE_AFTER = { stopped: 'stopping', lost: 'lost', interrupted: 'opening' } as const;
const FINISH_FOR = { stopped: 'over', lost: 'lost', interrupted: 'pause' } as const;

type StreamEnd =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'lost'; readonly reason: string }
  | { readonly kind: 'interrupted'; readonly work: Interruption };

/** The longest that setTimeout takes: a session longer than these 24.8 days is ended by hand. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface SessionOptions extends AcquisitionThreadData {
  /** Number of the camera among those of the station, from 0. */
  readonly camera: number;
  readonly pool: FramePool;
  readonly post: (message: ToMain) => void;
  /** Takes the identifiers of the cameras that are recorded. */
  readonly recorded: Set<string>;
  /** Where cameras share a link of the host; null: nobody said how fast it is. */
  readonly links: SharedLinks | null;
}

export class Session {
  readonly #data: SessionOptions;
  readonly #identity: SessionIdentity;
  readonly #report: SessionReport;
  readonly #clock: SessionClock;
  readonly #recording: SessionRecording;
  readonly #controls: SessionControls;
  readonly #reach: CameraReach;
  readonly #stop = new StopRequest();
  readonly #memory: KeptMemory;
  #camera: StreamCamera | null = null;
  #stream: Stream | null = null;
  /** Of the session's duration. */
  #timer: NodeJS.Timeout | null = null;
  /** Ends the watch for a silent camera. */
  #unwatch: () => void = () => {};
  #frameNumber = 0;
  #stackNumber = 0;

  constructor(data: SessionOptions) {
    this.#data = data;
    this.#identity = { id: newSessionId(), stationId: data.stationId };
    this.#memory = new KeptMemory(data.settings, data.pool.workers);
    this.#report = new SessionReport(this.#identity.id, data.settings, data.limits);
    const log = (level: LogLevel, message: string) => this.#log(level, message);
    this.#recording = new SessionRecording({
      identity: this.#identity,
      settings: data.settings,
      report: this.#report,
      recorded: data.recorded,
      onWritten: () => this.#stream?.drain(),
      log,
    });
    this.#clock = new SessionClock(
      {
        event: (event) => this.#recording.recorder?.event(event),
        gap: (gap) => {
          this.#report.lost += gap.frames;
          this.#recording.recorder?.gap(gap);
        },
        log,
      },
      data.settings['clock.gpsd'],
    );
    this.#controls = new SessionControls({
      number: data.camera,
      settings: data.settings,
      event: (event) => this.#recording.recorder?.event(event),
      log,
      changed: (camera) => this.#changed(camera),
      requireFit: (camera) => data.links?.requireFit(data.camera, camera),
      temperature: (sensorTemperatureC) => this.#stream?.changeState({ sensorTemperatureC }),
    });
    this.#reach = new CameraReach({
      settings: data.settings,
      report: this.#report,
      stop: this.#stop,
      restore: (identity, controls) => this.#controls.restore(identity, controls),
      event: (event) => this.#happened(event),
      log,
    });
  }

  /** Ends the session as soon as the frame under way is in. */
  stop(): void {
    this.#stop.make();
  }

  /**
   * Runs to the end. The data folder is open.
   * @throws AppulseError when it cannot begin: camera, folder, memory, privilege
   */
  async run(): Promise<SessionSummary> {
    let telemetry: NodeJS.Timeout | undefined;
    try {
      this.#camera = await this.#reach.first();
      await this.#shareLink(this.#camera);
      await this.#recording.open(this.#camera);
      await this.#controls.opened(this.#camera);
      telemetry = setInterval(() => this.#sendTelemetry(), TELEMETRY_INTERVAL_MS);
      await this.#streamUntilStopped(this.#camera);
    } finally {
      this.#report.state = 'stopping';
      if (this.#timer !== null) clearTimeout(this.#timer);
      this.#controls.close();
      this.#data.links?.leave(this.#data.camera);
      await this.#camera?.close();
      this.#clock.end();
      this.#recording.end();
      await this.#memory.stacksWritten();
      await this.#recording.close();
      clearInterval(telemetry);
    }
    return this.#report.summary(this.#stream, this.#recording.recorder);
  }

  async #shareLink(camera: StreamCamera): Promise<void> {
    await this.#data.links?.join(this.#data.camera, camera, (level, message) => this.#log(level, message));
  }

  /** Keeps a span of time. @throws AppulseError `station.not-recording`, `station.mark-span` */
  mark(request: MarkRequest): MarkAnswer {
    const { fromUtcNs, toUtcNs } = this.#recording.mark(request);
    return { session: this.#identity.id, camera: this.#camera?.uri ?? this.#reach.uri, fromUtcNs, toUtcNs };
  }

  /** What can be set, and how it is set. Does not throw. */
  listControls(): Promise<StationControls> {
    return this.#controls.list(this.#camera, this.#reach.uri);
  }

  /** @throws as `ControlDesk.set` */
  setControls(request: SetControlsRequest): Promise<SetControlsAnswer> {
    return this.#controls.set(request);
  }

  async #streamUntilStopped(first: StreamCamera): Promise<void> {
    let camera: StreamCamera | null = first;
    while (camera !== null && !this.#stop.made) {
      const end: StreamEnd = await this.#runStream(camera);
      if (end.kind === 'stopped') return;
      camera = end.kind === 'lost' ? await this.#afterLoss(camera, end.reason) : await this.#change(camera, end.work);
    }
  }

  async #afterLoss(lost: StreamCamera, reason: string): Promise<StreamCamera | null> {
    this.#report.state = 'lost';
    this.#report.outages++;
    const fallback = this.#data.settings['camera.fallback'];
    const other = lost.uri === this.#reach.uri ? fallback : this.#reach.uri;
    const next = fallback === null ? 'trying to reach it again' : `switching to ${other}`;
    this.#log('warning', `the camera was lost: ${reason}; ${next}`);
    this.#controls.lost(lost, reason);
    await lost.close();
    const found = await this.#reach.again(lost, async (camera) => {
      await this.#shareLink(camera);
      await this.#recording.changeCamera(camera);
      this.#camera = camera;
      this.#gap(camera.uri === lost.uri ? 'camera-lost' : 'failover', null, 0, reason);
      await this.#controls.opened(camera);
    });
    if (found === null) this.#gap('camera-lost', null, 0, reason);
    return found;
  }

  /** Between two streams of a camera whose controls are set. */
  async #change(before: StreamCamera, work: Interruption): Promise<StreamCamera | null> {
    try {
      const { camera, detail } = await work();
      this.#camera = camera;
      await this.#recording.changeCamera(camera);
      this.#gap('control', null, 0, detail);
      return camera;
    } catch (error) {
      return this.#afterLoss(before, reasonOf(error));
    }
  }

  /** The camera is set otherwise, and streams on. */
  #changed(camera: StreamCamera): void {
    this.#camera = camera;
    this.#stream?.changeCamera(camera, captureStateOf(camera.mode, this.#data.settings));
    this.#clock.changeCamera(camera);
  }

  /** One run of a camera; a run that cannot begin counts as a lost camera. */
  async #runStream(camera: StreamCamera): Promise<StreamEnd> {
    const { limits } = this.#data;
    const quota = limits.frames === null ? null : limits.frames - this.#report.received;
    let stream: Stream | null = null;
    try {
      stream = await Stream.open(await this.#streamOptions(camera), quota);
      // From here on buffers that come back reach it.
      this.#stream = stream;
      await stream.begin();
    } catch (error) {
      await stream?.finish('lost');
      this.#stream = null;
      // The first start shows what the user must mend; a later one is tried again with the camera.
      if (!this.#report.started) throw error;
      return { kind: 'lost', reason: reasonOf(error) };
    }
    this.#report.streaming();
    this.#endInTime();
    this.#post({ kind: 'preview', camera: this.#data.camera, board: stream.preview?.handle ?? null });
    const { mode } = camera;
    this.#log(
      'info',
      `${camera.identity.model} ${camera.identity.serial} streams ${mode.width} x ${mode.height} ${mode.pixelFormat.name} by ${stream.method}`,
    );
    this.#unwatch = watchSilence(stream, (detail) => this.#silent(detail));
    const end = await this.#untilEnd(camera);
    this.#unwatch();
    this.#report.state = STATE_AFTER[end.kind];
    await stream.finish(FINISH_FOR[end.kind]);
    this.#clock.streamEnded();
    this.#report.keep(stream);
    this.#stream = null;
    return end;
  }

  /** The duration counts from the first stream on, and is over whether the camera is there or not. */
  #endInTime(): void {
    const left = this.#report.secondsOfDurationLeft();
    if (this.#timer !== null || left === null || left * 1_000 >= LONGEST_TIMER_MS) return;
    this.#timer = setTimeout(() => this.stop(), left * 1_000);
  }

  async #streamOptions(camera: StreamCamera): Promise<StreamOptions> {
    const { recorder, journal, buffers, startedUtcNs } = this.#recording.opened;
    return {
      camera,
      cameraNumber: this.#data.camera,
      settings: this.#data.settings,
      recorder,
      journal,
      buffers,
      memory: await this.#memory.for(camera),
      context: streamContextOf(this.#identity, camera, this.#data.settings),
      judge: this.#clock.judgeFor(camera),
      pool: this.#data.pool,
      rawThread: this.#data.rawThread,
      nextFrameNumber: () => ++this.#frameNumber,
      nextStackNumber: () => ++this.#stackNumber,
      startedUtcNs,
      sink: {
        frame: (result, buffer) => this.#frame(result, buffer),
        unrecorded: (result) => this.#frame(result, null),
        gap: (...gap) => this.#gap(...gap),
      },
      log: (level, message) => this.#log(level, message),
    };
  }

  async #untilEnd(camera: StreamCamera): Promise<StreamEnd> {
    const end = new Promise<StreamEnd>((done) => {
      void camera.lost.then((reason) => done({ kind: 'lost', reason }));
      void camera.played?.then(() => this.stop());
      this.#stop.wakes(() => done({ kind: 'stopped' }));
      this.#controls.streaming(camera, (work) => done({ kind: 'interrupted', work }));
    });
    const ended = await end;
    this.#controls.ended(ended.kind);
    return ended;
  }

  #frame(...frame: Parameters<SessionRecording['frame']>): void {
    this.#recording.frame(...frame);
    this.#stopAtLimit();
  }

  #gap(...gap: Parameters<SessionRecording['gap']>): void {
    this.#recording.gap(...gap);
    this.#stopAtLimit();
  }

  #stopAtLimit(): void {
    const { frames } = this.#data.limits;
    if (frames !== null && this.#report.received >= frames) this.stop();
  }

  /** What the camera tells. Frames that it lost before the engine had them are a gap. */
  #happened(event: CameraEvent): void {
    this.#controls.tell(event);
    const { lostFrames = 0, streamWhole = false, text } = event;
    if (streamWhole) this.#unwatch();
    if (lostFrames > 0 && this.#stream !== null) this.#gap('camera', null, lostFrames, text);
  }

  #silent(detail: string): void {
    this.#report.outages++;
    this.#gap('network', null, 0, detail);
    this.#log('warning', `${detail}: look for a firewall, a wrong MTU or a missing trigger`);
  }

  #sendTelemetry(): void {
    const warning = this.#report.forecast(this.#recording.recorder);
    if (warning !== null) this.#log('warning', warning);
    this.#post({
      kind: 'telemetry',
      camera: this.#data.camera,
      telemetry: this.#report.telemetry(this.#camera, this.#stream, this.#recording.recorder),
    });
  }

  #log(level: LogLevel, message: string): void {
    this.#post({ kind: 'log', camera: this.#data.camera, level, message });
  }

  #post(message: ToMain): void {
    this.#data.post(message);
  }
}
