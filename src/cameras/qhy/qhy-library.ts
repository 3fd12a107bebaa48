/** QHYCCD's library as one thread uses it: initialised once, scanned only while no camera is open, one call at a time. */
import { ForeignLibrary, SdkError } from '../sdk/library.js';
import { QHYCCD_ERROR, QHYCCD_SUCCESS, refusal, textOf } from './qhy-answer.js';
import { QHY_LIBRARY, type QhyFunction } from './qhy-functions.js';
import { QhyLane } from './qhy-lane.js';

/** How long calls may take, by kind. A library blocks for seconds when it scans or initialises a camera. */
export interface QhyLimits {
  readonly callMs: number;
  readonly scanMs: number;
  /** Opening and initialising a camera, starting and ending a stream. */
  readonly openMs: number;
  /** Reading a single frame out, behind its exposure. The library's own limit is 60 s. */
  readonly readoutMs: number;
  /** How long frames may be late, beside what exposure and frame rate explain. */
  readonly silenceMs: number;
}

export const QHY_LIMITS: QhyLimits = {
  callMs: 15_000,
  scanMs: 30_000,
  openMs: 60_000,
  readoutMs: 90_000,
  silenceMs: 5_000,
};

/** More cameras than this are a number that is none. */
const MOST_CAMERAS = 64;
const TEXT_BYTES = 1024;

const isHandle = (handle: unknown): boolean => handle !== null && handle !== 0n;

/** Those of this thread: when it ends, it leaves them as it found them, for a later thread of the process. */
const opened = new Set<QhyLibrary>();
function releaseAll(): void {
  for (const library of opened) library.release();
}

export class QhyLibrary {
  readonly limits: QhyLimits;
  readonly lane: QhyLane;
  #initialised = false;
  #open = 0;
  #found: readonly string[] = [];

  /** @throws SdkError where the library cannot be opened */
  constructor(path: string | null, limits: QhyLimits) {
    this.limits = limits;
    this.lane = new QhyLane(ForeignLibrary.open(QHY_LIBRARY, path));
    if (opened.size === 0) process.once('exit', releaseAll);
    opened.add(this);
  }

  /** To be called when the thread ends; does nothing while a call is under way or a camera open: the library would use freed memory. */
  release(): void {
    if (this.#initialised && !this.lane.busy && this.#open === 0) this.lane.library.call('ReleaseQHYCCDResource');
    this.#initialised = false;
  }

  has(name: QhyFunction): boolean {
    return this.lane.library.has(name);
  }

  unavailable(name: QhyFunction): string | null {
    return this.lane.library.unavailable(name);
  }

  /** What a function answers, as a number. @throws SdkError `sdk.silent`, `sdk.function-missing` */
  async code(name: QhyFunction, limitMs: number, ...args: unknown[]): Promise<number> {
    return Number(await this.lane.call(name, limitMs, ...args));
  }

  /** @throws SdkError `sdk.refused` unless it answers 0, and as `code` */
  async check(name: QhyFunction, what: string, limitMs: number, ...args: unknown[]): Promise<void> {
    const code = await this.code(name, limitMs, ...args);
    if (code !== QHYCCD_SUCCESS) throw refusal(name, what, code, await this.lastError());
  }

  /** Text that `name` writes into its last argument; null where it answers with an error or is not there. */
  async text(name: QhyFunction, ...args: unknown[]): Promise<string | null> {
    if (!this.has(name)) return null;
    const bytes = new Uint8Array(TEXT_BYTES);
    const code = await this.code(name, this.limits.callMs, ...args, bytes);
    return code === QHYCCD_SUCCESS ? textOf(bytes) : null;
  }

  async lastError(): Promise<string | null> {
    if (!this.has('GetQHYCCDLastError') || this.lane.silent) return null;
    const text = await this.lane.call('GetQHYCCDLastError', this.limits.callMs);
    return typeof text === 'string' && text !== '' ? text : null;
  }

  /**
   * Identifiers of the cameras that are there. While one is open the last list is given: a scan ends the stream of an open camera.
   * Its error answer means none, or no bus to look at.
   */
  async scan(): Promise<readonly string[]> {
    if (this.#open > 0) return this.#found;
    await this.#initialise();
    const count = await this.code('ScanQHYCCD', this.limits.scanMs);
    if (count !== QHYCCD_ERROR && count > MOST_CAMERAS) {
      throw new SdkError(
        'sdk.refused',
        `ScanQHYCCD answers that there are ${count} cameras: unplug them, and plug them in again`,
      );
    }
    const found: string[] = [];
    for (let index = 0; count !== QHYCCD_ERROR && index < count; index++) {
      const id = await this.text('GetQHYCCDId', index);
      if (id !== null && id !== '') found.push(id);
    }
    this.#found = found;
    return found;
  }

  /** The handle of camera `id`, which a scan has found. */
  async open(id: string): Promise<unknown> {
    this.#open++;
    // A handle that comes when nobody waits for it any more is closed, so that the camera can be opened again.
    const late = (handle: unknown) => (isHandle(handle) ? void this.close(handle) : void this.#open--);
    let handle: unknown = null;
    try {
      handle = await this.lane.callOrLate('OpenQHYCCD', this.limits.openMs, late, id);
    } catch (error) {
      if (!(error instanceof SdkError) || error.code !== 'sdk.silent') this.#open--;
      throw error;
    }
    if (!isHandle(handle)) {
      this.#open--;
      const text = await this.lastError();
      throw new SdkError(
        'sdk.in-use',
        `${id} cannot be opened${text === null ? '' : ` (${text})`}: another program may have it, or this user may not use it (QHYCCD's udev rules)`,
        { context: { id } },
      );
    }
    return handle;
  }

  /** Closes a handle once; where a call does not return, when it has. */
  async close(handle: unknown): Promise<void> {
    const close = async () => {
      try {
        await this.code('CloseQHYCCD', this.limits.openMs, handle);
      } catch (error) {
        if (!(error instanceof SdkError)) throw error;
      }
      this.#open--;
    };
    if (this.lane.silent) this.lane.whenBack(() => void setImmediate(close));
    else await close();
  }

  async #initialise(): Promise<void> {
    if (this.#initialised) return;
    if (this.has('SetQHYCCDAutoDetectCamera')) {
      // The library's own hot-plug thread crashes in some versions (indigo, pull request 323).
      await this.lane.call('SetQHYCCDAutoDetectCamera', this.limits.callMs, false);
    }
    await this.check('InitQHYCCDResource', 'the QHYCCD SDK could not be initialised', this.limits.scanMs);
    this.#initialised = true;
  }
}
