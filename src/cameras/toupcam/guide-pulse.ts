/** Pulses of the guide port (ST4). The library begins one and does not end it, so it is ended here. */
import type { ToupcamHandle } from './toupcam-handle.js';

export const GUIDE_DIRECTION = { North: 0, South: 1, East: 2, West: 3 } as const;
const STOP = 4;

export class GuidePulses {
  #timer: NodeJS.Timeout | null = null;
  #handle: ToupcamHandle | null = null;

  /** Begins a pulse in place of one that runs; the time runs in this thread. @throws SdkError `sdk.refused`, `sdk.silent` */
  async pulse(handle: ToupcamHandle, direction: keyof typeof GUIDE_DIRECTION, durationMs: number): Promise<void> {
    await this.end();
    await handle.change(`a guide pulse to the ${direction}`, 'ST4PlusGuide', GUIDE_DIRECTION[direction], durationMs);
    this.#handle = handle;
    this.#timer = setTimeout(() => void this.end(), durationMs);
  }

  /** Ends the pulse that runs, if one does. Does not throw. */
  async end(): Promise<void> {
    const handle = this.#handle;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#handle = null;
    if (handle === null || handle.closed) return;
    try {
      await handle.change('the end of a guide pulse', 'ST4PlusGuide', STOP, 0);
    } catch {
      // A camera that is gone gives no pulses.
    }
  }
}
