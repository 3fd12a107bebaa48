/** When the frames of a camera can go elsewhere: while it streams, or while it is away; not while a stream begins or ends. */

/** `over`: no stream follows. */
export type Phase = 'between' | 'streaming' | 'away' | 'over';

export class SessionTurns {
  #phase: Phase = 'away';
  #queue: Promise<unknown> = Promise.resolve();
  #waiting: (() => void)[] = [];

  get phase(): Phase {
    return this.#phase;
  }

  now(phase: Phase): void {
    this.#phase = phase;
    if (phase !== 'between') for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Resolves when it is the time; `phase` says which. */
  async calm(): Promise<void> {
    while (this.#phase === 'between') await new Promise<void>((wake) => this.#waiting.push(wake));
  }

  /** One after the other. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => {});
    return done;
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await this.#queue;
  }
}
