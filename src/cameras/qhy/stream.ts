/** What the three kinds of stream share: taking frames, handing them on, telling what was lost, ending. */
import { reasonOf } from '#gps/errors.js';
import { SdkError } from '../sdk/library.js';
import type { FrameSink } from '../sdk/sdk-camera.js';
import { type ExpectedFrame, FrameReader, type Taken } from './frame-reader.js';
import { LossLedger } from './loss-ledger.js';
import { refusal } from './qhy-answer.js';
import type { QhyDevice } from './qhy-device.js';
import { sleep } from './waits.js';

export interface StreamContext {
  readonly device: QhyDevice;
  readonly sink: FrameSink;
  readonly expected: ExpectedFrame;
  /** Milliseconds from frame to frame, by exposure and frame rate, as they are now. */
  readonly periodMs: () => number;
  readonly exposureMs: () => number;
  /** Whether frames wait for a trigger. */
  readonly triggered: () => boolean;
  readonly header: (bytes: Uint8Array) => void;
  /** The camera is gone. */
  readonly lost: (reason: string) => void;
}

const DEVICE_LOST = 0xffff_fffd;
const NO_SLOT = 'no memory was free: what takes the frames is slower than the camera';

export abstract class QhyStream {
  protected readonly context: StreamContext;
  protected readonly reader: FrameReader;
  protected readonly losses: LossLedger;
  protected stopping = false;
  /** The stream ended because the camera is gone: that it refuses to end is no news. */
  protected gone = false;
  #run: Promise<void> = Promise.resolve();

  constructor(context: StreamContext) {
    this.context = context;
    this.reader = new FrameReader(context.device, context.sink, context.expected);
    this.losses = new LossLedger(context.sink, context.expected.gpsHeader);
  }

  /** Resolves when the stream is over, for whatever reason. */
  get ended(): Promise<void> {
    return this.#run;
  }

  /** @throws SdkError where the camera does not begin */
  async begin(): Promise<void> {
    await this.prepare();
    this.#run = this.#whole();
  }

  /** Ends it. Does not throw: what the camera refuses is told. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.interrupt();
    await this.#run;
  }

  /** The exposure has been changed. */
  exposureChanged(): void {}

  protected abstract prepare(): Promise<void>;
  protected abstract run(): Promise<void>;
  protected abstract finish(): Promise<void>;
  protected interrupt(): void {}

  protected say(level: 'info' | 'warning' | 'error', text: string): void {
    this.context.sink.event({ kind: 'message', level, text });
  }

  /** Hands a frame on; true where it went. */
  protected deliver(taken: Taken & { kind: 'frame' }): boolean {
    if (taken.header !== null) this.context.header(taken.header);
    if (taken.slot === null) {
      this.losses.add(1, NO_SLOT);
      return false;
    }
    this.context.sink.put(taken.slot, taken.frame);
    return true;
  }

  /** Drops a frame that was taken. */
  protected drop(taken: Taken & { kind: 'frame' }, cause: string): void {
    if (taken.slot !== null) this.context.sink.giveBack(taken.slot);
    this.losses.add(1, cause);
  }

  /** Asks for a frame of live mode until one comes; null at `limitMs` without one, and when the stream is to end. */
  protected async nextLive(limitMs: number): Promise<(Taken & { kind: 'frame' | 'bad' }) | null> {
    const { device, periodMs, exposureMs } = this.context;
    const untilMs = performance.now() + limitMs;
    while (!this.stopping) {
      const taken = await this.reader.read('GetQHYCCDLiveFrame', device.library.limits.callMs + exposureMs());
      if (taken.kind !== 'none') return taken;
      if (taken.code === DEVICE_LOST) {
        throw refusal('GetQHYCCDLiveFrame', 'no frame could be taken', taken.code, await device.library.lastError());
      }
      this.losses.tick();
      if (performance.now() > untilMs) return null;
      // Polling costs a call and no frame: the camera holds what is ready until it is asked.
      await sleep(Math.min(10, Math.max(1, Math.floor(periodMs() / 20))));
    }
    return null;
  }

  /** Lets the camera count from 1 again: a count that goes on from an earlier stream looks like frames that never came. */
  protected async countAnew(): Promise<void> {
    const { device } = this.context;
    // Releasing bursts and beginning live streams do so by themselves in some cameras; one that refuses goes on counting.
    if (device.has('ResetQHYCCDFrameCounter')) await device.code('ResetQHYCCDFrameCounter');
  }

  /** Whether the camera answers at all: it is asked for what the library cannot have kept. */
  protected async alive(): Promise<boolean> {
    const { device } = this.context;
    if (!device.has('GetQHYCCDFWVersion')) return true;
    return (await device.code('GetQHYCCDFWVersion', new Uint8Array(32))) === 0;
  }

  async #whole(): Promise<void> {
    try {
      await this.run();
      await this.finish();
    } catch (error) {
      this.gone = true;
      const reason =
        error instanceof SdkError ? error.message : `the stream ended by a fault of the program: ${reasonOf(error)}`;
      // Whatever ends a stream by itself has ended the camera: the next one begins with opening it. Closing it while frames are
      // transferred frees memory that is in use, so the stream is ended even so; that may take its time.
      this.context.lost(reason);
      if (!this.context.device.library.lane.silent) await this.finish().catch(() => {});
    } finally {
      this.losses.flush();
      this.reader.release();
    }
  }
}
