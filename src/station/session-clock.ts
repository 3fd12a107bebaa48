/**
 * What is known of a camera's time, over all its sessions: judges every frame, tells the index and the user what changes, keeps an eye on the host's
 * clock and on gpsd.
 */

import { leapSecondWarnings } from '#gps/clocks/leap-seconds.js';
import { PACKED_HEADER_BYTES } from '#gps/header/header-packing.js';
import type { Finding } from '#gps/judge/finding.js';
import type { CameraTiming } from '#gps/judge/frame-evidence.js';
import type { StateChange } from '#gps/judge/receiver-state.js';
import type { SecondCheck } from '#gps/judge/second-guard.js';
import { Timekeeper } from '#gps/judge/timekeeper.js';
import type { StreamCamera } from '#src/cameras/camera.js';
import { framePeriodNs, heldBackNs, regionOf } from '#src/cameras/camera-region.js';
import type { EventRecord, GapRecord } from '#storage/frame-record.js';
import { CalibrationKeeper } from './calibration-keeper.js';
import { CameraTicks } from './camera-ticks.js';
import type { ClockWitnesses } from './clock-panel.js';
import { EventLog } from './event-log.js';
import { ExposureChange } from './exposure-change.js';
import { beginOf, frameJudge, headerEvidence, type JudgeFrame } from './frame-judge.js';
import { type GpsdAddress, GpsdClient } from './gpsd-client.js';
import { HostClock } from './host-clock.js';
import type { LogLevel } from './messages.js';
import { NmeaLog } from './nmea-log.js';
import { replayJudge } from './replay-judge.js';
import { toupcamJudge } from './toupcam-judge.js';

/** How often what changes slowly is written down. */
const SLOW_MS = 60_000;
const TICK_MS = 1_000;
const PTP_MS = 5_000;
/** Findings that the user is told at once, besides the index. */
const TOLD: ReadonlySet<Finding['kind']> = new Set([
  'whole-second',
  'second-step',
  'host-step',
  'sequence-reset',
  'exposure-change',
  'leap-second',
]);

export interface SessionClockEvents {
  readonly event: (event: EventRecord) => void;
  readonly gap: (gap: GapRecord) => void;
  readonly log: (level: LogLevel, message: string) => void;
}

export class SessionClock {
  readonly #events: SessionClockEvents;
  readonly #log: EventLog;
  readonly #nmea: NmeaLog;
  readonly #host = new HostClock();
  readonly #gpsd: GpsdClient | null;
  readonly #calibrations: CalibrationKeeper;
  readonly #exposureChange = new ExposureChange();
  #toldGpsd = '';
  readonly #timer: NodeJS.Timeout;
  #timekeeper: Timekeeper | null = null;
  #camera: { readonly camera: StreamCamera; readonly timing: CameraTiming } | null = null;
  #askedExposureMs = Number.NEGATIVE_INFINITY;
  #askedPtpMs = 0;
  #toldHost = '';
  #toldCheck: SecondCheck | null = null;
  #slowSince = 0;
  #lastTold = new Map<string, number>();
  #state: StateChange | null = null;

  /** `gpsd`: where it is asked; null: nowhere. */
  constructor(events: SessionClockEvents, gpsd: GpsdAddress | null) {
    this.#events = events;
    this.#gpsd = gpsd === null ? null : new GpsdClient(gpsd);
    this.#log = new EventLog(events.event);
    this.#nmea = new NmeaLog(events.event);
    this.#calibrations = new CalibrationKeeper(events);
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
    for (const warning of leapSecondWarnings(BigInt(Date.now()) * 1_000_000n)) events.log('warning', warning);
  }

  /** Judges the frames of a stream of `camera`, which begins. */
  judgeFor(camera: StreamCamera): JudgeFrame {
    const { mode, source } = camera;
    const timing: CameraTiming = {
      hasGpsHeader: mode.gpsHeader,
      shutter: mode.shutter,
      calibration: this.#calibrations.forStream(camera),
      region: regionOf(mode),
      exposureNs: mode.exposureNs,
      framePeriodNs: framePeriodNs(mode),
      heldBackNs: heldBackNs(mode),
      tickFrequencyHz: source.tickFrequencyHz,
      leaderScale: mode.ptpLocked ? ('tai' as const) : ('unknown' as const),
      ...(mode.counting === undefined ? {} : { counting: mode.counting }),
    };
    if (this.#timekeeper === null) {
      this.#timekeeper = new Timekeeper(timing, {
        finding: (finding) => this.#finding(finding),
        state: (change, utcNs, blockId) => {
          this.#state = change;
          const { from, to, why } = change;
          const data = { from, to, why, block: String(blockId) };
          this.#events.event({ kind: 'clock-state', startUtcNs: utcNs, endUtcNs: utcNs, data });
          const level = to === 'locked' || from === null ? 'info' : 'warning';
          this.#events.log(level, `GPS ${to}${from === null ? '' : ` (was ${from})`}: ${why}`);
        },
      });
    } else this.#timekeeper.newStream(timing);
    this.#camera = { camera, timing };
    const plain = frameJudge({
      timekeeper: this.#timekeeper,
      gpsHeader: mode.gpsHeader,
      ticks: new CameraTicks(mode.timestampChunk, source.tickFrequencyHz),
      host: () => this.#host.witness(),
      nmea: this.#nmea,
    });
    const judge = toupcamJudge({
      timing: () => this.#camera?.timing ?? timing,
      host: () => this.#host.witness(),
      otherwise: plain,
    });
    this.#exposureChange.reset();
    if (camera.recordedTimes === undefined) return this.#withExposure(judge, mode.gpsHeader);
    return replayJudge(camera.recordedTimes, timing, judge);
  }

  /** The camera of the stream is set otherwise from now on. */
  changeCamera(camera: StreamCamera): void {
    const former = this.#camera;
    if (former === null) return;
    const { exposureNs } = camera.mode;
    const timing = { ...former.timing, framePeriodNs: framePeriodNs(camera.mode), heldBackNs: heldBackNs(camera.mode) };
    this.#camera = { camera, timing };
    this.#timekeeper?.changeTiming(timing);
    if (exposureNs === former.timing.exposureNs) return;
    const calibration = this.#calibrations.forExposure(camera, exposureNs);
    const now = BigInt(Date.now()) * 1_000_000n;
    this.#exposureChange.announce(timing, { ...timing, exposureNs, calibration }, now);
  }

  /** A frame may be the first with the exposure that was set. */
  #withExposure(judge: JudgeFrame, gpsHeader: boolean | null): JudgeFrame {
    return (ring, slot, info) => {
      const current = this.#camera;
      if (this.#exposureChange.pending && current !== null) {
        const begin = gpsHeader === false ? null : beginOf(ring, slot, info, PACKED_HEADER_BYTES);
        const { headerBytes } = headerEvidence(begin, gpsHeader);
        const timing = this.#exposureChange.adopt(current.timing, info.firstPacketNs, headerBytes);
        if (timing !== null) {
          this.#camera = { ...current, timing };
          this.#timekeeper?.changeExposure(timing);
        }
      }
      return this.#exposureChange.doubted(judge(ring, slot, info), info.firstPacketNs);
    };
  }

  /** The stream has ended: what is still open is told. */
  streamEnded(): void {
    this.#timekeeper?.end();
  }

  /** A session ends while the camera streams on: what is open is told. */
  sessionEnds(): void {
    this.#tellOscillator();
    this.#tellSecond();
    this.#tellGpsd(true);
    this.#log.flush(null);
  }

  /**
   * Another session has begun in mid-stream: what is known goes on, and its index is told what it begins with. `utcNs`: of the newest
   * frame; null: none has come.
   */
  sessionBegins(utcNs: bigint | null): void {
    this.#toldHost = '';
    this.#toldCheck = null;
    this.#toldGpsd = '';
    this.#nmea.sessionBegins();
    this.#calibrations.sessionBegins();
    this.#tellHost();
    this.#tellGpsd(false);
    if (this.#state === null || utcNs === null) return;
    const data = { from: null, to: this.#state.to, why: `since before the session: ${this.#state.why}` };
    this.#events.event({ kind: 'clock-state', startUtcNs: utcNs, endUtcNs: utcNs, data });
  }

  /** What is known besides the frames' own times. */
  witnesses(): ClockWitnesses {
    const timekeeper = this.#timekeeper;
    return {
      hasGpsHeader: this.#camera?.timing.hasGpsHeader ?? null,
      receiver: timekeeper?.state ?? null,
      oscillatorPpm: timekeeper?.oscillator.ppm ?? null,
      second: timekeeper?.secondCheck ?? null,
      almanacAgeS: timekeeper?.almanacAgeS() ?? null,
      host: this.#host.state,
      gpsd: this.#gpsd?.witness ?? null,
      nmea: this.#nmea.fix,
    };
  }

  /** The run has ended. */
  end(): void {
    clearInterval(this.#timer);
    this.#timekeeper?.end();
    this.sessionEnds();
    this.#host.close();
    this.#gpsd?.close();
  }

  #finding(finding: Finding): void {
    if (finding.kind === 'lost-in-camera') {
      const { frames, evidence, between } = finding;
      const times = { fromUtcNs: between?.fromUtcNs ?? null, toUtcNs: between?.toUtcNs ?? null };
      this.#events.gap({ cause: 'camera', firstBlock: null, lastBlock: null, frames, detail: evidence, ...times });
      return;
    }
    this.#log.finding(finding);
    if (finding.kind === 'exposure-change') void this.#askExposure();
    if (!TOLD.has(finding.kind)) return;
    // The same again within a minute is in the index only.
    const now = performance.now();
    if (now - (this.#lastTold.get(finding.kind) ?? Number.NEGATIVE_INFINITY) < SLOW_MS) return;
    this.#lastTold.set(finding.kind, now);
    this.#events.log('warning', `block ${finding.blockId}: ${finding.evidence}`);
  }

  /** Frames show another exposure: has somebody set it? */
  async #askExposure(): Promise<void> {
    const now = performance.now();
    const asked = this.#camera;
    if (asked === null || this.#exposureChange.pending || now - this.#askedExposureMs < TICK_MS) return;
    this.#askedExposureMs = now;
    const exposureNs = await asked.camera.exposureNs();
    if (exposureNs === null || exposureNs === asked.timing.exposureNs || this.#camera !== asked) return;
    const calibration = this.#calibrations.forExposure(asked.camera, exposureNs);
    const timing = { ...asked.timing, exposureNs, calibration };
    this.#camera = { camera: asked.camera, timing };
    this.#timekeeper?.changeTiming(timing);
  }

  /** A clock that PTP has let go of is its own: the times of the frames from here on. One that it takes hold of late is TAI. */
  async #askPtp(): Promise<void> {
    const asked = this.#camera;
    if (asked === null) return;
    const locked = await asked.camera.ptpLocked();
    const current = this.#camera;
    if (locked === null || current?.camera !== asked.camera) return;
    const leaderScale = locked ? ('tai' as const) : ('unknown' as const);
    if (leaderScale === current.timing.leaderScale) return;
    const timing = { ...current.timing, leaderScale };
    this.#camera = { camera: current.camera, timing };
    this.#timekeeper?.changeTiming(timing);
    const told = locked ? 'PTP holds the camera clock now' : 'PTP does not hold the camera clock any more';
    this.#events.log(locked ? 'info' : 'warning', told);
  }

  #tick(): void {
    this.#log.flush(BigInt(Date.now()) * 1_000_000n);
    this.#tellHost();
    this.#tellGpsd(false);
    if (performance.now() - this.#askedPtpMs >= PTP_MS) {
      this.#askedPtpMs = performance.now();
      void this.#askPtp();
    }
    if (performance.now() - this.#slowSince < SLOW_MS) return;
    this.#slowSince = performance.now();
    this.#tellOscillator();
    this.#tellSecond();
    this.#tellGpsd(true);
  }

  #tellOscillator(): void {
    const oscillator = this.#timekeeper?.oscillator;
    if (oscillator === undefined || oscillator.ppm === null) return;
    const now = BigInt(Date.now()) * 1_000_000n;
    const data = { ppm: oscillator.ppm, seconds: oscillator.seconds };
    this.#events.event({ kind: 'oscillator', startUtcNs: now, endUtcNs: now, data });
  }

  /** How the whole second stands to the host's. */
  #tellSecond(): void {
    const check = this.#timekeeper?.secondCheck ?? null;
    if (check === null || check === this.#toldCheck) return;
    this.#toldCheck = check;
    const now = BigInt(Date.now()) * 1_000_000n;
    const { delayNs, hostBoundNs, ...rest } = check;
    const almanacAgeS = this.#timekeeper?.almanacAgeS() ?? null;
    const data = { ...rest, delayNs: String(delayNs), hostBoundNs: String(hostBoundNs), almanacAgeS };
    this.#events.event({ kind: 'clock-check', startUtcNs: now, endUtcNs: now, data });
  }

  /** A row when the second witness has another fix or none, and once in a while. */
  #tellGpsd(anyhow: boolean): void {
    const gpsd = this.#gpsd;
    if (gpsd === null) return;
    const { connected, witness } = gpsd;
    const key = `${connected} ${witness.mode}`;
    const changed = key !== this.#toldGpsd;
    if (!changed && !anyhow) return;
    if (changed && witness.problem !== null) this.#events.log('warning', witness.problem);
    this.#toldGpsd = key;
    const now = BigInt(Date.now()) * 1_000_000n;
    const inText = (ns: bigint | null) => (ns === null ? null : String(ns));
    const { ppsOffsetNs, messageOffsetNs, fixUtcNs, ...rest } = witness;
    const data = {
      connected,
      ...rest,
      ppsOffsetNs: inText(ppsOffsetNs),
      messageOffsetNs: inText(messageOffsetNs),
      fixUtcNs: inText(fixUtcNs),
    };
    this.#events.event({ kind: 'gpsd', startUtcNs: now, endUtcNs: now, data });
  }

  /** A row when the host's clock is held otherwise than before. */
  #tellHost(): void {
    const { synchronised, source, boundNs, detail } = this.#host.state;
    const key = `${synchronised} ${source}`;
    if (key === this.#toldHost) return;
    this.#toldHost = key;
    const now = BigInt(Date.now()) * 1_000_000n;
    const data = { synchronised, source, boundNs: String(boundNs), detail };
    this.#events.event({ kind: 'host-clock', startUtcNs: now, endUtcNs: now, data });
  }
}
