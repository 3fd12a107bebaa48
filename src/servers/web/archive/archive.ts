/** The recorded sessions behind the page and the API: every question goes to a few threads of low priority, never to the main one. */
import { Piscina } from 'piscina';
import { AppulseError } from '#gps/errors.js';
import { UsageError } from '#src/config/usage-error.js';
import type { Answered, Asked } from './archive-worker.js';
import type { Questions } from './questions.js';

const THREADS = 2;
/** Questions that wait; more are refused. */
const MOST_WAITING = 32;
const IDLE_MS = 60_000;

export class Archive {
  readonly #dataFolders: readonly string[];
  readonly #pool: Piscina;

  constructor(dataFolders: readonly string[]) {
    this.#dataFolders = dataFolders;
    this.#pool = new Piscina({
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

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
