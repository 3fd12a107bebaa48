/**
 * What the GPS receiver is up to, over many frames: the third frame in a row that says otherwise makes another state, because a
 * receiver at the edge must not flicker, nor a damaged header end a lock. The grade of a frame does not wait for it.
 */
import { RECEIVER_STATUS } from '../header/qhy-header.js';

export const RECEIVER_STATES = ['off', 'searching', 'unlocked', 'locked', 'holdover'] as const;
export type ReceiverState = (typeof RECEIVER_STATES)[number];

/** Frames in a row that make another state. */
const HYSTERESIS = 3;

export interface StateChange {
  readonly from: ReceiverState | null;
  readonly to: ReceiverState;
  readonly why: string;
}

export class ReceiverStates {
  #state: ReceiverState | null = null;
  #wasLocked = false;
  #candidate: ReceiverState | null = null;
  #agreeing = 0;

  get state(): ReceiverState | null {
    return this.#state;
  }

  /** A frame says receiver status `status` (0..3, the worst of its stamps); `hasPps`: its PPS count can be one. */
  frame(status: number, hasPps: boolean): StateChange | null {
    const seen = this.#stateOf(status, hasPps);
    if (seen === this.#state) {
      this.#candidate = null;
      return null;
    }
    this.#agreeing = seen === this.#candidate ? this.#agreeing + 1 : 1;
    this.#candidate = seen;
    if (this.#state !== null && this.#agreeing < HYSTERESIS) return null;
    return this.#change(seen, `receiver status ${status}, ${hasPps ? 'PPS' : 'no PPS'}`);
  }

  /** Time ran too long without a PPS, or none can be known. */
  lose(to: 'unlocked' | 'off', why: string): StateChange | null {
    this.#wasLocked = false;
    return this.#state === to || this.#state === null ? null : this.#change(to, why);
  }

  #stateOf(status: number, hasPps: boolean): ReceiverState {
    if (status === RECEIVER_STATUS.off) return 'off';
    if (status === RECEIVER_STATUS.searching) return 'searching';
    if (status === RECEIVER_STATUS.locked && hasPps) return 'locked';
    return this.#wasLocked ? 'holdover' : 'unlocked';
  }

  #change(to: ReceiverState, why: string): StateChange {
    const change = { from: this.#state, to, why };
    this.#state = to;
    this.#candidate = null;
    this.#agreeing = 0;
    if (to === 'locked') this.#wasLocked = true;
    // What searches has lost its time, however it was held before.
    if (to === 'off' || to === 'searching') this.#wasLocked = false;
    return change;
  }
}
