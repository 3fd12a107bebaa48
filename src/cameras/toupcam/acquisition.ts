/**
 * A stream of a Toupcam camera from start to stop: frames are taken as the library has them, exposures are triggered one after the
 * other where single frames are asked for, and what stops is begun again step by step.
 */
import { reasonOf } from '#gps/errors.js';
import type { FrameSink, StreamRequest } from '../sdk/sdk-camera.js';
import type { ToupcamMode } from './camera-mode.js';
import type { CameraState } from './camera-state.js';
import { FramePuller } from './frame-puller.js';
import { FrameTimeLimit } from './frame-time-limit.js';
import { LossAccount, type LossCounters } from './loss-account.js';
import { PullStream } from './pull-stream.js';
import { RecoveryLadder, type RecoveryStep } from './recovery-ladder.js';
import type { SerialWork } from './serial-work.js';
import { EVENT, OPTION } from './toupcam-constants.js';

/** Option TRIGGER */
const TRIGGER = { video: 0, software: 1, external: 2 } as const;
/** Option FLUSH: the queues of the camera and of the library. */
const FLUSH_BOTH = 3;
const LEAST_NOFRAME_MS = 500;
/** Most time between two looks at whether a frame is late. */
const LOOK_MS = 250;

/** What an acquisition asks of its camera. */
export interface AcquisitionHost {
  readonly state: CameraState;
  readonly work: SerialWork;
  /** As it is now: exposure and rate may change while frames stream, their size may not. */
  mode(): ToupcamMode;
  /** Closes the camera and opens it again, with its settings, as long as that is wanted. @throws SdkError */
  reopen(isWanted: () => boolean): Promise<void>;
  /** The camera is gone. */
  lost(reason: string): void;
  /** Controls may have changed by themselves. */
  changed(): void;
}

const STEP_WORDS: Readonly<Record<Exclude<RecoveryStep, 'give-up'>, string>> = {
  flush: 'its queues are emptied',
  restart: 'the stream is stopped and begun again',
  reopen: 'the camera is closed and opened again',
};

export class Acquisition {
  readonly ended: Promise<void>;
  readonly #host: AcquisitionHost;
  readonly #sink: FrameSink;
  readonly #request: StreamRequest;
  readonly #puller: FramePuller;
  readonly #loss: LossAccount;
  readonly #limit = new FrameTimeLimit();
  readonly #ladder = new RecoveryLadder();
  readonly #trigger: (typeof TRIGGER)[keyof typeof TRIGGER];
  #end: () => void = () => {};
  #stream: PullStream | null = null;
  #timer: NodeJS.Timeout | null = null;
  #begunMs = 0;
  /** Exposures of the last frames: one that was begun before a change comes after it. */
  #exposuresMs: [number, number] = [0, 0];
  #framesLeft: number;
  #fullTold = 1;
  #stopped = false;
  #recovering = false;

  constructor(host: AcquisitionHost, request: StreamRequest, sink: FrameSink) {
    const { triggered, triggerSource } = host.state.choices;
    this.#host = host;
    this.#request = request;
    this.#sink = sink;
    this.#framesLeft = request.kind === 'single' ? request.frames : Number.POSITIVE_INFINITY;
    const given = triggered && triggerSource === 'External' ? TRIGGER.external : TRIGGER.software;
    this.#trigger = request.kind === 'live' && !triggered ? TRIGGER.video : given;
    this.#loss = new LossAccount(this.#counters());
    const sensor = host.state.sensor();
    // At most three bytes a pixel: RGB8.
    this.#puller = new FramePuller(sink, host.mode(), this.#loss, sensor.width * sensor.height * 3);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** @throws SdkError when the camera does not begin to stream */
  async start(): Promise<void> {
    const exposureMs = this.#exposureMs();
    this.#exposuresMs = [exposureMs, exposureMs];
    try {
      await this.#begin();
    } catch (error) {
      this.#stopped = true;
      await this.#halt().catch(() => {});
      throw error;
    }
  }

  /** Ends the stream, of a lost camera too; nothing is put once it is called. @throws SdkError when the library refuses */
  async stop(): Promise<void> {
    const lost = this.#stopped;
    this.#stopped = true;
    this.#disarm();
    await this.#host.work.run(async () => {
      try {
        await this.#halt();
      } finally {
        if (!lost) this.#settle();
        this.#end();
      }
    });
  }

  /** Looks at what the library has lost; called about once a second. */
  poll(): void {
    if (this.#stopped || this.#recovering) return;
    const counters = this.#counters();
    this.#tellLost(this.#loss.counters(counters));
    this.#tellFull(counters);
  }

  async #begin(): Promise<void> {
    const { state } = this.#host;
    // The first frame after a start takes longer than those after it.
    this.#limit.forget();
    await state.setOption('the trigger', 'TRIGGER', this.#trigger);
    const watchedMs = this.#isWatched() ? Math.ceil(Math.max(LEAST_NOFRAME_MS, this.#limitMs())) : 0;
    const noFrameMs = this.#trigger === TRIGGER.video ? watchedMs : 0;
    await state.handle.tryOption('a time limit of frames', OPTION.NOFRAME_TIMEOUT, noFrameMs);
    this.#puller.restarted();
    this.#begunMs = performance.now();
    this.#stream = await PullStream.start(state.handle, (code) => this.#event(code));
    state.streams = true;
    state.takesTriggers = this.#request.kind === 'live' && this.#trigger === TRIGGER.software;
    this.#begunMs = performance.now();
    if (this.#isSelfTriggered()) await this.#expose();
    this.#arm();
  }

  async #halt(): Promise<void> {
    const { state } = this.#host;
    state.streams = false;
    state.takesTriggers = false;
    const stream = this.#stream;
    this.#stream = null;
    if (stream === null || stream.handle.closed) return;
    if (this.#trigger !== TRIGGER.video && state.handle.has('Trigger')) {
      await state.handle.change('the end of the exposure', 'Trigger', 0).catch(() => {});
    }
    await stream.stop();
  }

  async #expose(): Promise<void> {
    this.#begunMs = performance.now();
    await this.#host.state.handle.change('an exposure', 'Trigger', 1);
  }

  /** Single frames, whose exposures are begun from here. */
  #isSelfTriggered(): boolean {
    return this.#request.kind === 'single' && this.#trigger === TRIGGER.software;
  }

  /** Whether it is known when the next frame is to come. */
  #isWatched(): boolean {
    return this.#trigger === TRIGGER.video || this.#isSelfTriggered();
  }

  /** Called by the library, which waits. */
  #event(code: number): void {
    if (this.#stopped) return;
    if (code === EVENT.IMAGE) {
      if (this.#framesLeft > 0) this.#image();
    } else setImmediate(() => this.#told(code));
  }

  #image(): void {
    const { handle } = this.#host.state;
    const pulled = this.#puller.pull(handle);
    if (pulled === 'none') return;
    const nowMs = performance.now();
    const exposureMs = this.#exposureMs();
    this.#limit.measured(nowMs - this.#begunMs, Math.max(exposureMs, this.#periodMs()));
    this.#begunMs = nowMs;
    this.#exposuresMs = [this.#exposuresMs[1], exposureMs];
    if (this.#ladder.frame()) this.#message('info', 'frames come again');
    if (pulled === 'passed') this.#framesLeft--;
    if (this.#framesLeft <= 0) {
      this.#disarm();
      this.#end();
    } else if (this.#isSelfTriggered()) setImmediate(() => void this.#exposeNext());
  }

  async #exposeNext(): Promise<void> {
    await this.#host.work.run(async () => {
      if (this.#stopped || this.#recovering) return;
      try {
        await this.#expose();
      } catch (error) {
        setImmediate(() => this.#trouble(reasonOf(error), 'restart'));
      }
    });
  }

  #told(code: number): void {
    if (this.#stopped) return;
    switch (code) {
      case EVENT.DISCONNECTED:
        this.#lose('it was unplugged, or lost its power');
        break;
      case EVENT.ERROR:
        this.#trouble('the library tells an error of the camera', 'restart');
        break;
      case EVENT.NOFRAMETIMEOUT:
        // Set when the stream began, and the exposure may have been made longer since.
        if (this.#isLate()) this.#trouble('the library tells that no frame has come', 'flush');
        break;
      case EVENT.NOPACKETTIMEOUT:
        this.#trouble('the library tells that nothing comes from the camera', 'flush');
        break;
      case EVENT.TRIGGERFAIL:
        this.#trouble('the library tells that an exposure failed', 'flush');
        break;
      case EVENT.AUTOEXPO_CONVFAIL:
        this.#message('warning', 'the automatic exposure finds no fitting exposure: set it by hand');
        break;
      case EVENT.EXPOSURE:
      case EVENT.TEMPTINT:
      case EVENT.WBGAIN:
      case EVENT.BLACK:
      case EVENT.ROI:
      case EVENT.LEVELRANGE:
      case EVENT.AUTOEXPO_CONV:
        this.#host.changed();
        break;
    }
  }

  #exposureMs(): number {
    return Number(this.#host.mode().exposureNs) / 1e6;
  }

  /** Least time from frame to frame beside the exposure. */
  #periodMs(): number {
    const { frameRate, rateLimit } = this.#host.mode();
    return Math.max(frameRate === null ? 0 : 1000 / frameRate, rateLimit === null ? 0 : 1000 / rateLimit);
  }

  #limitMs(): number {
    const { timeoutMinimumS, timeoutFactor } = this.#host.state.choices;
    const exposureMs = Math.max(...this.#exposuresMs, this.#exposureMs(), this.#periodMs());
    const settings = { minimumMs: timeoutMinimumS * 1000, factor: timeoutFactor };
    return this.#limit.limitMs(exposureMs, this.#host.mode().frameBytes, settings);
  }

  #isLate(): boolean {
    return performance.now() - this.#begunMs >= this.#limitMs();
  }

  #arm(): void {
    this.#disarm();
    if (this.#stopped || this.#framesLeft <= 0 || !this.#isWatched()) return;
    const leftMs = this.#limitMs() - (performance.now() - this.#begunMs);
    // The limit falls as readouts are measured, and with the exposure: looked at again before the time is over.
    this.#timer = setTimeout(() => this.#look(), Math.min(Math.max(leftMs, 10), LOOK_MS));
  }

  #disarm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Where this thread was held up, frames wait in the library's callback: they are served before a frame is called late. */
  #look(): void {
    if (this.#isLate()) setImmediate(() => this.#judge());
    else this.#arm();
  }

  #judge(): void {
    if (!this.#isLate()) {
      this.#arm();
      return;
    }
    const limitS = (this.#limitMs() / 1000).toFixed(1);
    this.#trouble(`no frame has come within ${limitS} s`, 'flush');
  }

  /** Takes the next step, and those after it that fail. */
  #trouble(why: string, least: RecoveryStep): void {
    if (this.#stopped || this.#recovering || this.#framesLeft <= 0) return;
    this.#recovering = true;
    this.#disarm();
    void this.#host.work
      .run(() => this.#recover(why, least))
      .finally(() => {
        this.#recovering = false;
        this.#arm();
      });
  }

  async #recover(why: string, least: RecoveryStep): Promise<void> {
    let reason = why;
    if (this.#isSelfTriggered()) this.#exposureFailed(why);
    while (!this.#stopped) {
      const step = this.#ladder.fail(least);
      if (step === 'give-up') {
        this.#lose(`${reason}, and no step has helped: check cable, hub and power`);
        return;
      }
      this.#message('warning', `${reason}: ${STEP_WORDS[step]}`);
      try {
        await this.#take(step);
        return;
      } catch (error) {
        reason = reasonOf(error);
      }
    }
  }

  async #take(step: Exclude<RecoveryStep, 'give-up'>): Promise<void> {
    const { state } = this.#host;
    if (step === 'flush') {
      if (this.#isSelfTriggered()) await state.handle.change('the end of the exposure', 'Trigger', 0);
      await state.setOption('emptying the queues', 'FLUSH', FLUSH_BOTH);
      this.#begunMs = performance.now();
      if (this.#isSelfTriggered()) await this.#expose();
      return;
    }
    if (step === 'restart') await this.#halt();
    else {
      await this.#halt().catch(() => {});
      await this.#host.reopen(() => !this.#stopped);
    }
    if (!this.#stopped) await this.#begin();
  }

  #exposureFailed(cause: string): void {
    this.#loss.failed(this.#counters());
    this.#sink.event({ kind: 'frames-lost', frames: 1, cause });
  }

  #lose(reason: string): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#disarm();
    this.#settle();
    this.#host.lost(reason);
    this.#sink.event({ kind: 'lost', reason });
    this.#end();
  }

  #settle(): void {
    this.#tellLost(this.#loss.counters(this.#counters(), true));
    const tail = this.#loss.tail();
    if (tail > 0)
      this.#sink.event({ kind: 'frames-lost', frames: tail, cause: 'not handed on at the end of the stream' });
  }

  #tellLost(frames: number): void {
    const cause = 'the library counts more frames dropped than are missing in its own numbers';
    if (frames > 0) this.#sink.event({ kind: 'frames-lost', frames, cause });
  }

  /** Said when it begins, and when it has become twice as often. */
  #tellFull({ frontendFull, backendFull }: LossCounters): void {
    const times = (frontendFull ?? 0) + (backendFull ?? 0);
    if (times < this.#fullTold) return;
    this.#fullTold = Math.max(1, times * 2);
    if (times === 0) return;
    const text = `queues of the library were full ${times} times, which loses frames: what takes them is too slow, or the computer is busy`;
    this.#message('warning', text);
  }

  #counters(): LossCounters {
    const { state } = this.#host;
    return {
      dropped: state.option('NUMBER_DROP_FRAME'),
      frontendFull: state.option('FRONTEND_FULL'),
      backendFull: state.option('BACKEND_FULL'),
    };
  }

  #message(level: 'info' | 'warning', text: string): void {
    this.#sink.event({ kind: 'message', level, text });
  }
}
