/**
 * A running station as the main thread sees it: it starts the camera thread, passes on what that says, and asks it to
 * stop. It owns nothing of the frame path, so it may stall for seconds and no frame is lost.
 */
import { EventEmitter } from 'node:events';
import { type TransferListItem, Worker } from 'node:worker_threads';
import { AppulseError } from '#gps/errors.js';
import { UsageError } from '#src/config/usage-error.js';
import type { CameraThreadData, LogLevel, SessionSummary, Telemetry, ToCameraThread, ToMain } from './messages.js';

/** How long the camera thread may take to end after its last word. */
const THREAD_END_MS = 2_000;

interface StationEvents {
  log: [LogLevel, string];
  telemetry: [Telemetry];
}

export class Station extends EventEmitter<StationEvents> {
  readonly #worker: Worker;
  /** Settles when the session has ended and everything is on disk, or when it failed. */
  readonly ended: Promise<SessionSummary>;
  latest: Telemetry | null = null;

  constructor(data: CameraThreadData, transfer: TransferListItem[] = []) {
    super();
    this.#worker = new Worker(new URL('./camera-thread.js', import.meta.url), {
      workerData: data,
      transferList: transfer,
      name: 'camera',
    });
    this.ended = new Promise((done, failed) => {
      this.#worker.on('message', (message: ToMain) => this.#receive(message, done, failed));
      this.#worker.once('error', (cause) =>
        failed(new AppulseError('station.camera-thread', `the camera thread broke down: ${cause.message}`, { cause })),
      );
      this.#worker.once('exit', () =>
        failed(new AppulseError('station.camera-thread', 'the camera thread ended early')),
      );
    });
    // Whoever awaits `ended` sees the failure; this only keeps an early one from ending the process.
    this.ended.catch(() => {}).finally(() => this.#endThread());
  }

  /** Something in the camera thread that does not end (a camera's library, a pool) must not keep the program. */
  #endThread(): void {
    setTimeout(() => void this.#worker.terminate(), THREAD_END_MS).unref();
  }

  /** Ends the session cleanly; `ended` settles when that is done. */
  stop(): void {
    this.#worker.postMessage({ kind: 'stop' } satisfies ToCameraThread);
  }

  /** Ends the camera thread where it stands: what was written stays, the session is set right at the next start. */
  abandon(): void {
    void this.#worker.terminate();
  }

  #receive(message: ToMain, done: (summary: SessionSummary) => void, failed: (error: Error) => void): void {
    if (message.kind === 'log') this.emit('log', message.level, message.message);
    else if (message.kind === 'telemetry') {
      this.latest = message.telemetry;
      this.emit('telemetry', message.telemetry);
    } else if (message.kind === 'done') done(message.summary);
    else if (message.usage) failed(new UsageError(message.code as `usage.${string}`, message.message));
    else failed(new AppulseError(message.code, message.message));
  }
}
