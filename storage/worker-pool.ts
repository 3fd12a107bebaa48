/** A pool of worker threads that may be ended at any time. */
import type { Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';

/** How long workers may take to load before they are ended even so. */
const LOAD_LIMIT_MS = 60_000;

/**
 * piscina, whose workers are let finish loading before they are ended: Node 20 aborts the whole process where a worker is ended in mid-load
 * of its modules ("IsGraphAsync must be used on an instantiated module"), which short work on several threads comes to.
 */
export class WorkerPool extends Piscina {
  readonly #seen = new WeakSet<Worker>();
  readonly #loading = new Set<Worker>();
  #loaded: () => void = () => {};

  constructor(options: ConstructorParameters<typeof Piscina>[0]) {
    super(options);
    this.#watchLoading();
    // One that ended by a fault of its own has another in its place.
    this.on('error', () => this.#watchLoading());
  }

  /** A pool may have started workers for what it is given. */
  override run(...given: Parameters<Piscina['run']>): ReturnType<Piscina['run']> {
    const answer = super.run(...given);
    this.#watchLoading();
    return answer;
  }

  override async destroy(): Promise<void> {
    if (this.#loading.size > 0) {
      let limit: NodeJS.Timeout | undefined;
      await new Promise<void>((done) => {
        this.#loaded = done;
        limit = setTimeout(done, LOAD_LIMIT_MS);
      });
      clearTimeout(limit);
    }
    await super.destroy();
  }

  #watchLoading(): void {
    for (const worker of this.threads) {
      if (this.#seen.has(worker)) continue;
      this.#seen.add(worker);
      this.#loading.add(worker);
      // The first message of piscina's worker says that it is ready.
      for (const event of ['message', 'error', 'exit'] as const) worker.once(event, () => this.#isLoaded(worker));
    }
  }

  #isLoaded(worker: Worker): void {
    this.#loading.delete(worker);
    if (this.#loading.size === 0) this.#loaded();
  }
}
