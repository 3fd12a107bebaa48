/** The thread of a driver as seen from outside: questions with a deadline each, and what it says by itself. */
import { Worker } from 'node:worker_threads';
import { reasonOf } from '#gps/errors.js';
import { UsageError } from '#src/config/usage-error.js';
import { SdkError } from './library.js';
import type { FromSdkThread, SdkCall, SdkThreadData, ToSdkThread } from './sdk-messages.js';

/** A thread that does not come back from a library. */
export interface StuckThread {
  readonly why: string;
  readonly returned: Promise<unknown>;
}

interface Waiting {
  readonly call: SdkCall['call'];
  readonly answer: (message: Extract<FromSdkThread, { kind: 'answer' | 'refused' }>) => void;
  readonly fail: (error: SdkError) => void;
  readonly timer: NodeJS.Timeout;
}

/** How long a thread that is ended may take; one inside a library takes as long as the library does. */
const END_LIMIT_MS = 1_000;

/** Errors of its calls: SdkError as the driver throws it, `sdk.silent` where a call does not return, `sdk.lost` behind either. */
export class DriverThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #said: (message: FromSdkThread) => void;
  readonly #gone: (reason: string, silent: boolean) => void;
  #id = 0;
  #over: SdkError | null = null;

  constructor(driver: string, said: (message: FromSdkThread) => void, gone: (reason: string, silent: boolean) => void) {
    this.#said = said;
    this.#gone = gone;
    const data: SdkThreadData = { driver };
    this.#worker = new Worker(new URL('./sdk-thread.js', import.meta.url), { workerData: data });
    this.#worker.on('message', (message: FromSdkThread) => this.#hear(message));
    this.#worker.on('error', (error) => this.#end('sdk.refused', `the driver failed: ${reasonOf(error)}`, false));
    this.#worker.on('exit', () => this.#end('sdk.lost', 'the thread of the driver ended', false));
  }

  ask(call: SdkCall, limitS: number): Promise<Extract<FromSdkThread, { kind: 'answer' }>> {
    if (this.#over !== null) return Promise.reject(this.#over);
    const id = ++this.#id;
    return new Promise((done, failed) => {
      const timer = setTimeout(() => {
        const what = `the maker's library has not returned from '${call.call}' for ${Math.round(limitS * 10) / 10} s: the camera hangs, or its cable does`;
        this.#end('sdk.silent', what, true);
      }, limitS * 1_000);
      this.#waiting.set(id, {
        call: call.call,
        answer: (message) => {
          if (message.kind === 'answer') done(message);
          else failed(errorOf(message.code, message.message));
        },
        fail: failed,
        timer,
      });
      const message: ToSdkThread = { ...call, callId: id };
      this.#worker.postMessage(message);
    });
  }

  /**
   * Ends the thread, which has closed its camera. Null when it has ended. Where it is inside the library, which nothing ends: why, and
   * when it is out of it.
   */
  async terminate(): Promise<StuckThread | null> {
    const why =
      this.#over?.code === 'sdk.silent' ? this.#over.message : "the maker's library does not return from a call";
    this.#over ??= new SdkError('sdk.lost', 'the camera is closed');
    const returned = this.#worker.terminate();
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<'stuck'>((done) => {
      timer = setTimeout(() => done('stuck'), END_LIMIT_MS);
    });
    const end = await Promise.race([returned, limit]);
    clearTimeout(timer);
    if (end !== 'stuck') return null;
    this.#worker.unref();
    return { why, returned };
  }

  #hear(message: FromSdkThread): void {
    if (message.kind !== 'answer' && message.kind !== 'refused') {
      this.#said(message);
      return;
    }
    const waiting = this.#waiting.get(message.callId);
    if (waiting === undefined) return;
    this.#waiting.delete(message.callId);
    clearTimeout(waiting.timer);
    waiting.answer(message);
  }

  #end(code: string, reason: string, silent: boolean): void {
    if (this.#over !== null) return;
    this.#over = new SdkError(code, reason);
    for (const { timer, fail } of this.#waiting.values()) {
      clearTimeout(timer);
      fail(this.#over);
    }
    this.#waiting.clear();
    this.#gone(reason, silent);
  }
}

function errorOf(code: string, message: string): Error {
  return code.startsWith('usage.') ? new UsageError(code as `usage.${string}`, message) : new SdkError(code, message);
}
