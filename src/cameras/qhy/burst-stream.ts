/** Bursts: frames of a range after each release from idling (burst-rules.ts says which). */
import type { BurstFrames, BurstRange } from './burst-rules.js';
import { BURST_RELEASE_MS } from './burst-rules.js';
import { CONTROL } from './qhy-functions.js';
import { QhyStream, type StreamContext } from './stream.js';
import { sleepAtLeast } from './waits.js';

export interface BurstPlan {
  readonly range: BurstRange;
  readonly bursts: number;
  readonly patchNumber: number;
  /** What burst `index` (from 0) is to give. */
  readonly frames: (index: number) => BurstFrames;
}

export class BurstStream extends QhyStream {
  readonly #plan: BurstPlan;

  constructor(context: StreamContext, plan: BurstPlan) {
    super(context);
    this.#plan = plan;
  }

  protected override async prepare(): Promise<void> {
    const { device } = this.context;
    const { range, patchNumber } = this.#plan;
    if (await device.available(CONTROL.DDR)) await device.setParameter(CONTROL.DDR, 1, 'the DDR buffer');
    await device.checkSlow('BeginQHYCCDLive', 'the stream could not be begun');
    // Idle before the range is set: a camera just plugged in would give frames at once.
    await device.check('SetQHYCCDBurstIDLE', 'the camera could not be set idle');
    await device.check(
      'SetQHYCCDBurstModeStartEnd',
      `the burst ${range.start} to ${range.end} could not be set`,
      range.start,
      range.end,
    );
    if (device.has('SetQHYCCDBurstModePatchNumber')) {
      await device.check(
        'SetQHYCCDBurstModePatchNumber',
        `the patch number ${patchNumber} could not be set`,
        patchNumber,
      );
    }
    await device.check('EnableQHYCCDBurstMode', 'burst mode could not be turned on', true);
  }

  protected override async run(): Promise<void> {
    for (let index = 0; index < this.#plan.bursts && !this.stopping; index++) await this.#burst(index);
  }

  protected override async finish(): Promise<void> {
    const { device } = this.context;
    await device.check('EnableQHYCCDBurstMode', 'burst mode could not be turned off', false);
    await device.checkSlow('StopQHYCCDLive', 'the stream could not be ended');
  }

  async #burst(index: number): Promise<void> {
    const { device, periodMs, triggered } = this.context;
    const frames = this.#plan.frames(index);
    await device.check('SetQHYCCDBurstIDLE', 'the camera could not be set idle');
    await sleepAtLeast(BURST_RELEASE_MS);
    await device.check('ReleaseQHYCCDBurstIDLE', 'the camera could not be released');
    if (frames.withheld > 0) {
      this.say(
        'info',
        `the first burst by fibre comes without frame ${frames.first - frames.withheld}: a known fault of the camera`,
      );
    }
    let come = 0;
    while (come < frames.count && !this.stopping) {
      // The frames before the first one that comes are exposed, too.
      const before = come === 0 ? frames.first : 1;
      const limitMs = triggered()
        ? Number.POSITIVE_INFINITY
        : (2 + before) * periodMs() + device.library.limits.silenceMs;
      const taken = await this.nextLive(limitMs);
      if (taken === null) break;
      come++;
      if (taken.kind === 'bad') this.losses.add(1, taken.cause);
      else this.deliver(taken);
    }
    const missing = frames.count - come;
    if (missing > 0 && !this.stopping) {
      this.losses.add(missing, `burst ${index + 1} gave ${come} of its ${frames.count} frames`);
    }
  }
}
