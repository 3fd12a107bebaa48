/**
 * The host's clock as a witness: who holds it and how well (chrony, else the kernel's own word), and whether somebody set it
 * while the session ran. Asking costs a process now and then and never waits.
 */
import { execFile } from 'node:child_process';
import { type ChronyTracking, parseChronyTracking } from '#gps/clocks/chrony-tracking.js';
import type { HostWitness } from '#gps/judge/second-guard.js';
import { nativeAddon } from '#pipeline/native/addon.js';

export interface HostClockState {
  readonly synchronised: boolean;
  /** Bound of the clock's error; of a clock that nobody holds a guess that proves nothing. */
  readonly boundNs: bigint;
  readonly source: 'chrony' | 'kernel' | 'none';
  /** For people. */
  readonly detail: string;
}

/** What the monitor asks; replaced in tests. */
export interface ClockReaders {
  /** Chrony's word; null where there is none. */
  readonly chrony: () => Promise<ChronyTracking | null>;
  /** The kernel's: synchronised, and the largest error in nanoseconds; null where it cannot be asked. */
  readonly kernel: () => { readonly synchronised: boolean; readonly boundNs: bigint } | null;
  /** The real-time clock and the monotonic one at the same moment, nanoseconds. */
  readonly now: () => { readonly realNs: bigint; readonly monotonicNs: bigint };
}

const ASK_MS = 10_000;
const ANSWER_LIMIT_MS = 2_000;
/** The two clocks drift apart by slewing, not by more than this between two looks; more is a step. */
const STEP_NS = 50_000_000n;
export const UNKNOWN_HOST: HostClockState = {
  synchronised: false,
  boundNs: 1_000_000_000n,
  source: 'none',
  detail: 'nobody vouches for it',
};

/** The readers of this machine. */
export const SYSTEM_READERS: ClockReaders = {
  chrony: () =>
    new Promise((done) => {
      const words = ['-c', '-n', 'tracking'];
      const child = execFile('chronyc', words, { timeout: ANSWER_LIMIT_MS }, (error, stdout) =>
        done(error === null ? parseChronyTracking(stdout) : null),
      );
      child.unref();
    }),
  kernel: () => {
    try {
      const clock = nativeAddon()?.kernelClock?.();
      if (clock === undefined) return null;
      return { synchronised: clock.synchronized, boundNs: BigInt(Math.round(clock.maximumErrorUs)) * 1_000n };
    } catch {
      return null;
    }
  },
  now: () => ({ realNs: BigInt(Date.now()) * 1_000_000n, monotonicNs: process.hrtime.bigint() }),
};

export class HostClock {
  readonly #readers: ClockReaders;
  readonly #timer: NodeJS.Timeout;
  #state = UNKNOWN_HOST;
  #offsetNs: bigint;
  #steppedNs = 0n;
  #closed = false;

  constructor(readers: ClockReaders = SYSTEM_READERS) {
    this.#readers = readers;
    this.#offsetNs = this.#offset();
    this.#timer = setInterval(() => void this.ask(), ASK_MS);
    this.#timer.unref();
    this.#state = this.#byKernel();
    void this.ask();
  }

  get state(): HostClockState {
    return this.#state;
  }

  /** What is to be thought of a receive time of now. */
  witness(): HostWitness {
    const offset = this.#offset();
    const step = offset - this.#offsetNs;
    this.#offsetNs = offset;
    if (step > STEP_NS || step < -STEP_NS) this.#steppedNs += step;
    const { synchronised, boundNs } = this.#state;
    return { synchronised, boundNs, steppedNs: this.#steppedNs };
  }

  /** Asks anew who holds the clock. */
  async ask(): Promise<void> {
    const tracking = await this.#readers.chrony();
    if (this.#closed) return;
    this.#state = tracking === null ? this.#byKernel() : byChrony(tracking);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }

  #byKernel(): HostClockState {
    const kernel = this.#readers.kernel();
    if (kernel === null) return UNKNOWN_HOST;
    if (!kernel.synchronised) return { ...UNKNOWN_HOST, source: 'kernel', detail: 'the kernel says: not synchronised' };
    return { synchronised: true, boundNs: kernel.boundNs, source: 'kernel', detail: 'adjtimex' };
  }

  #offset(): bigint {
    const { realNs, monotonicNs } = this.#readers.now();
    return realNs - monotonicNs;
  }
}

function byChrony(tracking: ChronyTracking): HostClockState {
  const { synchronised, boundNs, referenceId, stratum } = tracking;
  const detail = `chrony, ${referenceId}, stratum ${stratum}${synchronised ? '' : ', not synchronised'}`;
  return { synchronised, boundNs: synchronised ? boundNs : UNKNOWN_HOST.boundNs, source: 'chrony', detail };
}
