/**
 * The workers that all cameras of the station share. Each camera has a lane; the lane that has used the least worker time
 * so far is served next, so that one camera's large frames never hold up another's small ones for longer than a task: a band, or a batch of it.
 */

import { AppulseError, reasonOf } from '#gps/errors.js';
import { WorkerPool } from '#storage/worker-pool.js';

/** Tasks begun at once for each worker: one that it works on and one in its queue, so that it does not idle between two. */
const TASKS_A_WORKER = 2;

interface Waiting {
  readonly cost: number;
  readonly start: () => Promise<void>;
}

interface LaneEvents {
  /** A task comes to a lane that had none. */
  woken(): void;
  queued(): void;
}

export class FramePool {
  readonly workers: number;
  readonly #pool: WorkerPool;
  readonly #lanes = new Set<Lane>();
  readonly #service: ReturnType<typeof serveLanes>;

  /** `onError`: a worker ended without a task of its own; the pool goes on with another. */
  constructor(workers: number, onError: (error: Error) => void) {
    this.workers = workers;
    this.#service = serveLanes(this.#lanes, workers * TASKS_A_WORKER);
    this.#pool = new WorkerPool({
      filename: new URL('./frame-worker.js', import.meta.url).href,
      minThreads: workers,
      maxThreads: workers,
    });
    this.#pool.on('error', onError);
  }

  /** Resolves when a worker has answered. @throws AppulseError `station.workers` when they cannot start */
  async ready(): Promise<void> {
    let failed: (error: Error) => void = () => {};
    const broken = new Promise<never>((_, reject) => {
      failed = reject;
    });
    this.#pool.on('error', failed);
    try {
      await Promise.race([this.#pool.run(null, { name: 'ready' }), broken]);
    } catch (cause) {
      throw new AppulseError('station.workers', `the frame workers do not start: ${reasonOf(cause)}`, { cause });
    } finally {
      this.#pool.off('error', failed);
    }
  }

  /** A lane for one camera's stream. */
  addLane(): Lane {
    const lane: Lane = new Lane((task, name) => this.#pool.run(task, { name }), {
      woken: () => this.#service.woken(lane),
      queued: () => this.#service.queued(),
    });
    this.#lanes.add(lane);
    return lane;
  }

  /** The lane's tasks have all ended. */
  removeLane(lane: Lane): void {
    this.#lanes.delete(lane);
  }

  /** Ends the workers; nothing may run any more. */
  async destroy(): Promise<void> {
    await this.#pool.destroy();
  }
}

/** Begins the tasks of `lanes`, at most `limit` at once, those of the lane first that has used the least. */
export function serveLanes(lanes: Set<Lane>, limit: number) {
  let running = 0;

  const next = (): Lane | null => {
    let least: Lane | null = null;
    for (const lane of lanes) if (lane.waiting.length > 0 && (least === null || lane.used < least.used)) least = lane;
    return least;
  };

  const queued = (): void => {
    for (let lane = next(); lane !== null && running < limit; lane = next()) begin(lane);
  };

  const begin = (lane: Lane): void => {
    const task = lane.waiting.shift();
    if (task === undefined) return;
    // Of lanes that used the same, the one that was served longest ago stands first.
    lanes.delete(lane);
    lanes.add(lane);
    lane.used += task.cost;
    lane.running++;
    running++;
    void task.start().finally(() => {
      lane.running--;
      running--;
      queued();
    });
  };

  /** A lane that was idle has no claim on the time that the others used meanwhile. */
  const woken = (lane: Lane): void => {
    let least = Number.POSITIVE_INFINITY;
    for (const other of lanes) if (other !== lane && other.busy) least = Math.min(least, other.used);
    if (Number.isFinite(least)) lane.used = Math.max(lane.used, least);
  };

  return { queued, woken };
}

/** One camera's place at the workers. */
export class Lane {
  /** Cost of what was begun so far. */
  used = 0;
  running = 0;
  readonly waiting: Waiting[] = [];
  readonly #run: (task: unknown, name: string) => Promise<unknown>;
  readonly #pool: LaneEvents;

  constructor(run: (task: unknown, name: string) => Promise<unknown>, pool: LaneEvents) {
    this.#run = run;
    this.#pool = pool;
  }

  get busy(): boolean {
    return this.running > 0 || this.waiting.length > 0;
  }

  /** Runs the worker's function `name`; `cost` in samples passed over. First come, first served within the lane. */
  run<Result>(name: string, task: unknown, cost: number): Promise<Result> {
    return new Promise<Result>((done, failed) => {
      if (!this.busy) this.#pool.woken();
      this.waiting.push({ cost, start: () => this.#run(task, name).then((result) => done(result as Result), failed) });
      this.#pool.queued();
    });
  }
}
