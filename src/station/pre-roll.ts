/**
 * Finished frames that wait in their record buffers for a trigger. They leave in the order in which they came, each of them
 * either to the recorder or, when no trigger wanted it in time, into a gap row; so what is kept has no hole at the seam between the
 * frames from before a trigger and those behind it.
 */
import type { FrameRecord } from '#storage/frame-record.js';
import type { FrameResult } from './frame-task.js';
import { WantedSpans } from './wanted-spans.js';

/** Frames that wait without a record buffer cost little, and are not kept without end. */
const MOST_FRAMES = 65_536;

export interface PreRollOptions {
  /** Time before a trigger that is kept. */
  readonly preRollNs: bigint;
  /** Record buffers that frames may wait in. */
  readonly mostBuffers: number;
  /** The frame goes to disk; `buffer` is null where it never had one. */
  readonly keep: (result: FrameResult, buffer: number | null) => void;
  /** No trigger wanted it. Its buffer is free. */
  readonly drop: (record: FrameRecord, buffer: number | null) => void;
}

interface Waiting {
  readonly result: FrameResult;
  readonly buffer: number | null;
}

export class PreRoll {
  readonly #options: PreRollOptions;
  readonly #wanted = new WantedSpans();
  #waiting: Waiting[] = [];
  /** Index of the oldest in `#waiting`. */
  #head = 0;
  #buffers = 0;
  #newestUtcNs: bigint | null = null;

  constructor(options: PreRollOptions) {
    this.#options = options;
  }

  /** Frames that wait. */
  get frames(): number {
    return this.#waiting.length - this.#head;
  }

  /** The next frame, in order. */
  add(result: FrameResult, buffer: number | null): void {
    this.#waiting.push({ result, buffer });
    if (buffer !== null) this.#buffers++;
    this.#newestUtcNs = result.record.time.startUtcNs;
    this.#settle();
  }

  /** Frames that start within the span are kept: those that wait, and those to come. */
  want(fromUtcNs: bigint, toUtcNs: bigint): void {
    this.#wanted.add(fromUtcNs, toUtcNs);
    this.#settle();
  }

  /** Nothing is waited for any longer: all leave. */
  end(): void {
    while (this.frames > 0) this.#leave();
  }

  #settle(): void {
    while (this.frames > 0) {
      const oldest = this.#waiting[this.#head] as Waiting;
      if (!this.#isWanted(oldest) && !this.#isOver(oldest)) break;
      this.#leave();
    }
    const from = this.#waiting[this.#head]?.result.record.time.startUtcNs ?? this.#newestUtcNs;
    if (from !== null) this.#wanted.forget(from);
  }

  #isWanted({ result }: Waiting): boolean {
    return this.#wanted.has(result.record.time.startUtcNs);
  }

  /** Whether no trigger can want it any more, or there is no room for it. */
  #isOver({ result }: Waiting): boolean {
    const { preRollNs, mostBuffers } = this.#options;
    if (this.#buffers > mostBuffers || this.frames > MOST_FRAMES) return true;
    return this.#newestUtcNs !== null && this.#newestUtcNs - result.record.time.startUtcNs > preRollNs;
  }

  /** The oldest goes. */
  #leave(): void {
    const oldest = this.#waiting[this.#head] as Waiting;
    this.#head++;
    if (this.#head > 1024 && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    if (oldest.buffer !== null) this.#buffers--;
    if (this.#isWanted(oldest)) this.#options.keep(oldest.result, oldest.buffer);
    else this.#options.drop(oldest.result.record, oldest.buffer);
  }
}
