/** The memory of a session's newest stream, kept for the next where it fits: a camera that was away comes back to pages that are there. */
import type { StreamCamera } from '#src/cameras/camera.js';
import type { Settings } from '#src/config/settings.js';
import { createStreamMemory, needSameMemory, type StreamMemory } from './stream-memory.js';

export class KeptMemory {
  readonly #settings: Settings;
  readonly #workers: number;
  #newest: { readonly camera: StreamCamera; readonly parts: StreamMemory } | null = null;

  constructor(settings: Settings, workers: number) {
    this.#settings = settings;
    this.#workers = workers;
  }

  /** Of the newest stream; null before the first. */
  get newest(): StreamMemory | null {
    return this.#newest?.parts ?? null;
  }

  /** For a stream of `camera`; the one before has ended. @throws AppulseError as `createStreamMemory` */
  async for(camera: StreamCamera): Promise<StreamMemory> {
    const former = this.#newest;
    if (former !== null && former.parts.ring.fillLevel() === 0 && needSameMemory(former.camera, camera)) {
      former.parts.ring.reset();
      return former.parts;
    }
    await this.stacksWritten();
    this.#newest = null;
    const parts = await createStreamMemory(camera, this.#settings, this.#workers);
    this.#newest = { camera, parts };
    return parts;
  }

  /** Resolves when the stacks that were made in it are on disk. */
  async stacksWritten(): Promise<void> {
    await this.#newest?.parts.stack?.writing;
  }
}
