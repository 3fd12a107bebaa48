/** The recorded sessions behind the page and the API: every question goes to a few threads of low priority, never to the main one. */
import { Readable } from 'node:stream';
import { AppulseError } from '#gps/errors.js';
import { UsageError } from '#src/config/usage-error.js';
import { WorkerPool } from '#storage/worker-pool.js';
import type { Answered, Asked } from './archive-worker.js';
import type { Questions } from './questions.js';

const THREADS = 2;
/** Questions that wait; more are refused. */
const MOST_WAITING = 32;
const IDLE_MS = 60_000;
/** Files of frames that clients are fetching: each stands in memory until its client has it, some 300 MB of the largest sensors. */
const MOST_FETCHED = 4;

const CHUNK_BYTES = 2 ** 18;

export interface FetchedFile extends Omit<ReturnType<Questions['file']>, 'bytes'> {
  readonly byteLength: number;
  readonly stream: Readable;
}

export class Archive {
  readonly #dataFolders: readonly string[];
  readonly #pool: WorkerPool;
  #fetched = 0;

  constructor(dataFolders: readonly string[]) {
    this.#dataFolders = dataFolders;
    this.#pool = new WorkerPool({
      filename: new URL('./archive-worker.js', import.meta.url).href,
      minThreads: 0,
      maxThreads: THREADS,
      maxQueue: MOST_WAITING,
      idleTimeout: IDLE_MS,
    });
  }

  /** @throws AppulseError `api.busy` where too many questions wait, and what the question throws */
  async ask<Q extends keyof Questions>(
    question: Q,
    asked: Parameters<Questions[Q]>[1],
  ): Promise<ReturnType<Questions[Q]>> {
    if (this.#pool.queueSize >= MOST_WAITING) {
      throw new AppulseError('api.busy', `${MOST_WAITING} questions to the archive wait already: ask again later`);
    }
    const task: Asked = { question, dataFolders: this.#dataFolders, asked };
    const answered = (await this.#pool.run(task)) as Answered<ReturnType<Questions[Q]>>;
    if ('answer' in answered) return answered.answer;
    const { code, message, usage } = answered.refused;
    throw usage ? new UsageError(code as `usage.${string}`, message) : new AppulseError(code, message);
  }

  /**
   * A frame's file as a stream, which lets go of it when it is closed. @throws AppulseError `api.busy` where several are being fetched, and
   * what the question throws
   */
  async fetch(asked: Parameters<Questions['file']>[1]): Promise<FetchedFile> {
    if (this.#fetched >= MOST_FETCHED) {
      throw new AppulseError('api.busy', `${MOST_FETCHED} files are being fetched already: ask again later`);
    }
    this.#fetched++;
    try {
      const { bytes, ...of } = await this.ask('file', asked);
      const stream = Readable.from(chunksOf(bytes));
      stream.once('close', () => this.#fetched--);
      return { ...of, byteLength: bytes.byteLength, stream };
    } catch (error) {
      this.#fetched--;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

function* chunksOf(bytes: Uint8Array): Generator<Buffer> {
  for (let at = 0; at < bytes.byteLength; at += CHUNK_BYTES) yield Buffer.from(bytes.subarray(at, at + CHUNK_BYTES));
}
