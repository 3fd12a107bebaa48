import { type ClockFault, faultsNamed, isActive } from './clock-faults.js';

/** What happens with one exposure's place in the stream. */
export interface Slot {
  /** Exposures delivered here, in order; more than one where a frame comes twice. */
  readonly delivered: readonly { readonly frame: number; readonly faults: readonly string[] }[];
  /** Exposures of this slot that never leave the camera. */
  readonly lost: readonly { readonly frame: number; readonly faults: readonly string[] }[];
}

/** In which order, how often and whether exposures are delivered. */
export class FrameOrder {
  readonly #gaps;
  readonly #stale;
  readonly #repeats;
  readonly #exchanges;

  constructor(faults: readonly ClockFault[]) {
    this.#gaps = faultsNamed(faults, 'frame-gap');
    this.#stale = faultsNamed(faults, 'stale');
    this.#repeats = faultsNamed(faults, 'repeat');
    this.#exchanges = faultsNamed(faults, 'out-of-order');
  }

  /** What comes in the place of exposure `index`. */
  slot(index: number): Slot {
    const frame = this.exposureAt(index);
    const order = frame === index ? [] : ['out-of-order'];
    if (this.#gaps.some((gap) => isActive(gap, frame))) {
      return { delivered: [], lost: [{ frame, faults: [...order, 'frame-gap'] }] };
    }
    const stale = this.#stale.find((fault) => isActive(fault, frame));
    if (stale) {
      const old = { frame: frame - stale.back, faults: [...order, 'stale'] };
      if (stale.instead) return { delivered: [old], lost: [{ frame, faults: [...order, 'stale'] }] };
      return { delivered: [old, { frame, faults: order }], lost: [] };
    }
    const again = this.#repeats.some((fault) => isActive(fault, frame))
      ? [{ frame, faults: [...order, 'repeat'] }]
      : [];
    return { delivered: [{ frame, faults: order }, ...again], lost: [] };
  }

  /** The last exposure that must have ended before slot `index` can be delivered. */
  lastNeeded(index: number): number {
    return Math.max(index, this.exposureAt(index));
  }

  /** The exposure in place `index`: exchanged with its neighbour or its own. */
  exposureAt(index: number): number {
    if (this.#exchanges.some(({ first }) => first === index)) return index + 1;
    return this.#exchanges.some(({ first }) => first === index - 1) ? index - 1 : index;
  }
}
