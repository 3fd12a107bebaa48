/** Tells the frames that a stream has lost, by the account of them and the library's counters. */
import type { FrameSink } from '../sdk/sdk-camera.js';
import type { CameraState } from './camera-state.js';
import { LossAccount, type LossCounters } from './loss-account.js';

export class LossReport {
  readonly account: LossAccount;
  readonly #state: CameraState;
  readonly #sink: FrameSink;
  #fullTold = 1;

  /** The counters are read now, before the stream begins. */
  constructor(state: CameraState, sink: FrameSink) {
    this.#state = state;
    this.#sink = sink;
    this.account = new LossAccount(this.#counters());
  }

  /** Looks at what the library has lost. */
  poll(): void {
    const counters = this.#counters();
    this.#tellLost(this.account.counters(counters));
    this.#tellFull(counters);
  }

  /** A frame that was asked for never came. */
  exposureFailed(cause: string): void {
    this.account.failed(this.#counters());
    this.#sink.event({ kind: 'frames-lost', frames: 1, cause });
  }

  /** The stream has ended. */
  settle(): void {
    this.#tellLost(this.account.counters(this.#counters(), true));
    const tail = this.account.tail();
    const cause = 'not handed on at the end of the stream';
    if (tail > 0) this.#sink.event({ kind: 'frames-lost', frames: tail, cause });
  }

  #tellLost(frames: number): void {
    const cause = 'the library counts more frames dropped than are missing in its own numbers';
    if (frames > 0) this.#sink.event({ kind: 'frames-lost', frames, cause });
  }

  /** Said when it begins, and when it has become twice as often. */
  #tellFull({ frontendFull, backendFull }: LossCounters): void {
    const times = (frontendFull ?? 0) + (backendFull ?? 0);
    if (times < this.#fullTold) return;
    this.#fullTold = Math.max(1, times * 2);
    if (times === 0) return;
    const text = `queues of the library were full ${times} times, which loses frames: what takes them is too slow, or the computer is busy`;
    this.#sink.event({ kind: 'message', level: 'warning', text });
  }

  #counters(): LossCounters {
    return {
      dropped: this.#state.option('NUMBER_DROP_FRAME'),
      frontendFull: this.#state.option('FRONTEND_FULL'),
      backendFull: this.#state.option('BACKEND_FULL'),
    };
  }
}
