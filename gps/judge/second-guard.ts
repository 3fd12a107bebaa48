/**
 * Guards the whole second. A receiver can say "locked" and be whole seconds off until its almanac has come (K. Getrost,
 * SharpCap forum t=3012 and t=2802), and nothing in the header shows it. So the second is held against the host's clock once,
 * and from then on against its own past: a time that goes on without a leap keeps the second that was proven.
 */

export interface HostWitness {
  /** True where NTP, PTP or the like holds the host's clock. */
  readonly synchronised: boolean;
  /** Bound of the clock's error, nanoseconds. */
  readonly boundNs: bigint;
  /** Sum of the steps that were seen of it against the monotonic clock since the session began. */
  readonly steppedNs: bigint;
}

/**
 * proven: a synchronised host agrees, now or before an unbroken run of times. agrees: an unsynchronised one does. unclear: one
 * that nobody vouches for is off by seconds, so that either may be wrong. no-witness: it is further off than any receiver.
 */
export type SecondVerdict = 'proven' | 'agrees' | 'unclear' | 'no-witness' | 'contradicted';

/** How the second stood when it was looked at last. */
export interface SecondCheck {
  /** Receive time less the header's last stamp, nanoseconds. */
  readonly delayNs: bigint;
  /** By how many seconds GPS was ahead of the host; 0 where the delay is that of a delivery. */
  readonly differenceS: number;
  readonly verdict: SecondVerdict;
  readonly hostSynchronised: boolean;
  readonly hostBoundNs: bigint;
}

const SECOND = 1_000_000_000n;
/** Scheduling and the kernel's time stamp, against a delay of zero. */
const SLACK = 50_000_000n;
/** A delivery takes less: beyond it a whole second is missing and not a packet late. */
const LONGEST_DELIVERY = 450_000_000n;
/** The largest number of whole seconds that is taken for the receiver's error: GPS and UTC differ by 18. */
const LARGEST_ERROR_S = 20n;

function floorDiv(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value % divisor < 0n ? quotient - 1n : quotient;
}

export class SecondGuard {
  /** Of the time from which the next frame goes on. */
  #proven: 'proven' | 'agrees' | null = null;
  /** Of the frame that was judged last. */
  #found: 'proven' | 'agrees' | null = null;
  #last: SecondCheck | null = null;

  /** Whether a host has let pass the time from which the newest one goes on. */
  get hasProof(): boolean {
    return this.#proven !== null;
  }

  /** What the newest check leaves open about the second, nanoseconds: all that lies between GPS and an unclear host. */
  get doubtNs(): bigint {
    if (this.#last?.verdict !== 'unclear') return 0n;
    const { delayNs } = this.#last;
    return (delayNs < 0n ? -delayNs : delayNs) + SECOND;
  }

  /** The newest frame's check; null before the first. */
  get last(): SecondCheck | null {
    return this.#last;
  }

  /**
   * `delayNs`: receive time less the header's last stamp. `unbroken`: the time goes on from one that was believed, so its second
   * is as good as that one's was. `undecidable`: a leap second is near, which hosts count as they like, or the frame comes late
   * for reasons of its own. `heldBackNs`: how long frames may be held back on their way, where that is more than a delivery takes.
   * What it finds counts for later frames once the frame is believed.
   */
  judge(
    delayNs: bigint,
    host: HostWitness,
    unbroken: boolean,
    { undecidable = false, heldBackNs = 0n }: { undecidable?: boolean; heldBackNs?: bigint } = {},
  ): SecondVerdict {
    const before = unbroken ? this.#proven : null;
    const slack = slackOf(host);
    const late = floorDiv(delayNs + slack, SECOND);
    const fits = (errorS: bigint): boolean => {
      const deliveryNs = delayNs - errorS * SECOND;
      return deliveryNs >= -slack && deliveryNs <= heldBackNs + slack;
    };
    const isHeldBack = heldBackNs > LONGEST_DELIVERY && !undecidable && fits(0n);
    const verdict = isHeldBack
      ? this.#heldBack(fits, host, before)
      : this.#verdict(delayNs, late, host, before, undecidable);
    const agrees = verdict === 'proven' || verdict === 'agrees' || isHeldBack;
    this.#found = verdict === 'proven' || verdict === 'agrees' ? verdict : null;
    this.#last = {
      delayNs,
      differenceS: agrees ? 0 : Number(-late),
      verdict,
      hostSynchronised: host.synchronised,
      hostBoundNs: host.boundNs,
    };
    return verdict;
  }

  /** The frame that was judged last is believed. */
  believe(): void {
    this.#proven = this.#found;
  }

  /** Nothing goes on from before. */
  reset(): void {
    this.#proven = null;
  }

  /** A delay that is no longer than frames may be held back proves the second where no other one would do as well. */
  #heldBack(fits: (errorS: bigint) => boolean, host: HostWitness, before: 'proven' | 'agrees' | null): SecondVerdict {
    for (let errorS = 1n; errorS <= LARGEST_ERROR_S; errorS++) {
      if (fits(errorS) || fits(-errorS)) return before ?? 'unclear';
    }
    return host.synchronised ? 'proven' : (before ?? 'agrees');
  }

  #verdict(
    delayNs: bigint,
    late: bigint,
    host: HostWitness,
    before: 'proven' | 'agrees' | null,
    undecidable: boolean,
  ): SecondVerdict {
    const slack = slackOf(host);
    const isNear = late >= -LARGEST_ERROR_S && late <= LARGEST_ERROR_S;
    if (undecidable && isNear) return before ?? 'unclear';
    const rest = delayNs - late * SECOND;
    const isWhole = rest >= -slack && rest <= LONGEST_DELIVERY;
    // What nobody vouches for agrees only where no other second is as likely.
    if (late === 0n && host.synchronised) return 'proven';
    if (late === 0n && isWhole) return before ?? 'agrees';
    // A frame that is seconds late is a slow delivery where its second is proven; a frame from the future never is.
    if (before !== null && (late >= 0n || !host.synchronised)) return before;
    if (!host.synchronised && !isNear) return 'no-witness';
    if (!host.synchronised && !isWhole) return 'unclear';
    return 'contradicted';
  }
}

const slackOf = (host: HostWitness): bigint => SLACK + (host.synchronised ? host.boundNs : 0n);
