/**
 * One run of a replay, from AcquisitionStart to its last frame: frames are read ahead into a bounded number of slots and sent when
 * they are due. A reader that is late delays what follows; a slot is filled again only when its frame has left.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { FrameTime } from '#gps/frame-time.js';
import { IMAGE_LEADER_BYTES, IMAGE_TRAILER_BYTES, writeImageLeader, writeImageTrailer } from '#pipeline/wire/gvsp.js';
import { payloadBytesOf } from '#pipeline/wire/pixel-formats.js';
import type { FrameTiming } from '../simulator/acquisition.js';
import type { CameraRun, RunSetup } from '../simulator/simulated-camera.js';
import type { FrameSource, SourceDescription, SourceFrame } from './frame-source.js';
import { toPayload } from './stream-format.js';

/** Told before a block is sent. */
export interface BlockTold {
  readonly blockId: bigint;
  readonly time: FrameTime;
}

export interface RunEvents {
  /** Resolves when the block may be sent: the other side has its time, and room for it. */
  readonly announce: (block: BlockTold) => Promise<void>;
  /** The last frame is out. */
  readonly played: () => void;
  readonly failed: (error: unknown) => void;
  readonly log: (message: string) => void;
}

const SLOT_BYTES = 64 * 2 ** 20;
const MOST_SLOTS = 64;
const LEAST_SLOTS = 4;
const POLL_MS = 1;
const PLAYED_DELAY_MS = 100;
/** Part of the time between frames in which the packets of one leave. */
const PACED_PART = 0.8;
/** Between packets where frames come as fast as they are taken. */
const FASTEST_PACKET_NS = 1_000;

export class ReplayRun implements CameraRun {
  readonly #source: FrameSource;
  readonly #setup: RunSetup;
  readonly #events: RunEvents;
  readonly #speed: number | null;
  readonly #loop: boolean;
  readonly #payloadBytes: number;
  readonly #strideBytes: number;
  readonly #slots: number;
  readonly #payloads: Uint8Array;
  #jobs = 0;
  #stopping = false;
  #ended = false;
  #lastBlock = 0n;
  /** Added to the recorded block ids, so that they rise. */
  #blockOffset = 0n;
  #begun: { readonly startUtcNs: bigint; readonly dueNs: bigint } | null = null;
  #dueNs = 0n;

  constructor(source: FrameSource, setup: RunSetup, events: RunEvents, how: { speed: number | null; loop: boolean }) {
    this.#source = source;
    this.#setup = setup;
    this.#events = events;
    this.#speed = how.speed;
    this.#loop = how.loop;
    const { pixelFormat, width, height } = source.description;
    this.#payloadBytes = payloadBytesOf(pixelFormat, width, height);
    this.#strideBytes = Math.ceil(this.#payloadBytes / 4096) * 4096;
    this.#slots = Math.max(LEAST_SLOTS, Math.min(MOST_SLOTS, Math.floor(SLOT_BYTES / this.#strideBytes)));
    this.#payloads = new Uint8Array(this.#slots * this.#strideBytes);
    const { address, port, packetDataBytes, extendedIds, segmented, dontFragment } = setup.target;
    setup.sender.start({
      ...{ address, port, packetDataBytes, extendedIds, segmented, dontFragment },
      // A slot is used again, so nothing could be sent a second time.
      ...{ historyFrames: 0, resendLoss: 0, seed: 1, payloads: this.#payloads },
    });
    void this.#play();
  }

  changeTiming(_timing: FrameTiming): void {}

  ticksNow(): bigint {
    return process.hrtime.bigint();
  }

  get produced(): number {
    return this.#jobs;
  }

  get ended(): boolean {
    return this.#ended;
  }

  stop(): void {
    this.#stopping = true;
  }

  abort(): void {
    this.#stopping = true;
    if (this.#ended) return;
    this.#ended = true;
    this.#setup.sender.stop();
  }

  async #play(): Promise<void> {
    try {
      do await this.#once();
      while (this.#loop && !this.#over());
      await this.#untilSent(this.#jobs);
      // A session that stops at once would take packets of the last frame for later than its end.
      await delay(PLAYED_DELAY_MS);
      if (!this.#stopping) this.#events.played();
    } catch (error) {
      if (!this.#ended) this.#events.failed(error);
    } finally {
      this.#ended = true;
      this.#setup.onFinished();
    }
  }

  #over(): boolean {
    const { frames } = this.#setup;
    return this.#stopping || (frames !== null && this.#jobs >= frames);
  }

  async #once(): Promise<void> {
    let sent = 0;
    this.#begun = null;
    for await (const frame of this.#source.frames()) {
      if (this.#over()) return;
      await this.#send(frame, sent++ === 0);
    }
    if (sent === 0) this.#stopping = true;
  }

  async #send(frame: SourceFrame, isFirst: boolean): Promise<void> {
    const { description } = this.#source;
    // The frame that had the slot before has left.
    await this.#untilSent(this.#jobs - this.#slots + 1);
    const offset = (this.#jobs % this.#slots) * this.#strideBytes;
    toPayload(frame.pixels, description.pixelFormat, this.#payloads.subarray(offset, offset + this.#payloadBytes));
    const blockId = this.#blockOf(frame, isFirst);
    await this.#events.announce({ blockId, time: frame.time });
    if (this.#stopping) return;
    const { dueNs, packetIntervalNs } = this.#paceOf(frame.time.startUtcNs);
    // Not far ahead, so that a stop is a stop.
    while (dueNs - process.hrtime.bigint() > 100_000_000n && !this.#stopping) await delay(20);
    if (this.#stopping) return;
    this.#setup.sender.submit({
      ...{ blockId, payloadOffset: offset, payloadBytes: this.#payloadBytes, header: null },
      leader: leaderOf(description, frame.time.startUtcNs),
      trailer: trailerOf(description.height),
      ...{ dueNs, packetIntervalNs, plan: null },
    });
    this.#jobs++;
  }

  /** Recorded ids as they are, gaps included; numbered on where they fall back, as after a camera that was lost, or a loop. */
  #blockOf({ blockId }: SourceFrame, isFirst: boolean): bigint {
    if (blockId === null) return ++this.#lastBlock;
    let block = blockId + this.#blockOffset;
    if (block <= this.#lastBlock) {
      if (!isFirst) this.#events.log(`block ids fall back to ${blockId}: numbered on from ${this.#lastBlock}`);
      this.#blockOffset = this.#lastBlock + 1n - blockId;
      block = this.#lastBlock + 1n;
    }
    this.#lastBlock = block;
    return block;
  }

  #paceOf(startUtcNs: bigint): { dueNs: bigint; packetIntervalNs: number } {
    const nowNs = process.hrtime.bigint();
    const packets = Math.ceil(this.#payloadBytes / this.#setup.target.packetDataBytes) + 2;
    const speed = this.#speed;
    if (speed === null) return { dueNs: nowNs, packetIntervalNs: FASTEST_PACKET_NS };
    this.#begun ??= { startUtcNs, dueNs: nowNs > this.#dueNs ? nowNs : this.#dueNs };
    const elapsedNs = BigInt(Math.round(Number(startUtcNs - this.#begun.startUtcNs) / speed));
    const planned = this.#begun.dueNs + elapsedNs;
    // Late frames go at once; times that fall back do not hold the stream up.
    const dueNs = planned > this.#dueNs ? planned : this.#dueNs;
    this.#dueNs = dueNs;
    const fps = (this.#source.description.frameRate ?? 10) * speed;
    return { dueNs, packetIntervalNs: Math.min(1e6, (PACED_PART * 1e9) / fps / packets) };
  }

  async #untilSent(frames: number): Promise<void> {
    while (!this.#ended && this.#setup.sender.progress().framesSent < frames) await delay(POLL_MS);
  }
}

function leaderOf({ pixelFormat, width, height, offsetX, offsetY }: SourceDescription, timestamp: bigint): Uint8Array {
  const leader = new Uint8Array(IMAGE_LEADER_BYTES);
  writeImageLeader(leader, 0, { pixelFormat: pixelFormat.code, width, height, offsetX, offsetY, timestamp });
  return leader;
}

function trailerOf(sizeY: number): Uint8Array {
  const trailer = new Uint8Array(IMAGE_TRAILER_BYTES);
  writeImageTrailer(trailer, 0, { sizeY });
  return trailer;
}
