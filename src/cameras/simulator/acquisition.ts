import type { ShutterModel } from '#gps/rows/shutter.js';
import { wireBlockId } from '#pipeline/wire/block-ids.js';
import { IMAGE_LEADER_BYTES, IMAGE_TRAILER_BYTES, writeImageLeader, writeImageTrailer } from '#pipeline/wire/gvsp.js';
import { clockPair, type FrameSender, type SenderJob } from '../gige-vision/device/frame-sender.js';
import type { StreamTarget } from '../gige-vision/device/gige-vision-device.js';
import type { ClockFault } from './clock-faults.js';
import { type ClockFrame, Clockwork, type Lateness, type LeaderScale } from './clockwork.js';
import { FramesOnTheWay, LOST_IN_CAMERA, NOT_YET_KNOWN } from './frames-on-the-way.js';
import type { GpsState } from './gps-receiver.js';
import type { LedPulse } from './led-spot.js';
import type { FaultOptions } from './options.js';
import type { PreparedFrames } from './prepared-frames.js';
import { SendPlanner } from './send-plan.js';
import type { TruthFile } from './truth-file.js';

/** Rates that may change while the stream runs. */
export interface FrameTiming {
  readonly fps: number;
  readonly exposureNs: bigint;
  readonly gpsHeader: boolean;
}

export interface AcquisitionSetup {
  readonly sender: FrameSender;
  readonly prepared: PreparedFrames;
  readonly target: StreamTarget;
  readonly timing: FrameTiming;
  readonly geometry: {
    readonly pixelFormat: number;
    readonly width: number;
    readonly height: number;
    readonly offsetX: number;
    readonly offsetY: number;
  };
  readonly sensor: { readonly width: number; readonly height: number };
  readonly shutter: ShutterModel;
  readonly gps: GpsState;
  readonly faults: FaultOptions;
  readonly clockFaults: readonly ClockFault[];
  /** UTC at which the first exposure begins; null: as the host's clock has it. */
  readonly originUtcNs: bigint | null;
  readonly leaderScale: LeaderScale;
  readonly lateness: Lateness;
  /** The calibration LED's pulse now; null: it is off. */
  readonly ledPulse: () => LedPulse | null;
  /** When the camera was switched on, by the clock of process.hrtime. */
  readonly powerOnNs: bigint;
  readonly seed: number;
  readonly historyFrames: number;
  readonly firstBlock: bigint;
  /** Exposures to make, lost ones included; null: until stopped. Repeated frames come on top. */
  readonly frames: number | null;
  readonly truth: TruthFile | null;
  /** Each frame waits for `trigger`. */
  readonly triggered: boolean;
  /** The camera changes its exposure by itself (a fault); returns what its features say then. */
  readonly onExposure: (exposureNs: bigint) => FrameTiming;
  /** Every frame is out, after `stop()` or because all `frames` were produced. */
  readonly onFinished: () => void;
}

/** Frames are handed to the sender this long before they are due, so that a busy event loop delays nothing. */
const LEAD_NS = 120_000_000n;
const TICK_MS = 5;
/** Time from the start command to the start of the first exposure. */
const START_DELAY_NS = 20_000_000n;
/** Frames that may wait for the sender beyond the lead, in seconds of stream: the camera's own buffer. */
const BUFFER_SECONDS = 1;
/** Part of the frame period in which the packets leave. */
const PACED_PART = 0.8;

/** One run of the camera, from AcquisitionStart to AcquisitionStop: decides when each frame is exposed and how it is sent. */
export class Acquisition {
  readonly #setup: AcquisitionSetup;
  readonly #planner: SendPlanner;
  readonly #clockwork: Clockwork;
  /** The origin by the clock of process.hrtime. */
  readonly #originNs: bigint;
  readonly #lastPacketId: number;
  readonly #timer: NodeJS.Timeout;
  #timing: FrameTiming;
  /** Exposures handed over or lost. */
  #exposures = 0;
  /** Exposures that have been triggered, where they wait for it. */
  #triggered = 0;
  #nextBlock: bigint;
  #jobs = 0;
  readonly #onTheWay: FramesOnTheWay;
  #state: 'running' | 'stopping' | 'ended' = 'running';

  constructor(setup: AcquisitionSetup) {
    this.#setup = setup;
    this.#planner = new SendPlanner(setup.faults, setup.seed);
    this.#lastPacketId = Math.ceil(setup.prepared.payloadBytes / setup.target.packetDataBytes) + 1;
    this.#onTheWay = new FramesOnTheWay(this.#planner, this.#lastPacketId, setup.truth);
    this.#timing = this.#attainable(setup.timing);
    this.#nextBlock = setup.firstBlock;
    const [realtimeNs, monotonicNs] = clockPair();
    const hostOriginNs = ((realtimeNs + START_DELAY_NS) / 100n) * 100n;
    this.#originNs = hostOriginNs - (realtimeNs - monotonicNs);
    const { shutter, sensor, geometry, gps, leaderScale, lateness, clockFaults: faults, seed } = setup;
    this.#clockwork = new Clockwork({
      ...{
        fps: this.#timing.fps,
        exposureNs: this.#timing.exposureNs,
        shutter,
        sensor,
        gps,
        leaderScale,
        lateness,
        faults,
        seed,
      },
      region: { offsetY: geometry.offsetY, rows: geometry.height, binning: 1, flip: false },
      originUtcNs: setup.originUtcNs ?? hostOriginNs,
      poweredNs: this.#originNs - setup.powerOnNs,
    });
    const { address, port, packetDataBytes, extendedIds, segmented, dontFragment } = setup.target;
    setup.sender.start({
      ...{ address, port, packetDataBytes, extendedIds, segmented, dontFragment },
      historyFrames: setup.historyFrames,
      resendLoss: setup.faults.loss,
      seed: setup.seed,
      payloads: setup.prepared.payloads,
    });
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#tick();
  }

  /** Takes over a changed rate or exposure with the next exposure that is not yet handed over. */
  changeTiming(timing: FrameTiming): void {
    const before = this.#timing;
    this.#timing = this.#attainable(timing);
    const { fps, exposureNs } = this.#timing;
    if (fps === before.fps && exposureNs === before.exposureNs) return;
    // Frames that a trigger has set a time for keep it.
    this.#clockwork.change(Math.max(this.#exposures, this.#triggered), { fps, exposureNs });
  }

  /**
   * Exposes one frame at `atNs` of process.hrtime, now or later. False: nothing comes of it, because frames do not wait for it, or
   * it comes while the frame before is exposed or read.
   */
  trigger(atNs: bigint): boolean {
    if (!this.#setup.triggered || this.#state !== 'running') return false;
    const startNs = ((atNs - this.#originNs) / 100n) * 100n;
    if (startNs < this.#clockwork.readyNs(this.#triggered)) return false;
    this.#clockwork.startAt(this.#triggered++, startNs);
    this.#tick();
    return true;
  }

  /** What the camera's tick clock shows now. */
  ticksNow(): bigint {
    return this.#clockwork.ticksAt(process.hrtime.bigint() - this.#originNs);
  }

  /** The inter-packet delay bounds the frame rate. */
  #attainable(timing: FrameTiming): FrameTiming {
    const frameNs = (this.#lastPacketId + 1) * this.#setup.target.packetDelayNs;
    return frameNs === 0 ? timing : { ...timing, fps: Math.min(timing.fps, 1e9 / frameNs) };
  }

  /** Ends behind the frame that is on its way. */
  stop(): void {
    if (this.#state !== 'running') return;
    this.#state = 'stopping';
    const cancelled = this.#setup.sender.cancelQueued();
    this.#jobs -= cancelled;
    this.#sendLast(this.#onTheWay.cancelFrom(this.#jobs));
    this.#tick();
  }

  /** Ends at once, in mid-frame if need be; what had not left counts as withheld. */
  abort(): void {
    if (this.#state === 'ended') return;
    clearInterval(this.#timer);
    this.#state = 'ended';
    const { sender } = this.#setup;
    sender.stop();
    this.#onTheWay.aborted(sender.progress());
    this.#setup.truth?.flush();
  }

  /** Exposures so far, lost ones included. */
  get produced(): number {
    return this.#exposures;
  }

  get ended(): boolean {
    return this.#state === 'ended';
  }

  /** Frames handed over and not yet sent at which the camera's buffer is full. */
  get #buffered(): number {
    return 4 + Math.ceil(this.#timing.fps * (BUFFER_SECONDS + Number(LEAD_NS) / 1e9));
  }

  #tick(): void {
    if (this.#state === 'running') this.#produce();
    const progress = this.#setup.sender.progress();
    this.#onTheWay.sent(progress.framesSent);
    if (this.#state === 'stopping' && progress.framesSent >= this.#jobs && !progress.sending) {
      clearInterval(this.#timer);
      this.#state = 'ended';
      this.#setup.truth?.flush();
      this.#setup.onFinished();
    }
  }

  #produce(): void {
    const horizonNs = process.hrtime.bigint() + LEAD_NS;
    const { frames } = this.#setup;
    while (this.#state === 'running') {
      const index = this.#exposures;
      if (frames !== null && index >= frames) {
        this.#state = 'stopping';
        this.#sendLast();
        return;
      }
      if (this.#setup.triggered && index >= this.#triggered) return;
      if (this.#originNs + this.#clockwork.leavesNs(index, 0) > horizonNs) return;
      this.#announceExposure(index);
      const { delivered, lost } = this.#clockwork.slot(index);
      const packetIntervalNs = this.#packetIntervalNs(index);
      for (const [turn, { frame, faults }] of delivered.entries()) {
        const dueNs = this.#originNs + this.#clockwork.leavesNs(index, turn);
        this.#handOver(this.#clockwork.frame(frame), faults, { dueNs, packetIntervalNs });
      }
      for (const { frame, faults } of lost) this.#lose(null, this.#clockwork.frame(frame), faults);
      this.#exposures++;
    }
  }

  /** A fault may change the exposure: then the feature says so. */
  #announceExposure(index: number): void {
    const exposureNs = this.#clockwork.exposureNs(index);
    if (exposureNs === this.#timing.exposureNs) return;
    this.#timing = this.#attainable(this.#setup.onExposure(exposureNs));
  }

  /** A frame that never leaves the camera. */
  #lose(block: bigint | null, frame: ClockFrame, faults: readonly string[]): void {
    const named = [...frame.truth.faults, ...faults];
    const truth = { block, frame };
    this.#onTheWay.add({
      truth,
      withheld: [],
      faults: named,
      job: this.#jobs - 1,
      ranges: null,
      doneAfter: LOST_IN_CAMERA,
    });
  }

  #handOver(
    frame: ClockFrame,
    deliveryFaults: readonly string[],
    pace: Pick<SenderJob, 'dueNs' | 'packetIntervalNs'>,
  ): void {
    const { prepared, target, geometry } = this.#setup;
    const block = this.#nextBlock++;
    const sent = Number(block - this.#setup.firstBlock);
    const full = this.#jobs - this.#setup.sender.progress().framesSent > this.#buffered;
    if (full || this.#planner.skips(sent)) {
      // The frame is lost in the camera: its numbers are skipped.
      this.#lose(block, frame, [...deliveryFaults, full ? 'overrun' : 'frame-gap']);
      return;
    }
    const job = this.#jobs++;
    const plan = this.#planner.plan(job, sent, this.#lastPacketId);
    const { pixels } = frame;
    const shown =
      pixels.kind === 'scene' ? (pixels.frame % prepared.count) * prepared.strideBytes : prepared.zeroOffset;
    if (pixels.kind === 'scene') this.#shineLed(frame.frame, shown ?? 0);
    this.#setup.sender.submit({
      blockId: target.extendedIds ? block : BigInt(wireBlockId(block)),
      payloadOffset: shown ?? 0,
      payloadBytes: prepared.payloadBytes,
      header: this.#timing.gpsHeader ? frame.header.subarray(0, prepared.payloadBytes) : null,
      leader: leaderOf(geometry, frame.leaderTicks),
      trailer: trailerOf(geometry.height),
      ...pace,
      plan: plan.ranges,
    });
    const { withheld, ranges } = plan;
    const faults = [...frame.truth.faults, ...deliveryFaults, ...plan.faults];
    const doneAfter = plan.delayed > 0 ? NOT_YET_KNOWN : job + 1;
    this.#onTheWay.add({ truth: { block, frame }, withheld, faults, job, ranges, doneAfter });
    this.#onTheWay.settleDelayed(job, ranges);
  }

  /** Into the frame of the loop that is sent next. A resend that comes a loop late shows the light of that later frame. */
  #shineLed(frame: number, at: number): void {
    const { payloads, payloadBytes, led } = this.#setup.prepared;
    const pulse = this.#setup.ledPulse();
    const litNs = pulse === null ? null : (row: number) => this.#clockwork.litNs(frame, row, pulse);
    led.draw(payloads.subarray(at, at + payloadBytes), at, frame, litNs);
  }

  #packetIntervalNs(index: number): number {
    const { packetDelayNs } = this.#setup.target;
    if (packetDelayNs > 0) return packetDelayNs;
    return (PACED_PART * this.#clockwork.turnNs(index)) / (this.#lastPacketId + 1);
  }

  /** Packets of the last frames that still wait go out in a job of their own. */
  #sendLast(others: { job: number; packetId: number }[] = []): void {
    if (!this.#planner.waiting && others.length === 0) return;
    const job = this.#jobs++;
    const ranges = this.#planner.lastPlan(job, others);
    if (ranges.length === 0) {
      this.#jobs--;
      return;
    }
    this.#setup.sender.submit({
      ...{ blockId: 0n, payloadOffset: 0, payloadBytes: 0, header: null, leader: null, trailer: null },
      dueNs: process.hrtime.bigint(),
      packetIntervalNs: 10_000,
      plan: ranges,
    });
    this.#onTheWay.settleDelayed(job, ranges);
  }
}

/** Body of the leader: its time stamp is the start of exposure of the first row, in the device's ticks. */
function leaderOf(geometry: AcquisitionSetup['geometry'], timestamp: bigint): Uint8Array {
  const leader = new Uint8Array(IMAGE_LEADER_BYTES);
  writeImageLeader(leader, 0, { ...geometry, timestamp });
  return leader;
}

function trailerOf(sizeY: number): Uint8Array {
  const trailer = new Uint8Array(IMAGE_TRAILER_BYTES);
  writeImageTrailer(trailer, 0, { sizeY });
  return trailer;
}
