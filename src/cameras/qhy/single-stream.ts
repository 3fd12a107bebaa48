/**
 * Single frames, each exposed when it is asked for. The readout call blocks until the frame is there, and an exposure must not be
 * cancelled while it runs: so the exposure is waited for here, where it can be interrupted, and only then is the frame read out.
 */
import { SdkError } from '../sdk/library.js';
import { QHYCCD_ERROR, refusal } from './qhy-answer.js';
import { QhyStream, type StreamContext } from './stream.js';
import { sleep, type Wait, waitAtLeast } from './waits.js';

/** Between looks for a free slot. */
const SLOT_WAIT_MS = 5;
/** How often in sequence a frame may fail before the camera is given up. */
const MOST_FAILURES = 3;
/** Answer of ExpQHYCCDSingleFrame: a success after which the camera wants 200 ms. Its other one, 0x2001, lets the frame be read at once. */
const DELAY = 0x2000;
const DELAY_MS = 200;

export class SingleStream extends QhyStream {
  readonly #frames: number;
  #reading = false;
  #wait: Wait | null = null;

  constructor(context: StreamContext, frames: number) {
    super(context);
    this.#frames = frames;
  }

  /** Whether a frame is read out: the cooler is to be left alone meanwhile. */
  get reading(): boolean {
    return this.#reading;
  }

  protected override async prepare(): Promise<void> {
    await this.countAnew();
  }

  protected override interrupt(): void {
    this.#wait?.end();
  }

  protected override async run(): Promise<void> {
    let failures = 0;
    for (let frame = 0; frame < this.#frames && !this.stopping; ) {
      // Without memory for it no frame is exposed: none is lost for that here.
      while (!this.reader.hold() && !this.stopping) await sleep(SLOT_WAIT_MS);
      if (this.stopping) return;
      if (await this.#expose()) {
        failures = 0;
        frame++;
      } else if (!this.stopping && ++failures >= MOST_FAILURES) {
        throw new SdkError(
          'sdk.lost',
          `${failures} frames in sequence could not be read out: switch the camera's 12 V off and on, and open it again`,
        );
      }
    }
  }

  protected override async finish(): Promise<void> {}

  /** One frame; false where none came of it. */
  async #expose(): Promise<boolean> {
    const { device, exposureMs } = this.context;
    const { limits } = device.library;
    const code = await device.library.code('ExpQHYCCDSingleFrame', limits.openMs, device.handle);
    // Its other answers (0x2000, 0x2001) say how it is read out, and are successes.
    if (code === QHYCCD_ERROR || code === 0xffff_fffd) {
      throw refusal('ExpQHYCCDSingleFrame', 'the exposure could not be begun', code, await device.library.lastError());
    }
    this.#wait = waitAtLeast(exposureMs() + (code === DELAY ? DELAY_MS : 0));
    if (this.stopping) this.#wait.end();
    await this.#wait.over;
    if (this.stopping) {
      await device.check('CancelQHYCCDExposingAndReadout', 'the exposure could not be cancelled');
      return false;
    }
    this.#reading = true;
    try {
      const taken = await this.reader.read('GetQHYCCDSingleFrame', limits.readoutMs);
      if (taken.kind === 'frame') return this.deliver(taken);
      if (taken.kind === 'bad') {
        this.losses.add(1, taken.cause);
        return true;
      }
      const error = refusal(
        'GetQHYCCDSingleFrame',
        'the frame could not be read out',
        taken.code,
        await device.library.lastError(),
      );
      if (error.code === 'sdk.lost' || !(await this.alive())) throw error;
      this.losses.add(1, error.message);
      await device.code('CancelQHYCCDExposingAndReadout');
      return false;
    } finally {
      this.#reading = false;
    }
  }
}
