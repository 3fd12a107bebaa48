/** Live mode: frames follow one another until the stream is stopped. */
import { SdkError } from '../sdk/library.js';
import type { Taken } from './frame-reader.js';
import { CONTROL } from './qhy-functions.js';
import { StaleFrames } from './stale-frames.js';
import { QhyStream, type StreamContext } from './stream.js';

/** How long after three periods without a frame the camera is asked whether it is there. */
const LOOK_MS = 1000;
const STALE = 'exposed before ExposureTime was changed, or while it was';

export class LiveStream extends QhyStream {
  readonly #ddr: () => boolean;
  readonly #stale = new StaleFrames();

  /** `ddr`: whether the camera's memory is to be used. */
  constructor(context: StreamContext, ddr: () => boolean) {
    super(context);
    this.#ddr = ddr;
  }

  override exposureChanged(): void {
    this.#stale.begin(performance.now());
  }

  protected override async prepare(): Promise<void> {
    await this.#startLive();
  }

  protected override async run(): Promise<void> {
    const { periodMs, triggered, device } = this.context;
    let failures = 0;
    while (!this.stopping) {
      const limitMs = triggered() ? Number.POSITIVE_INFINITY : 3 * periodMs() + device.library.limits.silenceMs;
      const taken = await this.#next(limitMs);
      if (this.stopping && taken === null) return;
      if (taken === null) await this.#wake(++failures, limitMs);
      else if (taken.kind === 'bad') this.losses.add(1, taken.cause);
      else if (this.#stale.isStale(performance.now(), periodMs())) this.drop(taken, STALE);
      else {
        failures = 0;
        this.deliver(taken);
      }
    }
  }

  protected override async finish(): Promise<void> {
    const { device } = this.context;
    const code = await device.library.code('StopQHYCCDLive', device.library.limits.openMs, device.handle);
    if (code !== 0 && !this.gone)
      this.say('warning', `StopQHYCCDLive answers ${code}: the camera may go on with its stream`);
  }

  /** A frame within `limitMs`; a camera that is gone is found out sooner. */
  async #next(limitMs: number): Promise<(Taken & { kind: 'frame' | 'bad' }) | null> {
    const earlyMs = Math.min(limitMs, 3 * this.context.periodMs() + LOOK_MS);
    const taken = await this.nextLive(this.context.triggered() ? limitMs : earlyMs);
    if (taken !== null || this.stopping || earlyMs >= limitMs) return taken;
    if (!(await this.alive())) throw this.#goneAfter(earlyMs);
    return this.nextLive(limitMs - earlyMs);
  }

  #goneAfter(ms: number): SdkError {
    const seconds = Math.round(ms / 100) / 10;
    return new SdkError(
      'sdk.lost',
      `no frame has come for ${seconds} s, and the camera does not answer: look at its 12 V and its cable, and open it again`,
    );
  }

  /** The stream stands still. The first time it is begun anew; the second time the camera is given up. */
  async #wake(failures: number, limitMs: number): Promise<void> {
    const seconds = Math.round(limitMs / 100) / 10;
    if (!(await this.alive())) throw this.#goneAfter(limitMs);
    if (failures > 1) {
      throw new SdkError(
        'sdk.lost',
        `no frame has come for ${seconds} s, also after the stream was begun anew: switch the camera's 12 V off and on, and open it again`,
      );
    }
    this.say('warning', `no frame has come for ${seconds} s: the stream is begun anew`);
    await this.finish();
    await this.#startLive();
  }

  async #startLive(): Promise<void> {
    const { device } = this.context;
    // Setting it anew drops what the camera's memory holds of an earlier stream.
    if (await device.available(CONTROL.DDR)) {
      await device.setParameter(CONTROL.DDR, this.#ddr() ? 1 : 0, 'the DDR buffer');
    }
    await this.countAnew();
    await device.checkSlow('BeginQHYCCDLive', 'the stream could not be begun');
  }
}
