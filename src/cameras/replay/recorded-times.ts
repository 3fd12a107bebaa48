/** The recorded times of the frames that a replay sends, by block id, told before each is sent; and what the replay may send on. */
import type { FrameTime } from '#gps/frame-time.js';

/** Frames that may be sent and not judged yet: fewer than a ring has slots (16; 128 of small frames), so that a replay never fills one. */
const WINDOW = 8;
const SMALL_WINDOW = 64;
const SMALL_BYTES = 256 * 1024;
/** Times kept of frames that did not come. */
const KEPT = 4096;

/** How far a replay may go, in blocks since it began. */
export interface Grant {
  /** Blocks whose times are known here. */
  readonly told: number;
  /** Blocks that may be sent. */
  readonly until: number;
}

export class RecordedTimes {
  readonly #times = new Map<bigint, { readonly count: number; readonly time: FrameTime }>();
  readonly #grant: (grant: Grant) => void;
  #window = WINDOW;
  #told = 0;
  #judged = 0;

  constructor(grant: (grant: Grant) => void) {
    this.#grant = grant;
  }

  /** The camera's frames have `payloadBytes`. */
  sized(payloadBytes: number): void {
    this.#window = payloadBytes <= SMALL_BYTES ? SMALL_WINDOW : WINDOW;
  }

  /** The replay is about to send `blockId`. */
  tell(blockId: bigint, time: FrameTime): void {
    this.#told++;
    this.#times.set(blockId, { count: this.#told, time });
    const oldest = this.#times.size > KEPT ? this.#times.keys().next() : null;
    if (oldest !== null && !oldest.done) this.#times.delete(oldest.value);
    this.#grant({ told: this.#told, until: this.#judged + this.#window });
  }

  /** The time of `blockId`; null where it was not told. Frames before it do not come any more. */
  take(blockId: bigint): FrameTime | null {
    const found = this.#times.get(blockId);
    if (found === undefined) return null;
    this.#times.delete(blockId);
    if (found.count > this.#judged) {
      this.#judged = found.count;
      this.#grant({ told: this.#told, until: this.#judged + this.#window });
    }
    return found.time;
  }
}
