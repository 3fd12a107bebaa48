/**
 * A running station as the main thread sees it: it starts the acquisition thread, passes on what that says, and asks it to
 * stop. It owns nothing of the frame path, so it may stall for seconds and no frame is lost.
 */
import { EventEmitter } from 'node:events';
import { type TransferListItem, Worker } from 'node:worker_threads';
import { AppulseError } from '#gps/errors.js';
import { type Preview, PreviewBoard } from '#pipeline/stages/preview-board.js';
import { UsageError } from '#src/config/usage-error.js';
import type { MarkAnswer, MarkRequest } from './mark-request.js';
import type {
  AcquisitionThreadData,
  LogLevel,
  SessionSummary,
  Telemetry,
  ToAcquisitionThread,
  ToMain,
} from './messages.js';

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
  readonly #marking = new Map<
    number,
    { done: (marks: readonly MarkAnswer[]) => void; failed: (error: Error) => void }
  >();
  #marks = 0;
  readonly #boards: (PreviewBoard | null)[] = [];
  /** Settles when every camera's session has ended and everything is on disk, or when one failed. */
  readonly ended: Promise<readonly SessionSummary[]>;

  constructor(data: AcquisitionThreadData, transfer: TransferListItem[] = []) {
    super();
    this.#several = (data.settings['camera.uri']?.length ?? 0) > 1;
    this.#worker = new Worker(new URL('./acquisition-thread.js', import.meta.url), {
      workerData: data,
      transferList: transfer,
      name: 'acquisition',
    });
    this.ended = new Promise((done, failed) => {
      this.#worker.on('message', (message: ToMain) => this.#receive(message, done, failed));
      this.#worker.once('error', (cause) =>
        failed(
          new AppulseError('station.acquisition-thread', `the acquisition thread broke down: ${cause.message}`, {
            cause,
          }),
        ),
      );
      this.#worker.once('exit', () =>
        failed(new AppulseError('station.acquisition-thread', 'the acquisition thread ended early')),
      );
    });
    // Whoever awaits `ended` sees the failure; this only keeps an early one from ending the process.
    this.ended.catch(() => {}).finally(() => this.#endThread());
  }

  /** Something in the acquisition thread that does not end (a camera's library, a pool) must not keep the program. */
  #endThread(): void {
    setTimeout(() => void this.#worker.terminate(), THREAD_END_MS).unref();
  }

  /** Ends the sessions cleanly; `ended` settles when that is done. */
  stop(): void {
    this.#worker.postMessage({ kind: 'stop' } satisfies ToAcquisitionThread);
  }

  /**
   * Keeps a span of time of every camera, or of one: its frames are recorded where they wait for a trigger, and no retention
   * removes them. @throws AppulseError `station.no-camera`, `station.not-recording`, `station.mark-span`
   */
  mark(request: MarkRequest): Promise<readonly MarkAnswer[]> {
    const id = ++this.#marks;
    return new Promise((done, failed) => {
      this.#marking.set(id, { done, failed });
      this.#worker.postMessage({ kind: 'mark', id, request } satisfies ToAcquisitionThread);
      const ended = () =>
        failed(new AppulseError('station.not-recording', 'the session ended before the mark was made'));
      this.ended.then(ended, ended);
    });
  }

  /** Keeps the pre-roll before now and the post-roll behind it. See `mark`. */
  trigger(
    request: Partial<Pick<MarkRequest, 'camera' | 'cause' | 'note' | 'atUtcNs'>> = {},
  ): Promise<readonly MarkAnswer[]> {
    return this.mark({ camera: null, cause: 'event', note: '', atUtcNs: null, ...request, from: null, to: null });
  }

  /** Ends the acquisition thread where it stands: what was written stays, the session is set right at the next start. */
  abandon(): void {
    void this.#worker.terminate();
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
        this.#marking.get(message.id)?.done(message.marks);
        this.#marking.delete(message.id);
        break;
      case 'not-marked':
        this.#marking.get(message.id)?.failed(new AppulseError(message.code, message.message));
        this.#marking.delete(message.id);
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
