/**
 * Judges the times of a camera's frames one after the other, in block order. What a single header says of itself stands in
 * stamp.ts; here it meets its neighbours: the beat of the frames, the seconds that the oscillator counted, the receiver's state,
 * the host's clock. A frame's time becomes better by its past only where a lock was lost (`holdover`), and worse wherever
 * anything speaks against it. What is in doubt teaches nothing.
 */

import type { StampCalibration } from '../calibration/stamp-calibration.js';
import { leapMidnightNear, taiToUtc, utcToTai } from '../clocks/leap-seconds.js';
import { type FrameTime, instantsOf } from '../frame-time.js';
import { type HeaderPacking, headerDoubt } from '../header/header-packing.js';
import {
  decodeQhyHeader,
  isPlausiblePps,
  QHY_HEADER_BYTES,
  type QhyHeader,
  type QhyStamp,
  RECEIVER_STATUS,
  receiverStatus,
  stampUtcNs,
} from '../header/qhy-header.js';
import type { ImageRegion } from '../rows/row-model.js';
import type { ShutterModel } from '../rows/shutter.js';
import { type Arrival, beatOf } from './beat.js';
import { Cadence, type CadenceVerdict } from './cadence.js';
import { ClocklessTimes } from './clockless-times.js';
import { ExposureWatch } from './exposure-watch.js';
import type { Finding } from './finding.js';
import { FrameAccount, type FrameCounting, type Remark } from './frame-account.js';
import { FrameFindings } from './frame-findings.js';
import { gradeFrame, type Observation } from './grading.js';
import { type FreeTime, Holdover } from './holdover.js';
import { Oscillator } from './oscillator.js';
import { ReceiverStates, type StateChange } from './receiver-state.js';
import { type HostWitness, type SecondCheck, SecondGuard } from './second-guard.js';
import { stampFrame } from './stamp.js';

/** What stays the same from frame to frame, until the camera is set otherwise. */
export interface CameraTiming {
  /** Null: the camera does not say, its bytes are looked at. */
  readonly hasGpsHeader: boolean | null;
  readonly shutter: ShutterModel;
  /** What was measured of the stamps with this exposure; null or left out: nothing. */
  readonly calibration?: StampCalibration | null;
  readonly region: ImageRegion;
  /** As the camera is set; 0 where not known. */
  readonly exposureNs: bigint;
  readonly framePeriodNs: bigint | null;
  /**
   * How long a frame may be held back on its way to the host, beyond a delivery over a network; left out: not. Where that is near a
   * second, the host cannot tell a whole second that GPS is off from a frame that comes late.
   */
  readonly heldBackNs?: bigint;
  /** Of the leader's time stamp; 0 where not known. */
  readonly tickFrequencyHz: bigint;
  /** `tai`: the camera's clock is held by PTP. */
  readonly leaderScale: 'tai' | 'unknown';
  /** Left out: its count goes through a stream, and begins with the first frame. */
  readonly counting?: FrameCounting;
}

export interface FrameEvidence {
  readonly blockId: bigint;
  /** The first 44 payload bytes, taken before unpacking; null when not all of them arrived. */
  readonly headerBytes: Uint8Array | null;
  /** See `StampInput.headerPacking`. */
  readonly headerPacking?: HeaderPacking;
  readonly leaderTicks: bigint;
  /** Kernel receive time of the first packet, nanoseconds since 1970 UTC. */
  readonly receivedNs: bigint;
  readonly host: HostWitness;
}

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
/** A header that is none so many times in a row: the receiver is not there. */
const NO_HEADER = 30;
const abs = (value: bigint): bigint => (value < 0n ? -value : value);

export class Timekeeper {
  #timing: CameraTiming;
  readonly #events: TimekeeperEvents;
  readonly #findings: FrameFindings;
  readonly #oscillator = new Oscillator();
  readonly #cadence = new Cadence();
  readonly #account = new FrameAccount();
  readonly #states = new ReceiverStates();
  readonly #guard = new SecondGuard();
  readonly #holdover = new Holdover(this.#oscillator);
  readonly #clockless = new ClocklessTimes();
  /** End of exposure and receive time of the newest frame that was believed. */
  #last: Arrival | null = null;
  readonly #exposure = new ExposureWatch();
  #withoutHeader = 0;
  /** Frames on the beat whose second is contradicted. */
  #contradictedInRow = 0;
  /** When the receiver was last seen without time; null: never in this session. */
  #coldTai: bigint | null = null;
  #steppedNs: bigint | null = null;
  #adoptedStepNs = 0n;
  /** The size words of the newest header that was believed: they stay the same in a stream, whatever they mean. */
  #sizeWords: Pick<QhyHeader, 'width' | 'height'> | null = null;

  constructor(timing: CameraTiming, events: TimekeeperEvents) {
    this.#timing = timing;
    this.#events = events;
    this.#findings = new FrameFindings(events.finding);
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
    if (this.#coldTai === null || this.#last === null) return null;
    return Number((this.#last.tai - this.#coldTai) / SECOND);
  }

  get state(): ReceiverStates['state'] {
    return this.#states.state;
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
    this.#sizeWords = null;
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
    const base = stampFrame({
      ...this.#timing,
      ...evidence,
      hasGpsHeader,
      receivedNs: this.#received(evidence),
      hostClock: evidence.host,
      hostVerdict: 'agrees',
      toTai: (utcNs, which) =>
        labelled(utcNs, expected === null ? null : expected - (which === 'start' ? duration : 0n)),
    });
    const time =
      base.source === 'gps-header' && headerBytes !== null
        ? this.#withHeader(evidence, base, headerBytes, expected)
        : this.#withoutHeaderTime(evidence, this.#withoutStrayHeader(base, headerBytes), hasGpsHeader);
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
    this.#withoutHeader = 0;
    const remarks = this.#account.frame(blockId, sequence, textOf(bytes), stampUtcNs(header.end, null));
    const again = isAgain(remarks);
    // Behind its successors it may be late by more than the seconds that a delivery is told from.
    const isLate = remarks.some(({ kind }) => kind === 'out-of-order') && this.#isSlow();
    if (!again) this.#tell(this.#states.frame(status, hasPps), base, blockId);

    const free = hasPps ? null : this.#free(header.end, this.#cadence.expectations(blockId, sequence));
    const headerEnd = labelled(stampUtcNs(header.end, ppsCount), expected);
    const timed = free === null ? base : this.#freeTime(base, header, { headerEnd, end: free.tai });
    const end = free?.tai ?? headerEnd;
    const driftNs = free?.driftNs ?? (status === RECEIVER_STATUS.locked ? 0n : this.#holdover.driftNs(end));
    const verdict = this.#cadence.check(end, blockId, sequence, Number(driftNs));
    const received = this.#received(evidence);
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
      almanacYoung: this.#coldTai !== null && end - this.#coldTai < ALMANAC_NS,
      settled: this.#states.state === 'locked',
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
    this.#sizeWords = header;
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

  #free(stamp: QhyStamp, expected: readonly bigint[]): FreeTime | null {
    // The label's ticks by the frequency of the last pulses.
    const labelTai = (frequencyHz: number) => {
      const ticksNs = BigInt(Math.round((stamp.ticks * 1e9) / frequencyHz));
      return labelled(stampUtcNs({ ...stamp, ticks: 0 }, null) + ticksNs, expected[0] ?? null);
    };
    return this.#holdover.at(stamp, labelTai, expected);
  }

  /** `base` with its instants where the ticks since the last PPS put them: the header's end, before at `headerEnd`, at `end`. */
  #freeTime(base: FrameTime, header: QhyHeader, { headerEnd, end }: { headerEnd: bigint; end: bigint }): FrameTime {
    const { rows } = base;
    // The rows' offsets stay as they are: what the header's end stamp marks has moved.
    const last = end + utcToTai(base.endUtcNs, base.endLeapSecond) - headerEnd;
    const { startOffsetNs = 0n, endOffsetNs = 0n, stampExcessNs = 0n } = base.calibration ?? {};
    // Exposures seen so far are calibrated, the stamps are not.
    const seen = this.#exposure.exposureNs;
    const stamped = seen === null ? this.#timing.exposureNs + stampExcessNs : seen + startOffsetNs - endOffsetNs;
    const start = rows.shutter === 'global' ? this.#free(header.start, [end - stamped]) : null;
    const first = start === null ? last - base.exposureNs : start.tai + startOffsetNs;
    return { ...base, ...instantsOf(first, last > first ? last : first) };
  }

  /** A receiver without a fix says little that could be wrong: damaged bytes pass for it, but not with the size words of before. */
  #withoutStrayHeader(base: FrameTime, bytes: Uint8Array | null): FrameTime {
    const before = this.#sizeWords;
    if (base.sequence === null || bytes === null || before === null) return base;
    const { width, height } = decodeQhyHeader(bytes);
    if (width === before.width && height === before.height) return base;
    const flags = base.flags.map((flag) => (flag === 'gps-unlocked' ? 'gps-header-implausible' : flag));
    return { ...base, sequence: null, flags };
  }

  #withoutHeaderTime(evidence: FrameEvidence, base: FrameTime, hasGpsHeader: boolean): FrameTime {
    const { headerBytes, blockId, leaderTicks } = evidence;
    const flags = [...base.flags];
    const zero = headerBytes !== null && hasGpsHeader && headerBytes.every((byte) => byte === 0);
    if (zero) flags.push('gps-header-zero');
    if (headerBytes !== null && base.sequence !== null) {
      const header = decodeQhyHeader(headerBytes);
      this.#tell(this.#states.frame(statusOf(header), isPlausiblePps(header.ppsCount)), base, blockId);
      const remarks = this.#account.frame(blockId, header.sequence, textOf(headerBytes), stampUtcNs(header.end, null));
      this.#findings.remarks(remarks, blockId, base);
      if (isAgain(remarks)) flags.push('gps-stale');
      this.#withoutHeader = 0;
    } else if (hasGpsHeader && ++this.#withoutHeader === NO_HEADER) {
      this.#tell(this.#states.lose('off', `${NO_HEADER} frames in a row had no GPS header`), base, blockId);
    }
    const time = this.#clockless.judge({
      base: { ...base, flags },
      ticksNs: this.#ticksNs(leaderTicks),
      receivedTai: utcToTai(this.#received(evidence)),
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

  /** Receive time on the scale that the host's clock had, steps taken out. */
  #received({ receivedNs, host }: FrameEvidence): bigint {
    return receivedNs - (host.steppedNs - this.#adoptedStepNs);
  }

  #watchHost({ host, blockId, receivedNs }: FrameEvidence): void {
    const before = this.#steppedNs ?? host.steppedNs;
    // A clock that was set counts as before, until somebody vouches for it while the second is not proven otherwise.
    if (this.#steppedNs === null || (host.synchronised && !this.#guard.hasProof)) this.#adoptedStepNs = host.steppedNs;
    this.#steppedNs = host.steppedNs;
    const step = host.steppedNs - before;
    if (step === 0n) return;
    this.#events.finding({
      kind: 'host-step',
      blockId,
      sequence: null,
      utcNs: receivedNs,
      frames: 0,
      evidence: `the host clock went ${step} ns further than the monotonic clock`,
    });
  }

  #ticksNs(ticks: bigint): bigint | null {
    const { tickFrequencyHz } = this.#timing;
    return tickFrequencyHz > 0n && ticks > 0n ? (ticks * SECOND) / tickFrequencyHz : null;
  }

  #tell(change: StateChange | null, time: FrameTime, blockId: bigint): void {
    if (change === null) return;
    if (change.to === 'off' || change.to === 'searching') this.#holdover.reset();
    if (change.from === 'off' || change.from === 'searching')
      this.#coldTai = utcToTai(time.endUtcNs, time.endLeapSecond);
    this.#events.state(change, time.startUtcNs, blockId);
  }
}

const isAgain = (remarks: readonly Remark[]): boolean =>
  remarks.some(({ kind }) => kind === 'repeated' || kind === 'stale');

function statusOf(header: QhyHeader): number {
  return Math.min(...[header.start, header.end, header.now].map((stamp) => receiverStatus(stamp.flag)));
}

const textOf = (header: Uint8Array): string => Buffer.from(header.subarray(0, QHY_HEADER_BYTES)).toString('latin1');

/** Receivers that lack the almanac are some seconds off, hosts step or slow down when it suits them. */
const ABOUT_LEAP_S = 5n;

function isAboutLeap(utcNs: bigint): boolean {
  for (let s = -ABOUT_LEAP_S; s <= ABOUT_LEAP_S; s++) if (leapMidnightNear(utcNs + s * SECOND) !== null) return true;
  return false;
}

/**
 * The TAI of a label of a stamp. About a leap second one label stands for two seconds, and how a camera labels 23:59:60 is
 * documented nowhere: the one next to what is expected is meant.
 */
function labelled(utcNs: bigint, expectedTai: bigint | null): bigint {
  const plain = utcToTai(utcNs);
  const midnight = leapMidnightNear(utcNs);
  if (midnight === null || expectedTai === null) return plain;
  const other = utcNs >= midnight ? utcToTai(utcNs, true) : utcToTai(utcNs + SECOND, true);
  return abs(other - expectedTai) < abs(plain - expectedTai) ? other : plain;
}
