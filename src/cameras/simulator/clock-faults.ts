/** What can go wrong with the simulated camera's clock, header and order of frames: the names and what they take. */

/** Frames `first` .. `first + frames - 1`, by exposure; `frames` is Infinity where a fault lasts. */
export interface FaultSpan {
  readonly first: number;
  readonly frames: number;
}

export type ClockFault = FaultSpan &
  (
    | { readonly name: 'lock-loss' | 'holding' | 'pps-missing' }
    | { readonly name: 'header-swapped' | 'header-image' | 'all-zero' }
    | { readonly name: 'repeat' | 'out-of-order' | 'frame-gap' | 'sequence-reset' }
    /** Where the bytes of the header stand in pixels of 16 bits. */
    | { readonly name: 'header-16bit'; readonly byte: 'low' | 'high' }
    /** `jitter`: the PPS count is off by -1, 0 or +1. */
    | { readonly name: 'oscillator'; readonly ppm: number; readonly jitter: boolean }
    /** Seconds that the header is ahead. */
    | { readonly name: 'whole-second' | 'almanac'; readonly seconds: number }
    | { readonly name: 'leap-second'; readonly label: LeapLabel }
    /** Frames before the sequence number becomes 0. */
    | { readonly name: 'sequence-wrap'; readonly before: number }
    | { readonly name: 'stale'; readonly back: number; readonly instead: boolean }
    | { readonly name: 'exposure'; readonly exposureNs: bigint }
    | { readonly name: 'drift'; readonly ppm: number }
    | { readonly name: 'led-offset'; readonly startNs: bigint; readonly endNs: bigint }
  );

/** The count that the header gives 23:59:60: that of 23:59:59 once more, or already that of the midnight. Nobody documents it. */
export type LeapLabel = 'repeat' | 'hold-next';
export type ClockFaultName = ClockFault['name'];

export function isActive(fault: FaultSpan, frame: number): boolean {
  return frame >= fault.first && frame < fault.first + fault.frames;
}

/** The faults of one name. */
export function faultsNamed<Name extends ClockFaultName>(
  faults: readonly ClockFault[],
  ...names: readonly Name[]
): readonly Extract<ClockFault, { readonly name: Name }>[] {
  return faults.filter((fault): fault is Extract<ClockFault, { readonly name: Name }> =>
    (names as readonly string[]).includes(fault.name),
  );
}
