/** One run of one camera: ring, receiver and frame pipeline, from the first frame to the last. */
import { availableParallelism, totalmem } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';
import { AppulseError } from '#gps/errors.js';
import { openReceiver } from '#pipeline/receive/open-receiver.js';
import { DEFAULT_POLICY, type Receiver } from '#pipeline/receive/receiver.js';
import { ringDepth } from '#pipeline/ring/geometry.js';
import { Ring } from '#pipeline/ring/ring.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import type { Settings } from '#src/config/settings.js';
import { formatSize } from '#src/config/units.js';
import { layoutFrameHdu } from '#storage/fits/image-hdu.js';
import { RecordBuffers } from '#storage/segments/record-buffers.js';
import type { Recorder } from '#storage/segments/recorder-types.js';
import { FramePipeline, type PipelineSink } from './frame-pipeline.js';
import type { StreamContext } from './frame-worker.js';
import { receiverKind } from './receiver-kind.js';
import type { LiveRing } from './tally.js';

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
  const bufferBytes = layoutFrameHdu(camera.mode.width, camera.mode.height).totalBytes;
  const affordable = Math.floor(Math.min(256 * MEBI, memoryBudget(settings) / 4) / bufferBytes);
  return RecordBuffers.create({ bufferBytes, count: Math.max(3, Math.min(512, affordable)) });
}

/** @throws AppulseError `station.memory` */
function requireMemory(payloadBytes: number, settings: Settings): void {
  const budget = memoryBudget(settings);
  if (LEAST_SLOTS * payloadBytes <= budget) return;
  throw new AppulseError(
    'station.memory',
    `frames of ${formatSize(payloadBytes)} do not fit: ${LEAST_SLOTS} of them are needed at least, and the memory budget is ${formatSize(budget)}; raise --memory, or choose a smaller region`,
  );
}

export interface StreamOptions {
  readonly camera: StreamCamera;
  readonly settings: Settings;
  readonly recorder: Recorder;
  readonly buffers: RecordBuffers;
  readonly context: StreamContext;
  readonly rawThread: MessagePort | null;
  readonly nextFrameNumber: () => number;
  readonly sink: PipelineSink;
  readonly log: (level: 'info' | 'warning', message: string) => void;
}

export class Stream {
  readonly #camera: StreamCamera;
  readonly #ring: Ring;
  readonly #receiver: Receiver;
  readonly #pipeline: FramePipeline;
  /** Host time from which on frames that begin do not belong to the session. */
  #stoppedNs: bigint | null = null;
  #closed = false;
  #quota = Number.POSITIVE_INFINITY;

  private constructor(parts: { camera: StreamCamera; ring: Ring; receiver: Receiver; pipeline: FramePipeline }) {
    this.#camera = parts.camera;
    this.#ring = parts.ring;
    this.#receiver = parts.receiver;
    this.#pipeline = parts.pipeline;
  }

  /** Receiving, and the camera told to stream, when it resolves. `frameQuota`: frames to take at most. */
  static async start(options: StreamOptions, frameQuota: number | null): Promise<Stream> {
    const { camera, settings, context } = options;
    const { source, mode } = camera;
    requireMemory(mode.payloadBytes, settings);
    const ring = Ring.create({
      payloadBytes: mode.payloadBytes,
      slots: ringDepth(mode.payloadBytes, mode.frameRate ?? UNKNOWN_FRAME_RATE, (memoryBudget(settings) * 3) / 4),
      maxPayloadPackets: Math.ceil(mode.payloadBytes / source.packetDataBytes),
    });
    let stream: Stream | null = null;
    await ring.prefault();
    const pipeline = new FramePipeline({
      ring,
      recorder: options.recorder,
      workerData: { ring: ring.handle, buffers: options.buffers.handle, context },
      workers: settings['pipeline.workers'] ?? Math.min(8, Math.max(1, availableParallelism() - 1)),
      nextFrameNumber: options.nextFrameNumber,
      accepts: (slot) => stream?.accepts(slot) ?? true,
      sink: options.sink,
    });
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
      stream = new Stream({ camera, ring, receiver, pipeline });
      stream.#quota = frameQuota ?? Number.POSITIVE_INFINITY;
      await camera.start(receiver.port);
      return stream;
    } catch (error) {
      await receiver?.stop();
      await pipeline.finish();
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
