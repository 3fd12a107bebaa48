/**
 * Gathers frames into stacks: takes over the slots of frames in block order, has the workers add them in batches, and writes
 * each finished stack to a file of its own beside the segments. Batches of one band follow one another, so the result does
 * not depend on how many workers there are.
 */

import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '#gps/errors.js';
import { STACK_LEAST_FRAMES } from '#pipeline/kernels/stack.js';
import type { Ring } from '#pipeline/ring/ring.js';
import { planBands } from '#pipeline/stages/band-plan.js';
import { layoutStackFile, type StackedFrame, type StackFileLayout, writeStackFile } from '#storage/fits/stack-file.js';
import type { FrameRecord } from '#storage/frame-record.js';
import { PART, stackFileName } from '#storage/segments/names.js';
import type { StackHandle, StreamHandle } from './attached-stream.js';
import type { Lane } from './frame-pool.js';
import type { StackMemory } from './stack-memory.js';
import type { StackFinishTask, StackTask } from './stack-task.js';

/** A frame's share in a batch costs about half of what its pass over all steps does. */
const COST_OF_STACKING = 0.5;
const WRITE_BYTES = 8 * 2 ** 20;

interface Stacked {
  readonly record: FrameRecord;
  readonly complete: boolean;
}

interface Held extends Stacked {
  readonly slot: number;
}

export interface StackKeeperOptions {
  readonly ring: Ring;
  readonly lane: Lane;
  readonly handle: StreamHandle;
  readonly stack: StackMemory;
  /** Frames that are added at once: 1 to STACK_BATCH. */
  readonly batch: number;
  /** Where stacks are written. */
  readonly folder: string;
  /** Whether so many bytes may be written there. */
  readonly hasRoom: (bytes: number) => boolean;
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
  readonly #layout: StackFileLayout;
  #queue: Held[] = [];
  #stacked: Stacked[] = [];
  #running = false;
  #flushing = false;
  #idle: (() => void) | null = null;

  constructor(options: StackKeeperOptions) {
    const { width, height } = options.handle.context;
    this.#options = options;
    this.#bands = planBands(width, height, 0).length;
    this.#layout = layoutStackFile(options.stack.handle.mode, width, height);
  }

  get #stack(): StackHandle {
    return this.#options.stack.handle;
  }

  /** The frame in the leased `slot` is the next one; the slot is freed when it has been added. */
  add(slot: number, record: FrameRecord, complete: boolean): void {
    this.#queue.push({ slot, record, complete });
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
    const stack = this.#stack;
    const size = Math.min(batch, this.#queue.length, stack.frames - this.#stacked.length);
    const full = size === batch || this.#stacked.length + size === stack.frames;
    if (size > 0 && (full || this.#flushing)) this.#run(this.#add(size));
    else if (this.#idle !== null && this.#queue.length === 0) {
      if (this.#stacked.length > 0) this.#run(this.#end());
      else this.#idle();
    }
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

  async #add(size: number): Promise<void> {
    const { ring, onFreed } = this.#options;
    const batch = this.#queue.splice(0, size);
    this.#flushing &&= this.#queue.length > 0 || this.#idle !== null;
    const task = { slots: batch.map((held) => held.slot), firstFrame: this.#stacked.length };
    try {
      await this.#inBands('stack', task, size);
      this.#stacked.push(...batch);
    } finally {
      for (const { slot } of batch) ring.free(slot);
      onFreed();
    }
    if (this.#stacked.length === this.#stack.frames) await this.#end();
  }

  async #inBands(
    name: 'stack' | 'finishStack',
    task: Omit<StackTask, 'stream' | 'band'> | Omit<StackFinishTask, 'stream' | 'band'>,
    frames: number,
  ): Promise<void> {
    const { lane, handle } = this.#options;
    const { width, height } = handle.context;
    const cost = (width * height * frames * COST_OF_STACKING) / this.#bands;
    const bands = Array.from({ length: this.#bands }, (_, band) =>
      lane.run<void>(name, { ...task, stream: handle, band }, cost),
    );
    const results = await Promise.allSettled(bands);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /** Makes a file of the stack; writing goes on beside the next one. */
  async #end(): Promise<void> {
    const { stack: memory, hasRoom, onWarning } = this.#options;
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
      if (!hasRoom(this.#layout.totalBytes(frames))) {
        onWarning(`${what} is not written: the disk is full`);
        return;
      }
      // The stream's last stack has nothing behind it that would wait.
      if (this.#idle !== null) await memory.writing;
      if (memory.writing !== null) {
        onWarning(`${what} is not written: the disk has not taken the one before`);
        return;
      }
      await this.#inBands('finishStack', { frames }, 1);
      const number = this.#options.nextNumber();
      const bytes = this.#fillFile(stacked, number);
      memory.writing = this.#write(bytes, first.record, number)
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

  #fillFile(stacked: readonly Stacked[], number: number): Uint8Array {
    const stack = this.#stack;
    const layout = this.#layout;
    const sums = new BigUint64Array(stack.sums);
    const frames = stacked.map(({ record }, i): StackedFrame => {
      let sum = 0n;
      for (let band = 0; band < this.#bands; band++) sum += sums[band * stack.frames + i] ?? 0n;
      const { startUtcNs, leapSecond } = record.time;
      return { frameNumber: record.frameNumber, startUtcNs, leapSecond, sum };
    });
    const bytes = new Uint8Array(stack.file).subarray(0, layout.totalBytes(frames.length));
    const incomplete = stacked.filter((each) => !each.complete).length;
    const [first, last] = [stacked[0], stacked[stacked.length - 1]] as [Stacked, Stacked];
    writeStackFile(bytes, layout, { number, first: first.record, last: last.record, frames, incomplete });
    return bytes;
  }

  async #write(bytes: Uint8Array, first: FrameRecord, number: number): Promise<void> {
    const { folder, onWritten } = this.#options;
    const file = join(folder, stackFileName(first.time.startUtcNs, first.sessionId, number));
    await mkdir(folder, { recursive: true });
    const part = await open(file + PART, 'wx');
    try {
      try {
        for (let at = 0; at < bytes.length; at += WRITE_BYTES) {
          await part.writeFile(bytes.subarray(at, at + WRITE_BYTES));
        }
        await part.datasync();
      } finally {
        await part.close();
      }
      await rename(file + PART, file);
    } catch (error) {
      await rm(file + PART, { force: true });
      throw error;
    }
    onWritten(file);
  }
}
