/**
 * From the ring's queue to the recorder: leases closed frames, has frame workers turn them into HDUs, and hands those on in
 * block order. What gives way when something is slow, in this order: the preview, the statistics (workers), the recording of
 * single frames (disk); only then do frames stay in their slots until the receiver finds none free, drops whole ones and
 * says so.
 */
import { reasonOf } from '#gps/errors.js';
import type { Ring, RingEvent } from '#pipeline/ring/ring.js';
import type { SlotInfo } from '#pipeline/ring/slot.js';
import type { FrameWorkspaces } from '#pipeline/stages/frame-workspace.js';
import type { PreviewBoard } from '#pipeline/stages/preview-board.js';
import type { Encoding, FrameSteps, HistogramRows } from '#pipeline/stages/steps.js';
import type { CaptureState, FrameRecord, GapCause } from '#storage/frame-record.js';
import type { FrameJournal } from '#storage/segments/frame-journal.js';
import type { Recorder } from '#storage/segments/recorder-types.js';
import type { StreamContext, StreamHandle } from './attached-stream.js';
import { type DeliveredShape, workOnBands } from './band-work.js';
import { DeliveryOrder } from './delivery-order.js';
import type { JudgeFrame } from './frame-judge.js';
import type { Lane } from './frame-pool.js';
import { shapeOf } from './frame-shape.js';
import type { FrameResult, FrameTask } from './frame-task.js';
import type { StackKeeper } from './stack-keeper.js';
import { Turns } from './turns.js';

/** What comes out, in block order. */
export interface PipelineSink {
  frame(result: FrameResult, buffer: number): void;
  /** A frame that is stamped and measured, and not recorded because no record buffer came back in time. */
  unrecorded(result: FrameResult, why: string): void;
  gap(cause: GapCause, firstBlock: bigint | null, frames: number, detail: string): void;
}

/** Which steps a frame goes through when nothing is short. */
export interface PipelineSteps {
  readonly encoding: Exclude<Encoding, 'none'>;
  readonly statistics: boolean;
  readonly histogram: HistogramRows;
  /** Previews a second at most while somebody asks for them, and where nobody does. */
  readonly previewRate: number;
  readonly calmPreviewRate: number;
}

const NO_SLOT = ['ring-full', 'no slot was free when the frame began'] as const;
const NEVER_CAME = {
  network: ['network', 'no packet arrived: lost on the way or never sent'],
  camera: ['camera', "the count of the maker's library went further than the frames that it gave"],
} as const;

/** Where frames go from one moment to another: into a session, or nowhere. */
export interface PipelineTarget {
  /** Null: nothing is recorded. */
  readonly recorder: Recorder | null;
  /** What a crash leaves of the frames in hand. */
  readonly journal?: FrameJournal | null;
  readonly handle: StreamHandle;
  readonly stack: StackKeeper | null;
  /** Number of the next frame, from 1. */
  readonly nextFrameNumber: () => number;
  readonly sink: PipelineSink;
}

export interface FramePipelineOptions extends PipelineTarget {
  readonly ring: Ring;
  readonly lane: Lane;
  readonly workspaces: FrameWorkspaces;
  readonly preview: PreviewBoard | null;
  readonly steps: PipelineSteps;
  /** False for the first frame that does not belong to the session any more: it and all behind it are freed unseen. */
  readonly accepts: (slot: number) => boolean;
  /** Who has lost frames of which nothing comes. */
  readonly skippedBy: 'network' | 'camera';
  readonly judge: JudgeFrame;
}

/** The newest frame that was delivered: its slot holds it until another frame is received there. */
export interface NewestFrame {
  readonly info: SlotInfo;
  readonly record: FrameRecord;
}

/** Frames of which a step was left out because the workers were behind. */
export interface Thinned {
  /** Only of frames whose turn it was to be shown. */
  previews: number;
  statistics: number;
}

/** Share of the ring's slots with waiting frames from which on something is left out. */
const THIN_PREVIEW = 0.15;
const THIN_STATISTICS = 0.35;
/** Share of free slots below which frames without a record buffer are not waited with any longer. */
const GIVE_UP_RECORDING = 0.4;
/** Slots that are never free while frames come: one fills, one is read. */
const BUSY_SLOTS = 2;

export const NOT_WRITTEN = 'the disk did not keep up: no record buffer came back in time';

/** A target as the pipeline keeps it. */
interface Aim extends Omit<PipelineTarget, 'handle'> {
  handle: StreamHandle;
  /** Record buffers that the workers fill. */
  filling: number;
}

export class FramePipeline {
  readonly thinned: Thinned = { previews: 0, statistics: 0 };
  readonly #options: FramePipelineOptions;
  #aim: Aim;
  /** The next target, and how many events of the ring still belong to this one. */
  #turn: { readonly aim: Aim; readonly done: () => void; left: number } | null = null;
  #newest: NewestFrame | null = null;
  readonly #readers = new Set<(frame: NewestFrame) => void>();
  readonly #freeWorkspaces: number[];
  /** Events taken and not yet delivered. */
  readonly #order = new DeliveryOrder();
  #inFlight = 0;
  #previewInFlight = false;
  readonly #askedPreviews: Turns;
  readonly #calmPreviews: Turns;
  /** The session's last frame is in: what follows is nobody's. */
  #over = false;
  /** Set while something may be left in the ring that waits for a record buffer. */
  #starved = false;
  #idle: (() => void) | null = null;

  constructor(options: FramePipelineOptions) {
    this.#options = options;
    this.#askedPreviews = new Turns(options.steps.previewRate);
    this.#calmPreviews = new Turns(options.steps.calmPreviewRate);
    this.#aim = aimOf(options);
    this.#freeWorkspaces = Array.from({ length: options.workspaces.handle.count }, (_, i) => i);
  }

  /** Takes what the ring, the workers and the record buffers allow. Call it on every wake-up and whenever a buffer came back. */
  drain(): void {
    this.#take();
    const { stack } = this.#aim;
    if (stack !== null && this.#waiting() > this.#options.ring.slots * THIN_STATISTICS) stack.flush();
    if (this.#idle !== null && !this.#starved && this.#inFlight === 0 && this.#order.isEmpty) this.#idle();
  }

  /** What frames that are begun from now on have in their records. */
  changeState(state: Partial<CaptureState>): void {
    const { handle } = this.#aim;
    this.#aim.handle = { ...handle, context: { ...handle.context, ...state } };
  }

  /** The newest frame that was delivered; null before the first. */
  get newest(): NewestFrame | null {
    return this.#newest;
  }

  /** Calls `read` once with the next frame that is whole, while its slot still holds it for sure; what is returned takes that back. */
  readNext(read: (frame: NewestFrame) => void): () => void {
    this.#readers.add(read);
    return () => this.#readers.delete(read);
  }

  #tellReaders(frame: NewestFrame): void {
    const readers = [...this.#readers];
    this.#readers.clear();
    for (const read of readers) read(frame);
  }

  /** As frames that are begun now have it. */
  get context(): StreamContext {
    return this.#aim.handle.context;
  }

  /**
   * Frames that become whole from now on go to `target`, which uses the same ring and workspaces. Resolves when all before them were
   * delivered where they belong, and their stack is finished. One at a time.
   */
  async turnTo(target: PipelineTarget): Promise<void> {
    const { stack } = this.#aim;
    const delivered = new Promise<void>((done) => {
      this.#turn = { aim: aimOf(target), done, left: this.#options.ring.pending() };
    });
    this.drain();
    await delivered;
    await stack?.finish();
  }

  #takeTurn(): void {
    const turn = this.#turn;
    if (turn === null || turn.left > 0) return;
    this.#turn = null;
    this.#aim = turn.aim;
    // Stands behind all that was begun before.
    this.#order.add(turn.done);
  }

  /** Resolves when everything that is in the ring now has been delivered; nothing may be received any more. */
  async finish(): Promise<void> {
    const empty = new Promise<void>((done) => {
      this.#idle = done;
    });
    this.drain();
    await empty;
    await this.#aim.stack?.finish();
  }

  /** Closed frames that nobody has begun to work on; the one being received is not among them. */
  #waiting(): number {
    return this.#options.ring.pending();
  }

  #take(): void {
    const { ring } = this.#options;
    this.#starved = false;
    while (this.#freeWorkspaces.length > 0) {
      this.#takeTurn();
      const { recorder } = this.#aim;
      const buffer = recorder === null ? null : recorder.acquire();
      if (recorder !== null && buffer === null && this.#mayWait()) {
        // Nothing is short where nothing waits: an empty ring can be finished without a buffer.
        this.#starved = ring.pending() > 0;
        return;
      }
      const event = ring.take();
      if (event !== null && this.#turn !== null) this.#turn.left--;
      if (event?.type === 'closed') this.#over ||= !this.#options.accepts(event.slot);
      if (event?.type === 'closed' && !this.#over) {
        this.#start(event.slot, event.blockId, buffer);
        continue;
      }
      if (buffer !== null) recorder?.release(buffer);
      if (event === null) return;
      if (event.type === 'closed') ring.free(event.slot);
      else if (!this.#over) this.#queueGap(event);
    }
  }

  /** Whether the ring's frames can wait until a record buffer comes back. */
  #mayWait(): boolean {
    const { ring } = this.#options;
    const { handle, filling } = this.#aim;
    // At the end nothing comes any more, so the last frames wait for the disk however full the ring is.
    if (this.#idle !== null) return true;
    // The workers have every buffer: they are slow, not the disk.
    if (filling === handle.buffers.count) return true;
    return ring.slots - ring.fillLevel() > Math.floor((ring.slots - BUSY_SLOTS) * GIVE_UP_RECORDING);
  }

  #start(slot: number, blockId: bigint, buffer: number | null): void {
    const { ring, preview } = this.#options;
    const aim = this.#aim;
    const { handle, recorder, sink, stack } = aim;
    ring.lease(slot, 1);
    const info = ring.slot(slot);
    const shape = shapeOf(info, handle.context);
    const asOpened = this.#isAsOpened(info);
    const steps = this.#stepsFor(buffer !== null, asOpened);
    const workspace = this.#freeWorkspaces.pop() as number;
    const previewWidth = asOpened ? (preview?.handle.width ?? 0) : 0;
    const deliverInTurn = this.#order.take();
    this.#inFlight++;
    if (buffer !== null) aim.filling++;
    const settle = (deliver: () => void, keepsSlot: boolean) => {
      if (!keepsSlot) ring.free(slot);
      this.#inFlight--;
      if (buffer !== null) aim.filling--;
      this.#freeWorkspaces.push(workspace);
      if (steps.preview) this.#previewInFlight = false;
      deliverInTurn(deliver);
      this.drain();
    };
    const time = this.#options.judge(ring, slot, info);
    const task = { stream: handle, slot, time, workspace, previewWidth, steps, buffer: buffer ?? -1 };
    const failed = (error: unknown) => {
      if (buffer !== null) recorder?.release(buffer);
      sink.gap('worker', blockId, 1, reasonOf(error));
    };
    this.#work(task, aim, blockId, shape).then(
      (result) => {
        const stacks = stack !== null && asOpened;
        const frame = { info, record: result.record };
        this.#tellReaders(frame);
        if (steps.preview) preview?.publish(result.record.frameNumber, result.record.time, info.lastPacketNs);
        settle(() => {
          this.#newest = frame;
          try {
            if (buffer === null) sink.unrecorded(result, NOT_WRITTEN);
            else sink.frame(result, buffer);
          } catch (error) {
            failed(error);
          }
          if (stacks) stack.add(slot, result.record);
        }, stacks);
      },
      (error: unknown) => settle(() => failed(error), false),
    );
  }

  /** Gives the frame its number, and has its bands worked on. */
  async #work(
    task: Omit<FrameTask, 'band' | 'frameNumber'>,
    { nextFrameNumber, journal }: Aim,
    blockId: bigint,
    shape: DeliveredShape,
  ): Promise<FrameResult> {
    const { lane, workspaces } = this.#options;
    const frameNumber = nextFrameNumber();
    const { startUtcNs, endUtcNs } = task.time;
    journal?.frame({ number: frameNumber, blockId, startUtcNs, endUtcNs });
    return workOnBands(lane, workspaces, { ...task, frameNumber }, shape);
  }

  /** Whether a frame has the shape and format that the stream was opened for: only such are shown and stacked. */
  #isAsOpened(info: SlotInfo): boolean {
    const { context } = this.#aim.handle;
    const { width, height, pixelFormat } = shapeOf(info, context);
    return width === context.width && height === context.height && pixelFormat === context.pixelFormat;
  }

  #stepsFor(recorded: boolean, asOpened: boolean): FrameSteps {
    const { ring, steps, preview } = this.#options;
    const waiting = this.#waiting() / ring.slots;
    const measured = waiting < THIN_STATISTICS;
    if (!measured && (steps.statistics || steps.histogram !== 'off')) this.thinned.statistics++;
    return {
      encoding: recorded ? steps.encoding : 'none',
      statistics: steps.statistics && measured,
      histogram: measured ? steps.histogram : 'off',
      preview: preview !== null && asOpened && this.#isShown(preview, waiting),
    };
  }

  /** Whether this frame becomes a preview: its turn has come, none is being made, and the workers are not behind. */
  #isShown(preview: PreviewBoard, waiting: number): boolean {
    const nowMs = performance.now();
    if (this.#previewInFlight || !this.#askedPreviews.hasCome(nowMs)) return false;
    if (!preview.takeAsked() && !this.#calmPreviews.hasCome(nowMs)) return false;
    this.#askedPreviews.take(nowMs);
    this.#calmPreviews.take(nowMs);
    if (waiting > THIN_PREVIEW) {
      this.thinned.previews++;
      return false;
    }
    this.#previewInFlight = true;
    return true;
  }

  #queueGap(event: Exclude<RingEvent, { type: 'closed' }>): void {
    const { sink, journal } = this.#aim;
    const [cause, detail] = event.type === 'dropped' ? NO_SLOT : NEVER_CAME[this.#options.skippedBy];
    journal?.gap({ cause, blockId: event.blockId, frames: event.count });
    this.#order.add(() => sink.gap(cause, event.blockId, event.count, detail));
  }
}

function aimOf({ recorder, journal = null, handle, stack, nextFrameNumber, sink }: PipelineTarget): Aim {
  return { recorder, journal, handle, stack, nextFrameNumber, sink, filling: 0 };
}
