/**
 * A stream of a Toupcam camera from start to stop: frames are taken as the library has them, exposures are triggered one after the
 * other where single frames are asked for, and what stops is begun again step by step.
 */
import { reasonOf } from '#gps/errors.js';
import type { FrameSink, StreamRequest } from '../sdk/sdk-camera.js';
import type { ToupcamMode } from './camera-mode.js';
import type { CameraState } from './camera-state.js';
import { FramePuller } from './frame-puller.js';
import { FrameWatch } from './frame-watch.js';
import { LossReport } from './loss-report.js';
import { PullStream } from './pull-stream.js';
import { RecoveryLadder, type RecoveryStep } from './recovery-ladder.js';
import type { SerialWork } from './serial-work.js';
import { EVENT, OPTION } from './toupcam-constants.js';

/** Option TRIGGER */
const TRIGGER = { video: 0, software: 1, external: 2, any: 3 } as const;
/** Option FLUSH: the queues of the camera and of the library. */
const FLUSH_BOTH = 3;
const LEAST_NOFRAME_MS = 500;
/** Colours of 16 bit with a fourth: whatever the mode says, no library writes more. */
const MOST_PIXEL_BYTES = 8;

/** Each of the library's two queues of frames may take this much memory; more frames than `MOST_QUEUED` no pause is bridged by. */
const QUEUE_BYTES = 256 * 2 ** 20;
const MOST_QUEUED = 64;
/** What the library has by itself: 4 and 3. */
const QUEUED_BY_DEFAULT = 4;

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
  readonly #loss: LossReport;
  readonly #watch: FrameWatch;
  readonly #ladder = new RecoveryLadder();
  readonly #trigger: (typeof TRIGGER)[keyof typeof TRIGGER];
  #end: () => void = () => {};
  #stream: PullStream | null = null;
  #framesLeft: number;
  #stopped = false;
  #recovering = false;

  constructor(host: AcquisitionHost, request: StreamRequest, sink: FrameSink) {
    this.#host = host;
    this.#request = request;
    this.#sink = sink;
    this.#framesLeft = request.kind === 'single' ? request.frames : Number.POSITIVE_INFINITY;
    this.#trigger = triggerOf(host.state, request);
    this.#loss = new LossReport(host.state, sink);
    this.#watch = new FrameWatch({
      mode: () => host.mode(),
      settings: () => {
        const { timeoutMinimumS, timeoutFactor } = host.state.choices;
        return { minimumMs: timeoutMinimumS * 1000, factor: timeoutFactor };
      },
      isWatched: () => !this.#stopped && this.#framesLeft > 0 && this.#isWatched(),
      late: (limitMs) => this.#trouble(`no frame has come within ${(limitMs / 1000).toFixed(1)} s`, 'flush'),
    });
    const sensor = host.state.sensor();
    const largestBytes = sensor.width * sensor.height * MOST_PIXEL_BYTES;
    this.#puller = new FramePuller(sink, host.mode(), this.#loss.account, largestBytes);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** @throws SdkError when the camera does not begin to stream */
  async start(): Promise<void> {
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
    this.#watch.disarm();
    await this.#host.work.run(async () => {
      try {
        await this.#halt();
      } finally {
        if (!lost) this.#loss.settle();
        this.#end();
      }
    });
  }

  /** Looks at what the library has lost; called about once a second. */
  poll(): void {
    if (!this.#stopped && !this.#recovering) this.#loss.poll();
  }

  async #begin(): Promise<void> {
    const { state } = this.#host;
    this.#watch.restarted();
    await state.setOption('the trigger', 'TRIGGER', this.#trigger);
    const watchedMs = this.#isWatched() ? Math.ceil(Math.max(LEAST_NOFRAME_MS, this.#watch.limitMs())) : 0;
    const noFrameMs = this.#trigger === TRIGGER.video ? watchedMs : 0;
    await state.handle.tryOption('a time limit of frames', OPTION.NOFRAME_TIMEOUT, noFrameMs);
    await this.#lengthenQueues();
    this.#puller.restarted();
    this.#watch.begun();
    this.#stream = await PullStream.start(state.handle, (code) => this.#event(code));
    state.streams = true;
    const takes = this.#trigger === TRIGGER.software || this.#trigger === TRIGGER.any;
    state.takesTriggers = this.#request.kind === 'live' && takes;
    this.#watch.begun();
    if (this.#isSelfTriggered()) await this.#expose();
    this.#watch.arm();
  }

  /** A computer that stands still for some frames loses none of them as long as the library can keep them. */
  async #lengthenQueues(): Promise<void> {
    const { handle } = this.#host.state;
    const length = Math.min(MOST_QUEUED, Math.floor(QUEUE_BYTES / this.#host.mode().frameBytes));
    if (length <= QUEUED_BY_DEFAULT) return;
    await handle.tryOption('a longer queue', OPTION.FRONTEND_DEQUE_LENGTH, length);
    await handle.tryOption('a longer queue', OPTION.BACKEND_DEQUE_LENGTH, length);
  }

  async #halt(): Promise<void> {
    const { state } = this.#host;
    state.streams = false;
    state.takesTriggers = false;
    state.choices.triggerAt = '';
    const stream = this.#stream;
    this.#stream = null;
    if (stream === null || stream.handle.closed) return;
    if (this.#trigger !== TRIGGER.video && state.handle.has('Trigger')) {
      await state.handle.change('the end of the exposure', 'Trigger', 0).catch(() => {});
    }
    await stream.stop();
  }

  async #expose(): Promise<void> {
    this.#watch.begun();
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
    this.#watch.frame();
    if (this.#ladder.frame()) this.#message('info', 'frames come again');
    if (pulled === 'passed') this.#framesLeft--;
    if (this.#framesLeft <= 0) {
      this.#watch.disarm();
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
        if (this.#watch.isLate()) this.#trouble('the library tells that no frame has come', 'flush');
        break;
      case EVENT.NOPACKETTIMEOUT:
        this.#trouble('the library tells that nothing comes from the camera', 'flush');
        break;
      case EVENT.TRIGGERFAIL:
        this.#trouble('the library tells that an exposure failed', 'flush', true);
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

  /** Takes the next step, and those after it that fail. `isMissing`: a frame was under way. */
  #trouble(why: string, least: RecoveryStep, isMissing = this.#trigger === TRIGGER.video): void {
    if (this.#stopped || this.#recovering || this.#framesLeft <= 0) return;
    this.#recovering = true;
    this.#watch.disarm();
    void this.#host.work
      .run(() => this.#recover(why, least, isMissing))
      .finally(() => {
        this.#recovering = false;
        this.#watch.arm();
      });
  }

  async #recover(why: string, least: RecoveryStep, isMissing: boolean): Promise<void> {
    let reason = why;
    if (this.#isSelfTriggered()) this.#loss.exposureFailed(why);
    else if (isMissing) this.#loss.account.interrupted();
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
      this.#watch.begun();
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

  #lose(reason: string): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#watch.disarm();
    this.#loss.settle();
    this.#host.lost(reason);
    this.#sink.event({ kind: 'lost', reason });
    this.#end();
  }

  #message(level: 'info' | 'warning', text: string): void {
    this.#sink.event({ kind: 'message', level, text });
  }
}

/** Single frames are triggered from here, but for those that the trigger input gives. */
function triggerOf({ choices }: CameraState, { kind }: StreamRequest): (typeof TRIGGER)[keyof typeof TRIGGER] {
  const { triggered, triggerSource } = choices;
  if (kind === 'single') return triggered && triggerSource === 'External' ? TRIGGER.external : TRIGGER.software;
  if (!triggered) return TRIGGER.video;
  return { Software: TRIGGER.software, External: TRIGGER.external, Any: TRIGGER.any }[triggerSource];
}
