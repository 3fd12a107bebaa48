/** An export that the API was asked for, in a thread of its own, from its beginning to its end. */
import { Worker } from 'node:worker_threads';
import type { ExportProgress, ExportRequest, ExportResult } from '#storage/export/export-types.js';
import type { FromExport } from './export-thread.js';

export type JobState = 'running' | 'stopping' | 'done' | 'stopped' | 'failed';

export interface JobStatus {
  readonly id: string;
  /** Name below the data folder's `exports`. */
  readonly target: string;
  readonly format: ExportRequest['format'];
  readonly state: JobState;
  readonly startedUtcNs: bigint;
  readonly endedUtcNs: bigint | null;
  readonly progress: ExportProgress | null;
  readonly result: Omit<ExportResult, 'state' | 'target'> | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly warnings: readonly string[];
}

const MOST_WARNINGS = 20;

export class ExportJob {
  readonly id: string;
  readonly request: ExportRequest;
  readonly #worker: Worker;
  readonly #name: string;
  readonly #startedUtcNs = utcNow();
  readonly #warnings: string[] = [];
  #state: JobState = 'running';
  #endedUtcNs: bigint | null = null;
  #progress: ExportProgress | null = null;
  #result: JobStatus['result'] = null;
  #error: JobStatus['error'] = null;

  /** `name`: of the target, as the user wrote it. */
  constructor(id: string, name: string, request: ExportRequest) {
    this.id = id;
    this.request = request;
    this.#name = name;
    this.#worker = new Worker(new URL('./export-thread.js', import.meta.url), { workerData: request });
    this.#worker.on('message', (message: FromExport) => this.#take(message));
    this.#worker.on('error', (error) => this.#fail('export.failed', error.message));
    this.#worker.on('exit', () => this.#fail('export.failed', 'its thread ended before the export did'));
  }

  get isUnderWay(): boolean {
    return this.#endedUtcNs === null;
  }

  get status(): JobStatus {
    return {
      id: this.id,
      target: this.#name,
      format: this.request.format,
      state: this.#state,
      startedUtcNs: this.#startedUtcNs,
      endedUtcNs: this.#endedUtcNs,
      progress: this.#progress,
      result: this.#result,
      error: this.#error,
      warnings: [...this.#warnings],
    };
  }

  /** Asks it to stop behind what it writes now; the same request goes on from there. */
  stop(): void {
    if (!this.isUnderWay) return;
    this.#state = 'stopping';
    this.#worker.postMessage('stop');
  }

  /** Stops it, and waits until its files are closed. */
  async end(): Promise<void> {
    if (!this.isUnderWay) return;
    const ended = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.stop();
    await ended;
  }

  #take(message: FromExport): void {
    switch (message.kind) {
      case 'progress':
        this.#progress = message.progress;
        break;
      case 'warning':
        if (this.#warnings.length < MOST_WARNINGS) this.#warnings.push(message.message);
        break;
      case 'ended': {
        const { state, target: _, ...result } = message.result;
        this.#result = result;
        this.#finish(state);
        break;
      }
      case 'failed':
        this.#fail(message.code, message.message);
        break;
    }
  }

  #fail(code: string, message: string): void {
    if (!this.isUnderWay) return;
    this.#error = { code, message };
    this.#finish('failed');
  }

  #finish(state: JobState): void {
    this.#state = state;
    this.#endedUtcNs = utcNow();
  }
}

function utcNow(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
