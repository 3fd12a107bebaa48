/** Whether the camera is there: it is lost once, by the first reason that is found, and then nothing but closing it is allowed. */
import { SdkError } from '../sdk/library.js';
import type { QhyDevice } from './qhy-device.js';

/** Polls without an answer until the camera is asked whether it is there. */
const MOST_SILENT_POLLS = 3;

export class Presence {
  readonly #device: QhyDevice;
  readonly #tell: (reason: string) => void;
  #lost: string | null = null;
  #closed = false;
  #silentPolls = 0;

  /** `tell` is called once, when the camera is lost. */
  constructor(device: QhyDevice, tell: (reason: string) => void) {
    this.#device = device;
    this.#tell = tell;
  }

  get isThere(): boolean {
    return this.#lost === null && !this.#closed;
  }

  /** False where it was closed already. */
  close(): boolean {
    const closes = !this.#closed;
    this.#closed = true;
    return closes;
  }

  lose(reason: string): void {
    if (this.#lost !== null) return;
    this.#lost = reason;
    this.#tell(reason);
  }

  /** Takes what an error says of it. */
  note(error: unknown): void {
    if (error instanceof SdkError && (error.code === 'sdk.lost' || error.code === 'sdk.silent'))
      this.lose(error.message);
  }

  /** @throws SdkError `sdk.lost` */
  check(): void {
    const { id } = this.#device;
    if (this.#closed) throw new SdkError('sdk.lost', `${id} is closed`);
    if (this.#lost !== null) throw new SdkError('sdk.lost', `${id} is lost (${this.#lost}): open it again`);
  }

  /**
   * After each poll: `answered`, whether a reading came that a camera always has; `watched`, whether a stream finds out by itself. Asks
   * for what the library cannot have kept where nothing tells.
   */
  async look({ answered, watched }: { readonly answered: boolean; readonly watched: boolean }): Promise<void> {
    this.#silentPolls = answered ? 0 : this.#silentPolls + 1;
    if (this.#silentPolls < MOST_SILENT_POLLS || watched || !this.#device.has('GetQHYCCDFWVersion')) return;
    this.#silentPolls = 0;
    if ((await this.#device.code('GetQHYCCDFWVersion', new Uint8Array(32))) === 0) return;
    this.lose('the camera does not answer: look at its 12 V and its cable, and open it again');
  }
}
