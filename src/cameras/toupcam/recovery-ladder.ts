/** What is tried when frames stop coming: each step when the one before has not helped, and the camera is given up after the last. */

export type RecoveryStep = 'flush' | 'restart' | 'reopen' | 'give-up';

const STEPS: readonly RecoveryStep[] = ['flush', 'restart', 'reopen', 'give-up'];
/** So many frames in a row, and the trouble is over: the next one begins at the first step again. */
const WELL_AFTER = 10;

export class RecoveryLadder {
  #next = 0;
  #goodFrames = 0;

  /** The step to take now; `least`: what went wrong needs this one at least. Never ends: after the last step it stays there. */
  fail(least: RecoveryStep = 'flush'): RecoveryStep {
    const at = Math.min(Math.max(this.#next, STEPS.indexOf(least)), STEPS.length - 1);
    this.#next = at + 1;
    this.#goodFrames = 0;
    return STEPS[at] ?? 'give-up';
  }

  /** A frame has come. True when it is the first after a step. */
  frame(): boolean {
    const first = this.#next > 0 && this.#goodFrames === 0;
    this.#goodFrames++;
    if (this.#goodFrames >= WELL_AFTER) this.#next = 0;
    return first;
  }
}
