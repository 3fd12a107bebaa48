/** Decodes batches on several threads, in bounded memory, and gives them back in order. */
import { join } from 'node:path';
import type { FrameRow } from '../index/rows.js';
import { WorkerPool } from '../worker-pool.js';
import type { DecodedFrame, DecodeTask, Product } from './decode-task.js';
import type { Batch } from './frame-batches.js';

/** Batches under way for each worker: one that it works on, one that waits for it, and one that is being written. */
const SLOTS_A_WORKER = 2;

export interface DecodedBatch {
  readonly rows: readonly FrameRow[];
  readonly frames: readonly DecodedFrame[];
  /** The frames' bytes, one behind the other; valid until the next batch is asked for. */
  readonly memory: Buffer;
}

interface UnderWay {
  readonly batch: Batch;
  readonly memory: SharedArrayBuffer;
  readonly frames: Promise<readonly DecodedFrame[]>;
}

const ABSENT: DecodedFrame = {
  bytes: 0,
  error: '',
  width: 0,
  height: 0,
  sampleBytes: 2,
  sum: 0,
  values: null,
  record: null,
};

export class DecodePool {
  readonly #pool: WorkerPool;
  readonly #dataFolder: string;
  readonly #slots: number;
  readonly #primaryOf: (row: FrameRow) => string;
  #free: SharedArrayBuffer[] = [];

  /** `primaryOf`: the text of the primary header that files of `row`'s session have as FITS. */
  constructor(dataFolder: string, workers: number, primaryOf: (row: FrameRow) => string = () => '') {
    this.#dataFolder = dataFolder;
    this.#primaryOf = primaryOf;
    this.#slots = workers * SLOTS_A_WORKER + 1;
    this.#pool = new WorkerPool({
      filename: new URL('./decode-worker.js', import.meta.url).href,
      minThreads: workers,
      maxThreads: workers,
      // The next task is with the worker already while this thread writes.
      concurrentTasksPerWorker: 2,
    });
  }

  /** Frames that are not on disk come back without bytes and with the error ''. */
  async *decode(batches: Iterable<Batch>, product: Product): AsyncGenerator<DecodedBatch, void> {
    const underWay: UnderWay[] = [];
    try {
      for (const batch of batches) {
        if (underWay.length >= this.#slots) yield* this.#next(underWay);
        underWay.push(this.#begin(batch, product));
      }
      while (underWay.length > 0) yield* this.#next(underWay);
    } finally {
      await Promise.allSettled(underWay.map(({ frames }) => frames));
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async *#next(underWay: UnderWay[]): AsyncGenerator<DecodedBatch, void> {
    const first = underWay[0];
    if (first === undefined) return;
    const frames = await first.frames;
    underWay.shift();
    yield { rows: first.batch.rows, frames, memory: Buffer.from(first.memory) };
    this.#free.push(first.memory);
  }

  #begin(batch: Batch, product: Product): UnderWay {
    const [first] = batch.rows;
    if (first === undefined || first.state !== 'on-disk') {
      return { batch, memory: new SharedArrayBuffer(0), frames: Promise.resolve(batch.rows.map(() => ABSENT)) };
    }
    const memory = this.#take(batch.bytes);
    const frames = batch.rows.map(({ byteOffset, byteLength, headerBytes, dataSum }) => {
      return { byteOffset, byteLength, headerBytes, dataSum };
    });
    const task: DecodeTask = {
      file: join(this.#dataFolder, first.file),
      frames,
      product,
      primary: this.#primaryOf(first),
      memory,
    };
    const decoded: Promise<readonly DecodedFrame[]> = this.#pool.run(task, { name: 'decode' });
    // Whoever awaits it sees the failure, which may be later.
    decoded.catch(() => {});
    return { batch, memory, frames: decoded };
  }

  /** Memory of at least `bytes`; what is too small is given up. */
  #take(bytes: number): SharedArrayBuffer {
    const found = this.#free.pop();
    if (found !== undefined && found.byteLength >= bytes) return found;
    return new SharedArrayBuffer(bytes);
  }
}
