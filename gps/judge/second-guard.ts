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

/** proven: a synchronised host agrees, now or before an unbroken run of times. agrees: an unsynchronised one does. */
export type SecondVerdict = 'proven' | 'agrees' | 'unclear' | 'contradicted';

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
  #proven: 'proven' | 'agrees' | null = null;
  #differenceS = 0n;
  #last: SecondCheck | null = null;

  /** By how many seconds GPS was ahead of the host when it was contradicted last. */
  get differenceS(): number {
    return Number(this.#differenceS);
  }

  /** The newest frame's check; null before the first. */
  get last(): SecondCheck | null {
    return this.#last;
  }

  /**
   * `delayNs`: receive time less the header's last stamp. `unbroken`: the time goes on from one that this guard has let pass,
   * so its second is as good as that one's was.
   */
  judge(delayNs: bigint, host: HostWitness, unbroken: boolean): SecondVerdict {
    const verdict = this.#judge(delayNs, host, unbroken);
    const agrees = verdict === 'proven' || verdict === 'agrees';
    this.#last = {
      delayNs,
      differenceS: agrees ? 0 : Number(-floorDiv(delayNs + slackOf(host), SECOND)),
      verdict,
      hostSynchronised: host.synchronised,
      hostBoundNs: host.boundNs,
    };
    return verdict;
  }

  #judge(delayNs: bigint, host: HostWitness, unbroken: boolean): SecondVerdict {
    if (!unbroken) this.#proven = null;
    const slack = slackOf(host);
    const late = floorDiv(delayNs + slack, SECOND);
    const rest = delayNs - late * SECOND;
    const isWhole = rest >= -slack && rest <= LONGEST_DELIVERY;
    if (late === 0n) {
      this.#proven = host.synchronised ? 'proven' : (this.#proven ?? 'agrees');
      return this.#proven;
    }
    // A frame that is seconds late is a slow delivery where its second is proven; a frame from the future never is.
    if (this.#proven !== null && (late >= 0n || !host.synchronised)) return this.#proven;
    const isError = isWhole && late >= -LARGEST_ERROR_S && late <= LARGEST_ERROR_S;
    if (!isError && !host.synchronised) return 'unclear';
    this.#differenceS = -late;
    this.#proven = null;
    return 'contradicted';
  }
}

const slackOf = (host: HostWitness): bigint => SLACK + (host.synchronised ? host.boundNs : 0n);
