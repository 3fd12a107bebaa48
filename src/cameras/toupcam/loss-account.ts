/**
 * Frames that were lost between camera and slot, each counted once. The SDK numbers its frames, so that whoever takes them counts the gaps;
 * beside that it has counters of frames that it dropped and of queues that were full, whose frames may stand in those gaps, or not. What
 * the counters have beyond the gaps is told on its own, once as many frames as the SDK's queues hold have come after the counters were read.
 */

/** Option values; null where the camera has not got them. */
export interface LossCounters {
  readonly dropped: number | null;
  readonly frontendFull: number | null;
  readonly backendFull: number | null;
}

/** More than both queues of the SDK hold (4 and 3 by default). */
const QUEUED = 8;
const WRAP = 0x1_0000_0000;

/**
 * A queue that is full need not lose a frame, and one frame may find both full: they count only where nothing else does, and then the
 * one that was full more often.
 */
function lostBy({ dropped, frontendFull, backendFull }: LossCounters): number {
  return dropped ?? Math.max(frontendFull ?? 0, backendFull ?? 0);
}

export class LossAccount {
  #first: number;
  #last: number | null = null;
  #offset = 0;
  #rejoin = false;
  #gaps = 0;
  #own = 0;
  #ownSinceGap = 0;
  #told = 0;
  #frames = 0;
  #missing = false;
  #untold = 0;
  #counted = 0;
  #reading: { readonly lost: number; readonly atFrame: number } | null = null;

  /** `first`: the counters when the stream begins. */
  constructor(first: LossCounters) {
    this.#first = lostBy(first);
  }

  /** A frame that is handed on, and the number to hand on with it: it goes on where it was when the camera begins anew. */
  passed(sequence: number | null): number | null {
    this.#frames++;
    const missing = this.#missing;
    this.#missing = false;
    if (sequence === null) {
      this.#untold += missing ? 1 : 0;
      return null;
    }
    const number = this.#numberOf(sequence);
    const gap = this.#last === null ? 0 : Math.max(0, number - this.#last - 1 - this.#ownSinceGap);
    this.#gaps += gap;
    // Given to the next frame, the number of the one that never came shows no gap.
    this.#untold += missing && gap === 0 ? 1 : 0;
    this.#last = number;
    this.#ownSinceGap = 0;
    return number % WRAP;
  }

  #numberOf(sequence: number): number {
    if (this.#last === null) return sequence;
    if (this.#rejoin) {
      this.#rejoin = false;
      this.#offset = this.#last + 1 + this.#ownSinceGap - sequence;
      return sequence + this.#offset;
    }
    const number = sequence + this.#offset;
    if (number > this.#last) return number;
    // A count of 32 bits that began again, or one that the camera has set back.
    const behind = this.#last - number;
    this.#offset += behind > WRAP / 2 ? WRAP : behind + 1;
    return sequence + this.#offset;
  }

  /** A frame that came and was not handed on. Without a number it stands in no gap, so the caller tells it: true. */
  kept(sequence: number | null): boolean {
    this.#frames++;
    this.#own++;
    if (sequence === null) return true;
    this.#ownSinceGap++;
    return false;
  }

  /** A frame that was asked for and never came: its caller tells it, so its number, if it has one, makes no gap. */
  failed(counters: LossCounters): void {
    this.#rejoin = true;
    this.#settle(counters);
  }

  /** A frame that was under way never came, and nobody tells it: the next frame's number shows it, or `untold` does. */
  interrupted(): void {
    this.#missing = true;
  }

  /** Frames that no number shows, before the one that was passed last; asked for before it is handed on. */
  untold(): number {
    const untold = this.#untold;
    this.#untold = 0;
    return untold;
  }

  /** From here on the counters say what the gaps and the told losses are together. */
  #settle(counters: LossCounters): void {
    this.#reading = null;
    this.#first = lostBy(counters) - this.#gaps - this.#told;
    this.#counted = this.#gaps + this.#told;
  }

  /** The counters, read now: how many frames must be told as lost beside the gaps. */
  counters(now: LossCounters, ended = false): number {
    const lost = lostBy(now) - this.#first;
    if (lost < this.#counted) {
      // Set back by the camera: what they said before is told now, or never.
      const extra = this.#tell(this.#counted);
      this.#settle(now);
      return extra;
    }
    this.#counted = lost;
    if (ended) return this.#tell(lost);
    const reading = this.#reading;
    if (reading === null) {
      this.#reading = { lost, atFrame: this.#frames };
      return 0;
    }
    if (this.#frames - reading.atFrame < QUEUED) return 0;
    this.#reading = { lost, atFrame: this.#frames };
    return this.#tell(reading.lost);
  }

  /** Frames after the last that was handed on, kept back or never come: no gap shows them once the stream has ended. */
  tail(): number {
    const tail = this.#ownSinceGap + (this.#missing ? 1 : 0);
    this.#ownSinceGap = 0;
    this.#missing = false;
    return tail;
  }

  get ownLosses(): number {
    return this.#own;
  }

  #tell(lost: number): number {
    const extra = Math.max(0, lost - this.#gaps - this.#told);
    this.#told += extra;
    return extra;
  }
}
