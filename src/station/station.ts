/**
 * A running station as the main thread sees it: it starts the acquisition thread, passes on what that says, and asks it to
 * stop. It owns nothing of the frame path, so it may stall for seconds and no frame is lost.
 */
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TransferListItem, Worker } from 'node:worker_threads';
import { AppulseError } from '#gps/errors.js';
import { type Preview, PreviewBoard } from '#pipeline/stages/preview-board.js';
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

/** How long the acquisition thread may take to end after its last word. */
const THREAD_END_MS = 2_000;

interface StationEvents {
  log: [LogLevel, string];
  telemetry: [Telemetry];
}

export class Station extends EventEmitter<StationEvents> {
  readonly #worker: Worker;
  readonly #several: boolean;
  readonly #latest: Telemetry[] = [];
  readonly #marking = new PendingAnswers<readonly MarkAnswer[]>();
  readonly #listing = new PendingAnswers<readonly StationControls[]>();
  readonly #setting = new PendingAnswers<SetControlsAnswer>();
  readonly #boards: (PreviewBoard | null)[] = [];
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
        this.emit('log', message.level, whose + message.message);
        break;
      }
      case 'telemetry':
        this.#latest[message.camera] = message.telemetry;
        this.emit('telemetry', message.telemetry);
        break;
      case 'preview':
        this.#boards[message.camera] = message.board === null ? null : PreviewBoard.attach(message.board);
        break;
      case 'marked':
        this.#marking.answer(message.id, message.marks);
        break;
      case 'not-marked':
        this.#marking.fail(message.id, new AppulseError(message.code, message.message));
        break;
      case 'controls':
        this.#listing.answer(message.id, message.controls);
        break;
      case 'controls-set':
        this.#setting.answer(message.id, message.answer);
        break;
      case 'controls-refused':
        this.#setting.fail(message.id, new AppulseError(message.code, message.message));
        break;
      case 'done':
        done(message.summaries);
        break;
      case 'failed':
        if (message.usage) failed(new UsageError(message.code as `usage.${string}`, message.message));
        else failed(new AppulseError(message.code, message.message));
    }
  }
}

const endedEarly = (): AppulseError =>
  new AppulseError('station.acquisition-thread', 'the acquisition thread ended early');
