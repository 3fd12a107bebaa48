import type { ShutterModel } from '#gps/rows/shutter.js';
import { wireBlockId } from '#pipeline/wire/block-ids.js';
import { IMAGE_LEADER_BYTES, IMAGE_TRAILER_BYTES, writeImageLeader, writeImageTrailer } from '#pipeline/wire/gvsp.js';
import { clockPair, type FrameSender, type SenderJob } from '../gige-vision/device/frame-sender.js';
import type { StreamTarget } from '../gige-vision/device/gige-vision-device.js';
import { PLAN_WORDS, SEND_MODE } from '../gige-vision/device/send-modes.js';
import type { ClockFault } from './clock-faults.js';
import { type ClockFrame, Clockwork, type Lateness, type LeaderScale } from './clockwork.js';
import type { GpsState } from './gps-receiver.js';
import type { LedPulse } from './led-spot.js';
import type { FaultOptions } from './options.js';
import type { PreparedFrames } from './prepared-frames.js';
import { SendPlanner } from './send-plan.js';
import type { SentFrame, TruthFile } from './truth-file.js';

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

interface PendingFrame {
  readonly truth: Pick<SentFrame, 'block' | 'frame'>;
  readonly withheld: number[];
  readonly faults: string[];
  readonly job: number;
  readonly ranges: Uint32Array | null;
  /** Jobs that must be done before all packets of the frame are out; 0: it was lost in the camera. */
  doneAfter: number;
}

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
  #pending: PendingFrame[] = [];
  #state: 'running' | 'stopping' | 'ended' = 'running';

  constructor(setup: AcquisitionSetup) {
    this.#setup = setup;
    this.#planner = new SendPlanner(setup.faults, setup.seed);
    this.#lastPacketId = Math.ceil(setup.prepared.payloadBytes / setup.target.packetDataBytes) + 1;
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
    const forgotten = this.#pending.filter((frame) => frame.job >= this.#jobs);
    this.#pending = this.#pending.filter((frame) => frame.job < this.#jobs);
    this.#sendLast(forgotten.flatMap((frame) => this.#packetsOfEarlier(frame)));
    this.#tick();
  }

  /** Ends at once, in mid-frame if need be; what had not left counts as withheld. */
  abort(): void {
    if (this.#state === 'ended') return;
    clearInterval(this.#timer);
    this.#state = 'ended';
    const { sender } = this.#setup;
    sender.stop();
    const progress = sender.progress();
    this.#writeTruth(progress.framesSent);
    for (const frame of this.#pending) {
      // Frames behind the one on its way have not begun.
      if (frame.job > progress.framesSent || (frame.job === progress.framesSent && !progress.sending)) continue;
      const lostInCamera = frame.doneAfter === 0;
      const left = frame.job === progress.framesSent && !lostInCamera ? this.#notSent(frame, progress) : [];
      const withheld = [...new Set([...frame.withheld, ...left])].sort((a, b) => a - b);
      const faults = lostInCamera ? frame.faults : [...frame.faults, 'aborted'];
      this.#setup.truth?.write({ ...frame.truth, packetsWithheld: withheld, faults });
    }
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
    this.#writeTruth(progress.framesSent);
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
    this.#await({ truth, withheld: [], faults: named, job: this.#jobs - 1, ranges: null, doneAfter: 0 });
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
    const doneAfter = plan.delayed > 0 ? Number.MAX_SAFE_INTEGER : job + 1;
    this.#await({ truth: { block, frame }, withheld, faults, job, ranges, doneAfter });
    this.#settleDelayed(job, ranges);
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

  /** Frames whose last delayed packets leave with `job` are complete behind it. */
  #settleDelayed(job: number, ranges: Uint32Array | null): void {
    if (!this.#pending.some((frame) => frame.doneAfter === Number.MAX_SAFE_INTEGER)) return;
    const referred = new Set<number>();
    for (let at = 0; ranges && at < ranges.length; at += PLAN_WORDS) referred.add(job - (ranges[at + 3] as number));
    const stillWaiting = this.#planner.waitingJobs();
    for (const frame of this.#pending) {
      if (frame.doneAfter === Number.MAX_SAFE_INTEGER && !stillWaiting.has(frame.job)) {
        frame.doneAfter = referred.has(frame.job) ? job + 1 : frame.job + 1;
      }
    }
  }

  /** Delayed packets of jobs that are not cancelled, which the cancelled `frame` would have brought. */
  #packetsOfEarlier(frame: PendingFrame): { job: number; packetId: number }[] {
    const packets: { job: number; packetId: number }[] = [];
    for (let at = 0; frame.ranges && at < frame.ranges.length; at += PLAN_WORDS) {
      const [first = 0, last = 0, , back = 0] = frame.ranges.subarray(at);
      const job = frame.job - back;
      if (back === 0 || job >= this.#jobs) continue;
      for (let packetId = first; packetId <= last; packetId++) packets.push({ job, packetId });
    }
    return packets;
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
    this.#settleDelayed(job, ranges);
  }

  #await(frame: PendingFrame): void {
    this.#pending.push(frame);
  }

  #writeTruth(framesSent: number): void {
    let count = 0;
    for (const frame of this.#pending) {
      if (frame.job >= framesSent || framesSent < Math.min(frame.doneAfter, Number.MAX_SAFE_INTEGER)) break;
      this.#setup.truth?.write({ ...frame.truth, packetsWithheld: frame.withheld, faults: frame.faults });
      count++;
    }
    this.#pending.splice(0, count);
  }

  /** Packets of a frame that a stopped sender had not sent. */
  #notSent(frame: PendingFrame, at: { planIndex: number; planPackets: number }): number[] {
    const ranges = frame.ranges ?? Uint32Array.of(0, this.#lastPacketId, SEND_MODE.plain, 0);
    const sent = new Set<number>();
    for (let range = 0; range * PLAN_WORDS < ranges.length && range <= at.planIndex; range++) {
      const [first = 0, last = 0, mode = 0, back = 0] = ranges.subarray(range * PLAN_WORDS);
      if (mode !== SEND_MODE.plain || back !== 0) continue;
      const end = range === at.planIndex ? first + at.planPackets : last + 1;
      for (let id = first; id < end; id++) sent.add(id);
    }
    const all = Array.from({ length: this.#lastPacketId + 1 }, (_, id) => id);
    return all.filter((id) => !sent.has(id));
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
