/**
 * A session from its first frame to its last: opens the camera, records its stream, comes back when the camera was lost
 * (or goes on with the fallback camera), and ends with everything on disk and indexed.
 */
import { AppulseError, reasonOf } from '#gps/errors.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import { cameraId } from '#src/cameras/camera-id.js';
import { openCamera } from '#src/cameras/open-camera.js';
import { dataFoldersOf } from '#src/config/data-folders.js';
import { recordingPolicyOf } from '#src/config/retention.js';
import { UsageError } from '#src/config/usage-error.js';
import { VERSION } from '#src/config/version.js';
import { GAP_CAUSES, type GapCause, type Site } from '#storage/frame-record.js';
import { FrameJournal } from '#storage/segments/frame-journal.js';
import type { RecordBuffers } from '#storage/segments/record-buffers.js';
import { newSessionId } from '#storage/segments/recorder.js';
import { openRecorderChain } from '#storage/segments/recorder-chain.js';
import type { CameraDescription, Recorder } from '#storage/segments/recorder-types.js';
import type { StreamContext } from './attached-stream.js';
import { binningOf, captureStateOf } from './capture-state.js';
import { NOT_WRITTEN } from './frame-pipeline.js';
import type { FramePool } from './frame-pool.js';
import type { FrameResult } from './frame-task.js';
import { GapKeeper } from './gap-keeper.js';
import type { MarkAnswer, MarkRequest } from './mark-request.js';
import type { AcquisitionThreadData, LogLevel, SessionSummary, ToMain } from './messages.js';
import { PreRoll } from './pre-roll.js';
import { tellPreRoll, waitingBuffers, waitsForTrigger } from './pre-roll-memory.js';
import { receiverKind } from './receiver-kind.js';
import { SessionClock } from './session-clock.js';
import { SessionReport } from './session-report.js';
import { Stream, type StreamOptions } from './stream.js';
import {
  bufferQuestion,
  createStreamMemory,
  needSameMemory,
  recordBuffersFor,
  type StreamMemory,
} from './stream-memory.js';
import { TriggerKeeper } from './trigger-keeper.js';
import { UntriggeredRun } from './untriggered-run.js';

const TELEMETRY_INTERVAL_MS = 250;
const RECONNECT_INTERVAL_MS = 1_000;

type StreamEnd = { readonly kind: 'stopped' } | { readonly kind: 'lost'; readonly reason: string };

/** The longest that setTimeout takes: a session longer than these 24.8 days is ended by hand. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface SessionOptions extends AcquisitionThreadData {
  /** Number of the camera among those of the station, from 0. */
  readonly camera: number;
  readonly pool: FramePool;
  readonly post: (message: ToMain) => void;
  /** Takes the identifiers of the cameras that are recorded. */
  readonly recorded: Set<string>;
}

export class Session {
  readonly #data: SessionOptions;
  readonly #id = newSessionId();
  #startedUtcNs = 0n;
  readonly #report: SessionReport;
  readonly #gaps = new GapKeeper((gap) => this.#recorder?.gap(gap));
  readonly #clock: SessionClock;
  readonly #triggers: TriggerKeeper;
  readonly #untriggered = new UntriggeredRun((gap) => this.#recorder?.gap(gap));
  /** Null where frames do not wait for a trigger in memory. */
  #preRoll: PreRoll | null = null;
  #recorder: Recorder | null = null;
  #journal: FrameJournal | null = null;
  #buffers: RecordBuffers | null = null;
  #camera: StreamCamera | null = null;
  #stream: Stream | null = null;
  /** Of the newest stream, and the camera that it was made for. */
  #memory: { readonly camera: StreamCamera; readonly parts: StreamMemory } | null = null;
  #frameNumber = 0;
  #stackNumber = 0;
  #stopRequested = false;
  #wake: (() => void) | null = null;

  constructor(data: SessionOptions) {
    this.#data = data;
    this.#report = new SessionReport(this.#id, data.settings, data.limits);
    this.#triggers = new TriggerKeeper({
      settings: data.settings,
      mark: (mark) => this.#recorder?.mark(mark),
      want: (from, to) => this.#preRoll?.want(from, to),
      log: (level, message) => this.#log(level, message),
    });
    this.#clock = new SessionClock(
      {
        event: (event) => this.#recorder?.event(event),
        gap: (gap) => {
          this.#report.lost += gap.frames;
          this.#recorder?.gap(gap);
        },
        log: (level, message) => this.#log(level, message),
      },
      data.settings['clock.gpsd'],
    );
  }

  /** Ends the session as soon as the frame under way is in. */
  stop(): void {
    this.#stopRequested = true;
    this.#wake?.();
  }

  /**
   * Runs to the end. The data folder is open.
   * @throws AppulseError when it cannot begin: camera, folder, memory, privilege
   */
  async run(): Promise<SessionSummary> {
    let telemetry: NodeJS.Timeout | undefined;
    try {
      this.#camera = await this.#openFirst();
      this.#recorder = await this.#openRecorder(this.#camera);
      this.#journal = this.#openJournal(this.#recorder.folder);
      telemetry = setInterval(() => this.#sendTelemetry(), TELEMETRY_INTERVAL_MS);
      await this.#streamUntilStopped(this.#camera);
    } finally {
      this.#report.state = 'stopping';
      await this.#camera?.close();
      this.#clock.end();
      this.#gaps.end();
      this.#triggers.end();
      this.#preRoll?.end();
      this.#untriggered.end();
      await this.#memory?.parts.stack?.writing;
      await this.#closeRecorder();
      clearInterval(telemetry);
    }
    return this.#report.summary(this.#stream, this.#recorder);
  }

  /** A recorder that broke down has told so; what it had recorded until then is the session. */
  async #closeRecorder(): Promise<void> {
    try {
      this.#report.final = (await this.#recorder?.close()) ?? null;
      this.#journal?.remove();
    } catch (error) {
      this.#log('error', reasonOf(error));
    }
  }

  get #uri(): string {
    return this.#data.settings['camera.uri']?.[0] ?? '';
  }

  async #openFirst(): Promise<StreamCamera> {
    const fallback = this.#data.settings['camera.fallback'];
    const uri = this.#uri;
    try {
      return await this.#open(uri);
    } catch (error) {
      if (fallback === null || error instanceof UsageError) throw error;
      this.#log('warning', `${reasonOf(error)}; going on with the fallback camera ${fallback}`);
      return this.#open(fallback);
    }
  }

  /** Opens a camera; a stop meanwhile gives it up, and it is closed whenever it comes. */
  async #open(uri: string, tell = true): Promise<StreamCamera> {
    if (tell) this.#log('info', `opening ${uri}`);
    const opening = this.#openNow(uri);
    const stopped = new Promise<null>((done) => {
      this.#wake = () => done(null);
      if (this.#stopRequested) done(null);
    });
    const camera = await Promise.race([opening, stopped]);
    if (camera !== null) return camera;
    opening.then((late) => late.close()).catch(() => {});
    throw new AppulseError('station.stopped', 'stopped before the camera was open');
  }

  #openNow(uri: string): Promise<StreamCamera> {
    const { settings } = this.#data;
    return openCamera(uri, {
      packetSize: settings['camera.packet-size'],
      features: settings['camera.features'],
      nativeReceiver: receiverKind(settings) === 'native',
      log: (level, message) => this.#log(level, message),
    });
  }

  async #openRecorder(camera: StreamCamera): Promise<Recorder> {
    const { settings, stationId } = this.#data;
    const policy = recordingPolicyOf(settings, describe(camera));
    this.#data.recorded.add(describe(camera).id);
    this.#report.rolls = policy.maxBytes !== null;
    this.#buffers = recordBuffersFor(camera, settings);
    await this.#buffers.prefault();
    this.#preRoll = this.#openPreRoll(camera, this.#buffers);
    this.#startedUtcNs = BigInt(Date.now()) * 1_000_000n;
    return openRecorderChain({
      dataFolders: dataFoldersOf(settings),
      session: {
        id: this.#id,
        startedUtcNs: this.#startedUtcNs,
        station: { id: stationId, name: settings['station.name'], site: siteOf(settings) },
        camera: describe(camera),
        software: `appulse ${VERSION}`,
        observer: settings['station.observer'],
        object: settings['recording.object'],
        telescope: settings['station.telescope'],
        name: settings['recording.name'],
        site: settings['site.name'],
        notes: settings['recording.notes'],
      },
      format: settings['recording.format'],
      serStamp: settings['recording.ser-stamp'],
      segmentBytes: settings['recording.segment-bytes'],
      maxBytes: policy.maxBytes,
      floorBytes: settings['recording.floor'],
      retention: { ...policy, longitudeDeg: settings['site.longitude'] },
      buffers: this.#buffers.handle,
      onMoved: (folder, firstNumber) => this.#moveJournal(folder, firstNumber),
      onWritten: () => this.#stream?.drain(),
      onWarning: (message) => this.#log('warning', message),
    });
  }

  #openPreRoll(camera: StreamCamera, { bufferBytes }: RecordBuffers): PreRoll | null {
    const { settings } = this.#data;
    if (!waitsForTrigger(settings)) return null;
    const question = bufferQuestion(camera, settings, bufferBytes);
    tellPreRoll(settings, question, (level, message) => this.#log(level, message));
    return new PreRoll({
      preRollNs: settings['recording.pre-roll'],
      mostBuffers: waitingBuffers(settings, question),
      keep: (result, buffer) => this.#keep(result, buffer),
      drop: (record, buffer) => {
        this.#report.untriggered();
        this.#untriggered.add(record);
        if (buffer !== null) this.#recorder?.release(buffer);
      },
    });
  }

  /** Keeps a span of time. @throws AppulseError `station.not-recording`, `station.mark-span` */
  mark(request: MarkRequest): MarkAnswer {
    if (this.#recorder === null || this.#camera === null) {
      throw new AppulseError('station.not-recording', 'the session has not begun: there is nothing to mark yet');
    }
    const { fromUtcNs, toUtcNs } = this.#triggers.request(request);
    return { session: this.#id, camera: this.#camera.uri, fromUtcNs, toUtcNs };
  }

  /** A session without a journal is as good as long as it is not interrupted. */
  #openJournal(folder: string): FrameJournal | null {
    try {
      return new FrameJournal(folder, this.#id);
    } catch (error) {
      this.#log('warning', `no journal of the frames in hand can be kept in ${folder}: ${reasonOf(error)}`);
      return null;
    }
  }

  #moveJournal(folder: string, firstNumber: number): void {
    try {
      this.#journal?.moveTo(folder, firstNumber);
    } catch (error) {
      this.#log('warning', `the journal of the frames in hand stays in the folder before: ${reasonOf(error)}`);
    }
  }

  async #streamUntilStopped(first: StreamCamera): Promise<void> {
    let camera: StreamCamera | null = first;
    while (camera !== null && !this.#stopRequested) {
      const end: StreamEnd = await this.#runStream(camera);
      if (end.kind === 'stopped') return;
      this.#report.state = 'lost';
      await camera.close();
      camera = await this.#openAgain(camera, end.reason);
    }
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
      await stream?.finish(true);
      this.#stream = null;
      // The first start shows what the user must mend; a later one is tried again with the camera.
      if (!this.#report.started) throw error;
      return { kind: 'lost', reason: reasonOf(error) };
    }
    this.#report.streaming();
    this.#post({ kind: 'preview', camera: this.#data.camera, board: stream.preview?.handle ?? null });
    const { mode } = camera;
    this.#log(
      'info',
      `${camera.identity.model} ${camera.identity.serial} streams ${mode.width} x ${mode.height} ${mode.pixelFormat.name} by ${stream.method}`,
    );
    const silence = this.#watchSilence(stream);
    const end = await this.#untilEnd(camera);
    clearInterval(silence);
    this.#report.state = end.kind === 'lost' ? 'lost' : 'stopping';
    await stream.finish(end.kind === 'lost');
    this.#clock.streamEnded();
    this.#report.keep(stream);
    this.#stream = null;
    return end;
  }

  async #streamOptions(camera: StreamCamera): Promise<StreamOptions> {
    return {
      camera,
      cameraNumber: this.#data.camera,
      settings: this.#data.settings,
      recorder: this.#recorder as Recorder,
      journal: this.#journal,
      buffers: this.#buffers as RecordBuffers,
      memory: await this.#memoryFor(camera),
      context: this.#contextOf(camera),
      judge: this.#clock.judgeFor(camera),
      pool: this.#data.pool,
      rawThread: this.#data.rawThread,
      nextFrameNumber: () => ++this.#frameNumber,
      nextStackNumber: () => ++this.#stackNumber,
      startedUtcNs: this.#startedUtcNs,
      sink: {
        frame: (result, buffer) => this.#frame(result, buffer),
        unrecorded: (result) => this.#unrecorded(result),
        gap: (...gap) => this.#gap(...gap),
      },
      log: (level, message) => this.#log(level, message),
    };
  }

  /** The memory of the stream before, where it fits: a camera that was away comes back to pages that are there. */
  async #memoryFor(camera: StreamCamera): Promise<StreamMemory> {
    const former = this.#memory;
    if (former !== null && former.parts.ring.fillLevel() === 0 && needSameMemory(former.camera, camera)) {
      former.parts.ring.reset();
      return former.parts;
    }
    await former?.parts.stack?.writing;
    this.#memory = null;
    const parts = await createStreamMemory(camera, this.#data.settings, this.#data.pool.workers);
    this.#memory = { camera, parts };
    return parts;
  }

  #untilEnd(camera: StreamCamera): Promise<StreamEnd> {
    const left = this.#report.secondsOfDurationLeft();
    let timer: NodeJS.Timeout | undefined;
    const end = new Promise<StreamEnd>((done) => {
      this.#wake = () => done({ kind: 'stopped' });
      void camera.lost.then((reason) => done({ kind: 'lost', reason }));
      void camera.played?.then(() => this.stop());
      if (left !== null && left * 1_000 < LONGEST_TIMER_MS) timer = setTimeout(() => this.stop(), left * 1_000);
      if (this.#stopRequested) done({ kind: 'stopped' });
    });
    return end.finally(() => clearTimeout(timer));
  }

  /** The same camera again, or with a fallback the other one first; null when the session is stopped meanwhile. */
  async #openAgain(lost: StreamCamera, reason: string): Promise<StreamCamera | null> {
    const fallback = this.#data.settings['camera.fallback'];
    const other = (lost.uri === this.#uri ? fallback : this.#uri) ?? lost.uri;
    this.#report.outages++;
    const next = fallback === null ? 'trying to reach it again' : `switching to ${other}`;
    this.#log('warning', `the camera was lost: ${reason}; ${next}`);
    let lastFailure = '';
    for (let attempt = 0; !this.#stopRequested && (this.#report.secondsOfDurationLeft() ?? 1) > 0; attempt++) {
      let camera: StreamCamera | null = null;
      try {
        camera = await this.#open(attempt % 2 === 0 ? other : lost.uri, attempt < 2);
        await this.#prepareRecorderFor(camera);
        this.#camera = camera;
        this.#gap(camera.uri === lost.uri ? 'camera-lost' : 'failover', null, 0, reason);
        return camera;
      } catch (error) {
        await camera?.close();
        if (this.#stopRequested) break;
        const failure = reasonOf(error);
        if (failure !== lastFailure) this.#log('warning', failure);
        lastFailure = failure;
        await new Promise<void>((done) => {
          this.#wake = done;
          setTimeout(done, RECONNECT_INTERVAL_MS);
        });
      }
    }
    this.#gap('camera-lost', null, 0, reason);
    return null;
  }

  async #prepareRecorderFor(camera: StreamCamera): Promise<void> {
    this.#data.recorded.add(describe(camera).id);
    const buffers = recordBuffersFor(camera, this.#data.settings);
    // What waits is the camera's that was lost.
    this.#preRoll?.end();
    this.#untriggered.end();
    const enough = buffers.bufferBytes <= (this.#buffers as RecordBuffers).bufferBytes;
    if (!enough) {
      await buffers.prefault();
      this.#buffers = buffers;
      this.#preRoll = this.#openPreRoll(camera, buffers);
    }
    await (this.#recorder as Recorder).changeCamera(describe(camera), enough ? null : buffers.handle);
    this.#journal?.nextCamera();
  }

  #frame(result: FrameResult, buffer: number): void {
    this.#arrived(result);
    if (this.#preRoll === null) this.#keep(result, buffer);
    else this.#preRoll.add(result, buffer);
    this.#stopAtLimit();
  }

  #unrecorded(result: FrameResult): void {
    this.#arrived(result);
    if (this.#preRoll === null) this.#keep(result, null);
    else this.#preRoll.add(result, null);
    this.#stopAtLimit();
  }

  #arrived({ record, complete }: FrameResult): void {
    this.#report.frame(record, complete);
    this.#gaps.frame(record);
    this.#triggers.frame(record);
    this.#report.marks = this.#triggers.count;
  }

  /** The frame belongs on disk; without a buffer it cannot get there. */
  #keep({ record, parts, headerBytes, dataSum }: FrameResult, buffer: number | null): void {
    this.#untriggered.end();
    if (buffer === null) {
      this.#recorder?.unrecorded(record, NOT_WRITTEN);
      return;
    }
    this.#report.recorded(record);
    this.#recorder?.append({ buffer, parts, headerBytes, dataSum, record });
  }

  #gap(cause: GapCause, firstBlock: bigint | null, frames: number, detail: string): void {
    // Gaps in the stream stand in it since they were found.
    if (firstBlock === null) this.#journal?.gap({ cause, blockId: null, frames });
    this.#gaps.add(cause, firstBlock, frames, detail);
    if (GAP_CAUSES[cause] === 'lost') this.#report.lost += frames;
    else this.#report.received += frames;
    this.#stopAtLimit();
    if (cause === 'worker') this.#log('warning', `a frame could not be processed: ${detail}`);
  }

  #stopAtLimit(): void {
    const { frames } = this.#data.limits;
    if (frames !== null && this.#report.received >= frames) this.stop();
  }

  /** A camera that answers but sends nothing: said once, kept as a gap row, until packets come again. */
  #watchSilence(stream: Stream): NodeJS.Timeout {
    let packets = -1;
    let sinceMs = performance.now();
    let said = false;
    return setInterval(() => {
      const now = stream.live().counters.packetsReceived;
      if (now !== packets) {
        packets = now;
        sinceMs = performance.now();
        said = false;
      } else if (!said && performance.now() - sinceMs > stream.silenceLimitMs) {
        said = true;
        const detail = `no packet came for ${Math.round((performance.now() - sinceMs) / 1_000)} s though the camera answers`;
        this.#report.outages++;
        this.#gap('network', null, 0, detail);
        this.#log('warning', `${detail}: look for a firewall, a wrong MTU or a missing trigger`);
      }
    }, TELEMETRY_INTERVAL_MS);
  }

  #contextOf(camera: StreamCamera): StreamContext {
    const { mode } = camera;
    return {
      sessionId: this.#id,
      stationId: this.#data.stationId,
      cameraId: describe(camera).id,
      cameraName: describe(camera).name,
      width: mode.width,
      height: mode.height,
      offsetX: mode.offsetX,
      offsetY: mode.offsetY,
      pixelFormat: mode.pixelFormat.code,
      gpsHeader: mode.gpsHeader,
      ...captureStateOf(mode, this.#data.settings),
      binning: binningOf(this.#data.settings),
      site: siteOf(this.#data.settings),
      format: this.#data.settings['recording.format'],
    };
  }

  #sendTelemetry(): void {
    const warning = this.#report.forecast(this.#recorder);
    if (warning !== null) this.#log('warning', warning);
    this.#post({
      kind: 'telemetry',
      camera: this.#data.camera,
      telemetry: this.#report.telemetry(this.#camera, this.#stream, this.#recorder),
    });
  }

  #log(level: LogLevel, message: string): void {
    this.#post({ kind: 'log', camera: this.#data.camera, level, message });
  }

  #post(message: ToMain): void {
    this.#data.post(message);
  }
}

function describe(camera: StreamCamera): CameraDescription {
  const { vendor, model, serial } = camera.identity;
  return { id: cameraId(camera.identity), name: model, uri: camera.uri, vendor, model, serial };
}

/** The site of the settings; null unless latitude and longitude are both given. */
function siteOf(settings: AcquisitionThreadData['settings']): Site | null {
  const { 'site.latitude': latitudeDeg, 'site.longitude': longitudeDeg, 'site.elevation': elevation } = settings;
  return latitudeDeg === null || longitudeDeg === null ? null : { latitudeDeg, longitudeDeg, heightM: elevation ?? 0 };
}
