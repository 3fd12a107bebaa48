/** One run of one camera: ring, receiver and frame pipeline, from the first frame to the last. */
import { totalmem } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';
import { AppulseError } from '#gps/errors.js';
import { STACK_BATCH } from '#pipeline/kernels/stack.js';
import { openReceiver } from '#pipeline/receive/open-receiver.js';
import { DEFAULT_POLICY, type Receiver } from '#pipeline/receive/receiver.js';
import { ringDepth } from '#pipeline/ring/geometry.js';
import { Ring } from '#pipeline/ring/ring.js';
import { planBands } from '#pipeline/stages/band-plan.js';
import { FrameWorkspaces } from '#pipeline/stages/frame-workspace.js';
import { PreviewBoard } from '#pipeline/stages/preview-board.js';
import { StageClock } from '#pipeline/stages/steps.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import type { Settings } from '#src/config/settings.js';
import { formatSize } from '#src/config/units.js';
import { layoutFrameHdu } from '#storage/fits/hdu-layout.js';
import { RecordBuffers } from '#storage/segments/record-buffers.js';
import type { Recorder } from '#storage/segments/recorder-types.js';
import type { StreamContext, StreamHandle } from './attached-stream.js';
import { FramePipeline, type PipelineSink } from './frame-pipeline.js';
import type { FramePool, Lane } from './frame-pool.js';
import { receiverKind } from './receiver-kind.js';
import { StackKeeper } from './stack-keeper.js';
import { createStack, stackMemoryBytes } from './stack-memory.js';
import type { LiveRing, LiveWork } from './tally.js';

const MEBI = 2 ** 20;
const UNKNOWN_FRAME_RATE = 25;
/** How long a camera may take to acknowledge the end of acquisition. */
const STOP_LIMIT_MS = 3_000;
/** Below this many slots a stream cannot run: one fills, one is read, one is free. */
const LEAST_SLOTS = 3;

/** Bytes for ring and record buffers together. */
export function memoryBudget(settings: Settings): number {
  return settings['pipeline.memory'] ?? Math.floor(totalmem() / 4);
}

/**
 * Record buffers for frames of a camera: enough for 256 MiB of frames on their way to the disk, at least 3, at most a
 * quarter of the budget.
 */
export function recordBuffersFor(camera: StreamCamera, settings: Settings): RecordBuffers {
  const { width, height } = camera.mode;
  const { bufferBytes } = layoutFrameHdu(width, height, settings['recording.format']);
  const affordable = Math.floor(Math.min(256 * MEBI, memoryBudget(settings) / 4) / bufferBytes);
  return RecordBuffers.create({ bufferBytes, count: Math.max(3, Math.min(512, affordable)) });
}

/** Slots for a camera's ring, in what the stack and the record buffers leave of the budget. @throws AppulseError `station.memory` */
function ringSlots(camera: StreamCamera, settings: Settings): number {
  const { payloadBytes, frameRate } = camera.mode;
  const budget = memoryBudget(settings);
  const stack = stackMemoryBytes(camera.mode, settings);
  const room = (budget * 3) / 4 - stack;
  if (LEAST_SLOTS * payloadBytes > room) {
    const besides = stack === 0 ? '' : ` beside ${formatSize(stack)} of the stack`;
    throw new AppulseError(
      'station.memory',
      `frames of ${formatSize(payloadBytes)} do not fit: ${LEAST_SLOTS} of them are needed at least${besides}, and the memory budget is ${formatSize(budget)}; raise --memory, or choose a smaller region`,
    );
  }
  return ringDepth(payloadBytes, frameRate ?? UNKNOWN_FRAME_RATE, room);
}

export interface StreamOptions {
  readonly camera: StreamCamera;
  /** Number of the camera among those of the station, from 0. */
  readonly cameraNumber: number;
  readonly settings: Settings;
  readonly recorder: Recorder;
  readonly buffers: RecordBuffers;
  readonly pool: FramePool;
  readonly context: StreamContext;
  readonly rawThread: MessagePort | null;
  readonly nextFrameNumber: () => number;
  readonly nextStackNumber: () => number;
  readonly sink: PipelineSink;
  readonly log: (level: 'info' | 'warning', message: string) => void;
}

let streams = 0;

/** What a stream is made of, once it runs. */
interface StreamParts {
  readonly camera: StreamCamera;
  readonly ring: Ring;
  readonly receiver: Receiver;
  readonly pipeline: FramePipeline;
  readonly clock: StageClock;
  readonly preview: PreviewBoard | null;
  readonly leave: () => void;
}

export class Stream {
  readonly #camera: StreamCamera;
  readonly #ring: Ring;
  readonly #receiver: Receiver;
  readonly #pipeline: FramePipeline;
  readonly #clock: StageClock;
  readonly #leave: () => void;
  /** Where the newest preview hangs; null where none is made. */
  readonly preview: PreviewBoard | null;
  /** Host time from which on frames that begin do not belong to the session. */
  #stoppedNs: bigint | null = null;
  #closed = false;
  #quota = Number.POSITIVE_INFINITY;

  private constructor(parts: StreamParts) {
    this.#camera = parts.camera;
    this.#ring = parts.ring;
    this.#receiver = parts.receiver;
    this.#pipeline = parts.pipeline;
    this.#clock = parts.clock;
    this.#leave = parts.leave;
    this.preview = parts.preview;
  }

  /** Receiving, and the camera told to stream, when it resolves. `frameQuota`: frames to take at most. */
  static async start(options: StreamOptions, frameQuota: number | null): Promise<Stream> {
    const { camera, settings, pool } = options;
    const { source, mode } = camera;
    const ring = Ring.create({
      payloadBytes: mode.payloadBytes,
      slots: ringSlots(camera, settings),
      maxPayloadPackets: Math.ceil(mode.payloadBytes / source.packetDataBytes),
    });
    await ring.prefault();
    let stream: Stream | null = null;
    const lane = pool.addLane();
    const leave = () => pool.removeLane(lane);
    const clock = new StageClock();
    const preview = createPreview(mode, settings);
    const pipeline = await createPipeline(
      options,
      { ring, lane, clock, preview },
      { accepts: (slot) => stream?.accepts(slot) ?? true, drain: () => stream?.drain() },
    );
    let receiver: Receiver | null = null;
    try {
      receiver = await openReceiver(
        receiverKind(settings),
        {
          ring: ring.handle,
          bindAddress: source.localAddress,
          deviceAddress: source.deviceAddress,
          gvcpPort: source.gvcpPort,
          streamChannel: 0,
          extendedIds: source.extendedIds,
          payloadBytes: mode.payloadBytes,
          packetDataBytes: source.packetDataBytes,
          policy: { ...DEFAULT_POLICY, resend: settings['camera.resend'] && source.supportsResend },
          socketBufferBytes: settings['camera.socket-buffer'],
          receiveCpu: settings['camera.receive-cpu'],
          realtimePriority: settings['camera.realtime'],
          ...(options.rawThread === null ? {} : { rawThread: options.rawThread }),
        },
        () => pipeline.drain(),
      );
      for (const warning of receiver.warnings) options.log('warning', warning);
      stream = new Stream({ camera, ring, receiver, pipeline, clock, preview, leave });
      stream.#quota = frameQuota ?? Number.POSITIVE_INFINITY;
      await camera.start(receiver.port);
      return stream;
    } catch (error) {
      await receiver?.stop();
      await pipeline.finish();
      leave();
      throw error;
    }
  }

  /** How packets are taken: 'udp-gro', 'recvmmsg', ... */
  get method(): string {
    return this.#receiver.method;
  }

  /** A record buffer came back. */
  drain(): void {
    if (!this.#closed) this.#pipeline.drain();
  }

  live(): LiveRing {
    return { counters: this.#ring.counters(), slots: this.#ring.slots, highWater: this.#ring.highWater() };
  }

  /**
   * Longest time without a packet that this camera's frame rate and exposure explain, in milliseconds. Beyond the time in
   * which a camera that is gone shows itself by its heartbeat.
   */
  get silenceLimitMs(): number {
    const { frameRate, exposureNs } = this.#camera.mode;
    return Math.max(6_000, 3_000 / (frameRate ?? UNKNOWN_FRAME_RATE)) + (2 * Number(exposureNs)) / 1e6;
  }

  work(): LiveWork {
    return { stageSeconds: this.#clock.seconds(), thinned: this.#pipeline.thinned };
  }

  /** Share of slots in use, 0 to 1. */
  fill(): number {
    return this.#ring.fillLevel() / this.#ring.slots;
  }

  accepts(slot: number): boolean {
    if (this.#quota <= 0) return false;
    if (this.#stoppedNs !== null && this.#ring.slot(slot).firstPacketNs > this.#stoppedNs) return false;
    this.#quota--;
    return true;
  }

  /**
   * Ends the run: the camera finishes the frame under way, what came is delivered, everything is released. With `lost`
   * the camera is not waited for.
   */
  async finish(lost: boolean): Promise<void> {
    if (!lost) {
      this.#stoppedNs = BigInt(Date.now()) * 1_000_000n;
      await Promise.race([this.#camera.stopAcquisition(), delay(STOP_LIMIT_MS, undefined, { ref: false })]);
      await this.#quiet();
    }
    await this.#receiver.stop();
    await this.#pipeline.finish();
    this.#closed = true;
    this.#leave();
  }

  /** Waits until no packet has come for 150 ms, at most for two frame periods and a second, never above 10 s. */
  async #quiet(): Promise<void> {
    const frameRate = this.#camera.mode.frameRate ?? UNKNOWN_FRAME_RATE;
    const limit = performance.now() + Math.min(10_000, 1_000 + 2_000 / frameRate);
    let before = -1;
    let quietSince = performance.now();
    while (performance.now() < limit && performance.now() - quietSince < 150) {
      const now = this.#ring.counters().packetsReceived;
      if (now !== before) quietSince = performance.now();
      before = now;
      await delay(10);
    }
  }
}

/** A board for previews, where the settings ask for them. */
function createPreview({ width, height, pixelFormat }: StreamCamera['mode'], settings: Settings): PreviewBoard | null {
  const columns = settings['pipeline.preview-width'];
  if (columns === 0) return null;
  return PreviewBoard.create(width, height, Math.min(columns, width), pixelFormat.bitDepth);
}

interface PipelineParts {
  readonly ring: Ring;
  readonly lane: Lane;
  readonly clock: StageClock;
  readonly preview: PreviewBoard | null;
}

async function createPipeline(
  options: StreamOptions,
  { ring, lane, clock, preview }: PipelineParts,
  stream: { accepts: (slot: number) => boolean; drain: () => void },
): Promise<FramePipeline> {
  const { camera, settings, recorder, buffers, context, pool, log } = options;
  const { width, height } = camera.mode;
  const workspaces = FrameWorkspaces.create({
    count: pool.workers * 2,
    bands: planBands(width, height, preview?.handle.width ?? 0).length,
    rows: height,
  });
  const stack = await createStack(camera.mode, settings);
  const handle: StreamHandle = {
    id: ++streams,
    camera: options.cameraNumber,
    context,
    ring: ring.handle,
    buffers: buffers.handle,
    workspaces: workspaces.handle,
    clock: clock.memory,
    preview: preview?.handle ?? null,
    stack,
  };
  const keeper =
    stack === null
      ? null
      : new StackKeeper({
          ring,
          lane,
          handle,
          stack,
          batch: Math.max(1, Math.min(STACK_BATCH, Math.floor(ring.slots / 4))),
          folder: recorder.folder,
          nextNumber: options.nextStackNumber,
          onWritten: (file) => log('info', `stack written: ${file}`),
          onWarning: (message) => log('warning', message),
          onFreed: stream.drain,
        });
  return new FramePipeline({
    ring,
    recorder,
    lane,
    handle,
    workspaces,
    preview,
    stack: keeper,
    steps: {
      encoding: settings['recording.format'] === 'fits' ? 'rice' : 'raw',
      statistics: settings['pipeline.statistics'],
      histogram: settings['pipeline.histogram'],
      previewRate: settings['pipeline.preview-rate'],
    },
    nextFrameNumber: options.nextFrameNumber,
    accepts: stream.accepts,
    sink: options.sink,
  });
}
