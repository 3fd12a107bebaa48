/** The kernel's word on its clock, adjtimex(2) with nothing set. */
export interface KernelClock {
  /** False while STA_UNSYNC stands or the state is TIME_ERROR. */
  readonly synchronized: boolean;
  readonly estimatedErrorUs: number;
  readonly maximumErrorUs: number;
  /** A leap second is announced for the end of this UTC day: 1 inserted, -1 deleted, 0 none. */
  readonly leapSecond: number;
}

/** What the clock area of the addon offers. */
export interface ClockAddon {
  /** Linux only. Throws an Error with `errno` where a sandbox forbids the call. */
  readonly kernelClock?: () => KernelClock;
}
