/** The host's clock as a witness. */
import type { HostWitness } from '#gps/second-guard.js';

export interface HostClockState {
  readonly synchronised: boolean;
  readonly boundNs: bigint;
  readonly source: 'chrony' | 'kernel' | 'none';
  readonly detail: string;
}

export class HostClock {
  readonly state: HostClockState = { synchronised: false, boundNs: 1_000_000_000n, source: 'none', detail: '' };
  witness(): HostWitness {
    return { synchronised: this.state.synchronised, boundNs: this.state.boundNs, steppedNs: 0n };
  }
  close(): void {}
}
