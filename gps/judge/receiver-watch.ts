/** The receiver behind a camera's headers, frame by frame: what state it is in, and for how long it has had time. */
import { utcToTai } from '../clocks/leap-seconds.js';
import type { FrameTime } from '../frame-time.js';
import { ReceiverStates, type StateChange } from './receiver-state.js';

/** A header that is none so many times in a row: the receiver is not there. */
const NO_HEADER = 30;

export class ReceiverWatch {
  readonly #states = new ReceiverStates();
  readonly #changed: (change: StateChange, utcNs: bigint, blockId: bigint) => void;
  #withoutHeader = 0;
  /** When the receiver was last seen without time; null: never in this session. */
  #coldTai: bigint | null = null;

  constructor(changed: (change: StateChange, utcNs: bigint, blockId: bigint) => void) {
    this.#changed = changed;
  }

  get state(): ReceiverStates['state'] {
    return this.#states.state;
  }

  /** Nanoseconds from when it was first seen with time, after it was seen without, to `tai`; null where it never was. */
  timeSinceColdNs(tai: bigint): bigint | null {
    return this.#coldTai === null ? null : tai - this.#coldTai;
  }

  /** A frame came with a header, whatever that says. */
  hasHeader(): void {
    this.#withoutHeader = 0;
  }

  /** What the header of a frame says of the receiver. */
  frame(status: number, hasPps: boolean, time: FrameTime, blockId: bigint): void {
    this.#tell(this.#states.frame(status, hasPps), time, blockId);
  }

  /** A frame that should have a header has none. */
  hasNoHeader(time: FrameTime, blockId: bigint): void {
    if (++this.#withoutHeader !== NO_HEADER) return;
    this.#tell(this.#states.lose('off', `${NO_HEADER} frames in a row had no GPS header`), time, blockId);
  }

  #tell(change: StateChange | null, time: FrameTime, blockId: bigint): void {
    if (change === null) return;
    if (change.from === 'off' || change.from === 'searching')
      this.#coldTai = utcToTai(time.endUtcNs, time.endLeapSecond);
    this.#changed(change, time.startUtcNs, blockId);
  }
}
