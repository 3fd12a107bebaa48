/**
 * From the ring's queue to the recorder: leases closed frames, has frame workers turn them into HDUs, and hands those on in
 * block order. Back pressure is the ring itself: without a free record buffer frames stay in their slots, and when no slot
 * is left the receiver drops whole frames and says so.
 */
import { Piscina } from 'piscina';
import type { Ring, RingEvent } from '#pipeline/ring/ring.js';
import type { GapCause } from '#storage/frame-record.js';
import type { Recorder } from '#storage/segments/recorder-types.js';
import type { FrameResult, FrameTask, FrameWorkerData } from './frame-worker.js';

/** What comes out, in block order. */
export interface PipelineSink {
  frame(result: FrameResult, buffer: number): void;
  gap(cause: GapCause, firstBlock: bigint | null, frames: number, detail: string): void;
}

export interface FramePipelineOptions {
  readonly ring: Ring;
  readonly recorder: Recorder;
  readonly workerData: FrameWorkerData;
  readonly workers: number;
  /** Number of the first frame, from 1. */
  readonly nextFrameNumber: () => number;
  /** False for the first frame that does not belong to the session any more: it and all behind it are freed unseen. */
  readonly accepts: (slot: number) => boolean;
  readonly sink: PipelineSink;
}

interface Entry {
  settled: boolean;
  deliver: () => void;
}

export class FramePipeline {
  readonly #options: FramePipelineOptions;
  readonly #pool: Piscina<FrameTask, FrameResult>;
  readonly #maxInFlight: number;
  /** Events taken and not yet delivered, oldest first. */
  readonly #order: Entry[] = [];
  #inFlight = 0;
  /** The session's last frame is in: what follows is nobody's. */
  #over = false;
  /** Set while the record buffers are all in use: something may be left in the ring. */
  #starved = false;
  #idle: (() => void) | null = null;

  constructor(options: FramePipelineOptions) {
    this.#options = options;
    this.#maxInFlight = options.workers * 2;
    this.#pool = new Piscina<FrameTask, FrameResult>({
      filename: new URL('./frame-worker.js', import.meta.url).href,
      minThreads: options.workers,
      maxThreads: options.workers,
      workerData: options.workerData,
    });
  }

  /** Takes what the ring and the record buffers allow. Call it on every wake-up and whenever a buffer came back. */
  drain(): void {
    this.#take();
    if (this.#idle !== null && !this.#starved && this.#inFlight === 0 && this.#order.length === 0) this.#idle();
  }

  #take(): void {
    const { ring, recorder } = this.#options;
    while (this.#inFlight < this.#maxInFlight) {
      const buffer = recorder.acquire();
      this.#starved = buffer === null;
      if (buffer === null) return;
      const event = ring.take();
      if (event?.type === 'closed') this.#over ||= !this.#options.accepts(event.slot);
      if (event?.type === 'closed' && !this.#over) {
        this.#start(event.slot, event.blockId, buffer);
        continue;
      }
      recorder.release(buffer);
      if (event === null) return;
      if (event.type === 'closed') ring.free(event.slot);
      else if (!this.#over) this.#queueGap(event);
    }
  }

  /** Resolves when everything that is in the ring now has been delivered; nothing may be received any more. */
  async finish(): Promise<void> {
    const empty = new Promise<void>((done) => {
      this.#idle = done;
    });
    this.drain();
    await empty;
    await this.#pool.destroy();
  }

  #start(slot: number, blockId: bigint, buffer: number): void {
    const { ring, recorder, sink } = this.#options;
    ring.lease(slot, 1);
    this.#inFlight++;
    const entry: Entry = { settled: false, deliver: () => {} };
    this.#order.push(entry);
    const settle = (deliver: () => void) => {
      ring.free(slot);
      this.#inFlight--;
      entry.deliver = deliver;
      entry.settled = true;
      this.#deliver();
      this.drain();
    };
    this.#pool.run({ slot, buffer, frameNumber: this.#options.nextFrameNumber() }).then(
      (result) => settle(() => sink.frame(result, buffer)),
      (error: unknown) =>
        settle(() => {
          recorder.release(buffer);
          sink.gap('worker', blockId, 1, error instanceof Error ? error.message : String(error));
        }),
    );
  }

  #queueGap(event: Exclude<RingEvent, { type: 'closed' }>): void {
    const { sink } = this.#options;
    const deliver =
      event.type === 'dropped'
        ? () => sink.gap('ring-full', event.blockId, event.count, 'no slot was free when the frame began')
        : () => sink.gap('network', event.blockId, event.count, 'no packet arrived: lost on the way or never sent');
    this.#order.push({ settled: true, deliver });
    this.#deliver();
  }

  #deliver(): void {
    while (this.#order[0]?.settled) this.#order.shift()?.deliver();
  }
}
