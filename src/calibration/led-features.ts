/**
 * The features by which a camera lets its calibration LED be driven (QHY's GPIO mode 6; SetQHYCCDGPSLedCalMode, -POSA, -POSB in
 * its SDK): the simulated camera has them, and a bridge to the SDK would.
 */
import { AppulseError } from '#gps/errors.js';
import type { StreamCamera } from '#src/cameras/camera.js';

const NEEDED = ['LedCalMode', 'LedPulsePosition', 'LedPulseWidth', 'LedPulseOrigin', 'LedPulseTickFrequency'] as const;

/** Where pulses can begin after a mark. */
export interface LedReach {
  readonly leastNs: number;
  readonly mostNs: number;
}

export class LedControl {
  readonly pulseWidthNs: number;
  readonly #camera: StreamCamera;
  readonly #origin: bigint;
  readonly #frequencyHz: number;
  #edge: 'Off' | 'Start' | 'End' | null = null;

  private constructor(camera: StreamCamera, origin: bigint, frequencyHz: number, widthTicks: number) {
    this.#camera = camera;
    this.#origin = origin;
    this.#frequencyHz = frequencyHz;
    this.pulseWidthNs = (widthTicks * 1e9) / frequencyHz;
  }

  /** @throws AppulseError `calibration.features` for a camera that cannot do it, and as the camera does */
  static async open(camera: StreamCamera, widthTicks: number): Promise<LedControl> {
    const { controls, features, identity } = camera;
    const missing = NEEDED.filter((name) => !features.has(name));
    if (missing.length > 0) {
      throw new AppulseError(
        'calibration.features',
        `${identity.model} ${identity.serial} cannot drive a calibration LED: it has no ${missing.join(', ')}`,
        { context: { missing } },
      );
    }
    const control = (await controls.list()).find(({ name }) => name === 'LedCalMode');
    if (control !== undefined && control.unavailable !== null) {
      throw new AppulseError(
        'calibration.features',
        `${identity.model} ${identity.serial} cannot drive a calibration LED: ${control.unavailable}`,
      );
    }
    await features.set('LedPulseWidth', widthTicks);
    const frequencyHz = Number(await features.integer('LedPulseTickFrequency'));
    if (!(frequencyHz > 0)) {
      throw new AppulseError('calibration.features', `LedPulseTickFrequency of the camera is ${frequencyHz} Hz`);
    }
    return new LedControl(camera, await features.integer('LedPulseOrigin'), frequencyHz, widthTicks);
  }

  /** Pulses begin `offsetNs` after the mark `edge` from now on; returns the offset in the camera's whole ticks. */
  async shine(edge: 'start' | 'end', offsetNs: number): Promise<number> {
    const ticks = Math.round((offsetNs * this.#frequencyHz) / 1e9);
    await this.#camera.features.set('LedPulsePosition', this.#origin + BigInt(ticks));
    await this.#mode(edge === 'start' ? 'Start' : 'End');
    return (ticks * 1e9) / this.#frequencyHz;
  }

  /** How early and late after the mark `edge` a pulse can begin, ns. The pulse stands on the mark then. */
  async reach(edge: 'start' | 'end'): Promise<LedReach> {
    await this.off();
    await this.shine(edge, 0);
    const controls = await this.#camera.controls.list();
    const { minimum = null, maximum = null } = controls.find(({ name }) => name === 'LedPulsePosition') ?? {};
    const ns = (position: number) => ((position - Number(this.#origin)) * 1e9) / this.#frequencyHz;
    return {
      leastNs: minimum === null ? Number.NEGATIVE_INFINITY : ns(minimum),
      mostNs: maximum === null ? Number.POSITIVE_INFINITY : ns(maximum),
    };
  }

  off(): Promise<void> {
    return this.#mode('Off');
  }

  async #mode(edge: 'Off' | 'Start' | 'End'): Promise<void> {
    if (edge === this.#edge) return;
    await this.#camera.features.set('LedCalMode', edge);
    this.#edge = edge;
  }
}
