/** One run of one camera: receiver and frame pipeline, from the first frame to the last. */
import { setTimeout as delay } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';
import { AppulseError } from '#gps/errors.js';
import { openReceiver } from '#pipeline/receive/open-receiver.js';
import type { Receiver } from '#pipeline/receive/receiver.js';
import type { Ring } from '#pipeline/ring/ring.js';
import type { PreviewBoard } from '#pipeline/stages/preview-board.js';
import { StageClock } from '#pipeline/stages/steps.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import { receivedStream } from '#src/cameras/received-stream.js';
import type { CaptureState } from '#storage/frame-record.js';
import type { FramePipeline, NewestFrame } from './frame-pipeline.js';
import type { NewestInRing } from './frame-pixels.js';
import type { Lane } from './frame-pool.js';
import { reassemblyPolicy } from './local-bridge.js';
import { openPipeline, openTarget, type PipelineRequest, type TargetRequest } from './open-pipeline.js';
import { receiverKind } from './receiver-kind.js';
import { UNKNOWN_FRAME_RATE } from './stream-memory.js';
import type { LiveRing, LiveWork } from './tally.js';

/** How long a camera may take to acknowledge the end of acquisition. */
const STOP_LIMIT_MS = 3_000;

/** Silence after which no packet is expected any more. Behind a pause a frame that comes late would be nobody's. */
const STILL_MS = { over: 150, pause: 400 } as const;
/** The same while a frame has not all its packets: those that are resent take their time. */
const UNFINISHED_MS = 600;

export interface StreamOptions extends PipelineRequest {
  readonly rawThread: MessagePort | null;
}

/** What a stream is made of, once it runs. */
interface StreamParts {
  readonly camera: StreamCamera;
  readonly ring: Ring;
  readonly receiver: Receiver;
  readonly pipeline: FramePipeline;
  readonly clock: StageClock;
  readonly lane: Lane;
  readonly preview: PreviewBoard | null;
  readonly leave: () => void;
}

export class Stream {
  #camera: StreamCamera;
  readonly #ring: Ring;
  readonly #receiver: Receiver;
  readonly #pipeline: FramePipeline;
  readonly #clock: StageClock;
  readonly #lane: Lane;
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
    this.#lane = parts.lane;
    this.#leave = parts.leave;
    this.preview = parts.preview;
  }

  /**
   * Ready for the camera's packets when it resolves; `begin` has them sent. Whoever has opened a stream finishes it.
   * `frameQuota`: frames to take at most.
   */
  static async open(options: StreamOptions, frameQuota: number | null): Promise<Stream> {
    const { camera, settings, pool } = options;
    const { ring, preview } = options.memory;
    let stream: Stream | null = null;
    const lane = pool.addLane();
    const leave = () => pool.removeLane(lane);
    try {
      const clock = new StageClock();
      const pipeline = openPipeline(
        options,
        { lane, clock },
        { accepts: (slot) => stream?.accepts(slot) ?? true, drain: () => stream?.drain() },
      );
      const receiver =
        (await camera.receive?.(ring.handle, () => pipeline.drain())) ??
        (await openReceiver(
          receiverKind(settings),
          {
            ring: ring.handle,
            ...receivedStream(camera),
            policy: reassemblyPolicy(camera, settings['camera.resend']),
            socketBufferBytes: settings['camera.socket-buffer'],
            receiveCpu: settings['camera.receive-cpu']?.[0] ?? null,
            realtimePriority: settings['camera.realtime'],
            ...(options.rawThread === null ? {} : { rawThread: options.rawThread }),
          },
          () => pipeline.drain(),
        ));
      for (const warning of receiver.warnings) options.log('warning', warning);
      stream = new Stream({ camera, ring, receiver, pipeline, clock, lane, preview, leave });
      stream.#quota = frameQuota ?? Number.POSITIVE_INFINITY;
      return stream;
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** The camera is told to stream. @throws as the camera does */
  async begin(): Promise<void> {
    await this.#camera.start(this.#receiver.port);
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
    const { frameRate, triggered, exposureNs } = this.#camera.mode;
    if (triggered === true) return Number.POSITIVE_INFINITY;
    return Math.max(6_000, 3_000 / (frameRate ?? UNKNOWN_FRAME_RATE)) + (2 * Number(exposureNs)) / 1e6;
  }

  /** The same camera, set otherwise from now on; its frames have the shape that they had. */
  changeCamera(camera: StreamCamera, state: Partial<CaptureState>): void {
    this.#camera = camera;
    this.#pipeline.changeState(state);
  }

  /** What frames that are begun from now on have in their records. */
  changeState(state: Partial<CaptureState>): void {
    this.#pipeline.changeState(state);
  }

  /**
   * Frames that are begun from now on go elsewhere; the camera streams on. Resolves when all before them have been delivered, and
   * what was stacked of them is in its file's memory.
   */
  turnTo(target: TargetRequest): Promise<void> {
    const parts = { lane: this.#lane, clock: this.#clock };
    return this.#pipeline.turnTo(openTarget(target, parts, { drain: () => this.drain() }));
  }

  /** The newest frame that was delivered, where it stands, and what it was taken for; null before the first. */
  newest(): NewestInRing | null {
    const frame = this.#pipeline.newest;
    return frame === null ? null : this.#inRing(frame);
  }

  /**
   * What `read` makes of the next frame that is whole, while its slot still holds it for sure. @throws AppulseError `station.no-frame`
   * where none comes within `limitMs`, and what `read` throws
   */
  readNext<Result>(read: (next: NewestInRing) => Result, limitMs: number): Promise<Result> {
    return new Promise((done, failed) => {
      const giveUp = this.#pipeline.readNext((frame) => {
        clearTimeout(timer);
        try {
          done(read(this.#inRing(frame)));
        } catch (error) {
          failed(error);
        }
      });
      const timer = setTimeout(() => {
        giveUp();
        failed(new AppulseError('station.no-frame', `no frame became whole within ${limitMs / 1_000} s: ask again`));
      }, limitMs);
    });
  }

  #inRing(frame: NewestFrame): NewestInRing {
    return { ring: this.#ring, frame, context: this.#pipeline.context };
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
   * Ends the run: the camera finishes the frame under way, what came is delivered, everything is released. `lost`: the camera is
   * not waited for. `pause`: the session goes on, so that all that still comes belongs to it.
   */
  async finish(why: 'over' | 'lost' | 'pause'): Promise<void> {
    if (why !== 'lost') {
      // What is played ends with its last frame, which may have come within the millisecond that the host's clock tells.
      if (why === 'over' && this.#camera.played === undefined) this.#stoppedNs = BigInt(Date.now()) * 1_000_000n;
      await Promise.race([this.#camera.stopAcquisition(), delay(STOP_LIMIT_MS, undefined, { ref: false })]);
      await this.#quiet(STILL_MS[why]);
    }
    try {
      await this.#receiver.stop();
    } finally {
      await this.#pipeline.finish();
      this.#closed = true;
      this.#leave();
    }
  }

  /**
   * Waits until no packet has come for `stillMs`, longer while a frame is not whole; at most for two frame periods and a second, never
   * above 10 s.
   */
  async #quiet(stillMs: number): Promise<void> {
    const frameRate = this.#camera.mode.frameRate ?? UNKNOWN_FRAME_RATE;
    const limit = performance.now() + Math.min(10_000, 1_000 + 2_000 / frameRate);
    let before = -1;
    let quietSince = performance.now();
    const isStill = () => {
      const stillSince = performance.now() - quietSince;
      // A stack may hold slots of frames that are whole.
      return stillSince >= (this.#ring.fillLevel() === 0 ? stillMs : Math.max(stillMs, UNFINISHED_MS));
    };
    while (performance.now() < limit && !isStill()) {
      const now = this.#ring.counters().packetsReceived;
      if (now !== before) quietSince = performance.now();
      before = now;
      await delay(10);
    }
  }
}
