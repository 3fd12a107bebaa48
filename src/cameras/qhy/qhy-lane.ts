/**
 * Calls of the library one at a time, each in a thread of the pool and with a time limit. QHYCCD promises nothing about threads, and
 * other programs hold one lock around everything; a call that does not return must stop the camera, never the program.
 */
import { type ForeignLibrary, SdkError } from '../sdk/library.js';
import type { QhyFunction } from './qhy-functions.js';

interface Turn {
  readonly go: () => void;
  readonly refuse: (error: SdkError) => void;
}

export class QhyLane {
  readonly library: ForeignLibrary<QhyFunction>;
  #busy = false;
  readonly #waiting: Turn[] = [];
  /** The call that has not returned in time; null while all is well. */
  #silent: { name: QhyFunction; limitMs: number } | null = null;
  readonly #whenBack: (() => void)[] = [];

  constructor(library: ForeignLibrary<QhyFunction>) {
    this.library = library;
  }

  /** Whether a call is under way. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Whether a call has not returned in time, and has not yet. */
  get silent(): boolean {
    return this.#silent !== null;
  }

  /** Runs `then` when the call that has not returned does; at once where there is none. */
  whenBack(then: () => void): void {
    if (this.#silent === null) then();
    else this.#whenBack.push(then);
  }

  /**
   * Calls `name` when the calls before it have returned. The memory among `args` stays in use until the library returns, even where
   * this rejects before. @throws SdkError `sdk.silent`, `sdk.function-missing`
   */
  call(name: QhyFunction, limitMs: number, ...args: unknown[]): Promise<unknown> {
    return this.callOrLate(name, limitMs, () => {}, ...args);
  }

  /** As `call`. Where it rejects with `sdk.silent`, `late` gets what comes in the end: null where the call was not made or failed. */
  async callOrLate(
    name: QhyFunction,
    limitMs: number,
    late: (result: unknown) => void,
    ...args: unknown[]
  ): Promise<unknown> {
    try {
      await this.#turn();
    } catch (error) {
      late(null);
      throw error;
    }
    let timer: NodeJS.Timeout | undefined;
    const called = this.library.callAside(name, ...args);
    const back = () => this.#next();
    called.then(back, back);
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        called.then(late, () => late(null));
        reject(this.#goneSilent(name, limitMs));
      }, limitMs);
    });
    try {
      return await Promise.race([called, tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #turn(): Promise<void> {
    if (this.#silent !== null) throw this.#error(this.#silent);
    if (this.#busy) await new Promise<void>((go, refuse) => this.#waiting.push({ go, refuse }));
    this.#busy = true;
  }

  #next(): void {
    this.#silent = null;
    for (const then of this.#whenBack.splice(0)) then();
    const turn = this.#waiting.shift();
    // The next one takes over without letting a newcomer in between.
    if (turn === undefined) this.#busy = false;
    else turn.go();
  }

  #goneSilent(name: QhyFunction, limitMs: number): SdkError {
    this.#silent = { name, limitMs };
    const error = this.#error(this.#silent);
    for (const { refuse } of this.#waiting.splice(0)) refuse(error);
    return error;
  }

  #error({ name, limitMs }: { name: QhyFunction; limitMs: number }): SdkError {
    return new SdkError(
      'sdk.silent',
      `${name} of the QHYCCD SDK has not returned for ${Math.round(limitMs / 100) / 10} s: the camera hangs; switch its 12 V off and on, then open it again`,
      { context: { name, limitMs } },
    );
  }
}
