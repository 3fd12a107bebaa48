import { setImmediate as nextTurn } from 'node:timers/promises';
import { LedSpot } from './led-spot.js';
import type { CameraModel } from './models.js';
import { Scene, type SceneOptions } from './scene.js';

/** The loop of frames of a camera, ready to be sent: all payloads in one piece of memory, one stride apart. */
export interface PreparedFrames {
  readonly payloads: Uint8Array;
  readonly payloadBytes: number;
  readonly strideBytes: number;
  readonly count: number;
  /** Where a payload of zeros stands, for a camera that may send one. */
  readonly zeroOffset: number | null;
  /** What the calibration LED does to them. */
  readonly led: LedSpot;
}

/** Makes the frames of one camera, anew only when what they show has changed. */
export class FramePreparer {
  readonly #model: CameraModel;
  readonly #withZeros: boolean;
  #key = '';
  #ready: Promise<PreparedFrames> | null = null;
  #memory = new Uint8Array(0);

  constructor(model: CameraModel, { withZeros }: { readonly withZeros: boolean }) {
    this.#model = model;
    this.#withZeros = withZeros;
  }

  /**
   * Resolves with the frames for `options`. Lets the event loop run between frames, so that control stays answered.
   * The memory is used again: no stream may be running on the frames of an earlier call.
   */
  prepare(options: SceneOptions): Promise<PreparedFrames> {
    const key = [options.scene, options.seed, options.format.name, options.gainDb, String(options.exposureNs)]
      .concat([options.width, options.height, options.offsetX, options.offsetY].map(String))
      .join(' ');
    if (key !== this.#key || !this.#ready) {
      const before = this.#ready ?? Promise.resolve();
      this.#key = key;
      this.#ready = before.then(() => this.#fill(options));
    }
    return this.#ready;
  }

  async #fill(options: SceneOptions): Promise<PreparedFrames> {
    const scene = new Scene(this.#model, options);
    const strideBytes = Math.ceil(scene.payloadBytes / 4096) * 4096;
    const zeroOffset = this.#withZeros ? strideBytes * scene.frames : null;
    const bytes = strideBytes * (scene.frames + (this.#withZeros ? 1 : 0));
    const fresh = this.#memory.length !== bytes;
    if (fresh) this.#memory = new Uint8Array(bytes);
    const payloads = this.#memory;
    for (let index = 0; index < scene.frames; index++) {
      scene.fill(payloads.subarray(index * strideBytes, index * strideBytes + scene.payloadBytes), index);
      await nextTurn();
    }
    // Memory used before may have held frames of another size; that of fresh zeros is not touched, so it takes no page.
    if (zeroOffset !== null && !fresh) payloads.fill(0, zeroOffset);
    const { payloadBytes, frames: count, electronsPerUnit, maximumUnits } = scene;
    const led = new LedSpot(this.#model, { ...options, electronsPerUnit, maximumUnits });
    return { payloads, payloadBytes, strideBytes, count, zeroOffset, led };
  }
}
