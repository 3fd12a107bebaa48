/**
 * Judges the times of a camera's frames one after the other, in block order. What a single header says of itself stands in
 * stamp.ts; here it meets its neighbours: the beat of the frames, the seconds that the oscillator counted, the receiver's state,
 * the host's clock. A frame's time becomes better by its past only where a lock was lost (`holdover`), and worse wherever
 * anything speaks against it. What is in doubt teaches nothing.
 */
import { leapMidnightNear, taiToUtc, utcToTai } from '../clocks/leap-seconds.js';
import type { FrameTime } from '../frame-time.js';
import { headerDoubt } from '../header/header-packing.js';
import {
  decodeQhyHeader,
  isPlausiblePps,
  QHY_HEADER_BYTES,
  type QhyHeader,
  RECEIVER_STATUS,
  receiverStatus,
  stampUtcNs,
} from '../header/qhy-header.js';
import { type Arrival, beatOf } from './beat.js';
import { Cadence, type CadenceVerdict } from './cadence.js';
import { ClocklessTimes } from './clockless-times.js';
import { ExposureWatch } from './exposure-watch.js';
import type { Finding } from './finding.js';
import { FrameAccount, type Remark } from './frame-account.js';
import type { CameraTiming, FrameEvidence } from './frame-evidence.js';
import { FrameFindings } from './frame-findings.js';
import { FreeRun } from './free-run.js';
import { gradeFrame, type Observation } from './grading.js';
import { type FreeTime, Holdover } from './holdover.js';
import { HostSteps } from './host-steps.js';
import { isAboutLeap, labelled } from './leap-labels.js';
import { Oscillator } from './oscillator.js';
import type { StateChange } from './receiver-state.js';
import { ReceiverWatch } from './receiver-watch.js';
import { type SecondCheck, SecondGuard } from './second-guard.js';
import { SizeWords } from './size-words.js';
import { stampFrame } from './stamp.js';

export interface TimekeeperEvents {
  readonly finding: (finding: Finding) => void;
  readonly state: (change: StateChange, utcNs: bigint, blockId: bigint) => void;
}

const SECOND = 1_000_000_000n;
/** The almanac with the leap seconds is sent every 12.5 minutes. */
const ALMANAC_NS = 750n * SECOND;
/** A frame that comes behind its successors is at most eight of them late. */
const SLOW_PERIOD_NS = 450e6 / 8;
/** Frames in a row, on the beat and contradicted, after which the beat was wrong; fewer may be damaged headers. */
const CONTRADICTED = 3;
const abs = (value: bigint): bigint => (value < 0n ? -value : value);

export class Timekeeper {
  #timing: CameraTiming;
  readonly #events: TimekeeperEvents;
  readonly #findings: FrameFindings;
  readonly #oscillator = new Oscillator();
  readonly #cadence = new Cadence();
  readonly #account = new FrameAccount();
  readonly #guard = new SecondGuard();
  readonly #holdover = new Holdover(this.#oscillator);
  readonly #receiver: ReceiverWatch;
  readonly #exposure = new ExposureWatch();
  readonly #freeRun = new FreeRun(this.#holdover, this.#exposure);
  readonly #clockless = new ClocklessTimes();
  /** End of exposure and receive time of the newest frame that was believed. */
  #last: Arrival | null = null;
  /** Frames on the beat whose second is contradicted. */
  #contradictedInRow = 0;
  readonly #hostSteps = new HostSteps();
  readonly #sizeWords = new SizeWords();

  constructor(timing: CameraTiming, events: TimekeeperEvents) {
    this.#timing = timing;
    this.#events = events;
    this.#findings = new FrameFindings(events.finding);
    this.#receiver = new ReceiverWatch((change, utcNs, blockId) => {
      if (change.to === 'off' || change.to === 'searching') this.#holdover.reset();
      events.state(change, utcNs, blockId);
    });
    this.#account.begin(timing.counting);
  }

  /** The oscillator, for the record. */
  get oscillator(): { readonly ppm: number | null; readonly seconds: number } {
    return this.#oscillator;
  }

  /** How the whole second stood when a frame was held against the host last; null: no frame with GPS yet. */
  get secondCheck(): SecondCheck | null {
    return this.#guard.last;
  }

  /** Seconds since the receiver was first seen with time, after it was seen without; null where it never was. */
  almanacAgeS(): number | null {
    const ageNs = this.#last === null ? null : this.#receiver.timeSinceColdNs(this.#last.tai);
    return ageNs === null ? null : Number(ageNs / SECOND);
  }

  get state(): ReceiverWatch['state'] {
    return this.#receiver.state;
  }

  /** The camera is set otherwise from the next frame on. */
  changeTiming(timing: CameraTiming): void {
    if (timing.exposureNs !== this.#timing.exposureNs) this.#exposure.reset();
    this.#timing = timing;
  }

  /** The next frame is the first with another exposure: its end, and those of all behind it, are on another beat. */
  changeExposure(timing: CameraTiming): void {
    this.changeTiming(timing);
    this.#cadence.reset();
  }

  /** Another stream begins: the camera's counts and its beat begin anew, the receiver and its oscillator are the same. */
  newStream(timing: CameraTiming): void {
    this.end();
    this.#account.begin(timing.counting);
    this.#timing = timing;
    this.#cadence.reset();
    this.#clockless.reset();
    this.#exposure.reset();
    this.#last = null;
    this.#sizeWords.reset();
  }

  /** No frame follows in this stream. */
  end(): void {
    this.#account.reset();
    this.#findings.losses(this.#account.takeLosses(), null);
  }

  /** The time of the next frame. Never throws for any bytes. */
  judge(evidence: FrameEvidence): FrameTime {
    this.#watchHost(evidence);
    const { headerBytes, blockId } = evidence;
    const hasGpsHeader = this.#timing.hasGpsHeader ?? (headerBytes !== null && headerDoubt(headerBytes) === null);
    if (this.#timing.counting?.restarts === true && hasGpsHeader && headerBytes !== null)
      this.#watchBursts(headerBytes);
    const expected = this.#expected(evidence);
    const duration = this.#exposure.exposureNs ?? 0n;
    const { shutter, calibration, region, framePeriodNs, exposureNs, tickFrequencyHz } = this.#timing;
    const { headerPacking, leaderTicks } = evidence;
    // Each by name: to spread two objects into one took a sixth of the time of a frame.
    const base = stampFrame({
      headerBytes,
      headerPacking,
      hasGpsHeader,
      shutter,
      calibration,
      region,
      framePeriodNs,
      exposureNs,
      leaderTicks,
      tickFrequencyHz,
      receivedNs: this.#hostSteps.receivedNs(evidence),
      hostClock: evidence.host,
      hostVerdict: 'agrees',
      toTai: (utcNs, which) =>
        labelled(utcNs, expected === null ? null : expected - (which === 'start' ? duration : 0n)),
    });
    const time =
      base.source === 'gps-header' && headerBytes !== null
        ? this.#withHeader(evidence, base, headerBytes, expected)
        : this.#withoutHeaderTime(evidence, this.#sizeWords.withoutStrayHeader(base, headerBytes), hasGpsHeader);
    this.#findings.timed(blockId, time);
    this.#findings.losses(this.#account.takeLosses(), time);
    return time;
  }

  #withHeader(evidence: FrameEvidence, base: FrameTime, bytes: Uint8Array, expected: bigint | null): FrameTime {
    const { blockId, host } = evidence;
    const header = decodeQhyHeader(bytes);
    const { sequence, ppsCount } = header;
    const hasPps = isPlausiblePps(ppsCount);
    const status = statusOf(header);
    const remarks = this.#account.frame(blockId, sequence, textOf(bytes), stampUtcNs(header.end, null));
    const again = isAgain(remarks);
    // Behind its successors it may be late by more than the seconds that a delivery is told from.
    const isLate = remarks.some(({ kind }) => kind === 'out-of-order') && this.#isSlow();
    this.#receiver.hasHeader();
    if (!again) this.#receiver.frame(status, hasPps, base, blockId);

    const free = hasPps ? null : this.#freeRun.at(header.end, this.#cadence.expectations(blockId, sequence));
    const headerEnd = labelled(stampUtcNs(header.end, ppsCount), expected);
    const timed =
      free === null
        ? base
        : this.#freeRun.frameTime(base, header, { headerEnd, end: free.tai, setExposureNs: this.#timing.exposureNs });
    const end = free?.tai ?? headerEnd;
    const driftNs = free?.driftNs ?? (status === RECEIVER_STATUS.locked ? 0n : this.#holdover.driftNs(end));
    const verdict = this.#cadence.check(end, blockId, sequence, Number(driftNs));
    const received = this.#hostSteps.receivedNs(evidence);
    const arrival = { tai: end, receivedNs: evidence.receivedNs };
    const beat = beatOf(arrival, verdict, this.#last, host.synchronised ? received : null);
    const nowUtcNs = taiToUtc(end + (stampUtcNs(header.now, ppsCount) - stampUtcNs(header.end, ppsCount))).utcNs;
    // Where the counts differ, a time that is a period off is on the beat by one of them.
    const goesOn = beat.unbroken && verdict.countsAgree;
    // A time that runs free has its exposure from the frames before.
    const watched = timed.rows.shutter === 'global' && free === null && !timed.flags.includes('gps-duration');
    const second = this.#guard.judge(received - nowUtcNs, host, goesOn, {
      undecidable: isLate || isAboutLeap(nowUtcNs),
      heldBackNs: this.#timing.heldBackNs ?? 0n,
    });
    const mayLearn = !beat.off && second !== 'contradicted';
    const seen: Observation = {
      base: timed,
      status,
      hasPps,
      free: free !== null,
      wasLocked: this.#holdover.ready,
      driftNs,
      offBeatNs: beat.off ? BigInt(Math.ceil(Math.abs(beat.deviationNs))) : 0n,
      jitterNs: beat.off ? 0n : BigInt(Math.ceil(verdict.jitterNs)),
      leapt: beat.leap,
      unbroken: beat.unbroken,
      second,
      secondDoubtNs: this.#guard.doubtNs,
      oddPps: hasPps ? Math.abs(this.#oscillator.deviation(ppsCount)) : 0,
      exposure: watched ? this.#exposure.check(timed.exposureNs, mayLearn) : { addedNs: 0n, changed: false },
      again,
      ambiguous: expected === null && leapMidnightNear(base.endUtcNs) !== null,
      almanacYoung: (this.#receiver.timeSinceColdNs(end) ?? ALMANAC_NS) < ALMANAC_NS,
      settled: this.#receiver.state === 'locked',
    };
    const judged = gradeFrame(seen);
    const { grade, uncertaintyNs, flags } = judged;
    const time = { ...timed, grade, uncertaintyNs, flags };
    if (judged.believed) this.#learn(evidence, header, end, time, verdict, free);
    else if (beat.off && !judged.contradicted && this.#cadence.doubt(end, blockId, sequence)) {
      // Another beat: what was proven of the one before does not hold for it.
      this.#guard.reset();
      this.#last = arrival;
    }
    if (judged.believed) this.#contradictedInRow = 0;
    else if (second === 'contradicted' && beat.unbroken && ++this.#contradictedInRow === CONTRADICTED) this.#forget();
    if (hasPps && !judged.contradicted) this.#oscillator.add(header.now.seconds, ppsCount);
    const differenceS = this.#guard.last?.differenceS ?? 0;
    const exposure = { setNs: this.#timing.exposureNs, beforeNs: this.#exposure.exposureNs };
    this.#findings.remarks(remarks, blockId, time);
    this.#findings.judged({
      blockId,
      time,
      seen,
      header,
      exposure,
      host: { synchronised: host.synchronised, differenceS },
    });
    return time;
  }

  #learn(
    { blockId, leaderTicks, receivedNs }: FrameEvidence,
    header: QhyHeader,
    end: bigint,
    time: FrameTime,
    verdict: CadenceVerdict,
    free: FreeTime | null,
  ): void {
    this.#guard.believe();
    this.#cadence.accept(end, blockId, header.sequence, verdict);
    this.#sizeWords.believe(header);
    if (this.#last === null || end > this.#last.tai) this.#last = { tai: end, receivedNs };
    if (free !== null) this.#holdover.ran(header.end, free);
    if (time.rows.shutter === 'global') this.#exposure.accept(time.exposureNs);
    if (time.grade !== 'locked') return;
    this.#holdover.locked(header.end, end);
    this.#clockless.learn(this.#ticksNs(leaderTicks), utcToTai(time.endUtcNs, time.endLeapSecond));
  }

  /** Whether a few frames take about as long as the longest delivery. */
  #isSlow(): boolean {
    const { framePeriodNs } = this.#timing;
    const periodNs = this.#cadence.periodNs ?? (framePeriodNs === null ? null : Number(framePeriodNs));
    return periodNs === null || periodNs > SLOW_PERIOD_NS;
  }

  /** The times so far were wrong all along: nothing is held against them. */
  #forget(): void {
    this.#cadence.reset();
    this.#holdover.reset();
    this.#guard.reset();
    this.#last = null;
    this.#contradictedInRow = 0;
  }

  #withoutHeaderTime(evidence: FrameEvidence, base: FrameTime, hasGpsHeader: boolean): FrameTime {
    const { headerBytes, blockId, leaderTicks } = evidence;
    const flags = [...base.flags];
    const zero = headerBytes !== null && hasGpsHeader && headerBytes.every((byte) => byte === 0);
    if (zero) flags.push('gps-header-zero');
    if (headerBytes !== null && base.sequence !== null) {
      const header = decodeQhyHeader(headerBytes);
      this.#receiver.hasHeader();
      this.#receiver.frame(statusOf(header), isPlausiblePps(header.ppsCount), base, blockId);
      const remarks = this.#account.frame(blockId, header.sequence, textOf(headerBytes), stampUtcNs(header.end, null));
      this.#findings.remarks(remarks, blockId, base);
      if (isAgain(remarks)) flags.push('gps-stale');
    } else if (hasGpsHeader) this.#receiver.hasNoHeader(base, blockId);
    const time = this.#clockless.judge({
      base: { ...base, flags },
      ticksNs: this.#ticksNs(leaderTicks),
      receivedTai: utcToTai(this.#hostSteps.receivedNs(evidence)),
      ptp: this.#timing.leaderScale === 'tai',
      host: evidence.host,
    });
    if (zero) this.#findings.allZero(blockId, time);
    return time;
  }

  /** How long the camera idles between two bursts nobody knows, and each has a beat of its own; the second is held against the host as ever. */
  #watchBursts(bytes: Uint8Array): void {
    const { sequence, end } = decodeQhyHeader(bytes);
    if (this.#account.restartsWith(sequence, stampUtcNs(end, null))) this.#cadence.reset();
  }

  /** When the frame's header should say that its exposure ended; null where nothing tells. */
  #expected({ blockId, headerBytes, receivedNs }: FrameEvidence): bigint | null {
    const sequence = headerBytes === null ? null : decodeQhyHeader(headerBytes).sequence;
    const [byBlock, bySequence] = this.#cadence.expectations(blockId, sequence);
    const aboutLeap = isAboutLeap(receivedNs);
    if (byBlock !== undefined) {
      const agree = bySequence === undefined || abs(bySequence - byBlock) < SECOND / 2n;
      // A frame that came twice, or another that did not come, moves one of the two: then neither tells a second from its twin.
      return agree || !(aboutLeap || isAboutLeap(taiToUtc(byBlock).utcNs)) ? byBlock : null;
    }
    // How the host counts a leap second nobody knows.
    if (this.#last === null || aboutLeap) return null;
    return this.#last.tai + (receivedNs - this.#last.receivedNs);
  }

  #watchHost(evidence: FrameEvidence): void {
    const step = this.#hostSteps.watch(evidence, this.#guard.hasProof);
    if (step === 0n) return;
    this.#events.finding({
      kind: 'host-step',
      blockId: evidence.blockId,
      sequence: null,
      utcNs: evidence.receivedNs,
      frames: 0,
      evidence: `the host clock went ${step} ns further than the monotonic clock`,
    });
  }

  #ticksNs(ticks: bigint): bigint | null {
    const { tickFrequencyHz } = this.#timing;
    return tickFrequencyHz > 0n && ticks > 0n ? (ticks * SECOND) / tickFrequencyHz : null;
  }
}

const isAgain = (remarks: readonly Remark[]): boolean =>
  remarks.some(({ kind }) => kind === 'repeated' || kind === 'stale');

function statusOf(header: QhyHeader): number {
  return Math.min(...[header.start, header.end, header.now].map((stamp) => receiverStatus(stamp.flag)));
}

const textOf = (header: Uint8Array): string => Buffer.from(header.subarray(0, QHY_HEADER_BYTES)).toString('latin1');
