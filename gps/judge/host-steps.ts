/**
 * Steps of the host's clock, against its monotonic one. A clock that was set counts as before, until somebody vouches for it while
 * the whole second is not proven otherwise.
 */
import type { FrameEvidence } from './frame-evidence.js';

export class HostSteps {
  #seenNs: bigint | null = null;
  #adoptedNs = 0n;

  /** Looks at the host's clock with the next frame; returns by how much it was set since the one before, nanoseconds. */
  watch({ host }: FrameEvidence, secondIsProven: boolean): bigint {
    const before = this.#seenNs ?? host.steppedNs;
    if (this.#seenNs === null || (host.synchronised && !secondIsProven)) this.#adoptedNs = host.steppedNs;
    this.#seenNs = host.steppedNs;
    return host.steppedNs - before;
  }

  /** Receive time of a frame on the scale that the host's clock had, steps taken out. */
  receivedNs({ receivedNs, host }: FrameEvidence): bigint {
    return receivedNs - (host.steppedNs - this.#adoptedNs);
  }
}
