/** An open camera of QHYCCD's library: its functions without the handle, and its parameters by CONTROL_ID. */
import { QHYCCD_ERROR, QHYCCD_SUCCESS } from './qhy-answer.js';
import type { ControlId, QhyFunction } from './qhy-functions.js';
import type { QhyLibrary } from './qhy-library.js';

export interface ParameterRange {
  readonly minimum: number;
  readonly maximum: number;
  readonly step: number;
}

export class QhyDevice {
  readonly library: QhyLibrary;
  readonly id: string;
  readonly handle: unknown;

  constructor(library: QhyLibrary, id: string, handle: unknown) {
    this.library = library;
    this.id = id;
    this.handle = handle;
  }

  has(name: QhyFunction): boolean {
    return this.library.has(name);
  }

  unavailable(name: QhyFunction): string | null {
    return this.library.unavailable(name);
  }

  code(name: QhyFunction, ...args: unknown[]): Promise<number> {
    return this.library.code(name, this.library.limits.callMs, this.handle, ...args);
  }

  /** `what` of the error, as in "the region could not be set". @throws SdkError `sdk.refused`, `sdk.lost`, `sdk.silent` */
  check(name: QhyFunction, what: string, ...args: unknown[]): Promise<void> {
    return this.library.check(name, what, this.library.limits.callMs, this.handle, ...args);
  }

  /** As `check`, for what takes a camera seconds. */
  checkSlow(name: QhyFunction, what: string, ...args: unknown[]): Promise<void> {
    return this.library.check(name, what, this.library.limits.openMs, this.handle, ...args);
  }

  /** Calls what answers nothing. */
  async tell(name: QhyFunction, ...args: unknown[]): Promise<void> {
    await this.library.lane.call(name, this.library.limits.callMs, this.handle, ...args);
  }

  text(name: QhyFunction, ...args: unknown[]): Promise<string | null> {
    return this.library.text(name, this.handle, ...args);
  }

  /** `count` numbers that `name` writes; null where it is not there or answers with an error. */
  async words(name: QhyFunction, count: number, ...args: unknown[]): Promise<number[] | null> {
    if (!this.has(name)) return null;
    const words = Array.from({ length: count }, () => new Uint32Array(1));
    return (await this.code(name, ...args, ...words)) === QHYCCD_SUCCESS ? words.map((word) => word[0] ?? 0) : null;
  }

  /** One double that `name` writes; null as for `words`. */
  async double(name: QhyFunction, ...args: unknown[]): Promise<number | null> {
    if (!this.has(name)) return null;
    const value = new Float64Array(1);
    if ((await this.code(name, ...args, value)) !== QHYCCD_SUCCESS) return null;
    return Number.isFinite(value[0]) ? (value[0] ?? null) : null;
  }

  async available(id: ControlId): Promise<boolean> {
    return (await this.code('IsQHYCCDControlAvailable', id)) === QHYCCD_SUCCESS;
  }

  /** Null where the library answers with its error, or with what is no number. */
  async parameter(id: ControlId): Promise<number | null> {
    const value = await this.code('GetQHYCCDParam', id);
    return Number.isFinite(value) && value !== QHYCCD_ERROR ? value : null;
  }

  setParameter(id: ControlId, value: number, what: string): Promise<void> {
    return this.check('SetQHYCCDParam', `${what} could not be set to ${value}`, id, value);
  }

  /** Null where the camera tells none, or one that cannot be. */
  async range(id: ControlId): Promise<ParameterRange | null> {
    const [minimum, maximum, step] = [new Float64Array(1), new Float64Array(1), new Float64Array(1)];
    if ((await this.code('GetQHYCCDParamMinMaxStep', id, minimum, maximum, step)) !== QHYCCD_SUCCESS) return null;
    const [least = Number.NaN, most = Number.NaN, by = Number.NaN] = [minimum[0], maximum[0], step[0]];
    if (!Number.isFinite(least) || !Number.isFinite(most) || least > most) return null;
    return { minimum: least, maximum: most, step: by > 0 && Number.isFinite(by) ? by : 0 };
  }
}
