/**
 * A running station as the main thread sees it: it starts the acquisition thread, passes on what that says, and asks it to
 * stop. It owns nothing of the frame path, so it may stall for seconds and no frame is lost.
 */
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TransferListItem, Worker } from 'node:worker_threads';
import { AppulseError } from '#gps/errors.js';
import { type Preview, PreviewBoard, type PreviewBoardHandle } from '#pipeline/stages/preview-board.js';
import { UsageError } from '#src/config/usage-error.js';
import type { SetControlsAnswer, SetControlsRequest, StationControls } from './control-request.js';
import type { MarkAnswer, MarkRequest } from './mark-request.js';
import type {
  AcquisitionThreadData,
  LogLevel,
  SessionSummary,
  Telemetry,
  ToAcquisitionThread,
  ToMain,
} from './messages.js';
import { PendingAnswers } from './pending-answers.js';
import { siteOf } from './session-description.js';
import type { PixelRegion, RegionPixels, StationEvents, StationFace } from './station-face.js';
import { StationLog } from './station-log.js';
import type { CameraState, Gap, Message, StartSession } from './station-state.js';

/** How long the acquisition thread may take to end after its last word. */
const THREAD_END_MS = 2_000;
const OVER = 'the station has ended';

export class Station extends EventEmitter<StationEvents> implements StationFace {
  readonly id: string;
  readonly name: string;
  readonly site: StationFace['site'];
  readonly #worker: Worker;
  readonly #several: boolean;
  readonly #latest: Telemetry[] = [];
  readonly #states: CameraState[] = [];
  readonly #log = new StationLog();
  readonly #marking = new PendingAnswers<readonly MarkAnswer[]>();
  readonly #listing = new PendingAnswers<readonly StationControls[]>();
  readonly #setting = new PendingAnswers<SetControlsAnswer>();
  readonly #turning = new PendingAnswers<readonly string[]>();
  readonly #reading = new PendingAnswers<RegionPixels>();
  readonly #boards: (PreviewBoard | null)[] = [];
  /** Previews of boards that were there before, by camera. */
  readonly #formerPreviews: number[] = [];
  /** Settles when every camera's session has ended and everything is on disk, or when one failed. */
  readonly ended: Promise<readonly SessionSummary[]>;
  /**
   * Settles behind `ended`: whether the acquisition thread has ended. False: something in it never will, such as a maker's library that
   * does not return, and nothing but the end of the process helps. All that was recorded is on disk.
   */
  readonly closed: Promise<boolean>;
  #fail: (error: Error) => void = () => {};

  constructor(data: AcquisitionThreadData, transfer: TransferListItem[] = []) {
    super();
    this.id = data.stationId;
    this.name = data.settings['station.name'];
    this.site = siteOf(data.settings);
    this.#several = (data.settings['camera.uri']?.length ?? 0) > 1;
    this.#worker = new Worker(new URL('./acquisition-thread.js', import.meta.url), {
      workerData: data,
      transferList: transfer,
      name: 'acquisition',
    });
    const gone = new Promise<true>((done) => this.#worker.once('exit', () => done(true)));
    this.ended = new Promise((done, failed) => {
      this.#fail = failed;
      this.#worker.on('message', (message: ToMain) => this.#receive(message, done, failed));
      this.#worker.once('error', (cause) =>
        failed(
          new AppulseError('station.acquisition-thread', `the acquisition thread broke down: ${cause.message}`, {
            cause,
          }),
        ),
      );
      this.#worker.once('exit', () => failed(endedEarly()));
    });
    // Whoever awaits `ended` sees the failure; this only keeps an early one from ending the process.
    this.closed = this.ended
      .then(
        () => {},
        () => {},
      )
      .then(() => Promise.race([gone, this.#endThread()]));
  }

  /** What in the acquisition thread does not end by itself is ended. Resolves where that does not help either. */
  async #endThread(): Promise<false> {
    await sleep(THREAD_END_MS, undefined, { ref: false });
    void this.#worker.terminate();
    return sleep(THREAD_END_MS, false as const, { ref: false });
  }

  /** Ends the sessions cleanly; `ended` settles when that is done. */
  stop(): void {
    this.#send({ kind: 'stop' });
  }

  #send(message: ToAcquisitionThread): void {
    this.#worker.postMessage(message);
  }

  /**
   * Keeps a span of time of every camera, or of one: its frames are recorded where they wait for a trigger, and no retention
   * removes them. @throws AppulseError `station.no-camera`, `station.not-recording`, `station.mark-span`
   */
  mark(request: MarkRequest): Promise<readonly MarkAnswer[]> {
    const late = 'the session ended before the mark was made';
    return this.#marking.ask((id) => this.#send({ kind: 'mark', id, request }), this.ended, late);
  }

  /** Keeps the pre-roll before now and the post-roll behind it. See `mark`. */
  trigger(
    request: Partial<Pick<MarkRequest, 'camera' | 'cause' | 'note' | 'atUtcNs'>> = {},
  ): Promise<readonly MarkAnswer[]> {
    return this.mark({ camera: null, cause: 'event', note: '', atUtcNs: null, ...request, from: null, to: null });
  }

  /** The controls of every camera. @throws AppulseError `station.not-recording` */
  controls(): Promise<readonly StationControls[]> {
    return this.#listing.ask((id) => this.#send({ kind: 'controls', id }), this.ended, 'the session has ended');
  }

  /** @throws AppulseError `station.no-camera`, `station.not-recording`, and as the session's `ControlDesk.set` */
  setControls(request: SetControlsRequest): Promise<SetControlsAnswer> {
    const late = 'the session ended before anything was set';
    return this.#setting.ask((id) => this.#send({ kind: 'set-controls', id, request }), this.ended, late);
  }

  /** Ends the acquisition thread where it stands: what was written stays, the session is set right at the next start. */
  abandon(): void {
    void this.#worker.terminate();
    // A thread that is inside a library does not end.
    setTimeout(() => this.#fail(endedEarly()), THREAD_END_MS).unref();
  }

  /** The newest telemetry of each camera that has sent any. */
  get latest(): readonly Telemetry[] {
    return this.#latest.filter((telemetry) => telemetry !== undefined);
  }

  get cameras(): readonly CameraState[] {
    return this.#states.filter((state) => state !== undefined);
  }

  get messages(): readonly Message[] {
    return this.#log.messages;
  }

  get gaps(): readonly Gap[] {
    return this.#log.gaps;
  }

  /** Something that the main thread has to say of the station, as the plan of the nights does. */
  say(level: LogLevel, text: string): void {
    this.emit('message', this.#log.message(level, null, text));
    this.emit('log', level, text);
  }

  /** See `StationFace`. @throws as `SessionDesk.start`, and AppulseError `station.no-camera` */
  startSession(request: StartSession): Promise<readonly string[]> {
    return this.#turning.ask((id) => this.#send({ kind: 'start-session', id, request }), this.ended, OVER);
  }

  /** See `StationFace`. @throws as `SessionDesk.stop`, and AppulseError `station.no-camera` */
  stopSession(camera: number | null): Promise<readonly string[]> {
    return this.#turning.ask((id) => this.#send({ kind: 'stop-session', id, camera }), this.ended, OVER);
  }

  /** See `StationFace`. */
  pixels(camera: number, region: PixelRegion): Promise<RegionPixels> {
    return this.#reading.ask((id) => this.#send({ kind: 'pixels', id, camera, region }), this.ended, OVER);
  }

  previewCount(camera: number): number {
    return (this.#formerPreviews[camera] ?? 0) + (this.#boards[camera]?.count ?? 0);
  }

  /** See `StationFace`. */
  askPreview(camera: number): void {
    this.#boards[camera]?.ask();
  }

  /** The newest preview of camera `camera` (from 0); null where there is none. */
  preview(camera: number): Preview | null {
    return this.#boards[camera]?.read() ?? null;
  }

  #receive(
    message: ToMain,
    done: (summaries: readonly SessionSummary[]) => void,
    failed: (error: Error) => void,
  ): void {
    switch (message.kind) {
      case 'log': {
        const whose = this.#several ? `camera ${message.camera + 1}: ` : '';
        this.emit('message', this.#log.message(message.level, message.camera, message.message));
        this.emit('log', message.level, whose + message.message);
        break;
      }
      case 'telemetry':
        this.#states[message.camera] = message.state;
        this.emit('camera', message.state);
        if (message.telemetry === null) break;
        this.#latest[message.camera] = message.telemetry;
        this.emit('telemetry', message.telemetry);
        break;
      case 'gap':
        this.emit('gap', this.#log.gap(message.camera, message.session ?? '', message.gap));
        break;
      case 'sessions':
        this.emit('sessions');
        break;
      case 'turned':
        this.#turning.answer(message.id, message.sessions);
        break;
      case 'not-turned':
        this.#turning.fail(message.id, errorOf(message));
        break;
      case 'pixels':
        this.#reading.answer(message.id, message.pixels);
        break;
      case 'no-pixels':
        this.#reading.fail(message.id, errorOf(message));
        break;
      case 'preview':
        this.#takeBoard(message.camera, message.board);
        break;
      case 'marked':
        this.#marking.answer(message.id, message.marks);
        break;
      case 'not-marked':
        this.#marking.fail(message.id, errorOf(message));
        break;
      case 'controls':
        this.#listing.answer(message.id, message.controls);
        break;
      case 'controls-set':
        this.#setting.answer(message.id, message.answer);
        break;
      case 'controls-refused':
        this.#setting.fail(message.id, errorOf(message));
        break;
      case 'done':
        done(message.summaries);
        break;
      case 'failed':
        failed(errorOf(message));
    }
  }

  /** A camera that streams again has the board that it had, or another one. */
  #takeBoard(camera: number, handle: PreviewBoardHandle | null): void {
    const former = this.#boards[camera] ?? null;
    if (handle !== null && former?.handle.memory === handle.memory) return;
    this.#formerPreviews[camera] = this.previewCount(camera);
    former?.release();
    const board = handle === null ? null : PreviewBoard.attach(handle);
    this.#boards[camera] = board;
    if (board !== null) void this.#tellPreviews(camera, board);
  }

  async #tellPreviews(camera: number, board: PreviewBoard): Promise<void> {
    while (this.#boards[camera] === board) {
      const { count } = board;
      this.emit('preview', camera);
      await board.changed(count);
    }
  }
}

function errorOf({ code, message }: { readonly code: string; readonly message: string }): AppulseError {
  return code.startsWith('usage.')
    ? new UsageError(code as `usage.${string}`, message)
    : new AppulseError(code, message);
}

const endedEarly = (): AppulseError =>
  new AppulseError('station.acquisition-thread', 'the acquisition thread ended early');
