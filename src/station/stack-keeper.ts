/**
 * Gathers frames into stacks: takes over the slots of frames in block order, has the workers add them in batches, and writes
 * each finished stack to files of its own beside the segments. Batches of one band follow one another, so the result does
 * not depend on how many workers there are.
 */

import { join } from 'node:path';
import { reasonOf } from '#gps/errors.js';
import { addOnesSums } from '#pipeline/kernels/ones-sum.js';
import { STACK_LEAST_FRAMES } from '#pipeline/kernels/stack.js';
import type { Ring } from '#pipeline/ring/ring.js';
import { planBands } from '#pipeline/stages/band-plan.js';
import type { FrameRecord } from '#storage/frame-record.js';
import type { Recorder } from '#storage/segments/recorder-types.js';
import type { StackedFrame, StackFile, StackFormat } from '#storage/stacks/stack-format.js';
import { writeWholeFile } from '#storage/stacks/whole-file.js';
import type { StackHandle, StreamHandle } from './attached-stream.js';
import type { Lane } from './frame-pool.js';
import type { StackMemory } from './stack-memory.js';
import type { StackFinishTask, StackTask } from './stack-task.js';

/** A frame's share in a batch costs about half of what its pass over all steps does. */
const COST_OF_STACKING = 0.5;

interface Stacked {
  readonly record: FrameRecord;
  readonly place: number;
}

interface Held {
  readonly record: FrameRecord;
  readonly slot: number;
}

export interface StackKeeperOptions {
  readonly ring: Ring;
  readonly lane: Lane;
  readonly handle: StreamHandle;
  readonly stack: StackMemory;
  readonly format: StackFormat;
  /** Frames that are added at once: 1 to STACK_BATCH. */
  readonly batch: number;
  /** Into whose session's folder stacks are written, and who keeps their rows. */
  readonly recorder: Pick<Recorder, 'folder' | 'hasRoom' | 'stack'>;
  /** Number of the next stack, from 1. */
  readonly nextNumber: () => number;
  readonly onWritten: (file: string) => void;
  readonly onWarning: (message: string) => void;
  /** Slots came back. */
  readonly onFreed: () => void;
}

export class StackKeeper {
  readonly #options: StackKeeperOptions;
  readonly #bands: number;
  #queue: Held[] = [];
  #stacked: Stacked[] = [];
  #running = false;
  #flushing = false;
  #idle: (() => void) | null = null;

  constructor(options: StackKeeperOptions) {
    const { width, height } = options.handle.context;
    this.#options = options;
    this.#bands = planBands(width, height, 0).length;
  }

  get #stack(): StackHandle {
    return this.#options.stack.handle;
  }

  /** The frame in the leased `slot` is the next one; the slot is freed when it has been added. */
  add(slot: number, record: FrameRecord): void {
    this.#queue.push({ slot, record });
    this.#advance();
  }

  /** Slots are short: what waits is added without waiting for a full batch. */
  flush(): void {
    this.#flushing = this.#queue.length > 0;
    this.#advance();
  }

  /** No frame follows: adds what waits and ends the stack where it stands. Its file may still be on the way (`stack.writing`). */
  async finish(): Promise<void> {
    this.#flushing = true;
    const idle = new Promise<void>((done) => {
      this.#idle = done;
    });
    this.#advance();
    await idle;
  }

  #advance(): void {
    if (this.#running) return;
    const { batch } = this.#options;
    const next = this.#nextPlaces(batch);
    const [place] = next;
    if (this.#queue.length > 0 && place === undefined) {
      this.#run(this.#end());
      return;
    }
    const size = next.length;
    // More would wait for company that cannot come: the next frame has another place, or there is no place left.
    const isFull = size === batch || size < this.#queue.length || next.at(-1) === this.#stack.frames - 1;
    if (place !== undefined && (isFull || this.#flushing)) this.#run(this.#add(size, place));
    else if (this.#idle !== null && this.#queue.length === 0) {
      if (this.#stacked.length > 0) this.#run(this.#end());
      else this.#idle();
    }
  }

  /** The places of the frames that can be added next at once: one behind the other in this stack, at most `most`. */
  #nextPlaces(most: number): number[] {
    const { format } = this.#options;
    const first = (this.#stacked[0] ?? this.#queue[0])?.record;
    const places: number[] = [];
    for (const { record } of this.#queue.slice(0, most)) {
      if (first === undefined) break;
      const place = format.placeOf(record, first, this.#stacked.length + places.length);
      const before = places.at(-1) ?? this.#stacked.at(-1)?.place ?? -1;
      if (place >= this.#stack.frames || place <= before || (places.length > 0 && place !== before + 1)) break;
      places.push(place);
    }
    return places;
  }

  #run(work: Promise<void>): void {
    this.#running = true;
    const { onWarning } = this.#options;
    void work
      .catch((error: unknown) => {
        onWarning(`a stack was given up after ${this.#stacked.length} frames: ${reasonOf(error)}`);
        this.#begin();
      })
      .finally(() => {
        this.#running = false;
        this.#advance();
      });
  }

  /** Adds the first `size` frames that wait, at `place` and behind it. */
  async #add(size: number, place: number): Promise<void> {
    const { ring, onFreed } = this.#options;
    const batch = this.#queue.splice(0, size);
    this.#flushing &&= this.#queue.length > 0 || this.#idle !== null;
    const task = { slots: batch.map((held) => held.slot), firstFrame: place };
    try {
      await this.#inBands<void>('stack', task, size);
      this.#stacked.push(...batch.map(({ record }, i) => ({ record, place: place + i })));
    } finally {
      for (const { slot } of batch) ring.free(slot);
      onFreed();
    }
    if (place + size === this.#stack.frames) await this.#end();
  }

  async #inBands<T>(
    name: 'stack' | 'finishStack',
    task: Omit<StackTask, 'stream' | 'band'> | Omit<StackFinishTask, 'stream' | 'band'>,
    frames: number,
  ): Promise<T[]> {
    const { lane, handle } = this.#options;
    const { width, height } = handle.context;
    const cost = (width * height * frames * COST_OF_STACKING) / this.#bands;
    const bands = Array.from({ length: this.#bands }, (_, band) =>
      lane.run<T>(name, { ...task, stream: handle, band }, cost),
    );
    const results = await Promise.allSettled(bands);
    return results.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
  }

  /** Makes files of the stack; writing goes on beside the next one. */
  async #end(): Promise<void> {
    const { stack: memory, format, recorder, onWarning } = this.#options;
    const stacked = this.#stacked;
    const frames = stacked.length;
    const least = STACK_LEAST_FRAMES[this.#stack.mode];
    const [first, last] = [stacked[0], stacked[frames - 1]];
    const what = `the stack of frames ${first?.record.frameNumber} to ${last?.record.frameNumber}`;
    try {
      if (first === undefined || last === undefined || frames < least) {
        onWarning(`${what} is not written: it takes ${least} frames at least`);
        return;
      }
      if (!recorder.hasRoom(format.totalBytes(frames))) {
        onWarning(`${what} is not written: the disk is full`);
        return;
      }
      // The stream's last stack has nothing behind it that would wait.
      if (this.#idle !== null) await memory.writing;
      if (memory.writing !== null) {
        onWarning(`${what} is not written: the disk has not taken the one before`);
        return;
      }
      const bandSums = await this.#inBands<number[]>('finishStack', { frames }, 1);
      const planeSums = [0, 1, 2, 3].map((plane) =>
        bandSums.reduce((sum, band) => addOnesSums(sum, band[plane] ?? 0), 0),
      );
      const number = this.#options.nextNumber();
      const bytes = new Uint8Array(this.#stack.file).subarray(0, format.totalBytes(frames));
      const files = format.files(bytes, { number, frames: this.#withSums(stacked), planeSums });
      memory.writing = this.#write(files, stacked, number)
        .catch((error: unknown) => onWarning(`${what} is not written: ${reasonOf(error)}`))
        .finally(() => {
          memory.writing = null;
        });
    } finally {
      this.#begin();
    }
  }

  /** The next frame is the first of a stack; the accumulators begin anew by themselves. */
  #begin(): void {
    new BigUint64Array(this.#stack.sums).fill(0n);
    this.#stacked = [];
  }

  #withSums(stacked: readonly Stacked[]): StackedFrame[] {
    const sums = new BigUint64Array(this.#stack.sums);
    return stacked.map(({ record, place }) => {
      let sum = 0n;
      for (let band = 0; band < this.#bands; band++) sum += sums[band * this.#stack.frames + place] ?? 0n;
      return { record, place, sum };
    });
  }

  async #write(files: readonly StackFile[], stacked: readonly Stacked[], number: number): Promise<void> {
    const { recorder, format, onWritten } = this.#options;
    // Recording may go on in another folder meanwhile; the files of a stack stay together.
    const { folder } = recorder;
    for (const { name, bytes } of files) await writeWholeFile(join(folder, name), bytes);
    const [first, last] = [stacked[0], stacked.at(-1)];
    const file = files.at(-1);
    if (file === undefined || first === undefined || last === undefined) return;
    const row = {
      number,
      file: file.name,
      format: format.name,
      frames: stacked.length,
      firstFrame: first.record.frameNumber,
      lastFrame: last.record.frameNumber,
      startUtcNs: first.record.time.startUtcNs,
      endUtcNs: last.record.time.endUtcNs,
      bytes: file.bytes.byteLength,
    };
    recorder.stack(row, folder);
    onWritten(join(folder, file.name));
  }
}
