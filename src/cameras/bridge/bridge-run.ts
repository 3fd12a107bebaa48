/**
 * One run of a bridged camera, from AcquisitionStart to AcquisitionStop: frames go out of the slots that the driver's thread filled, and
 * stay there for packet resend as long as there is memory.
 */

import { wireBlockId } from '#pipeline/wire/block-ids.js';
import { IMAGE_LEADER_BYTES, PAYLOAD_TYPE, writeImageLeader, writeImageTrailer } from '#pipeline/wire/gvsp.js';
import { payloadBytesOf } from '#pipeline/wire/pixel-formats.js';
import type { FrameSender } from '../gige-vision/device/frame-sender.js';
import type { StreamTarget } from '../gige-vision/device/gige-vision-device.js';
import { BlockNumbers } from '../sdk/block-numbers.js';
import { writeInfoChunk } from '../sdk/info-chunk.js';
import { lostAtEnd, wrongSize } from '../sdk/ring-sink.js';
import type { SdkEvent, SdkFrame, SdkMode } from '../sdk/sdk-camera.js';
import type { SlotMemory } from '../sdk/slot-memory.js';

export interface BridgeRunSetup {
  readonly sender: FrameSender;
  readonly target: StreamTarget;
  readonly memory: SlotMemory;
  readonly mode: SdkMode;
  readonly event: (event: SdkEvent) => void;
}

const TRAILER_BYTES = 16;
/** Part of the frame period in which the packets of a frame leave. */
const PACED_PART = 0.8;
/** Frames that come seldom go out at this pace all the same. */
const LEAST_BITS_PER_NS = 1;
/**
 * Slots for the driver to fill, and for frames that wait to be sent while others have the processor: in seconds of stream, at most half of
 * all, and at least so many. The rest is for resend.
 */
const LIVE_SECONDS = 1;
const LEAST_LIVE_SLOTS = 3;
const RELEASE_INTERVAL_MS = 5;

export class BridgeRun {
  readonly #setup: BridgeRunSetup;
  readonly #blocks = new BlockNumbers();
  readonly #pixelBytes: number;
  /** Frames behind the newest that can be sent again. */
  readonly historyFrames: number;
  readonly #timer: NodeJS.Timeout;
  /** Slots of frames that were handed to the sender, the oldest first, and the number of its job. */
  #held: { readonly slot: number; readonly job: number }[] = [];
  #jobs = 0;
  #ended = false;

  constructor(setup: BridgeRunSetup) {
    this.#setup = setup;
    const { sender, target, memory, mode } = setup;
    this.#pixelBytes = payloadBytesOf(mode.pixelFormat, mode.width, mode.height);
    const live = Math.max(LEAST_LIVE_SLOTS, Math.ceil((mode.frameRate ?? 0) * LIVE_SECONDS));
    // Beside those, the frame on its way and the one before it are never free.
    this.historyFrames = Math.max(0, memory.count - 2 - Math.min(live, Math.ceil(memory.count / 2)));
    const { address, port, packetDataBytes, extendedIds, segmented, dontFragment } = target;
    sender.start({
      ...{ address, port, packetDataBytes, extendedIds, segmented, dontFragment },
      historyFrames: this.historyFrames,
      ...{ resendLoss: 0, seed: 1, payloads: memory.bytes },
    });
    this.#timer = setInterval(() => this.#release(), RELEASE_INTERVAL_MS);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Frames handed to the sender. */
  get frames(): number {
    return this.#jobs;
  }

  /** Frames that the library or the driver has lost, and told of. */
  lose(frames: number): void {
    this.#blocks.lose(frames);
  }

  /** The driver has stopped and begun again: its count may begin anew. */
  restarted(): void {
    this.#blocks.restarted();
  }

  /** Sends the frame in `slot`, which is the run's from now on. */
  frame(slot: number, frame: SdkFrame): void {
    const { memory, mode, sender, target } = this.#setup;
    if (this.#ended) {
      memory.free(slot);
      return;
    }
    if (frame.pixelBytes !== this.#pixelBytes || frame.width !== mode.width || frame.height !== mode.height) {
      memory.free(slot);
      this.#blocks.leaveOut(frame.sequence);
      this.#setup.event(wrongSize(frame, mode));
      return;
    }
    const block = this.#blocks.next(frame.sequence);
    const at = memory.offsetOf(slot);
    const bytes = memory.bytes.subarray(at, at + memory.handle.strideBytes);
    const payloadBytes = writeInfoChunk(bytes, frame.pixelBytes, frame.info, mode.infoBytes);
    const job = this.#jobs++;
    this.#held.push({ slot, job });
    sender.submit({
      blockId: target.extendedIds ? block : BigInt(wireBlockId(block)),
      payloadOffset: at,
      payloadBytes,
      header: null,
      leader: this.#leaderOf(frame),
      trailer: this.#trailerOf(frame, payloadBytes),
      dueNs: process.hrtime.bigint(),
      packetIntervalNs: this.#packetIntervalNs(payloadBytes, job),
      plan: null,
    });
    this.#release();
  }

  /** Resolves when all frames are out. No further one may come. */
  async finish(): Promise<void> {
    while (!this.#ended && this.#setup.sender.progress().framesSent < this.#jobs)
      await new Promise((done) => setTimeout(done, 2));
  }

  /** Ends at once, in mid-frame if need be; slots are free from then on. */
  abort(): void {
    if (this.#ended) return;
    this.#ended = true;
    const unshown = lostAtEnd(this.#blocks.takeUnshown());
    if (unshown !== null) this.#setup.event(unshown);
    clearInterval(this.#timer);
    this.#setup.sender.stop();
    for (const { slot } of this.#held.splice(0)) this.#setup.memory.free(slot);
  }

  /** A frame that waits has those behind it hurry. */
  #packetIntervalNs(payloadBytes: number, job: number): number {
    const { target, mode, sender } = this.#setup;
    if (target.packetDelayNs > 0) return target.packetDelayNs;
    const packets = Math.ceil(payloadBytes / target.packetDataBytes) + 2;
    const slowestNs = (8 * target.packetDataBytes) / LEAST_BITS_PER_NS;
    const periodNs = mode.frameRate === null ? Number.POSITIVE_INFINITY : 1e9 / mode.frameRate;
    const waiting = job - sender.progress().framesSent;
    return Math.min(slowestNs, (PACED_PART * periodNs) / packets) / (1 + waiting);
  }

  /** Gives back the slots of frames that cannot be sent again any more. */
  #release(): void {
    const { sender, memory } = this.#setup;
    const sent = sender.progress().framesSent;
    let free = 0;
    for (const { slot, job } of this.#held) {
      if (job + this.historyFrames + 2 > sent) break;
      memory.free(slot);
      free++;
    }
    if (free > 0) this.#held.splice(0, free);
  }

  #leaderOf({ width, height, arrivedUtcNs }: SdkFrame): Uint8Array {
    const { pixelFormat, offsetX, offsetY, infoBytes } = this.#setup.mode;
    const leader = new Uint8Array(IMAGE_LEADER_BYTES);
    const payloadType = infoBytes === 0 ? PAYLOAD_TYPE.image : PAYLOAD_TYPE.image | PAYLOAD_TYPE.withChunks;
    const shape = { payloadType, pixelFormat: pixelFormat.code, width, height, offsetX, offsetY };
    writeImageLeader(leader, 0, { ...shape, timestamp: arrivedUtcNs });
    return leader;
  }

  #trailerOf({ height }: SdkFrame, payloadBytes: number): Uint8Array {
    const trailer = new Uint8Array(TRAILER_BYTES);
    const chunks = { bytes: payloadBytes, layoutId: 0 };
    const fields = { sizeY: height, ...(this.#setup.mode.infoBytes === 0 ? {} : { chunks }) };
    return trailer.subarray(0, writeImageTrailer(trailer, 0, fields));
  }
}
