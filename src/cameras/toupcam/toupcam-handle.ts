/**
 * One open camera of the Toupcam SDK. What changes it is called in a thread of the pool with a time limit: the SDK's own thread may be
 * waiting for this one with a frame, and a change that waits for that thread would never end. What only reads is called in this thread.
 */
import { type ForeignLibrary, SdkError } from '../sdk/library.js';
import { within } from './time-limit.js';
import type { OPTION } from './toupcam-constants.js';
import type { CameraFunction, ToupcamFunction } from './toupcam-functions.js';
import { checkResult } from './toupcam-result.js';

export type OptionName = keyof typeof OPTION;

const CALL_LIMIT_MS = 10_000;

export class ToupcamHandle {
  readonly library: ForeignLibrary<ToupcamFunction>;
  readonly #camera: unknown;
  readonly #number = new Int32Array(4);
  readonly #word = new Uint16Array(4);
  /** What the library has not come back from. */
  #stuckIn: string | null = null;
  #closed = false;

  constructor(library: ForeignLibrary<ToupcamFunction>, camera: unknown) {
    this.library = library;
    this.#camera = camera;
  }

  get closed(): boolean {
    return this.#closed;
  }

  has(name: CameraFunction): boolean {
    return this.library.has(name);
  }

  /** A call in this thread, and its HRESULT; negative where the camera is closed or the function missing. */
  read(name: CameraFunction, ...args: unknown[]): number {
    return this.#closed || !this.has(name) ? -1 : Number(this.library.call(name, this.#camera, ...args));
  }

  /** A call in a thread of the pool. @throws SdkError `sdk.refused` that begins with `what`, `sdk.silent`, `sdk.function-missing` */
  async change(what: string, name: CameraFunction, ...args: unknown[]): Promise<void> {
    checkResult(Number(await this.#aside(what, name, ...args)), what);
  }

  /** Numbers that a function writes to as many pointers; null where it refuses. */
  numbers(name: CameraFunction, count: 1 | 2 | 3 | 4): readonly number[] | null {
    const places = [0, 1, 2, 3].slice(0, count).map((at) => this.#number.subarray(at, at + 1));
    this.#number.fill(0);
    return this.read(name, ...places) < 0 ? null : [...this.#number.subarray(0, count)];
  }

  number(name: CameraFunction): number | null {
    return this.numbers(name, 1)?.[0] ?? null;
  }

  /** The same, of functions that write words of 16 bits. */
  words(name: CameraFunction, count: 1 | 2 | 3 | 4): readonly number[] | null {
    const places = [0, 1, 2, 3].slice(0, count).map((at) => this.#word.subarray(at, at + 1));
    this.#word.fill(0);
    return this.read(name, ...places) < 0 ? null : [...this.#word.subarray(0, count)];
  }

  word(name: CameraFunction): number | null {
    return this.words(name, 1)?.[0] ?? null;
  }

  /** Text that a function writes to at most `bytes`; null where it refuses or gives none. */
  text(name: CameraFunction, bytes: number): string | null {
    // One byte more than is told, so that text that fills it ends all the same.
    const place = Buffer.alloc(bytes + 1);
    if (this.read(name, place) < 0) return null;
    const end = place.indexOf(0);
    const text = place.toString('latin1', 0, end < 0 ? bytes : end).trim();
    return text === '' ? null : text;
  }

  /** An option's value; null where the camera does not have it. */
  option(id: number): number | null {
    this.#number[0] = 0;
    return this.read('get_Option', id, this.#number) < 0 ? null : (this.#number[0] ?? 0);
  }

  /** @throws SdkError `sdk.refused`, `sdk.silent` */
  setOption(what: string, id: number, value: number): Promise<void> {
    return this.change(what, 'put_Option', id, value);
  }

  /** Sets an option that not every model has, and whose refusal costs nothing. @throws SdkError `sdk.silent` */
  async tryOption(what: string, id: number, value: number): Promise<boolean> {
    return Number(await this.#aside(what, 'put_Option', id, value)) >= 0;
  }

  /** The next frame into `pixels` without padding of its rows, and what the SDK tells beside it into `info`. Returns the HRESULT. */
  pull(pixels: Uint8Array, bits: number, info: Uint8Array): number {
    return this.#closed ? -1 : Number(this.library.call('PullImageV4', this.#camera, pixels, 0, bits, -1, info));
  }

  /** Does not throw; false where the library does not come back. */
  async close(): Promise<boolean> {
    if (this.#closed) return true;
    this.#closed = true;
    try {
      await this.#aside('closing the camera', 'Close');
      return true;
    } catch {
      return false;
    }
  }

  /** A library that hangs in one call would most likely hang in the next: that one is refused until the first has come back. */
  async #aside(what: string, name: CameraFunction, ...args: unknown[]): Promise<unknown> {
    if (this.#stuckIn !== null) {
      const text = `${what} was not tried: the camera's library has not come back from ${this.#stuckIn}`;
      throw new SdkError('sdk.silent', text);
    }
    const call = this.library.callAside(name, this.#camera, ...args);
    try {
      return await within(CALL_LIMIT_MS, what, call);
    } catch (error) {
      if (error instanceof SdkError && error.code === 'sdk.silent') {
        this.#stuckIn = what;
        const back = (): void => {
          this.#stuckIn = null;
        };
        call.then(back, back);
      }
      throw error;
    }
  }
}
